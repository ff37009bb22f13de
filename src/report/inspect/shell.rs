//! `inspect` of one shell input.

use super::Request;

/// The document, or why there is none.
pub fn document(_request: &Request) -> Result<serde_json::Value, String> {
    Err("not built yet".into())
}

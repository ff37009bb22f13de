//! Verdicts to bytes. Owns every output struct.

pub mod inspect;
pub mod json;
pub mod lines;
pub mod redact;
pub mod rules;
pub mod text;
pub mod values;

//! Verdicts to bytes. Owns every output struct.

mod assigned;
pub mod config;
mod entries;
pub mod github;
pub mod gitlab;
pub mod inspect;
pub mod json;
pub mod junit;
pub mod lines;
pub mod markdown;
pub mod redact;
pub mod rules;
pub mod sarif;
mod shift;
pub mod summary;
pub mod text;
pub mod values;

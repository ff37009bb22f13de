//! Verdicts to bytes. Owns every output struct.

pub mod inspect;

//! Fixtures of single rules.

//! Rules and their fixtures.

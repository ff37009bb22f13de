//! Reading characters.

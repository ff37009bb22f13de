//! The rows of the matrix, before they are laid out.

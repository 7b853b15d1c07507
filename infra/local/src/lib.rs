//! Command-line.

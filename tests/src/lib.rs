//! Holds compiled models against the reference executor and against what training frameworks computed.
//!
//! The build script compiles the models and writes a test for each of them. They are tests of several programs, which are
//! built side by side.

pub mod check;
pub mod levels;
pub mod reference;
pub mod trace;

//! Compiled models, held against the reference executor and against what training frameworks computed.
//!
//! The build script compiles the models; `grid.rs` and `traces.rs` hold a test for each of them.

#![cfg(test)]
// Generated types are public wherever they are included.
#![allow(unreachable_pub)]
mod check;
mod levels;
mod reference;
mod trace;

include!(concat!(env!("OUT_DIR"), "/grid.rs"));
include!(concat!(env!("OUT_DIR"), "/traces.rs"));

//! Networks that leave out rows of their matrices, held against what a plain Python implementation computed, and
//! against the reference executor at every ratio.

// Generated types are public wherever they are included.
#![allow(unreachable_pub)]

mod check;
#[path = "../../src/levels.rs"]
mod levels;
#[path = "../../src/reference.rs"]
mod reference;

include!(concat!(env!("OUT_DIR"), "/dual_traces.rs"));

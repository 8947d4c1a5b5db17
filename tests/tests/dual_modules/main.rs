//! Networks that leave out rows of their matrices, held against what a plain Python implementation computed, and
//! against the reference executor at every ratio.

// Generated types are public wherever they are included.
#![allow(unreachable_pub)]

mod check;

use recurve_tests::{levels, reference};

include!(concat!(env!("OUT_DIR"), "/dual_traces.rs"));

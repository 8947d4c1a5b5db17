//! Small random models of every cell, held against the reference executor.

// Generated types are public wherever they are included.
#![allow(unreachable_pub)]

use recurve_tests::check;

include!(concat!(env!("OUT_DIR"), "/grid.rs"));

//! Small random models that are computed in integers, held against the reference executor.

// Generated types are public wherever they are included.
#![allow(unreachable_pub)]

use recurve_tests::check;

include!(concat!(env!("OUT_DIR"), "/grid_integers.rs"));

//! Small random models of every form and precision of their matrices, held against the reference executor.

// Generated types are public wherever they are included.
#![allow(unreachable_pub)]

use recurve_tests::check;

include!(concat!(env!("OUT_DIR"), "/compressed.rs"));

//! One table that an embedding reads rows of and a linear layer multiplies with, held against the reference executor.

// Generated types are public wherever they are included.
#![allow(unreachable_pub)]

use recurve_tests::check;

include!(concat!(env!("OUT_DIR"), "/tied.rs"));

//! Compiled models, held against what training frameworks computed.

// Generated types are public wherever they are included.
#![allow(unreachable_pub)]

use recurve_tests::trace;

include!(concat!(env!("OUT_DIR"), "/traces.rs"));

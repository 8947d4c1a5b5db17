//! Policies that skip time steps, on all kinds of networks, held against the reference executor, against what a plain
//! Python implementation decided, and against what they promise.

// Generated types are public wherever they are included.
#![allow(unreachable_pub)]

mod check;
mod property;
mod trace;

use recurve_tests::{levels, reference};

include!(concat!(env!("OUT_DIR"), "/policies.rs"));
mod traces {
    include!(concat!(env!("OUT_DIR"), "/policy_traces.rs"));
}

//! What only other packages show, built by a cargo of their own: side by side, since each leaves a processor idle for
//! much of the time.

mod cargo;
mod compile_fail;
mod generated;
mod no_panic;
mod rebuild;
mod strict;

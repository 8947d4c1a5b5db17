//! What compiles models with cargo: side by side, since each leaves a processor idle for much of the time.

mod built;
mod c_abi;

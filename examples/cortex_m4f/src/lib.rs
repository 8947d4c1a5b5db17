//! Networks on a Cortex-M4F, and on a Cortex-M3, which has no floating-point unit: bare metal, without a heap, with
//! weights that stay in flash.
//!
//! Each network is a program in `src/bin/`, which runs it over inputs that were compiled in and says over semihosting what it
//! gave and what it cost. `run.sh` builds them, runs them in QEMU, and compares with what this machine computes.

#![no_std]

#[cfg(target_os = "none")]
pub mod board;
#[cfg(target_os = "none")]
pub mod program;

use recurve::Streaming;

/// What the networks read.
#[allow(clippy::excessive_precision, clippy::unreadable_literal)]
pub mod inputs {
    include!(concat!(env!("OUT_DIR"), "/inputs.rs"));
}

macro_rules! networks {
    ($($(#[$docs:meta])* $name:ident: $spec:literal, $inputs:ident;)*) => {
        $(
            $(#[$docs])*
            pub mod $name {
                recurve::rnn_model!(pub struct Network = $spec);
                pub use crate::inputs::$inputs as INPUTS;
            }
        )*

        /// Shows each network to `visit`.
        pub fn each(visit: &mut impl Visit) {
            $(visit.network::<$name::Network, _>(stringify!($name), &$name::INPUTS);)*
        }
    };
}

networks! {
    /// Spoken digits, dense.
    lstm: "../../specs/spoken_digits/dense.yaml", COEFFICIENTS;
    /// The same in 8 bits.
    lstm_int8: "../../specs/spoken_digits/dense_int8.yaml", COEFFICIENTS;
    /// The same in integers throughout.
    lstm_int16x8: "../../specs/spoken_digits/dense_int16x8.yaml", COEFFICIENTS;
    /// Spoken digits with Kronecker products.
    lstm_kp: "../../specs/spoken_digits/kp.yaml", COEFFICIENTS;
    /// The same in 8 bits.
    lstm_kp_int8: "../../specs/spoken_digits/kp_int8.yaml", COEFFICIENTS;
    /// Handwritten digits.
    gru: "../../specs/digits/gru.yaml", PIXELS;
    /// The same in 8 bits.
    gru_int8: "specs/gru_int8.yaml", PIXELS;
    /// The same in integers throughout.
    gru_int16x8: "../../specs/digits/gru_int16x8.yaml", PIXELS;
    /// The nearest Kronecker products of its matrices.
    gru_kp: "specs/gru_kp.yaml", PIXELS;
    /// Human activity, of which a window executes as many steps as its budget lets it.
    gru_window: "../../specs/har_skipping/window.yaml", MOTION;
    /// Handwritten digits.
    fastgrnn: "../../specs/digits/fastgrnn.yaml", PIXELS;
    /// The same in 8 bits.
    fastgrnn_int8: "specs/fastgrnn_int8.yaml", PIXELS;
    /// The same in integers throughout.
    fastgrnn_int16x8: "../../specs/digits/fastgrnn_int16x8.yaml", PIXELS;
    /// The nearest Kronecker products of a small cell's matrices.
    fastgrnn_kp: "specs/fastgrnn_kp.yaml", NOISE;
}

/// What is done with each network.
pub trait Visit {
    /// `name` is that of its program.
    fn network<M, const N: usize>(&mut self, name: &str, inputs: &'static [[f32; N]])
    where
        M: Streaming<Input = [f32; N]>,
        M::Output: AsRef<[f32]>;
}

/// The program of a network.
#[macro_export]
macro_rules! firmware {
    ($name:ident) => {
        #[cortex_m_rt::entry]
        fn main() -> ! {
            $crate::program::run::<$crate::$name::Network, _>(&$crate::$name::INPUTS)
        }
    };
}

//! What the tests of kernels share.

#[allow(dead_code, reason = "not every test has matrices, nor all of their precisions")]
pub(crate) mod products;

use std::sync::Mutex;

use recurve::simd::{Kernel, Level, dispatch};

/// What `kernel` gives on each instruction set of this machine, the plain one first.
pub(crate) fn on_each_level<K: Kernel>(kernel: impl Fn() -> K) -> Vec<(Level, K::Output)> {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let best = Level::detect();
    let levels = Level::ALL.iter().filter(|level| **level <= best);
    levels
        .map(|level| {
            Level::limit(*level);
            assert_eq!(Level::current(), *level);
            (*level, dispatch(kernel()))
        })
        .collect()
}

/// Vectors that a matrix is multiplied with: more than a kernel takes at once, which with AVX-512 are 16, but for the slow
/// interpreter.
#[allow(dead_code, reason = "not every test has matrices")]
pub(crate) const INPUTS: usize = if cfg!(miri) {
    1
} else if cfg!(target_arch = "x86_64") {
    25
} else {
    5
};

/// Whether some instruction set here reads matrices beyond the second level of cache otherwise: AVX-512 does.
#[allow(dead_code, reason = "not every test has matrices")]
pub(crate) const BEYOND_CACHE: bool = cfg!(target_arch = "x86_64");

/// `count` numbers in -1..1, the same in every run.
#[allow(dead_code, reason = "not every test needs random numbers")]
pub(crate) fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..count)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1 << 23) as f32 - 1.0
        })
        .collect()
}

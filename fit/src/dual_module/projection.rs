//! Random projections of -1, 0 and 1.

use nalgebra::DMatrix;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// `rows x columns` numbers, zero with probability 2/3 and of either sign with 1/6 (Achlioptas 2003), the same for the
/// same `name`.
pub(super) fn ternary(rows: usize, columns: usize, name: &str) -> DMatrix<f32> {
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mut random = SmallRng::seed_from_u64(seed);
    // Filled row after row, so that a smaller one is the start of a larger one.
    let mut numbers = DMatrix::zeros(rows, columns);
    for row in 0..rows {
        for column in 0..columns {
            numbers[(row, column)] = match random.gen_range(0..6_u32) {
                0 => -1.0,
                1 => 1.0,
                _ => 0.0,
            };
        }
    }
    numbers
}

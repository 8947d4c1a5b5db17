//! A few rows of weights, each as long as what the policy looks at.

use crate::simd::{LANES, Simd};

/// `A v + b` for `ROWS` rows, the columns padded with zeros to groups of 16.
#[derive(Debug, Clone, Copy)]
pub struct Affine<const ROWS: usize, const GROUPS: usize> {
    weight: &'static [[[f32; LANES]; GROUPS]],
    bias: &'static [f32; ROWS],
}

impl<const ROWS: usize, const GROUPS: usize> Affine<ROWS, GROUPS> {
    /// A matrix whose numbers lie in `rows`, row after row.
    ///
    /// # Panics
    /// Where `rows` are not `ROWS * GROUPS * 16` numbers: an error at compile time in generated code.
    pub const fn new(rows: &'static [f32], bias: &'static [f32; ROWS]) -> Self {
        assert!(ROWS > 0 && GROUPS > 0 && rows.len() == ROWS * GROUPS * LANES);
        Affine { weight: rows.as_chunks::<LANES>().0.as_chunks::<GROUPS>().0, bias }
    }

    /// `A v + b`
    #[inline(always)]
    pub(super) fn apply<S: Simd>(&self, simd: S, v: &[[f32; LANES]; GROUPS]) -> [f32; ROWS] {
        let mut y = *self.bias;
        for (y, row) in y.iter_mut().zip(self.weight) {
            let mut sums = [simd.splat(0.0); 2];
            let (row, rest) = row.as_chunks::<2>();
            let (v, last) = v.as_chunks::<2>();
            for (row, v) in row.iter().zip(v) {
                for ((sum, row), v) in sums.iter_mut().zip(row).zip(v) {
                    *sum = simd.mul_add(simd.load(row), simd.load(v), *sum);
                }
            }
            let [mut sum, other] = sums;
            for (row, v) in rest.iter().zip(last) {
                sum = simd.mul_add(simd.load(row), simd.load(v), sum);
            }
            let mut lanes = [0.0; LANES];
            simd.store(simd.add(sum, other), &mut lanes);
            *y += total(&lanes);
        }
        y
    }
}

/// The sum of all lanes, added in pairs.
#[inline(always)]
fn total(lanes: &[f32; LANES]) -> f32 {
    let mut halves = [0.0; LANES / 2];
    for (at, half) in halves.iter_mut().enumerate() {
        *half = lanes.get(at).unwrap_or(&0.0) + lanes.get(at + LANES / 2).unwrap_or(&0.0);
    }
    let [a, b, c, d, e, f, g, h] = halves;
    ((a + e) + (b + f)) + ((c + g) + (d + h))
}

/// Vectors one behind the other, and zeros behind them.
#[inline(always)]
pub(super) fn joined<const GROUPS: usize, const PARTS: usize>(
    parts: [&[f32]; PARTS],
) -> [[f32; LANES]; GROUPS] {
    let mut all = [[0.0; LANES]; GROUPS];
    let mut rest = all.as_flattened_mut();
    for part in parts {
        let Some((to, behind)) = rest.split_at_mut_checked(part.len()) else {
            break;
        };
        to.copy_from_slice(part);
        rest = behind;
    }
    all
}

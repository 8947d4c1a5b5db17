//! Vectors that are rounded to integers of 8 bits.

use crate::lanes::{groups, load};
use crate::simd::Simd;

/// A vector in small integers.
#[derive(Clone, Copy)]
pub struct Quantized<const COLUMNS: usize> {
    pub(super) values: [i8; COLUMNS],
    /// What the integers are to be multiplied with.
    pub(super) step: f32,
    /// What takes the [excess](Simd::DOT_EXCESS) away from a sum.
    pub(super) excess: i32,
}

impl<const COLUMNS: usize> Quantized<COLUMNS> {
    /// Of zeros.
    pub(super) const ZERO: Self = Quantized { values: [0; COLUMNS], step: 0.0, excess: 0 };

    #[inline(always)]
    pub(super) fn new<S: Simd>(simd: S, x: &[f32; COLUMNS]) -> Self {
        let mut largest = simd.splat_i32(0);
        groups!(COLUMNS, |start, length| {
            largest = simd.max_i32(largest, simd.magnitude(load(simd, x, start, length)));
        });
        let largest = f32::from_bits(simd.largest(largest).cast_unsigned());
        let (inverse, step) = steps(largest);
        let mut values = [0; COLUMNS];
        let mut total = simd.splat_i32(0);
        let inverse = simd.splat(inverse);
        groups!(COLUMNS, |start, length| {
            let rounded = simd.round(simd.mul(load(simd, x, start, length), inverse));
            total = simd.add_i32(total, rounded);
            let lanes = simd.narrow(rounded);
            if let Some(to) = values.get_mut(start..start + length) {
                for (to, lane) in to.iter_mut().zip(lanes) {
                    *to = lane;
                }
            }
        });
        let excess =
            if const { S::DOT_EXCESS == 0 } { 0 } else { simd.total(total).wrapping_mul(-S::DOT_EXCESS) };
        Quantized { values, step, excess }
    }

    /// The four values from `4 * index` on, zeros behind the end.
    #[inline(always)]
    pub(super) fn quad(&self, index: usize) -> [i8; 4] {
        let from = self.values.get(4 * index..).unwrap_or_default();
        if let Some(quad) = from.first_chunk() {
            return *quad;
        }
        let mut quad = [0; 4];
        for (to, value) in quad.iter_mut().zip(from) {
            *to = *value;
        }
        quad
    }
}

/// What makes integers of a vector whose largest magnitude is `largest`, and what makes the vector of them.
///
/// Of a vector that is zero, or so small that its products are, nothing is left; one that is not finite gives
/// products that are not a number.
#[inline(always)]
pub(crate) fn steps(largest: f32) -> (f32, f32) {
    if largest < f32::MIN_POSITIVE * 127.0 {
        (0.0, 0.0)
    } else if largest < f32::INFINITY {
        (127.0 / largest, largest / 127.0)
    } else {
        (0.0, f32::NAN)
    }
}

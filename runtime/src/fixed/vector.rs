//! Vectors that a matrix multiplies.

use super::bits::{exponent, magnitude, rounded, signed};
use crate::simd::short;

/// Bits of a number, the sign left out.
const BITS: u32 = 15;
/// Columns of a matrix whose sums fit in 32 bits where the vector has all of [`BITS`].
const COLUMNS: usize = 512;
/// Just below 2^16: what is larger, and what is no number, is read as this.
const LARGEST: u32 = 0x477f_ffff;
/// Where the largest number of a vector is below 2^-16, the vector has no more fraction bits than for that.
const SMALLEST_EXPONENT: u32 = 127 - 16;

/// `N` integers of 16 bits, and where their point is: block floating-point.
///
/// The largest number takes all bits; a number differs from what was given by at most half of its last bit.
#[derive(Debug, Clone)]
pub struct Vector<const N: usize> {
    /// In fours, each [in the order](short::order) of the processor's products.
    values: [i16; N],
    /// Bits behind the point.
    pub(super) fraction: i32,
}

impl<const N: usize> Vector<N> {
    /// The largest integer, so that sums of `N` products with integers of 8 bits fit in 32 bits.
    const LARGEST: i32 = (1 << Self::WIDTH) - 1;
    const WIDTH: u32 = BITS - N.div_ceil(COLUMNS).next_power_of_two().trailing_zeros();

    /// Of numbers; those beyond `-2^16..2^16` are read as the ends of it.
    #[inline(always)]
    pub fn new(x: &[f32; N]) -> Self {
        let limited = |x: f32| magnitude(x).min(LARGEST);
        let largest = x.iter().fold(0, |largest, x| largest.max(limited(*x)));
        let largest = exponent(largest).max(SMALLEST_EXPONENT);
        let integer = |x: f32| {
            let magnitude = limited(x);
            // The significand has 24 bits, of which the largest number keeps `WIDTH`.
            let shift = 24 - Self::WIDTH + (largest - exponent(magnitude).min(largest));
            signed(rounded(magnitude, shift).min(Self::LARGEST), x)
        };
        Vector {
            values: ordered(x, integer),
            fraction: (Self::WIDTH + 126).cast_signed() - largest.cast_signed(),
        }
    }

    /// Of integers with `fraction` bits behind the point.
    #[inline(always)]
    pub fn of_integers(x: &[i32; N], fraction: u32) -> Self {
        let largest = x.iter().fold(0, |largest: u32, x| largest.max(x.unsigned_abs()));
        let shift = (32 - largest.leading_zeros()).saturating_sub(Self::WIDTH);
        let integer = |x: i32| {
            let magnitude = (x.unsigned_abs() + ((1 << shift) >> 1)) >> shift;
            let magnitude = magnitude.cast_signed().min(Self::LARGEST);
            if x < 0 { -magnitude } else { magnitude }
        };
        Vector { values: ordered(x, integer), fraction: fraction.cast_signed() - shift.cast_signed() }
    }

    /// The four numbers of each group of columns, and those of the last group where it is not full, with zeros.
    #[inline(always)]
    pub(super) fn quads(&self) -> (&[[i16; 4]], [i16; 4]) {
        let (quads, rest) = self.values.as_chunks();
        let mut last = [0; 4];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        (quads, short::order(last))
    }
}

/// The integer of each number, full groups of four in order.
#[inline(always)]
fn ordered<T: Copy, const N: usize>(x: &[T; N], integer: impl Fn(T) -> i32) -> [i16; N] {
    let mut values = [0; N];
    let (fours, rest) = x.as_chunks();
    let (to_fours, to_rest) = values.as_chunks_mut();
    for (to, from) in to_fours.iter_mut().zip(fours) {
        *to = short::order(from.map(|x| integer(x) as i16));
    }
    for (to, from) in to_rest.iter_mut().zip(rest) {
        *to = integer(*from) as i16;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values<const N: usize>(vector: &Vector<N>) -> [f64; N] {
        let (quads, last) = vector.quads();
        let numbers = quads.iter().chain([&last]).flat_map(|quad| short::order(*quad));
        let mut values = [0.0; N];
        for (to, number) in values.iter_mut().zip(numbers) {
            *to = libm::ldexp(number.into(), -vector.fraction);
        }
        values
    }

    #[test]
    fn numbers_differ_by_half_of_the_last_bit() {
        for scale in [1e-3, 0.3, 1.0, 7.0, 900.0] {
            let x = core::array::from_fn::<f32, 11, _>(|n| ((n * 37 % 11) as f32 - 5.0) / 5.0 * scale);
            let vector = Vector::new(&x);
            let step = libm::ldexp(1.0, -vector.fraction);
            assert!(step < f64::from(scale) / 16383.0);
            for (x, value) in x.iter().zip(values(&vector)) {
                assert!((f64::from(*x) - value).abs() <= step, "{x} {value} {step}");
            }
            let integers = x.map(|x| (x * 262144.0) as i32);
            let vector = Vector::of_integers(&integers, 18);
            for (x, value) in integers.iter().zip(values(&vector)) {
                let step = libm::ldexp(1.0, -vector.fraction);
                assert!((f64::from(*x) / 262144.0 - value).abs() <= step, "{x} {value} {step}");
            }
        }
    }

    #[test]
    fn more_columns_leave_fewer_bits() {
        assert_eq!((Vector::<512>::LARGEST, Vector::<513>::LARGEST), (32767, 16383));
        assert_eq!((Vector::<1024>::LARGEST, Vector::<1500>::LARGEST), (16383, 8191));
    }

    #[test]
    fn what_is_no_number_is_the_largest() {
        let values = values(&Vector::new(&[
            f32::from_bits(0x7fc0_0000),
            f32::NEG_INFINITY,
            0.0,
            1e30,
            65535.0,
            f32::MIN_POSITIVE,
        ]));
        assert_eq!(values, [65534.0, -65534.0, 0.0, 65534.0, 65534.0, 0.0]);
        let tiny = Vector::new(&[1e-20, -1e-30, 0.0]);
        assert_eq!(tiny.quads().1, [0; 4]);
    }
}

//! `f32` taken apart and put together, without arithmetic on it.

/// Bits behind the leading one of a significand.
const SIGNIFICAND: u32 = 23;
/// What stands for `2^0` in the field of the exponent.
const BIAS: u32 = 127;
const SIGN: u32 = 1 << 31;
/// The largest integer that is given as `f32`: every one up to it has its own.
const LARGEST: u32 = (1 << (SIGNIFICAND + 1)) - 1;

/// The bits of the magnitude, which are in the order of the magnitudes.
#[inline(always)]
pub(super) const fn magnitude(x: f32) -> u32 {
    x.to_bits() & !SIGN
}

/// The field of the exponent.
#[inline(always)]
pub(super) const fn exponent(magnitude: u32) -> u32 {
    magnitude >> SIGNIFICAND
}

/// `magnitude / 2^shift`, where the significand is an integer of 24 bits, rounded to the nearest; halves go up.
#[inline(always)]
pub(super) const fn rounded(magnitude: u32, shift: u32) -> i32 {
    let significand = (magnitude & ((1 << SIGNIFICAND) - 1)) | (1 << SIGNIFICAND);
    let shift = if shift > 30 { 30 } else { shift };
    ((significand + ((1 << shift) >> 1)) >> shift).cast_signed()
}

/// `number`, with the sign of `of`.
#[inline(always)]
pub(super) const fn signed(number: i32, of: f32) -> i32 {
    if of.to_bits() & SIGN == 0 { number } else { -number }
}

/// `x` as an integer with `fraction` bits behind the point, at most 22; within 24 bits.
#[inline(always)]
pub(super) const fn from_f32(x: f32, fraction: u32) -> i32 {
    let magnitude = magnitude(x);
    // Of a number with this exponent the significand is the integer.
    let whole = BIAS + SIGNIFICAND - fraction;
    let exponent = exponent(magnitude);
    if exponent > whole {
        return signed(LARGEST.cast_signed(), x);
    }
    signed(rounded(magnitude, whole - exponent), x)
}

/// `number / 2^fraction`, within 24 bits of `number`.
#[inline(always)]
pub(super) const fn to_f32(number: i32, fraction: u32) -> f32 {
    let mut magnitude = number.unsigned_abs();
    if magnitude == 0 {
        return 0.0;
    }
    if magnitude > LARGEST {
        magnitude = LARGEST;
    }
    let zeros = magnitude.leading_zeros();
    let significand = (magnitude << (zeros - (31 - SIGNIFICAND))) & ((1 << SIGNIFICAND) - 1);
    let exponent = (BIAS + 31 - fraction - zeros) << SIGNIFICAND;
    f32::from_bits((number.cast_unsigned() & SIGN) | exponent | significand)
}

/// `number / 2^fraction`, rounded towards zero where `number` has more than 24 bits.
#[inline(always)]
pub(super) const fn to_f32_cut(number: i32, fraction: u32) -> f32 {
    let magnitude = number.unsigned_abs();
    if magnitude == 0 {
        return 0.0;
    }
    let zeros = magnitude.leading_zeros();
    let significand = ((magnitude << zeros) >> (31 - SIGNIFICAND)) & ((1 << SIGNIFICAND) - 1);
    let exponent = (BIAS + 31 - fraction - zeros) << SIGNIFICAND;
    f32::from_bits((number.cast_unsigned() & SIGN) | exponent | significand)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_integer_of_24_bits_comes_back() {
        let step = if cfg!(miri) { 64_199 } else { 641 };
        for number in (0..=LARGEST.cast_signed()).step_by(step).chain([1, 2, 3, LARGEST.cast_signed()]) {
            for number in [number, -number] {
                for fraction in [11, 12, 15] {
                    let x = to_f32(number, fraction);
                    assert_eq!(x, number as f32 / (1 << fraction) as f32);
                    assert_eq!(to_f32_cut(number, fraction), x);
                    assert_eq!(from_f32(x, fraction), number);
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_stays_at_the_end() {
        let most = LARGEST.cast_signed();
        assert_eq!(to_f32(i32::MAX, 15), to_f32(most, 15));
        assert_eq!(to_f32(i32::MIN, 15), to_f32(-most, 15));
        for huge in [1e9, f32::MAX, f32::INFINITY, f32::from_bits(0x7fc0_0000)] {
            assert_eq!((from_f32(huge, 15), from_f32(-huge, 15)), (most, -most));
        }
        assert_eq!([1e-9, -1e-9, 1e-44, -0.0].map(|tiny| from_f32(tiny, 15)), [0; 4]);
    }

    #[test]
    fn more_than_24_bits_are_cut() {
        for number in [1 << 24, (1 << 24) + 1, 0x0100_0003, 0x0fff_ffff, (1 << 29) - 1, i32::MAX] {
            let whole = 32 - number.leading_zeros() - 24;
            let cut = (number >> whole) << whole;
            for (number, cut) in [(number, cut), (-number, -cut)] {
                assert_eq!(to_f32_cut(number, 12), (f64::from(cut) / 4096.0) as f32);
            }
        }
    }

    #[test]
    fn halves_go_away_from_zero() {
        let step = 1.0 / 32768.0;
        assert_eq!([0.5, 1.5, 2.49, -0.5, -1.5].map(|x| from_f32(x * step, 15)), [1, 2, 2, -1, -2]);
    }
}

//! bfloat16, the upper half of an `f32`: relative error at most 2^-9.

/// The largest finite number.
pub(super) const LARGEST: f32 = f32::from_bits(0x7f7f_0000);

/// The nearest bfloat16 of each, of two the even one; `None` where one is too large.
pub(super) fn round(numbers: &mut [f32]) -> Option<()> {
    for number in numbers {
        let bits = number.to_bits();
        let odd = bits >> 16 & 1;
        *number = f32::from_bits((bits + 0x7fff + odd) & 0xffff_0000);
        if !number.is_finite() {
            return None;
        }
    }
    Some(())
}

/// The bits of `number`, which is a bfloat16.
pub(crate) fn bits(number: f32) -> u16 {
    (number.to_bits() >> 16) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_to_the_nearest_and_between_two_to_the_even_one() {
        let rounded = |number: f32| {
            let mut numbers = [number];
            round(&mut numbers).map(|()| numbers[0])
        };
        for (number, nearest) in [(1.0, 1.0), (1.0 + 1.0 / 256.0, 1.0), (1.0 + 3.0 / 256.0, 1.015_625)] {
            assert_eq!(rounded(number), Some(nearest));
            assert_eq!(rounded(-number), Some(-nearest));
        }
        for number in [0.1, 3.0e-39, 1.7e38, 123.456] {
            let error = (rounded(number).unwrap_or(f32::NAN) - number).abs();
            assert!(error <= number / 512.0 + f32::MIN_POSITIVE / 128.0, "{number}: {error}");
        }
        assert_eq!(rounded(f32::MAX), None);
        assert_eq!(bits(-1.0), 0xbf80);
    }
}

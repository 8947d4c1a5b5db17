//! IEEE 754 binary16: relative error at most 2^-11 from 2^-14 on, absolute error at most 2^-25 below.

/// The largest finite number.
pub(super) const LARGEST: f32 = 65_504.0;

/// The nearest binary16 of each, of two the even one; `None` where one is too large.
pub(super) fn round(numbers: &mut [f32]) -> Option<()> {
    for number in numbers {
        *number = nearest(*number)?;
    }
    Some(())
}

/// The nearest number that is a binary16; `None` beyond the largest, 65504.
pub fn nearest(number: f32) -> Option<f32> {
    // Adding and subtracting a number whose last bit is worth what a binary16's is rounds as that does.
    let exponent = number.abs().to_bits() >> 23;
    let unit = exponent.max(127 - 14) + 13;
    let magic = f32::from_bits(unit << 23);
    let magnitude = (number.abs() + magic) - magic;
    (magnitude <= LARGEST).then(|| magnitude.copysign(number))
}

/// The bits of `number`, which is a binary16.
pub(crate) fn bits(number: f32) -> u16 {
    let sign = (number.to_bits() >> 16) as u16 & 0x8000;
    // 2^-112 puts the exponent into the place of a binary16's; what is below 2^-14 becomes subnormal alike.
    let shifted = number.abs() * f32::from_bits((127 - 112) << 23);
    sign | (shifted.to_bits() >> 13) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number whose binary16 is `bits`, by its definition.
    fn value(bits: u16) -> f32 {
        let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023) / 1024.0);
        let magnitude = match exponent {
            0 => fraction * 2f32.powi(-14),
            exponent => (1.0 + fraction) * 2f32.powi(exponent - 15),
        };
        if bits & 0x8000 == 0 { magnitude } else { -magnitude }
    }

    #[test]
    fn every_binary16_is_itself() {
        for pattern in (0..0x7c00).chain(0x8000..0xfc00) {
            let number = value(pattern);
            assert_eq!(nearest(number), Some(number));
            assert_eq!(bits(number), pattern);
        }
    }

    #[test]
    fn others_go_to_the_nearest_and_between_two_to_the_even_one() {
        for pattern in 0..0x7bff_u16 {
            let (below, above) = (value(pattern), value(pattern + 1));
            let middle = f32::midpoint(below, above);
            assert_eq!(nearest(middle), Some(if pattern % 2 == 0 { below } else { above }));
            assert_eq!(nearest(f32::from_bits(middle.to_bits() - 1)), Some(below));
            assert_eq!(nearest(f32::from_bits(middle.to_bits() + 1)), Some(above));
        }
        assert_eq!(nearest(65_519.0), Some(LARGEST));
        assert_eq!(nearest(65_520.0), None);
    }
}

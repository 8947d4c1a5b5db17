//! The numbers of a tensor, from its bytes.
//!
//! A macro runs this unoptimised over megabytes, so the loops are plain.

use safetensors::Dtype;

/// `F32` as it is and `F16` widened; `None` for other types.
pub(crate) fn floats(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    match dtype {
        Dtype::F32 => Some(single(bytes)),
        Dtype::F16 => Some(half(bytes)),
        _ => None,
    }
}

fn single(bytes: &[u8]) -> Vec<f32> {
    let chunks = bytes.as_chunks::<4>().0;
    let mut numbers = vec![0.0; chunks.len()];
    let mut i = 0;
    while i < chunks.len() {
        numbers[i] = f32::from_le_bytes(chunks[i]);
        i += 1;
    }
    numbers
}

fn half(bytes: &[u8]) -> Vec<f32> {
    let chunks = bytes.as_chunks::<2>().0;
    chunks.iter().map(|&chunk| widen(u16::from_le_bytes(chunk))).collect()
}

/// The value of an IEEE 754 binary16 number; every one is also a binary32 number.
fn widen(half: u16) -> f32 {
    let sign = u32::from(half >> 15) << 31;
    let exponent = u32::from(half >> 10) & 0x1f;
    let fraction = u32::from(half) & 0x3ff;
    let magnitude = match exponent {
        0 => (fraction as f32 / 16_777_216.0).to_bits(),
        0x1f => 0x7f80_0000 | fraction << 13,
        _ => (exponent + 112) << 23 | fraction << 13,
    };
    f32::from_bits(sign | magnitude)
}

/// Integers of 32 or 64 bits as ids; the inner `Err` is the first that is no `u32`.
pub(crate) fn ids(dtype: Dtype, bytes: &[u8]) -> Option<Result<Vec<u32>, i128>> {
    let wide = integers(dtype, bytes)?;
    Some(wide.into_iter().map(|id| u32::try_from(id).map_err(|_| id)).collect())
}

/// Integers of 32 or 64 bits, or bytes and truth values.
pub(crate) fn integers(dtype: Dtype, bytes: &[u8]) -> Option<Vec<i128>> {
    Some(match dtype {
        Dtype::I8 => each::<1>(bytes, |chunk| i8::from_le_bytes(chunk).into()),
        Dtype::BOOL | Dtype::U8 => each::<1>(bytes, |chunk| u8::from_le_bytes(chunk).into()),
        Dtype::I32 => each::<4>(bytes, |chunk| i32::from_le_bytes(chunk).into()),
        Dtype::U32 => each::<4>(bytes, |chunk| u32::from_le_bytes(chunk).into()),
        Dtype::I64 => each::<8>(bytes, |chunk| i64::from_le_bytes(chunk).into()),
        Dtype::U64 => each::<8>(bytes, |chunk| u64::from_le_bytes(chunk).into()),
        _ => return None,
    })
}

fn each<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> i128) -> Vec<i128> {
    bytes.as_chunks::<N>().0.iter().map(|&chunk| number(chunk)).collect()
}

/// The place of the first number that is infinite or NaN, and how many there are.
pub(crate) fn not_finite(numbers: &[f32]) -> Option<(usize, usize)> {
    const EXPONENT: u32 = 0x7f80_0000;
    let (mut first, mut count) = (0, 0);
    let mut i = 0;
    while i < numbers.len() {
        if numbers[i].to_bits() & EXPONENT == EXPONENT {
            if count == 0 {
                first = i;
            }
            count += 1;
        }
        i += 1;
    }
    (count > 0).then_some((first, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_widen_exactly() {
        for (half, value) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 2f32.powi(-14)),
            (0x0001, 2f32.powi(-24)),
            (0x83ff, -1023.0 * 2f32.powi(-24)),
            (0x3555, 1365.0 * 2f32.powi(-12)),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(widen(half).to_bits(), f32::to_bits(value), "{half:#x}");
        }
        assert!(widen(0x7e00).is_nan());
    }

    #[test]
    fn ids_of_every_width() {
        assert_eq!(ids(Dtype::I64, &7i64.to_le_bytes()), Some(Ok(vec![7])));
        assert_eq!(ids(Dtype::U32, &u32::MAX.to_le_bytes()), Some(Ok(vec![u32::MAX])));
        assert_eq!(ids(Dtype::I32, &(-1i32).to_le_bytes()), Some(Err(-1)));
        assert_eq!(ids(Dtype::F32, &[0; 4]), None);
    }

    #[test]
    fn finds_what_is_not_finite() {
        assert_eq!(not_finite(&[1.0, f32::NAN, f32::MAX, -f32::INFINITY]), Some((1, 2)));
        assert_eq!(not_finite(&[f32::MIN_POSITIVE, 0.0]), None);
    }
}

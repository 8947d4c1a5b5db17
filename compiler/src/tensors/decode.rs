//! The numbers of a tensor, from its bytes.
//!
//! A macro runs this unoptimised over megabytes, so the loops are plain.

use safetensors::Dtype;

/// Types of the weights, and of the numbers in a trace.
pub(crate) const FLOATS: &[Dtype] = &[Dtype::F32, Dtype::F16, Dtype::BF16, Dtype::F64];

/// `F32` as it is, `F16` and `BF16` widened, `F64` rounded; `None` for other types.
pub(crate) fn floats(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    match dtype {
        Dtype::F32 => Some(single(bytes)),
        Dtype::F16 => Some(half(bytes, widen)),
        Dtype::BF16 => Some(half(bytes, |bits| f32::from_bits(u32::from(bits) << 16))),
        Dtype::F64 => Some(double(bytes).into_iter().map(|number| number as f32).collect()),
        _ => None,
    }
}

/// The same, of which none is rounded.
pub(crate) fn doubles(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f64>> {
    match dtype {
        Dtype::F64 => Some(double(bytes)),
        _ => Some(floats(dtype, bytes)?.into_iter().map(f64::from).collect()),
    }
}

fn double(bytes: &[u8]) -> Vec<f64> {
    bytes.as_chunks::<8>().0.iter().map(|&chunk| f64::from_le_bytes(chunk)).collect()
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

fn half(bytes: &[u8], widen: impl Fn(u16) -> f32) -> Vec<f32> {
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

/// A number as it is wanted of a tensor, whatever the tensor's type.
pub(crate) trait Number: Copy {
    fn decode(dtype: Dtype, bytes: &[u8]) -> Option<Vec<Self>>;
    fn of(number: f64) -> Self;
    fn rounded(self) -> f32;
}

impl Number for f32 {
    fn decode(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
        floats(dtype, bytes)
    }

    fn of(number: f64) -> f32 {
        number as f32
    }

    fn rounded(self) -> f32 {
        self
    }
}

impl Number for f64 {
    fn decode(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f64>> {
        doubles(dtype, bytes)
    }

    fn of(number: f64) -> f64 {
        number
    }

    fn rounded(self) -> f32 {
        self as f32
    }
}

/// The place of the first number that is NaN, infinite or beyond the range of an `f32`, and how many there are.
pub(crate) fn not_finite(numbers: &[impl Number]) -> Option<(usize, usize)> {
    const EXPONENT: u32 = 0x7f80_0000;
    let (mut first, mut count) = (0, 0);
    let mut i = 0;
    while i < numbers.len() {
        if numbers[i].rounded().to_bits() & EXPONENT == EXPONENT {
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
    fn bf16_widens_exactly_and_f64_rounds_to_the_nearest() {
        let bf16: Vec<u8> =
            [0x3f80_u16, 0xc049, 0x0001, 0xff80].iter().flat_map(|x| x.to_le_bytes()).collect();
        let wide = floats(Dtype::BF16, &bf16).expect("numbers");
        let expected = [1.0, -3.140_625, f32::from_bits(0x1_0000), f32::NEG_INFINITY];
        assert_eq!(wide.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), expected.map(f32::to_bits));
        let f64s: Vec<u8> = [0.1, 1e39, -1e-60].iter().flat_map(|x: &f64| x.to_le_bytes()).collect();
        assert_eq!(floats(Dtype::F64, &f64s), Some(vec![0.1, f32::INFINITY, -0.0]));
        assert_eq!(doubles(Dtype::F64, &f64s), Some(vec![0.1, 1e39, -1e-60]));
        assert_eq!(doubles(Dtype::BF16, &bf16[..2]), Some(vec![1.0]));
        assert_eq!(doubles(Dtype::I32, &[0; 4]), None);
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
        assert_eq!(not_finite(&[1e38, 1e39, -1e39]), Some((1, 2)));
    }
}

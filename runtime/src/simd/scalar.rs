//! The plain form, and the twin that every other form is tested against.

#[cfg(recurve_dsp)]
use super::dsp::Quad;
#[cfg(not(recurve_dsp))]
use super::quad::Quad;
use super::{Arithmetic, Bf16, Bytes, F16, LANES, Quads, Simd, TINY};

/// Arrays of 16 numbers, one operation after the other.
#[derive(Debug, Clone, Copy)]
pub struct Scalar;

/// A number by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct One;

/// Adding and subtracting it leaves the nearest integer.
const ROUND: f32 = 12_582_912.0;

impl Arithmetic for One {
    type F32 = f32;

    #[inline(always)]
    fn splat(self, value: f32) -> f32 {
        value
    }

    #[inline(always)]
    fn add(self, a: f32, b: f32) -> f32 {
        a + b
    }

    #[inline(always)]
    fn sub(self, a: f32, b: f32) -> f32 {
        a - b
    }

    #[inline(always)]
    fn mul(self, a: f32, b: f32) -> f32 {
        a * b
    }

    #[inline(always)]
    fn div(self, a: f32, b: f32) -> f32 {
        a / b
    }

    #[inline(always)]
    fn mul_add(self, a: f32, b: f32, c: f32) -> f32 {
        a * b + c
    }

    #[inline(always)]
    fn min(self, a: f32, b: f32) -> f32 {
        if a < b { a } else { b }
    }

    #[inline(always)]
    fn max(self, a: f32, b: f32) -> f32 {
        if a > b { a } else { b }
    }

    #[inline(always)]
    fn limit(self, x: f32, limit: f32) -> f32 {
        if x.abs() > limit { beyond(x, limit) } else { x }
    }

    #[inline(always)]
    fn flush(self, value: f32) -> f32 {
        // The unit of a Cortex-M takes no longer for them; a processor without a unit compares integers.
        if cfg!(not(recurve_dsp)) && value.abs().to_bits() < TINY.to_bits() { 0.0 } else { value }
    }

    #[inline(always)]
    fn scale(self, value: f32, exponent: f32) -> f32 {
        value * f32::from_bits(((exponent as i32 + 127) as u32) << 23)
    }

    #[inline(always)]
    fn power(self, biased: f32) -> f32 {
        f32::from_bits(biased.to_bits() << 23)
    }

    #[inline(always)]
    fn each(self, value: f32, f: impl Fn(f32) -> f32) -> f32 {
        f(value)
    }
}

/// A branch that is seldom taken costs fewer instructions than a choice between two numbers.
#[cold]
#[inline(never)]
fn beyond(x: f32, limit: f32) -> f32 {
    limit.copysign(x)
}

#[inline(always)]
fn zip(a: [f32; LANES], b: [f32; LANES], f: impl Fn(One, f32, f32) -> f32) -> [f32; LANES] {
    core::array::from_fn(|lane| f(One, a[lane], b[lane]))
}

impl Arithmetic for Scalar {
    type F32 = [f32; LANES];

    #[inline(always)]
    fn splat(self, value: f32) -> Self::F32 {
        [value; LANES]
    }

    #[inline(always)]
    fn add(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        zip(a, b, One::add)
    }

    #[inline(always)]
    fn sub(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        zip(a, b, One::sub)
    }

    #[inline(always)]
    fn mul(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        zip(a, b, One::mul)
    }

    #[inline(always)]
    fn div(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        zip(a, b, One::div)
    }

    #[inline(always)]
    fn mul_add(self, a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32 {
        core::array::from_fn(|lane| One.mul_add(a[lane], b[lane], c[lane]))
    }

    #[inline(always)]
    fn min(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        zip(a, b, One::min)
    }

    #[inline(always)]
    fn max(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        zip(a, b, One::max)
    }

    #[inline(always)]
    fn flush(self, value: Self::F32) -> Self::F32 {
        value.map(|value| One.flush(value))
    }

    #[inline(always)]
    fn scale(self, value: Self::F32, exponent: Self::F32) -> Self::F32 {
        zip(value, exponent, One::scale)
    }

    #[inline(always)]
    fn power(self, biased: Self::F32) -> Self::F32 {
        biased.map(|biased| One.power(biased))
    }

    #[inline(always)]
    fn each(self, value: Self::F32, f: impl Fn(f32) -> f32) -> Self::F32 {
        value.map(f)
    }
}

impl Simd for Scalar {
    type I32 = [i32; LANES];

    const ACCUMULATORS: usize = 1;
    const ONE_BY_ONE: bool = true;

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::F32 {
        *from
    }

    #[inline(always)]
    fn store(self, value: Self::F32, to: &mut [f32; LANES]) {
        *to = value;
    }

    #[inline(always)]
    fn keep_first(self, value: Self::F32, count: usize) -> Self::F32 {
        core::array::from_fn(|lane| if lane < count { value[lane] } else { 0.0 })
    }

    #[inline(always)]
    fn positive(self, value: Self::F32) -> u16 {
        value.iter().rev().fold(0, |bits, lane| bits << 1 | u16::from(*lane > 0.0))
    }

    #[inline(always)]
    fn load_f16(self, from: &[F16; LANES]) -> Self::F32 {
        from.map(F16::to_f32)
    }

    #[inline(always)]
    fn load_bf16(self, from: &[Bf16; LANES]) -> Self::F32 {
        from.map(Bf16::to_f32)
    }

    #[inline(always)]
    fn load_i8(self, from: &[i8; LANES]) -> Self::F32 {
        from.map(f32::from)
    }

    #[inline(always)]
    fn load_i4(self, from: &[u8; LANES]) -> [Self::F32; 2] {
        [from.map(|pair| f32::from(pair & 15) - 8.0), from.map(|pair| f32::from(pair >> 4) - 8.0)]
    }

    #[inline(always)]
    fn splat_i32(self, value: i32) -> Self::I32 {
        [value; LANES]
    }

    #[inline(always)]
    fn add_i32(self, a: Self::I32, b: Self::I32) -> Self::I32 {
        core::array::from_fn(|lane| a[lane].wrapping_add(b[lane]))
    }

    #[inline(always)]
    fn max_i32(self, a: Self::I32, b: Self::I32) -> Self::I32 {
        core::array::from_fn(|lane| a[lane].max(b[lane]))
    }

    #[inline(always)]
    fn largest(self, value: Self::I32) -> i32 {
        value.into_iter().fold(i32::MIN, i32::max)
    }

    #[inline(always)]
    fn total(self, value: Self::I32) -> i32 {
        value.into_iter().fold(0, i32::wrapping_add)
    }

    #[inline(always)]
    fn to_f32(self, value: Self::I32) -> Self::F32 {
        value.map(|value| value as f32)
    }

    #[inline(always)]
    fn magnitude(self, value: Self::F32) -> Self::I32 {
        value.map(|value| value.abs().to_bits() as i32)
    }

    #[inline(always)]
    fn round(self, value: Self::F32) -> Self::I32 {
        value.map(|value| ((value + ROUND) - ROUND) as i32)
    }

    #[inline(always)]
    fn narrow(self, value: Self::I32) -> [i8; LANES] {
        value.map(|value| value as i8)
    }

    #[inline(always)]
    fn dot(self, w: &Quads, x: [i8; 4], sum: Self::I32) -> Self::I32 {
        let x = Quad::new(x);
        let mut sums = sum;
        for (sum, w) in sums.iter_mut().zip(w) {
            *sum = Quad::new(*w).dot(x, *sum);
        }
        sums
    }

    #[inline(always)]
    fn dot_u4(self, w: &Bytes, x: [[i8; 4]; 2], sum: Self::I32) -> Self::I32 {
        fields(w, x, 4, sum)
    }

    #[inline(always)]
    fn dot_u2(self, w: &Bytes, x: [[i8; 4]; 4], sum: Self::I32) -> Self::I32 {
        fields(w, x, 2, sum)
    }

    #[inline(always)]
    fn dot_each(self, w: &Quads, x: &Quads, sum: Self::I32) -> Self::I32 {
        let mut sums = sum;
        for ((sum, w), x) in sums.iter_mut().zip(w).zip(x) {
            *sum = Quad::new(*w).dot(Quad::new(*x), *sum);
        }
        sums
    }
}

/// `sum` and the products of the fields of each byte, of so many bits, the lowest first.
#[inline(always)]
fn fields<const COUNT: usize>(
    w: &Bytes,
    x: [[i8; 4]; COUNT],
    bits: usize,
    sum: [i32; LANES],
) -> [i32; LANES] {
    let x = x.map(Quad::new);
    let mask = u32::from_le_bytes([(1 << bits) - 1; 4]);
    let mut sums = sum;
    for (sum, w) in sums.iter_mut().zip(w) {
        let w = u32::from_le_bytes(*w);
        for (field, x) in x.iter().enumerate() {
            let field = (w >> (bits * field) & mask).to_le_bytes();
            *sum = Quad::new(field.map(u8::cast_signed)).dot(*x, *sum);
        }
    }
    sums
}

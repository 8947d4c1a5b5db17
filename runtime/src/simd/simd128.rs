//! The 128-bit vectors of WebAssembly: a vector is four of them.
//!
//! A module has them or has not, whatever machine it runs on, so that they are chosen when it is compiled.

use core::arch::wasm32::*;

use super::half::F16_SCALE;
use super::{Arithmetic, Bf16, Bytes, F16, LANES, Quads, Simd, TINY, each, mask, parts};

/// The instructions that the target feature `simd128` promises.
#[derive(Debug, Clone, Copy)]
pub(super) struct Simd128(());

impl Simd128 {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Simd128(())
    }
}

impl Arithmetic for Simd128 {
    type F32 = [v128; 4];

    #[inline(always)]
    fn splat(self, value: f32) -> Self::F32 {
        [f32x4_splat(value); 4]
    }

    #[inline(always)]
    fn add(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        parts!(part => f32x4_add(a[part], b[part]))
    }

    #[inline(always)]
    fn sub(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        parts!(part => f32x4_sub(a[part], b[part]))
    }

    #[inline(always)]
    fn mul(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        parts!(part => f32x4_mul(a[part], b[part]))
    }

    #[inline(always)]
    fn div(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        parts!(part => f32x4_div(a[part], b[part]))
    }

    #[inline(always)]
    fn mul_add(self, a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32 {
        parts!(part => f32x4_add(f32x4_mul(a[part], b[part]), c[part]))
    }

    #[inline(always)]
    fn min(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        parts!(part => f32x4_pmin(b[part], a[part]))
    }

    #[inline(always)]
    fn max(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        parts!(part => f32x4_pmax(b[part], a[part]))
    }

    #[inline(always)]
    fn flush(self, value: Self::F32) -> Self::F32 {
        parts!(part => {
            let tiny = f32x4_lt(f32x4_abs(value[part]), f32x4_splat(TINY));
            v128_andnot(value[part], tiny)
        })
    }

    #[inline(always)]
    fn scale(self, value: Self::F32, exponent: Self::F32) -> Self::F32 {
        parts!(part => {
            let biased = i32x4_add(i32x4_trunc_sat_f32x4(exponent[part]), i32x4_splat(127));
            f32x4_mul(value[part], i32x4_shl(biased, 23))
        })
    }

    #[inline(always)]
    fn power(self, biased: Self::F32) -> Self::F32 {
        parts!(part => i32x4_shl(biased[part], 23))
    }

    #[inline(always)]
    fn each(self, value: Self::F32, f: impl Fn(f32) -> f32) -> Self::F32 {
        each(self, value, f)
    }
}

// SAFETY of every block below: memory is reached through references to 16 numbers, of which part `p` starts at `4 * p`.
impl Simd for Simd128 {
    type I32 = [v128; 4];

    const ACCUMULATORS: usize = 2;

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { v128_load(from.as_ptr().add(4 * part).cast()) })
    }

    #[inline(always)]
    fn store(self, value: Self::F32, to: &mut [f32; LANES]) {
        for (part, value) in value.into_iter().enumerate() {
            // SAFETY: see the impl.
            unsafe { v128_store(to.as_mut_ptr().add(4 * part).cast(), value) }
        }
    }

    #[inline(always)]
    fn keep_first(self, value: Self::F32, count: usize) -> Self::F32 {
        let mask = mask(count);
        // SAFETY: see the impl.
        parts!(part => unsafe { v128_and(v128_load(mask.as_ptr().add(4 * part).cast()), value[part]) })
    }

    #[inline(always)]
    fn positive(self, value: Self::F32) -> u16 {
        let [a, b, c, d] = value.map(|part| u16::from(i32x4_bitmask(f32x4_gt(part, f32x4_splat(0.0)))));
        a | b << 4 | c << 8 | d << 12
    }

    #[inline(always)]
    fn load_f16(self, from: &[F16; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let bits = u32x4_load_extend_u16x4(from.as_ptr().add(4 * part).cast());
            let magnitude = i32x4_shl(v128_and(bits, i32x4_splat(0x7fff)), 13);
            let sign = i32x4_shl(v128_and(bits, i32x4_splat(0x8000)), 16);
            v128_or(f32x4_mul(magnitude, f32x4_splat(F16_SCALE)), sign)
        })
    }

    #[inline(always)]
    fn load_bf16(self, from: &[Bf16; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { i32x4_shl(u32x4_load_extend_u16x4(from.as_ptr().add(4 * part).cast()), 16) })
    }

    #[inline(always)]
    fn load_i8(self, from: &[i8; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        let bytes = unsafe { v128_load(from.as_ptr().cast()) };
        let (low, high) = (i16x8_extend_low_i8x16(bytes), i16x8_extend_high_i8x16(bytes));
        [
            f32x4_convert_i32x4(i32x4_extend_low_i16x8(low)),
            f32x4_convert_i32x4(i32x4_extend_high_i16x8(low)),
            f32x4_convert_i32x4(i32x4_extend_low_i16x8(high)),
            f32x4_convert_i32x4(i32x4_extend_high_i16x8(high)),
        ]
    }

    #[inline(always)]
    fn load_i4(self, from: &[u8; LANES]) -> [Self::F32; 2] {
        let low = from.map(|pair| (pair & 15).cast_signed() - 8);
        let high = from.map(|pair| (pair >> 4).cast_signed() - 8);
        [self.load_i8(&low), self.load_i8(&high)]
    }

    #[inline(always)]
    fn splat_i32(self, value: i32) -> Self::I32 {
        [i32x4_splat(value); 4]
    }

    #[inline(always)]
    fn add_i32(self, a: Self::I32, b: Self::I32) -> Self::I32 {
        parts!(part => i32x4_add(a[part], b[part]))
    }

    #[inline(always)]
    fn max_i32(self, a: Self::I32, b: Self::I32) -> Self::I32 {
        parts!(part => i32x4_max(a[part], b[part]))
    }

    #[inline(always)]
    fn largest(self, value: Self::I32) -> i32 {
        let four = i32x4_max(i32x4_max(value[0], value[1]), i32x4_max(value[2], value[3]));
        let two = i32x4_max(four, i32x4_shuffle::<2, 3, 0, 1>(four, four));
        i32x4_extract_lane::<0>(i32x4_max(two, i32x4_shuffle::<1, 0, 3, 2>(two, two)))
    }

    #[inline(always)]
    fn total(self, value: Self::I32) -> i32 {
        let four = i32x4_add(i32x4_add(value[0], value[1]), i32x4_add(value[2], value[3]));
        let two = i32x4_add(four, i32x4_shuffle::<2, 3, 0, 1>(four, four));
        i32x4_extract_lane::<0>(i32x4_add(two, i32x4_shuffle::<1, 0, 3, 2>(two, two)))
    }

    #[inline(always)]
    fn to_f32(self, value: Self::I32) -> Self::F32 {
        parts!(part => f32x4_convert_i32x4(value[part]))
    }

    #[inline(always)]
    fn magnitude(self, value: Self::F32) -> Self::I32 {
        parts!(part => f32x4_abs(value[part]))
    }

    #[inline(always)]
    fn round(self, value: Self::F32) -> Self::I32 {
        parts!(part => i32x4_trunc_sat_f32x4(f32x4_nearest(value[part])))
    }

    #[inline(always)]
    fn narrow(self, value: Self::I32) -> [i8; LANES] {
        let low = i16x8_narrow_i32x4(value[0], value[1]);
        let high = i16x8_narrow_i32x4(value[2], value[3]);
        let mut lanes = [0; LANES];
        // SAFETY: see the impl.
        unsafe { v128_store(lanes.as_mut_ptr().cast(), i8x16_narrow_i16x8(low, high)) };
        lanes
    }

    #[inline(always)]
    fn dot(self, w: &Quads, x: [i8; 4], sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { add_products(sum[part], v128_load(w.as_ptr().add(4 * part).cast()), quad(x)) })
    }

    #[inline(always)]
    fn dot_u4(self, w: &Bytes, x: [[i8; 4]; 2], sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let w = v128_load(w.as_ptr().add(4 * part).cast());
            let sum = add_products(sum[part], v128_and(w, u8x16_splat(15)), quad(x[0]));
            add_products(sum, u8x16_shr(w, 4), quad(x[1]))
        })
    }

    #[inline(always)]
    fn dot_u2(self, w: &Bytes, x: [[i8; 4]; 4], sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let (w, mask) = (v128_load(w.as_ptr().add(4 * part).cast()), u8x16_splat(3));
            let sum = add_products(sum[part], v128_and(w, mask), quad(x[0]));
            let sum = add_products(sum, v128_and(u8x16_shr(w, 2), mask), quad(x[1]));
            let sum = add_products(sum, v128_and(u8x16_shr(w, 4), mask), quad(x[2]));
            add_products(sum, u8x16_shr(w, 6), quad(x[3]))
        })
    }

    #[inline(always)]
    fn dot_each(self, w: &Quads, x: &Quads, sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let x = v128_load(x.as_ptr().add(4 * part).cast());
            add_products(sum[part], v128_load(w.as_ptr().add(4 * part).cast()), x)
        })
    }
}

/// Four integers in each lane.
#[inline(always)]
fn quad(x: [i8; 4]) -> v128 {
    i32x4_splat(i32::from_le_bytes(x.map(i8::cast_unsigned)))
}

/// Adds to each of the four sums four products. Two of them fit into 16 bits.
#[inline(always)]
fn add_products(sum: v128, w: v128, x: v128) -> v128 {
    let low = i32x4_dot_i16x8(i16x8_extend_low_i8x16(w), i16x8_extend_low_i8x16(x));
    let high = i32x4_dot_i16x8(i16x8_extend_high_i8x16(w), i16x8_extend_high_i8x16(x));
    let even = i32x4_shuffle::<0, 2, 4, 6>(low, high);
    let odd = i32x4_shuffle::<1, 3, 5, 7>(low, high);
    i32x4_add(sum, i32x4_add(even, odd))
}

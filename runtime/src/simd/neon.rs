//! NEON, the baseline of AArch64: a vector is four registers.

use core::arch::aarch64::*;

use super::half::F16_SCALE;
use super::{Arithmetic, Bf16, Bytes, F16, LANES, Quads, Simd, TINY, each, mask, parts};

/// The instructions that every AArch64 processor has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Neon(());

impl Neon {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Neon(())
    }
}

// SAFETY of every block below: a `Neon` exists only where the machine has its instructions, and
// memory is reached through references to 16 numbers, of which part `p` starts at `4 * p`.
impl Arithmetic for Neon {
    type F32 = [float32x4_t; 4];

    #[inline(always)]
    fn splat(self, value: f32) -> Self::F32 {
        // SAFETY: see the impl.
        [unsafe { vdupq_n_f32(value) }; 4]
    }

    #[inline(always)]
    fn add(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { vaddq_f32(a[part], b[part]) })
    }

    #[inline(always)]
    fn sub(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { vsubq_f32(a[part], b[part]) })
    }

    #[inline(always)]
    fn mul(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { vmulq_f32(a[part], b[part]) })
    }

    #[inline(always)]
    fn div(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { vdivq_f32(a[part], b[part]) })
    }

    #[inline(always)]
    fn mul_add(self, a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { vfmaq_f32(c[part], a[part], b[part]) })
    }

    #[inline(always)]
    fn min(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { vbslq_f32(vcltq_f32(a[part], b[part]), a[part], b[part]) })
    }

    #[inline(always)]
    fn max(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { vbslq_f32(vcgtq_f32(a[part], b[part]), a[part], b[part]) })
    }

    #[inline(always)]
    fn flush(self, value: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let value = value[part];
            let tiny = vcltq_f32(vabsq_f32(value), vdupq_n_f32(TINY));
            vbslq_f32(tiny, vdupq_n_f32(0.0), value)
        })
    }

    #[inline(always)]
    fn scale(self, value: Self::F32, exponent: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let (value, exponent) = (value[part], exponent[part]);
            let biased = vaddq_s32(vcvtq_s32_f32(exponent), vdupq_n_s32(127));
            vmulq_f32(value, vreinterpretq_f32_s32(vshlq_n_s32::<23>(biased)))
        })
    }

    #[inline(always)]
    fn power(self, biased: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { vreinterpretq_f32_u32(vshlq_n_u32::<23>(vreinterpretq_u32_f32(biased[part]))) })
    }

    #[inline(always)]
    fn each(self, value: Self::F32, f: impl Fn(f32) -> f32) -> Self::F32 {
        each(self, value, f)
    }
}

// SAFETY of every block below: as above.
impl Simd for Neon {
    type I32 = [int32x4_t; 4];

    const ACCUMULATORS: usize = 4;

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { vld1q_f32(from.as_ptr().add(4 * part)) })
    }

    #[inline(always)]
    fn store(self, value: Self::F32, to: &mut [f32; LANES]) {
        for (part, value) in value.into_iter().enumerate() {
            // SAFETY: see the impl.
            unsafe { vst1q_f32(to.as_mut_ptr().add(4 * part), value) }
        }
    }

    #[inline(always)]
    fn keep_first(self, value: Self::F32, count: usize) -> Self::F32 {
        let mask = mask(count);
        // SAFETY: see the impl.
        parts!(part => unsafe {
            vbslq_f32(vld1q_u32(mask.as_ptr().add(4 * part)), value[part], vdupq_n_f32(0.0))
        })
    }

    #[inline(always)]
    fn positive(self, value: Self::F32) -> u16 {
        // SAFETY: see the impl.
        unsafe {
            let bits = vld1q_u32([1, 2, 4, 8].as_ptr());
            let [a, b, c, d] =
                value.map(|part| vaddvq_u32(vandq_u32(vcgtq_f32(part, vdupq_n_f32(0.0)), bits)) as u16);
            a | b << 4 | c << 8 | d << 12
        }
    }

    #[inline(always)]
    fn load_f16(self, from: &[F16; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let bits = vmovl_u16(vld1_u16(from.as_ptr().add(4 * part).cast()));
            let magnitude = vshlq_n_u32::<13>(vandq_u32(bits, vdupq_n_u32(0x7fff)));
            let sign = vshlq_n_u32::<16>(vandq_u32(bits, vdupq_n_u32(0x8000)));
            let value = vmulq_f32(vreinterpretq_f32_u32(magnitude), vdupq_n_f32(F16_SCALE));
            vreinterpretq_f32_u32(vorrq_u32(vreinterpretq_u32_f32(value), sign))
        })
    }

    #[inline(always)]
    fn load_bf16(self, from: &[Bf16; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { vreinterpretq_f32_u32(vshll_n_u16::<16>(vld1_u16(from.as_ptr().add(4 * part).cast()))) })
    }

    #[inline(always)]
    fn load_i8(self, from: &[i8; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe {
            let bytes = vld1q_s8(from.as_ptr());
            let (low, high) = (vmovl_s8(vget_low_s8(bytes)), vmovl_high_s8(bytes));
            [
                vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))),
                vcvtq_f32_s32(vmovl_high_s16(low)),
                vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))),
                vcvtq_f32_s32(vmovl_high_s16(high)),
            ]
        }
    }

    #[inline(always)]
    fn load_i4(self, from: &[u8; LANES]) -> [Self::F32; 2] {
        // SAFETY: see the impl.
        unsafe {
            let pairs = vld1q_u8(from.as_ptr());
            let (mut low, mut high) = ([0; LANES], [0; LANES]);
            let eight = vdupq_n_s8(8);
            let lower = vreinterpretq_s8_u8(vandq_u8(pairs, vdupq_n_u8(15)));
            vst1q_s8(low.as_mut_ptr(), vsubq_s8(lower, eight));
            vst1q_s8(high.as_mut_ptr(), vsubq_s8(vreinterpretq_s8_u8(vshrq_n_u8::<4>(pairs)), eight));
            [self.load_i8(&low), self.load_i8(&high)]
        }
    }

    #[inline(always)]
    fn splat_i32(self, value: i32) -> Self::I32 {
        // SAFETY: see the impl.
        [unsafe { vdupq_n_s32(value) }; 4]
    }

    #[inline(always)]
    fn add_i32(self, a: Self::I32, b: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { vaddq_s32(a[part], b[part]) })
    }

    #[inline(always)]
    fn max_i32(self, a: Self::I32, b: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { vmaxq_s32(a[part], b[part]) })
    }

    #[inline(always)]
    fn largest(self, value: Self::I32) -> i32 {
        // SAFETY: see the impl.
        unsafe { vmaxvq_s32(vmaxq_s32(vmaxq_s32(value[0], value[1]), vmaxq_s32(value[2], value[3]))) }
    }

    #[inline(always)]
    fn total(self, value: Self::I32) -> i32 {
        // SAFETY: see the impl.
        unsafe { vaddvq_s32(vaddq_s32(vaddq_s32(value[0], value[1]), vaddq_s32(value[2], value[3]))) }
    }

    #[inline(always)]
    fn to_f32(self, value: Self::I32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { vcvtq_f32_s32(value[part]) })
    }

    #[inline(always)]
    fn magnitude(self, value: Self::F32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { vreinterpretq_s32_f32(vabsq_f32(value[part])) })
    }

    #[inline(always)]
    fn round(self, value: Self::F32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { vcvtnq_s32_f32(value[part]) })
    }

    #[inline(always)]
    fn narrow(self, value: Self::I32) -> [i8; LANES] {
        // SAFETY: see the impl.
        unsafe {
            let low = vcombine_s16(vqmovn_s32(value[0]), vqmovn_s32(value[1]));
            let high = vcombine_s16(vqmovn_s32(value[2]), vqmovn_s32(value[3]));
            let mut lanes = [0; LANES];
            vst1q_s8(lanes.as_mut_ptr(), vcombine_s8(vqmovn_s16(low), vqmovn_s16(high)));
            lanes
        }
    }

    #[inline(always)]
    fn dot(self, w: &Quads, x: [i8; 4], sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let x = vreinterpretq_s8_s32(vdupq_n_s32(i32::from_le_bytes(x.map(i8::cast_unsigned))));
            let w = vld1q_s8(w.as_ptr().add(4 * part).cast());
            vpadalq_s16(sum[part], products(w, x))
        })
    }

    #[inline(always)]
    fn dot_u4(self, w: &Bytes, x: [[i8; 4]; 2], sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let splat = |at: usize| vreinterpretq_s8_s32(vdupq_n_s32(i32::from_le_bytes(x[at].map(i8::cast_unsigned))));
            let w = vld1q_u8(w.as_ptr().add(4 * part).cast());
            let low = vreinterpretq_s8_u8(vandq_u8(w, vdupq_n_u8(15)));
            let high = vreinterpretq_s8_u8(vshrq_n_u8::<4>(w));
            let sum = vpadalq_s16(sum[part], products(low, splat(0)));
            vpadalq_s16(sum, products(high, splat(1)))
        })
    }

    #[inline(always)]
    fn dot_u2(self, w: &Bytes, x: [[i8; 4]; 4], sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let splat = |at: usize| vreinterpretq_s8_s32(vdupq_n_s32(i32::from_le_bytes(x[at].map(i8::cast_unsigned))));
            let (w, mask) = (vld1q_u8(w.as_ptr().add(4 * part).cast()), vdupq_n_u8(3));
            let a = products(vreinterpretq_s8_u8(vandq_u8(w, mask)), splat(0));
            let b = products(vreinterpretq_s8_u8(vandq_u8(vshrq_n_u8::<2>(w), mask)), splat(1));
            let c = products(vreinterpretq_s8_u8(vandq_u8(vshrq_n_u8::<4>(w), mask)), splat(2));
            let d = products(vreinterpretq_s8_u8(vshrq_n_u8::<6>(w)), splat(3));
            vpadalq_s16(sum[part], vaddq_s16(vaddq_s16(a, b), vaddq_s16(c, d)))
        })
    }

    #[inline(always)]
    fn dot_each(self, w: &Quads, x: &Quads, sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let x = vld1q_s8(x.as_ptr().add(4 * part).cast());
            let w = vld1q_s8(w.as_ptr().add(4 * part).cast());
            vpadalq_s16(sum[part], products(w, x))
        })
    }
}

/// The products of 16 pairs, two neighbours added: two products fit into 16 bits.
#[inline(always)]
fn products(w: int8x16_t, x: int8x16_t) -> int16x8_t {
    // SAFETY: NEON is part of every AArch64.
    unsafe { vpaddq_s16(vmull_s8(vget_low_s8(w), vget_low_s8(x)), vmull_high_s8(w, x)) }
}

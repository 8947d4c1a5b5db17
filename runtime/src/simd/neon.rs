//! NEON, the baseline of AArch64: a vector is four registers.

use core::arch::aarch64::*;

use super::{LANES, Simd, TINY};

/// The instructions that every AArch64 processor has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Neon(());

impl Neon {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Neon(())
    }
}

/// An array with `$value` for each part of a vector. A closure would be compiled without the
/// instructions that its caller has.
macro_rules! parts {
    ($part:ident => $value:expr) => {
        [
            {
                let $part = 0;
                $value
            },
            {
                let $part = 1;
                $value
            },
            {
                let $part = 2;
                $value
            },
            {
                let $part = 3;
                $value
            },
        ]
    };
}

// SAFETY of every block below: a `Neon` exists only where the machine has its instructions, and
// memory is reached through references to 16 numbers, of which part `p` starts at `4 * p`.
impl Simd for Neon {
    type F32 = [float32x4_t; 4];

    const ACCUMULATORS: usize = 4;

    #[inline(always)]
    fn splat(self, value: f32) -> Self::F32 {
        // SAFETY: see the impl.
        [unsafe { vdupq_n_f32(value) }; 4]
    }

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
}

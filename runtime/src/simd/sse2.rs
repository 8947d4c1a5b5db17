//! SSE2, the baseline of x86-64: a vector is four registers.

use core::arch::x86_64::*;

use super::{LANES, Simd, TINY};

/// The instructions that every x86-64 processor has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sse2(());

impl Sse2 {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Sse2(())
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

// SAFETY of every block below: a `Sse2` exists only where the machine has its instructions, and
// memory is reached through references to 16 numbers, of which part `p` starts at `4 * p`.
impl Simd for Sse2 {
    type F32 = [__m128; 4];

    const ACCUMULATORS: usize = 2;

    #[inline(always)]
    fn splat(self, value: f32) -> Self::F32 {
        // SAFETY: see the impl.
        [unsafe { _mm_set1_ps(value) }; 4]
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm_loadu_ps(from.as_ptr().add(4 * part)) })
    }

    #[inline(always)]
    fn prefetch(self, from: &[f32; LANES], ahead: usize) {
        // SAFETY: a prefetch reads nothing, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from.as_ptr().cast::<i8>().wrapping_add(ahead)) }
    }

    #[inline(always)]
    fn store(self, value: Self::F32, to: &mut [f32; LANES]) {
        for (part, value) in value.into_iter().enumerate() {
            // SAFETY: see the impl.
            unsafe { _mm_storeu_ps(to.as_mut_ptr().add(4 * part), value) }
        }
    }

    #[inline(always)]
    fn add(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm_add_ps(a[part], b[part]) })
    }

    #[inline(always)]
    fn sub(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm_sub_ps(a[part], b[part]) })
    }

    #[inline(always)]
    fn mul(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm_mul_ps(a[part], b[part]) })
    }

    #[inline(always)]
    fn div(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm_div_ps(a[part], b[part]) })
    }

    #[inline(always)]
    fn mul_add(self, a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32 {
        self.add(self.mul(a, b), c)
    }

    #[inline(always)]
    fn min(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm_min_ps(a[part], b[part]) })
    }

    #[inline(always)]
    fn max(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm_max_ps(a[part], b[part]) })
    }

    #[inline(always)]
    fn flush(self, value: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let value = value[part];
            let magnitude = _mm_andnot_ps(_mm_set1_ps(-0.0), value);
            let kept = _mm_cmpnlt_ps(magnitude, _mm_set1_ps(TINY));
            _mm_and_ps(kept, value)
        })
    }

    #[inline(always)]
    fn scale(self, value: Self::F32, exponent: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let (value, exponent) = (value[part], exponent[part]);
            let biased = _mm_add_epi32(_mm_cvtps_epi32(exponent), _mm_set1_epi32(127));
            _mm_mul_ps(value, _mm_castsi128_ps(_mm_slli_epi32::<23>(biased)))
        })
    }
}

//! AVX2 and FMA: a vector is two registers.

use core::arch::x86_64::*;

use super::{Kernel, LANES, Simd, TINY};

/// Proof that the machine has AVX2 and FMA.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2(());

/// Runs `kernel` with AVX2 and FMA.
///
/// # Safety
/// The machine must have AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn call<K: Kernel>(kernel: K) -> K::Output {
    kernel.call(Avx2(()))
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
        ]
    };
}

// SAFETY of every block below: an `Avx2` exists only where the machine has its instructions, and
// memory is reached through references to 16 numbers, of which part `p` starts at `8 * p`.
impl Simd for Avx2 {
    type F32 = [__m256; 2];

    const ACCUMULATORS: usize = 4;

    #[inline(always)]
    fn splat(self, value: f32) -> Self::F32 {
        // SAFETY: see the impl.
        [unsafe { _mm256_set1_ps(value) }; 2]
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm256_loadu_ps(from.as_ptr().add(8 * part)) })
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
            unsafe { _mm256_storeu_ps(to.as_mut_ptr().add(8 * part), value) }
        }
    }

    #[inline(always)]
    fn add(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm256_add_ps(a[part], b[part]) })
    }

    #[inline(always)]
    fn sub(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm256_sub_ps(a[part], b[part]) })
    }

    #[inline(always)]
    fn mul(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm256_mul_ps(a[part], b[part]) })
    }

    #[inline(always)]
    fn div(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm256_div_ps(a[part], b[part]) })
    }

    #[inline(always)]
    fn mul_add(self, a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm256_fmadd_ps(a[part], b[part], c[part]) })
    }

    #[inline(always)]
    fn min(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm256_min_ps(a[part], b[part]) })
    }

    #[inline(always)]
    fn max(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm256_max_ps(a[part], b[part]) })
    }

    #[inline(always)]
    fn flush(self, value: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let value = value[part];
            let magnitude = _mm256_andnot_ps(_mm256_set1_ps(-0.0), value);
            let kept = _mm256_cmp_ps::<_CMP_NLT_UQ>(magnitude, _mm256_set1_ps(TINY));
            _mm256_and_ps(kept, value)
        })
    }

    #[inline(always)]
    fn scale(self, value: Self::F32, exponent: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let (value, exponent) = (value[part], exponent[part]);
            let biased = _mm256_add_epi32(_mm256_cvtps_epi32(exponent), _mm256_set1_epi32(127));
            _mm256_mul_ps(value, _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased)))
        })
    }
}

//! AVX-512: a vector is one register.

use core::arch::x86_64::*;

use super::{Kernel, LANES, Simd, TINY};

/// Proof that the machine has AVX-512 F, BW, DQ and VL, AVX2 and FMA.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx512(());

/// Runs `kernel` with AVX-512.
///
/// # Safety
/// The machine must have the features named.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
pub(super) unsafe fn call<K: Kernel>(kernel: K) -> K::Output {
    kernel.call(Avx512(()))
}

// SAFETY of every block below: an `Avx512` exists only where the machine has AVX-512, and memory is
// reached through references to 16 numbers.
impl Simd for Avx512 {
    type F32 = __m512;

    const ACCUMULATORS: usize = 8;

    #[inline(always)]
    fn splat(self, value: f32) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn prefetch(self, from: &[f32; LANES], ahead: usize) {
        // SAFETY: a prefetch reads nothing, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from.as_ptr().cast::<i8>().wrapping_add(ahead)) }
    }

    #[inline(always)]
    fn store(self, value: Self::F32, to: &mut [f32; LANES]) {
        // SAFETY: see the impl.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), value) }
    }

    #[inline(always)]
    fn add(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    fn div(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_div_ps(a, b) }
    }

    #[inline(always)]
    fn mul_add(self, a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn min(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_min_ps(a, b) }
    }

    #[inline(always)]
    fn max(self, a: Self::F32, b: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_max_ps(a, b) }
    }

    #[inline(always)]
    fn flush(self, value: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe {
            let kept = _mm512_cmp_ps_mask::<_CMP_NLT_UQ>(_mm512_abs_ps(value), _mm512_set1_ps(TINY));
            _mm512_maskz_mov_ps(kept, value)
        }
    }

    #[inline(always)]
    fn scale(self, value: Self::F32, exponent: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_scalef_ps(value, exponent) }
    }
}

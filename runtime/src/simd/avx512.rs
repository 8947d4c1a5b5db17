//! AVX-512: a vector is one register.

use core::arch::x86_64::*;

use super::{Arithmetic, Bf16, Bytes, F16, Kernel, LANES, Quads, Simd, TINY, each};

/// Proof that the machine has AVX-512 F, BW, DQ, VL and VNNI, AVX2 and FMA.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx512(());

/// Runs `kernel` with AVX-512.
///
/// # Safety
/// The machine must have the features named.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")]
pub(super) unsafe fn call<K: Kernel>(kernel: K) -> K::Output {
    kernel.call(Avx512(()))
}

/// Four integers in each lane.
macro_rules! quad {
    ($x:expr) => {
        _mm512_set1_epi32(i32::from_le_bytes($x.map(i8::cast_unsigned)))
    };
}

/// A mask of the first `count` lanes, 16 at most.
#[inline(always)]
const fn first(count: usize) -> __mmask16 {
    if count < LANES { (1 << count) - 1 } else { __mmask16::MAX }
}

// SAFETY of every block below: an `Avx512` exists only where the machine has AVX-512, and memory is
// reached through references to 16 numbers, or to as many as a mask has bits.
impl Arithmetic for Avx512 {
    type F32 = __m512;

    #[inline(always)]
    fn splat(self, value: f32) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_set1_ps(value) }
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

    #[inline(always)]
    fn power(self, biased: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_castsi512_ps(_mm512_slli_epi32::<23>(_mm512_castps_si512(biased))) }
    }

    #[inline(always)]
    fn each(self, value: Self::F32, f: impl Fn(f32) -> f32) -> Self::F32 {
        each(self, value, f)
    }
}

// SAFETY of every block below: as above.
impl Simd for Avx512 {
    type I32 = __m512i;

    const ACCUMULATORS: usize = 8;
    /// The instruction takes one side without a sign: the weights, which therefore have 128 added.
    const DOT_EXCESS: i32 = 128;

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn load_part(self, from: &[f32]) -> Self::F32 {
        // SAFETY: see the impl; lanes behind the end are not read.
        unsafe { _mm512_maskz_loadu_ps(first(from.len()), from.as_ptr()) }
    }

    #[inline(always)]
    fn prefetch<T>(self, from: &T, ahead: usize) {
        // SAFETY: a prefetch reads nothing, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(core::ptr::from_ref(from).cast::<i8>().wrapping_add(ahead)) }
    }

    #[inline(always)]
    fn prefetch_l2<T>(self, from: &T, ahead: usize) {
        // SAFETY: a prefetch reads nothing, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(core::ptr::from_ref(from).cast::<i8>().wrapping_add(ahead)) }
    }

    #[inline(always)]
    fn store(self, value: Self::F32, to: &mut [f32; LANES]) {
        // SAFETY: see the impl.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), value) }
    }

    #[inline(always)]
    fn keep_first(self, value: Self::F32, count: usize) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_maskz_mov_ps(first(count), value) }
    }

    #[inline(always)]
    fn positive(self, value: Self::F32) -> u16 {
        // SAFETY: see the impl.
        unsafe { _mm512_cmp_ps_mask::<_CMP_GT_OQ>(value, _mm512_setzero_ps()) }
    }

    #[inline(always)]
    fn totals(self, rows: [Self::F32; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe {
            let mut quarters = [_mm512_setzero_ps(); 4];
            for (quarter, [a, b, c, d]) in quarters.iter_mut().zip(rows.as_chunks::<4>().0) {
                let ab = _mm512_add_ps(_mm512_unpacklo_ps(*a, *b), _mm512_unpackhi_ps(*a, *b));
                let cd = _mm512_add_ps(_mm512_unpacklo_ps(*c, *d), _mm512_unpackhi_ps(*c, *d));
                let (ab, cd) = (_mm512_castps_pd(ab), _mm512_castps_pd(cd));
                let (low, high) = (_mm512_unpacklo_pd(ab, cd), _mm512_unpackhi_pd(ab, cd));
                *quarter = _mm512_add_ps(_mm512_castpd_ps(low), _mm512_castpd_ps(high));
            }
            // Each quarter has the sums of four rows in parts, in four groups of lanes.
            let [a, b, c, d] = quarters;
            let ab = _mm512_add_ps(_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0xdd>(a, b));
            let cd = _mm512_add_ps(_mm512_shuffle_f32x4::<0x88>(c, d), _mm512_shuffle_f32x4::<0xdd>(c, d));
            _mm512_add_ps(_mm512_shuffle_f32x4::<0x88>(ab, cd), _mm512_shuffle_f32x4::<0xdd>(ab, cd))
        }
    }

    #[inline(always)]
    fn load_f16(self, from: &[F16; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(from.as_ptr().cast())) }
    }

    #[inline(always)]
    fn load_bf16(self, from: &[Bf16; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe {
            let wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(from.as_ptr().cast()));
            _mm512_castsi512_ps(_mm512_slli_epi32::<16>(wide))
        }
    }

    #[inline(always)]
    fn load_i8(self, from: &[i8; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from.as_ptr().cast()))) }
    }

    #[inline(always)]
    fn load_part_i8(self, from: &[i8]) -> Self::F32 {
        // SAFETY: see the impl; lanes behind the end are not read.
        unsafe {
            let lanes = _mm_maskz_loadu_epi8(first(from.len()), from.as_ptr());
            _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(lanes))
        }
    }

    #[inline(always)]
    fn load_i4(self, from: &[u8; LANES]) -> [Self::F32; 2] {
        // SAFETY: see the impl.
        unsafe {
            let pairs = _mm512_cvtepu8_epi32(_mm_loadu_si128(from.as_ptr().cast()));
            let eight = _mm512_set1_epi32(8);
            let low = _mm512_sub_epi32(_mm512_and_si512(pairs, _mm512_set1_epi32(15)), eight);
            let high = _mm512_sub_epi32(_mm512_srli_epi32::<4>(pairs), eight);
            [_mm512_cvtepi32_ps(low), _mm512_cvtepi32_ps(high)]
        }
    }

    #[inline(always)]
    fn splat_i32(self, value: i32) -> Self::I32 {
        // SAFETY: see the impl.
        unsafe { _mm512_set1_epi32(value) }
    }

    #[inline(always)]
    fn add_i32(self, a: Self::I32, b: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        unsafe { _mm512_add_epi32(a, b) }
    }

    #[inline(always)]
    fn max_i32(self, a: Self::I32, b: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        unsafe { _mm512_max_epi32(a, b) }
    }

    #[inline(always)]
    fn largest(self, value: Self::I32) -> i32 {
        // The number leaves as an `f32`, which is what magnitudes become: another register would be a detour.
        // SAFETY: see the impl.
        unsafe {
            let half = _mm256_max_epi32(_mm512_castsi512_si256(value), _mm512_extracti64x4_epi64::<1>(value));
            let four = _mm_max_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256::<1>(half));
            let two = _mm_max_epi32(four, _mm_shuffle_epi32::<0b11_10>(four));
            let one = _mm_max_epi32(two, _mm_shuffle_epi32::<1>(two));
            _mm_cvtss_f32(_mm_castsi128_ps(one)).to_bits().cast_signed()
        }
    }

    #[inline(always)]
    fn total(self, value: Self::I32) -> i32 {
        // SAFETY: see the impl.
        unsafe { _mm512_reduce_add_epi32(value) }
    }

    #[inline(always)]
    fn to_f32(self, value: Self::I32) -> Self::F32 {
        // SAFETY: see the impl.
        unsafe { _mm512_cvtepi32_ps(value) }
    }

    #[inline(always)]
    fn magnitude(self, value: Self::F32) -> Self::I32 {
        // SAFETY: see the impl.
        unsafe { _mm512_castps_si512(_mm512_abs_ps(value)) }
    }

    #[inline(always)]
    fn round(self, value: Self::F32) -> Self::I32 {
        // SAFETY: see the impl.
        unsafe { _mm512_cvtps_epi32(value) }
    }

    #[inline(always)]
    fn narrow(self, value: Self::I32) -> [i8; LANES] {
        // SAFETY: see the impl.
        unsafe {
            let mut lanes = [0; LANES];
            _mm_storeu_si128(lanes.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(value));
            lanes
        }
    }

    #[inline(always)]
    fn dot(self, w: &Quads, x: [i8; 4], sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        unsafe {
            let w = _mm512_xor_si512(_mm512_loadu_si512(w.as_ptr().cast()), _mm512_set1_epi8(-128));
            _mm512_dpbusd_epi32(sum, w, quad!(x))
        }
    }

    #[inline(always)]
    fn dot_u4(self, w: &Bytes, x: [[i8; 4]; 2], sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        unsafe {
            let [low, high] = [quad!(x[0]), quad!(x[1])];
            let (w, mask) = (_mm512_loadu_si512(w.as_ptr().cast()), _mm512_set1_epi8(15));
            let sum = _mm512_dpbusd_epi32(sum, _mm512_and_si512(w, mask), low);
            _mm512_dpbusd_epi32(sum, _mm512_and_si512(_mm512_srli_epi16::<4>(w), mask), high)
        }
    }

    #[inline(always)]
    fn dot_u2(self, w: &Bytes, x: [[i8; 4]; 4], sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        unsafe {
            let [a, b, c, d] = [quad!(x[0]), quad!(x[1]), quad!(x[2]), quad!(x[3])];
            let (w, mask) = (_mm512_loadu_si512(w.as_ptr().cast()), _mm512_set1_epi8(3));
            let sum = _mm512_dpbusd_epi32(sum, _mm512_and_si512(w, mask), a);
            let sum = _mm512_dpbusd_epi32(sum, _mm512_and_si512(_mm512_srli_epi16::<2>(w), mask), b);
            let sum = _mm512_dpbusd_epi32(sum, _mm512_and_si512(_mm512_srli_epi16::<4>(w), mask), c);
            _mm512_dpbusd_epi32(sum, _mm512_and_si512(_mm512_srli_epi16::<6>(w), mask), d)
        }
    }

    #[inline(always)]
    fn dot_each(self, w: &Quads, x: &Quads, sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        unsafe {
            let w = _mm512_xor_si512(_mm512_loadu_si512(w.as_ptr().cast()), _mm512_set1_epi8(-128));
            _mm512_dpbusd_epi32(sum, w, _mm512_loadu_si512(x.as_ptr().cast()))
        }
    }
}

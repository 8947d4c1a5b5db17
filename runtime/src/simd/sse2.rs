//! SSE2, the baseline of x86-64: a vector is four registers.

use core::arch::x86_64::*;

use super::half::F16_SCALE;
use super::{Arithmetic, Bf16, Bytes, F16, LANES, Quads, Simd, TINY, each, mask, parts};

/// The instructions that every x86-64 processor has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sse2(());

impl Sse2 {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Sse2(())
    }
}

// SAFETY of every block below: a `Sse2` exists only where the machine has its instructions, and
// memory is reached through references to 16 numbers, of which part `p` starts at `4 * p`.
impl Arithmetic for Sse2 {
    type F32 = [__m128; 4];

    #[inline(always)]
    fn splat(self, value: f32) -> Self::F32 {
        // SAFETY: see the impl.
        [unsafe { _mm_set1_ps(value) }; 4]
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

    #[inline(always)]
    fn power(self, biased: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm_castsi128_ps(_mm_slli_epi32::<23>(_mm_castps_si128(biased[part]))) })
    }

    #[inline(always)]
    fn each(self, value: Self::F32, f: impl Fn(f32) -> f32) -> Self::F32 {
        each(self, value, f)
    }
}

// SAFETY of every block below: as above.
impl Simd for Sse2 {
    type I32 = [__m128i; 4];

    const ACCUMULATORS: usize = 2;

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm_loadu_ps(from.as_ptr().add(4 * part)) })
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
        for (part, value) in value.into_iter().enumerate() {
            // SAFETY: see the impl.
            unsafe { _mm_storeu_ps(to.as_mut_ptr().add(4 * part), value) }
        }
    }

    #[inline(always)]
    fn keep_first(self, value: Self::F32, count: usize) -> Self::F32 {
        let mask = mask(count);
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm_and_ps(value[part], _mm_loadu_ps(mask.as_ptr().add(4 * part).cast())) })
    }

    #[inline(always)]
    fn positive(self, value: Self::F32) -> u16 {
        // SAFETY: see the impl.
        unsafe {
            let [a, b, c, d] = value.map(|part| _mm_movemask_ps(_mm_cmpgt_ps(part, _mm_setzero_ps())) as u16);
            a | b << 4 | c << 8 | d << 12
        }
    }

    #[inline(always)]
    fn load_f16(self, from: &[F16; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let bits = _mm_unpacklo_epi16(_mm_loadl_epi64(from.as_ptr().add(4 * part).cast()), _mm_setzero_si128());
            let magnitude = _mm_slli_epi32::<13>(_mm_and_si128(bits, _mm_set1_epi32(0x7fff)));
            let sign = _mm_slli_epi32::<16>(_mm_and_si128(bits, _mm_set1_epi32(0x8000)));
            let value = _mm_mul_ps(_mm_castsi128_ps(magnitude), _mm_set1_ps(F16_SCALE));
            _mm_or_ps(value, _mm_castsi128_ps(sign))
        })
    }

    #[inline(always)]
    fn load_bf16(self, from: &[Bf16; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let bits = _mm_loadl_epi64(from.as_ptr().add(4 * part).cast());
            _mm_castsi128_ps(_mm_unpacklo_epi16(_mm_setzero_si128(), bits))
        })
    }

    #[inline(always)]
    fn load_i8(self, from: &[i8; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let bytes = _mm_cvtsi32_si128(from.as_ptr().add(4 * part).cast::<i32>().read_unaligned());
            let pairs = _mm_unpacklo_epi8(bytes, bytes);
            _mm_cvtepi32_ps(_mm_srai_epi32::<24>(_mm_unpacklo_epi16(pairs, pairs)))
        })
    }

    #[inline(always)]
    fn load_i4(self, from: &[u8; LANES]) -> [Self::F32; 2] {
        // SAFETY: see the impl.
        let pairs = parts!(part => unsafe {
            let bytes = _mm_cvtsi32_si128(from.as_ptr().add(4 * part).cast::<i32>().read_unaligned());
            _mm_unpacklo_epi16(_mm_unpacklo_epi8(bytes, _mm_setzero_si128()), _mm_setzero_si128())
        });
        // SAFETY: see the impl.
        let (eight, mask) = unsafe { (_mm_set1_epi32(8), _mm_set1_epi32(15)) };
        [
            // SAFETY: see the impl.
            parts!(part => unsafe { _mm_cvtepi32_ps(_mm_sub_epi32(_mm_and_si128(pairs[part], mask), eight)) }),
            // SAFETY: see the impl.
            parts!(part => unsafe { _mm_cvtepi32_ps(_mm_sub_epi32(_mm_srli_epi32::<4>(pairs[part]), eight)) }),
        ]
    }

    #[inline(always)]
    fn splat_i32(self, value: i32) -> Self::I32 {
        // SAFETY: see the impl.
        [unsafe { _mm_set1_epi32(value) }; 4]
    }

    #[inline(always)]
    fn add_i32(self, a: Self::I32, b: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm_add_epi32(a[part], b[part]) })
    }

    #[inline(always)]
    fn max_i32(self, a: Self::I32, b: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let (a, b) = (a[part], b[part]);
            let first = _mm_cmpgt_epi32(a, b);
            _mm_or_si128(_mm_and_si128(first, a), _mm_andnot_si128(first, b))
        })
    }

    #[inline(always)]
    fn largest(self, value: Self::I32) -> i32 {
        // SAFETY: see the impl.
        let lanes = parts!(part => unsafe {
            let mut lanes = [0; 4];
            _mm_storeu_si128(lanes.as_mut_ptr().cast(), value[part]);
            lanes
        });
        lanes.as_flattened().iter().fold(i32::MIN, |largest, lane| largest.max(*lane))
    }

    #[inline(always)]
    fn total(self, value: Self::I32) -> i32 {
        // SAFETY: see the impl.
        unsafe {
            let four = _mm_add_epi32(_mm_add_epi32(value[0], value[1]), _mm_add_epi32(value[2], value[3]));
            let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b00_00_11_10>(four));
            _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<1>(two)))
        }
    }

    #[inline(always)]
    fn to_f32(self, value: Self::I32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm_cvtepi32_ps(value[part]) })
    }

    #[inline(always)]
    fn magnitude(self, value: Self::F32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm_castps_si128(_mm_andnot_ps(_mm_set1_ps(-0.0), value[part])) })
    }

    #[inline(always)]
    fn round(self, value: Self::F32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm_cvtps_epi32(value[part]) })
    }

    #[inline(always)]
    fn narrow(self, value: Self::I32) -> [i8; LANES] {
        // SAFETY: see the impl.
        unsafe {
            let (low, high) = (_mm_packs_epi32(value[0], value[1]), _mm_packs_epi32(value[2], value[3]));
            let mut lanes = [0; LANES];
            _mm_storeu_si128(lanes.as_mut_ptr().cast(), _mm_packs_epi16(low, high));
            lanes
        }
    }

    #[inline(always)]
    fn dot(self, w: &Quads, x: [i8; 4], sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let x = _mm_set1_epi32(i32::from_le_bytes(x.map(i8::cast_unsigned)));
            let x = _mm_srai_epi16::<8>(_mm_unpacklo_epi8(x, x));
            let w = _mm_loadu_si128(w.as_ptr().add(4 * part).cast());
            let (low, high) = (_mm_unpacklo_epi8(w, w), _mm_unpackhi_epi8(w, w));
            let low = _mm_castsi128_ps(_mm_madd_epi16(_mm_srai_epi16::<8>(low), x));
            let high = _mm_castsi128_ps(_mm_madd_epi16(_mm_srai_epi16::<8>(high), x));
            // Each lane has the sum of two products in two neighbours.
            let even = _mm_castps_si128(_mm_shuffle_ps::<0b10_00_10_00>(low, high));
            let odd = _mm_castps_si128(_mm_shuffle_ps::<0b11_01_11_01>(low, high));
            _mm_add_epi32(sum[part], _mm_add_epi32(even, odd))
        })
    }

    #[inline(always)]
    fn dot_u4(self, w: &Bytes, x: [[i8; 4]; 2], sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        let [low, high] = unsafe {
            let bytes: [__m128i; 4] =
                core::array::from_fn(|part| _mm_loadu_si128(w.as_ptr().add(4 * part).cast()));
            let mask = _mm_set1_epi8(15);
            [
                bytes.map(|w| _mm_and_si128(w, mask)),
                bytes.map(|w| _mm_and_si128(_mm_srli_epi16::<4>(w), mask)),
            ]
        };
        let sum = dot_small(low, x[0], sum);
        dot_small(high, x[1], sum)
    }

    #[inline(always)]
    fn dot_u2(self, w: &Bytes, x: [[i8; 4]; 4], sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        let quarters = unsafe {
            let bytes: [__m128i; 4] =
                core::array::from_fn(|part| _mm_loadu_si128(w.as_ptr().add(4 * part).cast()));
            let mask = _mm_set1_epi8(3);
            [
                bytes.map(|w| _mm_and_si128(w, mask)),
                bytes.map(|w| _mm_and_si128(_mm_srli_epi16::<2>(w), mask)),
                bytes.map(|w| _mm_and_si128(_mm_srli_epi16::<4>(w), mask)),
                bytes.map(|w| _mm_and_si128(_mm_srli_epi16::<6>(w), mask)),
            ]
        };
        let mut sum = sum;
        for (w, x) in quarters.into_iter().zip(x) {
            sum = dot_small(w, x, sum);
        }
        sum
    }

    #[inline(always)]
    fn dot_each(self, w: &Quads, x: &Quads, sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let x = _mm_loadu_si128(x.as_ptr().add(4 * part).cast());
            let w = _mm_loadu_si128(w.as_ptr().add(4 * part).cast());
            let low = |bytes| _mm_srai_epi16::<8>(_mm_unpacklo_epi8(bytes, bytes));
            let high = |bytes| _mm_srai_epi16::<8>(_mm_unpackhi_epi8(bytes, bytes));
            let (low, high) = (_mm_madd_epi16(low(w), low(x)), _mm_madd_epi16(high(w), high(x)));
            // Each lane has the sum of two products in two neighbours.
            let (low, high) = (_mm_castsi128_ps(low), _mm_castsi128_ps(high));
            let even = _mm_castps_si128(_mm_shuffle_ps::<0b10_00_10_00>(low, high));
            let odd = _mm_castps_si128(_mm_shuffle_ps::<0b11_01_11_01>(low, high));
            _mm_add_epi32(sum[part], _mm_add_epi32(even, odd))
        })
    }
}

/// `sum` and the products of four bytes of each lane, which are below 16, with `x`.
#[inline(always)]
fn dot_small(w: [__m128i; 4], x: [i8; 4], sum: [__m128i; 4]) -> [__m128i; 4] {
    // SAFETY: SSE2 is part of every x86-64.
    parts!(part => unsafe {
        let x = _mm_set1_epi32(i32::from_le_bytes(x.map(i8::cast_unsigned)));
        let x = _mm_srai_epi16::<8>(_mm_unpacklo_epi8(x, x));
        let zero = _mm_setzero_si128();
        let low = _mm_castsi128_ps(_mm_madd_epi16(_mm_unpacklo_epi8(w[part], zero), x));
        let high = _mm_castsi128_ps(_mm_madd_epi16(_mm_unpackhi_epi8(w[part], zero), x));
        // Each lane has the sum of two products in two neighbours.
        let even = _mm_castps_si128(_mm_shuffle_ps::<0b10_00_10_00>(low, high));
        let odd = _mm_castps_si128(_mm_shuffle_ps::<0b11_01_11_01>(low, high));
        _mm_add_epi32(sum[part], _mm_add_epi32(even, odd))
    })
}

//! AVX2 and FMA: a vector is two registers.

use core::arch::x86_64::*;

use super::{Arithmetic, Bf16, Bytes, F16, Kernel, LANES, Quads, Simd, TINY, each, mask};

/// Proof that the machine has AVX2, FMA and F16C.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2(());

/// Runs `kernel` with AVX2 and FMA.
///
/// # Safety
/// The machine must have AVX2, FMA and F16C.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn call<K: Kernel>(kernel: K) -> K::Output {
    kernel.call(Avx2(()))
}

/// Four integers in each lane.
macro_rules! quad {
    ($x:expr) => {
        _mm256_set1_epi32(i32::from_le_bytes($x.map(i8::cast_unsigned)))
    };
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
impl Arithmetic for Avx2 {
    type F32 = [__m256; 2];

    #[inline(always)]
    fn splat(self, value: f32) -> Self::F32 {
        // SAFETY: see the impl.
        [unsafe { _mm256_set1_ps(value) }; 2]
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

    #[inline(always)]
    fn power(self, biased: Self::F32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm256_castsi256_ps(_mm256_slli_epi32::<23>(_mm256_castps_si256(biased[part]))) })
    }

    #[inline(always)]
    fn each(self, value: Self::F32, f: impl Fn(f32) -> f32) -> Self::F32 {
        each(self, value, f)
    }
}

// SAFETY of every block below: as above.
impl Simd for Avx2 {
    type I32 = [__m256i; 2];

    const ACCUMULATORS: usize = 4;

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm256_loadu_ps(from.as_ptr().add(8 * part)) })
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
            unsafe { _mm256_storeu_ps(to.as_mut_ptr().add(8 * part), value) }
        }
    }

    #[inline(always)]
    fn totals(self, rows: [Self::F32; LANES]) -> Self::F32 {
        let mut totals = self.splat(0.0);
        for (total, rows) in totals.iter_mut().zip(rows.as_chunks::<8>().0) {
            // SAFETY: see the impl.
            unsafe {
                let mut halves = [_mm256_setzero_ps(); 8];
                for (half, [low, high]) in halves.iter_mut().zip(rows) {
                    *half = _mm256_add_ps(*low, *high);
                }
                let [a, b, c, d, e, f, g, h] = halves;
                let first = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
                let second = _mm256_hadd_ps(_mm256_hadd_ps(e, f), _mm256_hadd_ps(g, h));
                let low = _mm256_permute2f128_ps::<0x20>(first, second);
                *total = _mm256_add_ps(low, _mm256_permute2f128_ps::<0x31>(first, second));
            }
        }
        totals
    }

    #[inline(always)]
    fn keep_first(self, value: Self::F32, count: usize) -> Self::F32 {
        let mask = mask(count);
        // SAFETY: see the impl.
        parts!(part => unsafe {
            _mm256_and_ps(value[part], _mm256_loadu_ps(mask.as_ptr().add(8 * part).cast()))
        })
    }

    #[inline(always)]
    fn positive(self, value: Self::F32) -> u16 {
        // SAFETY: see the impl.
        unsafe {
            let zero = _mm256_setzero_ps();
            let low = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(value[0], zero)) as u16;
            let high = _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(value[1], zero)) as u16;
            low | high << 8
        }
    }

    #[inline(always)]
    fn load_f16(self, from: &[F16; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm256_cvtph_ps(_mm_loadu_si128(from.as_ptr().add(8 * part).cast())) })
    }

    #[inline(always)]
    fn load_bf16(self, from: &[Bf16; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(from.as_ptr().add(8 * part).cast()));
            _mm256_castsi256_ps(_mm256_slli_epi32::<16>(wide))
        })
    }

    #[inline(always)]
    fn load_i8(self, from: &[i8; LANES]) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(from.as_ptr().add(8 * part).cast())))
        })
    }

    #[inline(always)]
    fn load_i4(self, from: &[u8; LANES]) -> [Self::F32; 2] {
        // SAFETY: see the impl.
        let pairs = parts!(part => unsafe {
            _mm256_cvtepu8_epi32(_mm_loadl_epi64(from.as_ptr().add(8 * part).cast()))
        });
        // SAFETY: see the impl.
        let (eight, mask) = unsafe { (_mm256_set1_epi32(8), _mm256_set1_epi32(15)) };
        [
            // SAFETY: see the impl.
            parts!(part => unsafe {
                _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_and_si256(pairs[part], mask), eight))
            }),
            // SAFETY: see the impl.
            parts!(part => unsafe {
                _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_srli_epi32::<4>(pairs[part]), eight))
            }),
        ]
    }

    #[inline(always)]
    fn splat_i32(self, value: i32) -> Self::I32 {
        // SAFETY: see the impl.
        [unsafe { _mm256_set1_epi32(value) }; 2]
    }

    #[inline(always)]
    fn add_i32(self, a: Self::I32, b: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm256_add_epi32(a[part], b[part]) })
    }

    #[inline(always)]
    fn max_i32(self, a: Self::I32, b: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm256_max_epi32(a[part], b[part]) })
    }

    #[inline(always)]
    fn largest(self, value: Self::I32) -> i32 {
        // SAFETY: see the impl.
        unsafe {
            let eight = _mm256_max_epi32(value[0], value[1]);
            let four = _mm_max_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256::<1>(eight));
            let two = _mm_max_epi32(four, _mm_shuffle_epi32::<0b00_00_11_10>(four));
            _mm_cvtsi128_si32(_mm_max_epi32(two, _mm_shuffle_epi32::<1>(two)))
        }
    }

    #[inline(always)]
    fn total(self, value: Self::I32) -> i32 {
        // SAFETY: see the impl.
        unsafe {
            let eight = _mm256_add_epi32(value[0], value[1]);
            let four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256::<1>(eight));
            let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b00_00_11_10>(four));
            _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<1>(two)))
        }
    }

    #[inline(always)]
    fn to_f32(self, value: Self::I32) -> Self::F32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm256_cvtepi32_ps(value[part]) })
    }

    #[inline(always)]
    fn magnitude(self, value: Self::F32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            _mm256_castps_si256(_mm256_andnot_ps(_mm256_set1_ps(-0.0), value[part]))
        })
    }

    #[inline(always)]
    fn round(self, value: Self::F32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe { _mm256_cvtps_epi32(value[part]) })
    }

    #[inline(always)]
    fn narrow(self, value: Self::I32) -> [i8; LANES] {
        // SAFETY: see the impl.
        unsafe {
            let mixed = _mm256_packs_epi32(value[0], value[1]);
            let sorted = _mm256_permute4x64_epi64::<0b11_01_10_00>(mixed);
            let (low, high) = (_mm256_castsi256_si128(sorted), _mm256_extracti128_si256::<1>(sorted));
            let mut lanes = [0; LANES];
            _mm_storeu_si128(lanes.as_mut_ptr().cast(), _mm_packs_epi16(low, high));
            lanes
        }
    }

    #[inline(always)]
    fn dot(self, w: &Quads, x: [i8; 4], sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let x = quad!(x);
            let w = _mm256_loadu_si256(w.as_ptr().add(8 * part).cast());
            // The instruction takes one side without a sign, so the other side takes both signs.
            let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(x), _mm256_sign_epi8(w, x));
            _mm256_add_epi32(sum[part], _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        })
    }

    #[inline(always)]
    fn dot_u4(self, w: &Bytes, x: [[i8; 4]; 2], sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let (low, high) = (quad!(x[0]), quad!(x[1]));
            let mask = _mm256_set1_epi8(15);
            let w = _mm256_loadu_si256(w.as_ptr().add(8 * part).cast());
            let first = _mm256_maddubs_epi16(_mm256_and_si256(w, mask), low);
            let second = _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16::<4>(w), mask), high);
            // Four products fit into 16 bits.
            let pairs = _mm256_add_epi16(first, second);
            _mm256_add_epi32(sum[part], _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        })
    }

    #[inline(always)]
    fn dot_u2(self, w: &Bytes, x: [[i8; 4]; 4], sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let mask = _mm256_set1_epi8(3);
            let w = _mm256_loadu_si256(w.as_ptr().add(8 * part).cast());
            let a = _mm256_maddubs_epi16(_mm256_and_si256(w, mask), quad!(x[0]));
            let b = _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16::<2>(w), mask), quad!(x[1]));
            let c = _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16::<4>(w), mask), quad!(x[2]));
            let d = _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16::<6>(w), mask), quad!(x[3]));
            // Eight products fit into 16 bits.
            let pairs = _mm256_add_epi16(_mm256_add_epi16(a, b), _mm256_add_epi16(c, d));
            _mm256_add_epi32(sum[part], _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        })
    }

    #[inline(always)]
    fn dot_each(self, w: &Quads, x: &Quads, sum: Self::I32) -> Self::I32 {
        // SAFETY: see the impl.
        parts!(part => unsafe {
            let x = _mm256_loadu_si256(x.as_ptr().add(8 * part).cast());
            let w = _mm256_loadu_si256(w.as_ptr().add(8 * part).cast());
            // As above.
            let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(x), _mm256_sign_epi8(w, x));
            _mm256_add_epi32(sum[part], _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        })
    }
}

//! Vectors of 16 lanes on every instruction set, and the choice between them at run time.
//!
//! The only folder with `unsafe` in it. A [`Simd`] token proves that its instructions exist on the
//! machine at hand; code that is generic over the token is compiled once for each instruction set
//! and the whole of it is chosen by one [`dispatch`].

#![allow(unsafe_code)]

mod blob;
#[cfg(recurve_dsp)]
mod dsp;
mod half;
mod level;
#[cfg(not(recurve_dsp))]
mod quad;
mod scalar;
pub(crate) mod short;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod simd128;
#[cfg(target_arch = "x86_64")]
mod sse2;

pub use blob::{Blob, Plain};
pub use half::{Bf16, F16};
pub use level::Level;
pub(crate) use scalar::One;
pub use scalar::Scalar;

/// Lanes of a vector, on every instruction set.
pub const LANES: usize = 16;

/// Bytes of a line of the cache.
pub(crate) const LINE: usize = 64;

/// Magnitudes below this are stored as zero, so that a decaying state never becomes denormal.
///
/// Products with weights down to 1e-14 stay normal numbers as well.
pub const TINY: f32 = 1.0e-24;

/// Adding it to a small number rounds that to an integer; see [`Arithmetic::power`].
pub const POWER: f32 = 12_583_039.0;

/// Four small integers for each lane.
pub type Quads = [[i8; 4]; LANES];

/// Four bytes for each lane.
pub type Bytes = [[u8; 4]; LANES];

/// A token that stands for a way to calculate, and its operations on one number or many.
///
/// Every operation works lane by lane. The implementations differ in rounding only: those with
/// fused multiply-add round once where the others round twice.
pub trait Arithmetic: Copy + 'static {
    /// Lanes of `f32`.
    type F32: Copy;

    /// All lanes `value`.
    fn splat(self, value: f32) -> Self::F32;
    /// `a + b`
    fn add(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// `a - b`
    fn sub(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// `a * b`
    fn mul(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// `a / b`
    fn div(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// `a * b + c`
    fn mul_add(self, a: Self::F32, b: Self::F32, c: Self::F32) -> Self::F32;
    /// The smaller lane; `b` where either is NaN.
    fn min(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// The larger lane; `b` where either is NaN.
    fn max(self, a: Self::F32, b: Self::F32) -> Self::F32;
    /// `x` within `-limit..=limit`; NaN stays NaN.
    #[inline(always)]
    fn limit(self, x: Self::F32, limit: f32) -> Self::F32 {
        self.min(self.splat(limit), self.max(self.splat(-limit), x))
    }
    /// Zero where the magnitude is below [`TINY`]; NaN stays NaN.
    fn flush(self, value: Self::F32) -> Self::F32;
    /// `value * 2^exponent` for integral exponents in -126..=127.
    fn scale(self, value: Self::F32, exponent: Self::F32) -> Self::F32;
    /// `2^n` of `POWER + n`, for integral `n` in -126..=127.
    fn power(self, biased: Self::F32) -> Self::F32;
    /// `f` of each lane, one after the other.
    fn each(self, value: Self::F32, f: impl Fn(f32) -> f32) -> Self::F32;
}

/// A function of `N` numbers and what it replaces, the same for each lane.
pub(crate) trait Function<const N: usize>: Copy {
    /// Its value. Implementations are `#[inline(always)]`.
    fn call<A: Arithmetic>(self, arithmetic: A, xs: [A::F32; N], old: A::F32) -> A::F32;
}

/// A token that stands for an instruction set, and the operations on 16 lanes of `f32` or `i32`.
///
/// Integers are the same on all of them.
pub trait Simd: Arithmetic {
    /// 16 lanes of `i32`.
    type I32: Copy;

    /// How many vectors a kernel may accumulate at once without leaving the registers.
    const ACCUMULATORS: usize;
    /// How much more than the products [`dot`](Simd::dot) adds, for each unit of the sum of its `x`.
    const DOT_EXCESS: i32 = 0;

    /// Whether there are registers for no vector of numbers and what lies between the operations on it, so that a
    /// function is better taken of one number after the other.
    const ONE_BY_ONE: bool = false;

    /// Reads 16 lanes.
    fn load(self, from: &[f32; LANES]) -> Self::F32;
    /// Reads as many lanes as `from` has, 16 at most; the others are zero. Of constants alone: what was just
    /// written is not there yet.
    #[inline(always)]
    fn load_part(self, from: &[f32]) -> Self::F32 {
        self.load(&padded(from, 0.0))
    }
    /// Asks for the cache line that starts `ahead` bytes after `from` and need not exist; a hint that may do
    /// nothing.
    #[inline(always)]
    fn prefetch<T>(self, from: &T, ahead: usize) {
        let _ = (from, ahead);
    }
    /// The same for a line that is wanted later than [`prefetch`](Simd::prefetch) is for.
    #[inline(always)]
    fn prefetch_l2<T>(self, from: &T, ahead: usize) {
        let _ = (from, ahead);
    }
    /// Writes 16 lanes.
    fn store(self, value: Self::F32, to: &mut [f32; LANES]);
    /// The first `count` lanes, 16 at most; the others are zero.
    fn keep_first(self, value: Self::F32, count: usize) -> Self::F32;
    /// A bit for each lane above zero, that of lane 0 the lowest.
    fn positive(self, value: Self::F32) -> u16;

    /// The sum of the lanes of each of 16 vectors.
    #[inline(always)]
    fn totals(self, rows: [Self::F32; LANES]) -> Self::F32 {
        let mut totals = [0.0; LANES];
        for (total, row) in totals.iter_mut().zip(rows) {
            let mut lanes = [0.0; LANES];
            self.store(row, &mut lanes);
            let mut half = LANES / 2;
            while half > 0 {
                for lane in 0..half {
                    lanes[lane] += lanes[lane + half];
                }
                half /= 2;
            }
            *total = lanes[0];
        }
        self.load(&totals)
    }

    /// Reads 16 finite numbers in the 16 bits of IEEE 754's binary16.
    fn load_f16(self, from: &[F16; LANES]) -> Self::F32;
    /// Reads 16 numbers in bfloat16, the upper half of an `f32`.
    fn load_bf16(self, from: &[Bf16; LANES]) -> Self::F32;
    /// Reads 16 integers.
    fn load_i8(self, from: &[i8; LANES]) -> Self::F32;
    /// Reads as many integers as `from` has, 16 at most; the other lanes are zero.
    #[inline(always)]
    fn load_part_i8(self, from: &[i8]) -> Self::F32 {
        self.load_i8(&padded(from, 0))
    }
    /// Reads 16 pairs of integers of 4 bits that have 8 added: those in the lower halves of the bytes, then
    /// those in the upper ones.
    fn load_i4(self, from: &[u8; LANES]) -> [Self::F32; 2];

    /// All lanes `value`.
    fn splat_i32(self, value: i32) -> Self::I32;
    /// `a + b`
    fn add_i32(self, a: Self::I32, b: Self::I32) -> Self::I32;
    /// The larger lane.
    fn max_i32(self, a: Self::I32, b: Self::I32) -> Self::I32;
    /// The largest lane.
    fn largest(self, value: Self::I32) -> i32;
    /// The sum of all lanes.
    fn total(self, value: Self::I32) -> i32;
    /// The nearest `f32`.
    fn to_f32(self, value: Self::I32) -> Self::F32;
    /// The bits without the sign. As integers they are in the order of the magnitudes, with infinity and then
    /// NaN above all others.
    fn magnitude(self, value: Self::F32) -> Self::I32;
    /// The nearest integer, of two the even one, for magnitudes below 2^22.
    fn round(self, value: Self::F32) -> Self::I32;
    /// The lanes, each in -127..=127.
    fn narrow(self, value: Self::I32) -> [i8; LANES];
    /// `sum + w[0] * x[0] + .. + w[3] * x[3]`, and [`DOT_EXCESS`](Simd::DOT_EXCESS) times the sum of `x`. No `w`
    /// and no `x` is -128.
    fn dot(self, w: &Quads, x: [i8; 4], sum: Self::I32) -> Self::I32;
    /// `sum + w[0] * x[0][0] + .. + w[7] * x[1][3]`, where the `w` of a lane are the lower halves of its four bytes,
    /// then the upper ones.
    fn dot_u4(self, w: &Bytes, x: [[i8; 4]; 2], sum: Self::I32) -> Self::I32;
    /// The same with the four quarters of each byte, the lowest first.
    fn dot_u2(self, w: &Bytes, x: [[i8; 4]; 4], sum: Self::I32) -> Self::I32;
    /// [`dot`](Simd::dot) with four `x` for each lane.
    fn dot_each(self, w: &Quads, x: &Quads, sum: Self::I32) -> Self::I32;
}

/// An array with `$value` for each of the four parts of a vector. A closure would be compiled without the
/// instructions that its caller has.
#[cfg(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    all(target_arch = "wasm32", target_feature = "simd128")
))]
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

#[cfg(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    all(target_arch = "wasm32", target_feature = "simd128")
))]
use parts;

/// All bits for each of the first `count` lanes, 16 at most, and none for the others.
#[cfg(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    all(target_arch = "wasm32", target_feature = "simd128")
))]
#[inline(always)]
fn mask(count: usize) -> &'static [u32; LANES] {
    static MASK: [u32; 2 * LANES] = {
        let mut lanes = [0; 2 * LANES];
        let mut lane = 0;
        while lane < LANES {
            lanes[lane] = u32::MAX;
            lane += 1;
        }
        lanes
    };
    MASK.get(LANES - count.min(LANES)..).and_then(<[u32]>::first_chunk).unwrap_or(&[0; LANES])
}

/// `f` of each lane of a vector.
#[cfg(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    all(target_arch = "wasm32", target_feature = "simd128")
))]
#[inline(always)]
fn each<S: Simd>(simd: S, value: S::F32, f: impl Fn(f32) -> f32) -> S::F32 {
    let mut lanes = [0.0; LANES];
    simd.store(value, &mut lanes);
    simd.load(&lanes.map(f))
}

/// The first 16 of `from`, with `zero` behind its end.
#[inline(always)]
pub(crate) fn padded<T: Copy>(from: &[T], zero: T) -> [T; LANES] {
    let mut lanes = [zero; LANES];
    for (lane, value) in lanes.iter_mut().zip(from) {
        *lane = *value;
    }
    lanes
}

/// Work that is compiled for every instruction set.
pub trait Kernel {
    /// What the work gives.
    type Output;
    /// Does the work. Implementations are `#[inline(always)]`, so that the body is compiled with
    /// the features that the token stands for.
    fn call<S: Simd>(self, simd: S) -> Self::Output;
}

/// Runs `kernel` with the best instruction set of this machine.
#[inline]
pub fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    match Level::current() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `Level::current` gives a level only where the machine has it.
        Level::Avx512 => unsafe { avx512::call(kernel) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Level::Avx2 => unsafe { avx2::call(kernel) },
        #[cfg(target_arch = "x86_64")]
        Level::Sse2 => call(kernel, sse2::Sse2::new()),
        #[cfg(target_arch = "aarch64")]
        Level::Neon => call(kernel, neon::Neon::new()),
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        Level::Simd128 => call(kernel, simd128::Simd128::new()),
        Level::Scalar => call(kernel, Scalar),
    }
}

/// Each instruction set is a function of its own: one for all of them would need the stack of all where nothing is
/// optimised.
#[cfg_attr(target_os = "none", inline(always))]
#[cfg_attr(not(target_os = "none"), inline(never))]
fn call<K: Kernel, S: Simd>(kernel: K, simd: S) -> K::Output {
    kernel.call(simd)
}

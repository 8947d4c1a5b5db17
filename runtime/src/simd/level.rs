//! Which instruction set runs, and how that is found out.

use core::sync::atomic::{AtomicU8, Ordering};

/// An instruction set that kernels are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u8)]
pub enum Level {
    /// Plain Rust on arrays.
    Scalar = 1,
    /// The baseline of x86-64.
    #[cfg(target_arch = "x86_64")]
    Sse2 = 2,
    /// AVX2, FMA and F16C.
    #[cfg(target_arch = "x86_64")]
    Avx2 = 3,
    /// AVX-512 F, BW, DQ, VL and VNNI.
    #[cfg(target_arch = "x86_64")]
    Avx512 = 4,
    /// The baseline of AArch64.
    #[cfg(target_arch = "aarch64")]
    Neon = 5,
    /// The target feature `simd128` of WebAssembly.
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128 = 6,
}

/// 0: not looked yet; otherwise a `Level`.
static CURRENT: AtomicU8 = AtomicU8::new(0);

impl Level {
    /// Every level this target can have, the plainest first.
    pub const ALL: &'static [Level] = &[
        Level::Scalar,
        #[cfg(target_arch = "x86_64")]
        Level::Sse2,
        #[cfg(target_arch = "x86_64")]
        Level::Avx2,
        #[cfg(target_arch = "x86_64")]
        Level::Avx512,
        #[cfg(target_arch = "aarch64")]
        Level::Neon,
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        Level::Simd128,
    ];

    /// The best level of this machine.
    pub fn detect() -> Level {
        if cfg!(miri) {
            return Level::Scalar;
        }
        detect()
    }

    /// The level that runs: the best of this machine unless [`Level::limit`] said otherwise.
    #[inline]
    pub fn current() -> Level {
        match CURRENT.load(Ordering::Relaxed) {
            1 => Level::Scalar,
            #[cfg(target_arch = "x86_64")]
            2 => Level::Sse2,
            #[cfg(target_arch = "x86_64")]
            3 => Level::Avx2,
            #[cfg(target_arch = "x86_64")]
            4 => Level::Avx512,
            #[cfg(target_arch = "aarch64")]
            5 => Level::Neon,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            6 => Level::Simd128,
            _ => first(),
        }
    }

    /// Makes every later call in this process run at most `level`, to compare or to test the
    /// instruction sets. A level that the machine lacks counts as the best it has.
    pub fn limit(level: Level) {
        CURRENT.store(level.min(Level::detect()) as u8, Ordering::Relaxed);
    }
}

#[cold]
fn first() -> Level {
    let level = Level::detect();
    CURRENT.store(level as u8, Ordering::Relaxed);
    level
}

#[cfg(target_arch = "x86_64")]
fn detect() -> Level {
    use core::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};

    const OSXSAVE: u32 = 1 << 27;
    const FMA_F16C: u32 = 1 << 12 | 1 << 29;
    const AVX2: u32 = 1 << 5;
    /// F, DQ, BW, VL.
    const AVX512: u32 = 1 << 16 | 1 << 17 | 1 << 30 | 1 << 31;
    const VNNI: u32 = 1 << 11;
    /// The system saves the registers of SSE and AVX, and those of AVX-512.
    const SAVES_AVX: u64 = 0x06;
    const SAVES_AVX512: u64 = 0xe6;

    #[target_feature(enable = "xsave")]
    fn saved() -> u64 {
        // SAFETY: the caller has seen OSXSAVE, which allows `xgetbv`.
        unsafe { _xgetbv(0) }
    }

    #[allow(unused_unsafe, reason = "`cpuid` is unsafe to call up to Rust 1.93")]
    // SAFETY: every x86-64 processor has `cpuid`.
    let (highest, basic) = unsafe { (__cpuid(0).eax, __cpuid(1).ecx) };
    if highest < 7 || basic & OSXSAVE == 0 || basic & FMA_F16C != FMA_F16C {
        return Level::Sse2;
    }
    #[allow(unused_unsafe, reason = "`cpuid` is unsafe to call up to Rust 1.93")]
    // SAFETY: leaf 7 exists, and OSXSAVE implies `xsave`.
    let (extended, saved) = unsafe { (__cpuid_count(7, 0), saved()) };
    let has_avx512 = extended.ebx & AVX512 == AVX512 && extended.ecx & VNNI != 0;
    if has_avx512 && saved & SAVES_AVX512 == SAVES_AVX512 {
        Level::Avx512
    } else if extended.ebx & AVX2 != 0 && saved & SAVES_AVX == SAVES_AVX {
        Level::Avx2
    } else {
        Level::Sse2
    }
}

#[cfg(target_arch = "aarch64")]
fn detect() -> Level {
    Level::Neon
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
fn detect() -> Level {
    Level::Simd128
}

#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
fn detect() -> Level {
    Level::Scalar
}

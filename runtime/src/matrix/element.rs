//! How a number of a matrix is stored.

use crate::lanes::{groups, store};
use crate::simd::{Bf16, F16, LANES, Simd, padded};

/// A number as it is stored, and how 16 of them become `f32`.
pub trait Element: Copy + 'static {
    /// Whether the numbers of a row are multiples of a number of their own, its scale.
    const SCALED: bool = false;
    /// Nothing.
    const ZERO: Self;

    /// 16 numbers, without their scales.
    fn load<S: Simd>(simd: S, from: &[Self; LANES]) -> S::F32;
    /// As many numbers as `from` has, 16 at most, without their scales; the other lanes are zero.
    #[inline(always)]
    fn load_part<S: Simd>(simd: S, from: &[Self]) -> S::F32 {
        Self::load(simd, &padded(from, Self::ZERO))
    }
    /// One number, without its scale.
    fn get(self) -> f32;

    /// Numbers times their `scale`, in `room` unless they are `f32` already.
    #[inline(always)]
    fn widen<'a, S: Simd, const LENGTH: usize>(
        simd: S,
        from: &'a [Self; LENGTH],
        scale: f32,
        room: &'a mut [f32; LENGTH],
    ) -> &'a [f32; LENGTH] {
        let scale = simd.splat(scale);
        groups!(LENGTH, |start, length| {
            let numbers = Self::load_part(simd, from.get(start..start + length).unwrap_or_default());
            store(simd, simd.mul(numbers, scale), room, start, length);
        });
        // A product takes them from memory as it goes. Left in a register, each would be moved to all lanes first.
        core::hint::black_box(room)
    }
}

impl Element for f32 {
    const ZERO: f32 = 0.0;

    #[inline(always)]
    fn load<S: Simd>(simd: S, from: &[f32; LANES]) -> S::F32 {
        simd.load(from)
    }

    #[inline(always)]
    fn load_part<S: Simd>(simd: S, from: &[f32]) -> S::F32 {
        simd.load_part(from)
    }

    #[inline(always)]
    fn get(self) -> f32 {
        self
    }

    #[inline(always)]
    fn widen<'a, S: Simd, const LENGTH: usize>(
        _: S,
        from: &'a [f32; LENGTH],
        _: f32,
        _: &'a mut [f32; LENGTH],
    ) -> &'a [f32; LENGTH] {
        from
    }
}

impl Element for F16 {
    const ZERO: F16 = F16(0);

    #[inline(always)]
    fn load<S: Simd>(simd: S, from: &[F16; LANES]) -> S::F32 {
        simd.load_f16(from)
    }

    #[inline(always)]
    fn get(self) -> f32 {
        self.to_f32()
    }
}

impl Element for Bf16 {
    const ZERO: Bf16 = Bf16(0);

    #[inline(always)]
    fn load<S: Simd>(simd: S, from: &[Bf16; LANES]) -> S::F32 {
        simd.load_bf16(from)
    }

    #[inline(always)]
    fn get(self) -> f32 {
        self.to_f32()
    }
}

impl Element for i8 {
    const SCALED: bool = true;
    const ZERO: i8 = 0;

    #[inline(always)]
    fn load<S: Simd>(simd: S, from: &[i8; LANES]) -> S::F32 {
        simd.load_i8(from)
    }

    #[inline(always)]
    fn load_part<S: Simd>(simd: S, from: &[i8]) -> S::F32 {
        simd.load_part_i8(from)
    }

    #[inline(always)]
    fn get(self) -> f32 {
        f32::from(self)
    }
}

//! Numbers of 16 bits.

/// A finite number in the 16 bits of IEEE 754's binary16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct F16(pub u16);

/// A number in bfloat16, the upper half of an `f32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Bf16(pub u16);

/// 2^112: an exponent of binary16 in the place of one of `f32` is too small by this factor.
pub(super) const F16_SCALE: f32 = f32::from_bits(239 << 23);

impl F16 {
    /// The same number.
    ///
    /// ```
    /// assert_eq!(recurve::simd::F16(0x3c00).to_f32(), 1.0);
    /// ```
    #[inline(always)]
    pub const fn to_f32(self) -> f32 {
        let magnitude = f32::from_bits(((self.0 & 0x7fff) as u32) << 13) * F16_SCALE;
        f32::from_bits(magnitude.to_bits() | ((self.0 & 0x8000) as u32) << 16)
    }
}

impl Bf16 {
    /// The same number.
    ///
    /// ```
    /// assert_eq!(recurve::simd::Bf16(0x3f80).to_f32(), 1.0);
    /// ```
    #[inline(always)]
    pub const fn to_f32(self) -> f32 {
        f32::from_bits((self.0 as u32) << 16)
    }
}

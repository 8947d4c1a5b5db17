//! Products of integers of 8 bits with those of 16, and of 16 with those of 32.

/// `x` as [`dot`] takes it; of what is so ordered, `x` again.
#[inline(always)]
pub(crate) const fn order(x: [i16; 4]) -> [i16; 4] {
    let [a, b, c, d] = x;
    // The instructions multiply numbers 0 and 2, then 1 and 3.
    if cfg!(recurve_dsp) { [a, c, b, d] } else { x }
}

/// `sum` and the products of `weights` with what [`order`] gave.
#[cfg(not(recurve_dsp))]
#[inline(always)]
pub(crate) fn dot(weights: [i8; 4], x: [i16; 4], sum: i32) -> i32 {
    let products = weights.iter().zip(x).map(|(w, x)| i32::from(*w) * i32::from(x));
    products.fold(sum, i32::wrapping_add)
}

/// `sum` and the products of `weights` with what [`order`] gave.
#[cfg(recurve_dsp)]
#[inline(always)]
pub(crate) fn dot(weights: [i8; 4], x: [i16; 4], sum: i32) -> i32 {
    super::dsp::Quad::new(weights).dot(super::dsp::Quad::of_shorts(x), sum)
}

/// `value * factor / 2^16`, rounded down.
#[cfg(not(recurve_dsp))]
#[inline(always)]
pub(crate) fn scale(value: i32, factor: i16) -> i32 {
    // Two products of 32 bits: one of 64 is a call of a function on the smallest processors.
    let factor = i32::from(factor);
    (value >> 16).wrapping_mul(factor).wrapping_add(((value & 0xffff).wrapping_mul(factor)) >> 16)
}

/// `value * factor / 2^16`, rounded down.
#[cfg(recurve_dsp)]
#[inline(always)]
pub(crate) fn scale(value: i32, factor: i16) -> i32 {
    super::dsp::scale(value, factor.into())
}

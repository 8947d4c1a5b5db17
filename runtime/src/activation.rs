//! The functions between the matrices, in a fast and an exact form.

use crate::simd::{Arithmetic, POWER};

/// A form of the activations.
pub trait Activations: Copy + 'static {
    /// `1 / (1 + exp(-x))`, in `0..=1`.
    fn sigmoid<S: Arithmetic>(simd: S, x: S::F32) -> S::F32;
    /// `tanh(x)`, in `-1..=1`.
    fn tanh<S: Arithmetic>(simd: S, x: S::F32) -> S::F32;
    /// `sigmoid(gate) * tanh(x)`.
    #[inline(always)]
    fn gated_tanh<S: Arithmetic>(simd: S, gate: S::F32, x: S::F32) -> S::F32 {
        simd.mul(Self::sigmoid(simd, gate), Self::tanh(simd, x))
    }
    /// `exp(x)`, for the softmax.
    fn exp<S: Arithmetic>(simd: S, x: S::F32) -> S::F32;
}

/// Polynomials and one division, the same on every machine up to rounding.
///
/// Over all `f32`: [`tanh`](Activations::tanh) within 2.5e-7 and [`sigmoid`](Activations::sigmoid) within 1.5e-7
/// absolute, [`exp`](Activations::exp) within 3e-7 relative on `-87.3..=88.3` and clamped outside. NaN stays NaN.
#[derive(Debug, Clone, Copy)]
pub struct Fast;

/// The functions of the `libm` crate, each within one unit in the last place.
#[derive(Debug, Clone, Copy)]
pub struct Exact;

/// Beyond this a sigmoid is 0 or 1 to 1e-12, and a product with what is left of it is no denormal number.
const SIGMOID_CLAMP: f32 = 27.7;
/// From here on `tanh` is 1 in `f32`.
const TANH_CLAMP: f32 = 13.8;
/// `2^r - 1` on `-1/2 ..= 1/2`, as `r` times this polynomial; fitted by `train/activations.py`.
const EXP2: [f32; 5] = [core::f32::consts::LN_2, 0.24022283, 0.055505585, 0.009669661, 0.001330052];

const EXP_RANGE: (f32, f32) = (-87.3, 88.3);
const LOG2_E: f32 = core::f32::consts::LOG2_E;
/// `ln 2` in two parts, of which the first has few enough bits for exact products.
const LN_2: (f32, f32) = (0.69314575, 1.4286068e-6);
/// Adding it to a small number rounds that to an integer.
const ROUND: f32 = 12582912.0;
/// `exp` on `-ln 2 / 2 ..= ln 2 / 2`; fitted by `train/activations.py`.
const EXP: [f32; 6] = [1.0, 0.9999997, 0.4999915, 0.16667648, 0.041897837, 0.008289713];

/// `c[0] + x * (c[1] + x * (...))`
#[inline(always)]
fn polynomial<S: Arithmetic, const N: usize>(simd: S, x: S::F32, coefficients: &[f32; N]) -> S::F32 {
    let mut sum = simd.splat(coefficients[N - 1]);
    for n in 1..N {
        sum = simd.mul_add(sum, x, simd.splat(coefficients[N - 1 - n]));
    }
    sum
}

/// `x` within `low..=high`; NaN stays NaN.
#[inline(always)]
fn clamp<S: Arithmetic>(simd: S, x: S::F32, low: f32, high: f32) -> S::F32 {
    simd.min(simd.splat(high), simd.max(simd.splat(low), x))
}

/// `2^n` and `2^r - 1`, where `n + r = factor * x` and `n` is the nearest integer; both in -126..=127.
#[inline(always)]
fn power<S: Arithmetic>(simd: S, x: S::F32, factor: f32) -> (S::F32, S::F32) {
    let (factor, bias) = (simd.splat(factor), simd.splat(POWER));
    let biased = simd.mul_add(x, factor, bias);
    let r = simd.mul_add(x, factor, simd.sub(bias, biased));
    (simd.power(biased), simd.mul(r, polynomial(simd, r, &EXP2)))
}

/// `1 + exp(-x)`
#[inline(always)]
fn sigmoid_inverse<S: Arithmetic>(simd: S, x: S::F32) -> S::F32 {
    let x = simd.limit(x, SIGMOID_CLAMP);
    let (scale, less_one) = power(simd, x, -LOG2_E);
    simd.mul_add(scale, less_one, simd.add(scale, simd.splat(1.0)))
}

/// The parts of `tanh(x) = u / (u + 2)`, with `u = exp(2 x) - 1`, which keeps its accuracy near zero.
#[inline(always)]
fn tanh_parts<S: Arithmetic>(simd: S, x: S::F32) -> (S::F32, S::F32) {
    let x = simd.limit(x, TANH_CLAMP);
    let (scale, less_one) = power(simd, x, 2.0 * LOG2_E);
    let u = simd.mul_add(scale, less_one, simd.sub(scale, simd.splat(1.0)));
    (u, simd.add(u, simd.splat(2.0)))
}

impl Activations for Fast {
    #[inline(always)]
    fn sigmoid<S: Arithmetic>(simd: S, x: S::F32) -> S::F32 {
        simd.div(simd.splat(1.0), sigmoid_inverse(simd, x))
    }

    #[inline(always)]
    fn tanh<S: Arithmetic>(simd: S, x: S::F32) -> S::F32 {
        let (numerator, denominator) = tanh_parts(simd, x);
        simd.div(numerator, denominator)
    }

    #[inline(always)]
    fn gated_tanh<S: Arithmetic>(simd: S, gate: S::F32, x: S::F32) -> S::F32 {
        let (numerator, denominator) = tanh_parts(simd, x);
        simd.div(numerator, simd.mul(denominator, sigmoid_inverse(simd, gate)))
    }

    #[inline(always)]
    fn exp<S: Arithmetic>(simd: S, x: S::F32) -> S::F32 {
        let x = clamp(simd, x, EXP_RANGE.0, EXP_RANGE.1);
        let round = simd.splat(ROUND);
        let n = simd.sub(simd.mul_add(x, simd.splat(LOG2_E), round), round);
        let r = simd.mul_add(n, simd.splat(-LN_2.0), x);
        let r = simd.mul_add(n, simd.splat(-LN_2.1), r);
        simd.scale(polynomial(simd, r, &EXP), n)
    }
}

impl Activations for Exact {
    #[inline(always)]
    fn sigmoid<S: Arithmetic>(simd: S, x: S::F32) -> S::F32 {
        // In f64, so that the sum and the quotient add nothing to the error of `exp`.
        simd.each(x, |x| (1.0 / (1.0 + libm::exp(-f64::from(x)))) as f32)
    }

    #[inline(always)]
    fn tanh<S: Arithmetic>(simd: S, x: S::F32) -> S::F32 {
        simd.each(x, |x| libm::tanh(f64::from(x)) as f32)
    }

    #[inline(always)]
    fn exp<S: Arithmetic>(simd: S, x: S::F32) -> S::F32 {
        simd.each(x, libm::expf)
    }
}

/// What a cell or a linear layer applies to a sum, element by element.
pub trait Nonlinearity: Copy + 'static {
    /// The function, with sigmoid and tanh in the form `A`.
    fn apply<S: Arithmetic, A: Activations>(simd: S, x: S::F32) -> S::F32;
}

/// `x`
#[derive(Debug, Clone, Copy)]
pub struct Identity;
/// `tanh(x)`
#[derive(Debug, Clone, Copy)]
pub struct Tanh;
/// `1 / (1 + exp(-x))`
#[derive(Debug, Clone, Copy)]
pub struct Sigmoid;
/// `max(x, 0)`
#[derive(Debug, Clone, Copy)]
pub struct Relu;
/// `clamp(x, -1, 1)`: Kusupati et al. 2018, for integer arithmetic.
#[derive(Debug, Clone, Copy)]
pub struct QuantTanh;
/// `clamp((x + 1) / 2, 0, 1)`: Kusupati et al. 2018.
#[derive(Debug, Clone, Copy)]
pub struct QuantSigm;
/// `clamp((x + 2) / 4, 0, 1)`: Kusupati et al. 2018.
#[derive(Debug, Clone, Copy)]
pub struct QuantSigm4;

impl Nonlinearity for Identity {
    #[inline(always)]
    fn apply<S: Arithmetic, A: Activations>(_simd: S, x: S::F32) -> S::F32 {
        x
    }
}

impl Nonlinearity for Tanh {
    #[inline(always)]
    fn apply<S: Arithmetic, A: Activations>(simd: S, x: S::F32) -> S::F32 {
        A::tanh(simd, x)
    }
}

impl Nonlinearity for Sigmoid {
    #[inline(always)]
    fn apply<S: Arithmetic, A: Activations>(simd: S, x: S::F32) -> S::F32 {
        A::sigmoid(simd, x)
    }
}

impl Nonlinearity for Relu {
    #[inline(always)]
    fn apply<S: Arithmetic, A: Activations>(simd: S, x: S::F32) -> S::F32 {
        simd.max(simd.splat(0.0), x)
    }
}

impl Nonlinearity for QuantTanh {
    #[inline(always)]
    fn apply<S: Arithmetic, A: Activations>(simd: S, x: S::F32) -> S::F32 {
        clamp(simd, x, -1.0, 1.0)
    }
}

impl Nonlinearity for QuantSigm {
    #[inline(always)]
    fn apply<S: Arithmetic, A: Activations>(simd: S, x: S::F32) -> S::F32 {
        let half = simd.splat(0.5);
        clamp(simd, simd.mul_add(x, half, half), 0.0, 1.0)
    }
}

impl Nonlinearity for QuantSigm4 {
    #[inline(always)]
    fn apply<S: Arithmetic, A: Activations>(simd: S, x: S::F32) -> S::F32 {
        clamp(simd, simd.mul_add(x, simd.splat(0.25), simd.splat(0.5)), 0.0, 1.0)
    }
}

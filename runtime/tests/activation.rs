//! The error bounds of the activations: over some of all `f32`, and with `RECURVE_STRIDE=1` over all.

mod common;

use common::on_each_level;
use recurve::activation::{Activations, Exact, Fast, Nonlinearity};
use recurve::activation::{QuantSigm, QuantSigm4, QuantTanh, Relu, Sigmoid, Tanh};
use recurve::simd::{Arithmetic, Kernel, LANES, Simd};

/// One function applied in place.
struct Apply<'a, A, F> {
    numbers: &'a [[f32; LANES]],
    form: A,
    function: F,
}

impl<A: Activations, F: Nonlinearity> Kernel for Apply<'_, A, F> {
    type Output = Vec<[f32; LANES]>;

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Self::Output {
        let _ = (self.form, self.function);
        let mut results = vec![[0.0; LANES]; self.numbers.len()];
        for (result, numbers) in results.iter_mut().zip(self.numbers) {
            simd.store(F::apply::<S, A>(simd, simd.load(numbers)), result);
        }
        results
    }
}

#[derive(Clone, Copy)]
struct Exp;

impl Nonlinearity for Exp {
    #[inline(always)]
    fn apply<S: Arithmetic, A: Activations>(simd: S, x: S::F32) -> S::F32 {
        A::exp(simd, x)
    }
}

/// Steps between the numbers that are tried; fewer are where each takes long.
fn stride() -> usize {
    match std::env::var("RECURVE_STRIDE") {
        Ok(stride) => stride.parse().expect("`RECURVE_STRIDE` is a number from 1 on"),
        Err(_) if cfg!(miri) => 10_000_019,
        Err(_) if cfg!(debug_assertions) => 4999,
        Err(_) => 499,
    }
}

/// `check(x, function(x))` for each positive `x` from `low` up to `high` and for `-x`, on each instruction set.
fn for_all<A, F>(form: A, function: F, low: f32, high: f32, check: impl Fn(f32, f32) -> bool + Sync)
where
    A: Activations + Send + Sync,
    F: Nonlinearity + Send + Sync,
{
    let (low, high) = (low.to_bits(), high.to_bits());
    let middle = low + (high - low) / 2;
    let sweep = |range: std::ops::Range<u32>| {
        let mut bits = range.step_by(stride());
        let mut block = Vec::new();
        loop {
            block.clear();
            block.extend(bits.by_ref().take(1 << 16).map(f32::from_bits).flat_map(|x| [x, -x]));
            if block.is_empty() {
                return;
            }
            let length = block.len();
            block.resize(length.next_multiple_of(LANES), 0.0);
            let numbers = block.as_chunks().0;
            for (level, results) in on_each_level(|| Apply { numbers, form, function }) {
                for (x, y) in block[..length].iter().zip(results.as_flattened()) {
                    assert!(check(*x, *y), "{level:?}: {y} for {x}");
                }
            }
        }
    };
    if cfg!(target_family = "wasm") {
        sweep(low..high);
    } else {
        std::thread::scope(|scope| {
            scope.spawn(|| sweep(low..middle));
            sweep(middle..high);
        });
    }
}

/// Below this the functions are straight lines, above that they are constants, to far less than the bounds.
const BEND: (f32, f32) = (1.0 / 4096.0, 32.0);

fn within(
    bound: f64,
    low: f32,
    high: f32,
    f: impl Fn(f64) -> f64 + Sync,
) -> impl Fn(f32, f32) -> bool + Sync {
    move |x, y| (f64::from(y) - f(f64::from(x))).abs() <= bound && y >= low && y <= high
}

#[test]
fn fast_tanh_is_within_its_bound() {
    for_all(Fast, Tanh, 0.0, BEND.0, within(2.5e-7, -1.0, 1.0, |x| x));
    for_all(Fast, Tanh, BEND.0, BEND.1, within(2.5e-7, -1.0, 1.0, f64::tanh));
    for_all(Fast, Tanh, BEND.1, f32::INFINITY, |x, y| y == x.signum());
}

#[test]
fn fast_sigmoid_is_within_its_bound() {
    for_all(Fast, Sigmoid, 0.0, BEND.0, within(1.5e-7, 0.0, 1.0, |x| 0.5 + x / 4.0));
    for_all(Fast, Sigmoid, BEND.0, BEND.1, within(1.5e-7, 0.0, 1.0, |x| 1.0 / (1.0 + (-x).exp())));
    for_all(
        Fast,
        Sigmoid,
        BEND.1,
        f32::INFINITY,
        |x, y| if x > 0.0 { y == 1.0 } else { (0.0..1e-12).contains(&y) },
    );
}

/// Floats by their order: 0 is number 0, the negative ones are below.
fn float(number: i64) -> f32 {
    let magnitude = f32::from_bits(number.unsigned_abs() as u32);
    if number < 0 { -magnitude } else { magnitude }
}

/// A window of steps looks at two times only, and concludes what lies between them.
#[test]
fn fast_sigmoid_falls_over_a_few_floats_at_most() {
    const TOGETHER: usize = 4 * LANES;
    let end = i64::from(40_f32.to_bits());
    // With a gap, since neighbours of two blocks may fall too.
    let step = TOGETHER * stride() + 3;
    let mut largest =
        vec![0.0_f32; on_each_level(|| Apply { numbers: &[], form: Fast, function: Sigmoid }).len()];
    let starts: Vec<i64> = (-end..end).step_by(step).collect();
    for starts in starts.chunks(1 << 12) {
        let numbers: Vec<f32> =
            starts.iter().flat_map(|start| (*start..).take(TOGETHER).map(float)).collect();
        let numbers = numbers.as_chunks().0;
        let results = on_each_level(|| Apply { numbers, form: Fast, function: Sigmoid });
        for ((level, results), largest) in results.iter().zip(&mut largest) {
            for (block, start) in results.as_flattened().chunks(TOGETHER).zip(starts) {
                for (at, y) in block.iter().enumerate() {
                    // Three floats before, and all of the blocks before.
                    if let Some(before) = at.checked_sub(3) {
                        *largest = largest.max(block[before]);
                    }
                    assert!(y >= largest, "{level:?}: {y} for {}", float(start + at as i64));
                }
                *largest = block.iter().rev().take(3).fold(*largest, |largest, y| largest.max(*y));
            }
        }
    }
}

/// `sigmoid(3 x - 1) * tanh(x)`.
#[derive(Clone, Copy)]
struct Gated;

impl Nonlinearity for Gated {
    #[inline(always)]
    fn apply<S: Arithmetic, A: Activations>(simd: S, x: S::F32) -> S::F32 {
        A::gated_tanh(simd, simd.mul_add(simd.splat(3.0), x, simd.splat(-1.0)), x)
    }
}

#[test]
fn a_fast_gate_before_a_tanh_is_within_the_bound_of_a_tanh() {
    let gate = |x: f64| 1.0 / (1.0 + (1.0 - 3.0 * x).exp());
    for_all(Fast, Gated, 0.0, BEND.1, within(2.5e-7, -1.0, 1.0, move |x| gate(x) * x.tanh()));
    for_all(Fast, Gated, BEND.1, f32::INFINITY, |x, y| if x > 0.0 { y == 1.0 } else { y.abs() < 1e-12 });
}

#[test]
fn fast_exp_is_within_its_bound() {
    let check = |x: f32, y: f32| {
        let exact = f64::from(x.clamp(-87.3, 88.3)).exp();
        (f64::from(y) - exact).abs() <= 3e-7 * exact
    };
    for_all(Fast, Exp, 0.0, BEND.0, |x, y| (f64::from(y) - 1.0 - f64::from(x)).abs() <= 3e-7);
    for_all(Fast, Exp, BEND.0, 100.0, check);
    for_all(
        Fast,
        Exp,
        100.0,
        f32::INFINITY,
        |x, y| if x > 0.0 { y > 2e38 } else { (0.0..2e-38).contains(&y) },
    );
}

#[test]
fn exact_forms_are_within_one_unit_in_the_last_place() {
    let ulp = |y: f64| f64::from((y as f32).abs().next_up() - (y as f32).abs());
    // Every 1009th number is enough for functions that are computed in f64.
    let numbers: Vec<f32> = (0..0x4280_0000_u32)
        .step_by(stride().max(1009))
        .flat_map(|bits| [f32::from_bits(bits), -f32::from_bits(bits)])
        .collect();
    let (numbers, _) = numbers.as_chunks();
    let check = |function: &str, results: Vec<[f32; LANES]>, exact: fn(f64) -> f64| {
        for (x, y) in numbers.as_flattened().iter().zip(results.as_flattened()) {
            let exact = exact(f64::from(*x));
            assert!((f64::from(*y) - exact).abs() <= ulp(exact), "{function}: {y} for {x}");
        }
    };
    for (_, results) in on_each_level(|| Apply { numbers, form: Exact, function: Tanh }) {
        check("tanh", results, f64::tanh);
    }
    for (_, results) in on_each_level(|| Apply { numbers, form: Exact, function: Sigmoid }) {
        check("sigmoid", results, |x| 1.0 / (1.0 + (-x).exp()));
    }
    for (_, results) in on_each_level(|| Apply { numbers, form: Exact, function: Exp }) {
        check("exp", results, f64::exp);
    }
}

#[test]
fn what_is_not_a_number_stays_so() {
    fn check(function: impl Nonlinearity) {
        let numbers = &[[f32::NAN; LANES]];
        for (level, results) in on_each_level(|| Apply { numbers, form: Fast, function }) {
            assert!(results[0].iter().all(|y| y.is_nan()), "{level:?}");
        }
        for (level, results) in on_each_level(|| Apply { numbers, form: Exact, function }) {
            assert!(results[0].iter().all(|y| y.is_nan()), "{level:?}");
        }
    }
    check(Tanh);
    check(Sigmoid);
    check(Gated);
    check(Exp);
    check(Relu);
    check(QuantTanh);
    check(QuantSigm);
    check(QuantSigm4);
}

#[test]
fn piecewise_linear_forms_are_what_they_say() {
    let mut numbers = [0.0; LANES];
    for (lane, number) in numbers.iter_mut().enumerate() {
        *number = (lane as f32 - 8.0) / 2.0;
    }
    let numbers = &[numbers];
    let apply = |results: Vec<(_, Vec<[f32; LANES]>)>, exact: fn(f32) -> f32| {
        for (_, results) in results {
            assert_eq!(results[0], numbers[0].map(exact));
        }
    };
    apply(on_each_level(|| Apply { numbers, form: Fast, function: Relu }), |x| x.max(0.0));
    apply(on_each_level(|| Apply { numbers, form: Fast, function: QuantTanh }), |x| x.clamp(-1.0, 1.0));
    apply(on_each_level(|| Apply { numbers, form: Fast, function: QuantSigm }), |x| {
        ((x + 1.0) / 2.0).clamp(0.0, 1.0)
    });
    apply(on_each_level(|| Apply { numbers, form: Fast, function: QuantSigm4 }), |x| {
        ((x + 2.0) / 4.0).clamp(0.0, 1.0)
    });
}

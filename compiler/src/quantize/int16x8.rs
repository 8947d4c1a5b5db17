//! Integers of 8 bits for layers that are computed in integers: a scale for each row that is a small integer itself,
//! and biases and cell states with as many bits as sums and states have.

use crate::diagnostic::{Code, Diagnostic, Span, Spanned, quoted};
use crate::model::{Cell, Dense, Layer, Matrix, Storage, fixed};
use crate::spec::{self, Activation, Nonlinearity, Precision};

/// The largest weight; -128 is not used.
const LARGEST: f64 = 127.0;
/// The largest scale, as an integer.
const LARGEST_FACTOR: f64 = 32767.0;
/// The most bits behind the point of a scale.
const MOST_POINT: f64 = 60.0;
/// What a weight stays below.
const WEIGHT: f32 = 65536.0;
/// The bits of a bias behind the point, and what its magnitude stays below.
const BIAS: (i32, f32) = (fixed::SUM, 65536.0);
/// The same of a cell state at rest.
const CELL: (i32, f32) = (fixed::CELL, 16.0);
/// What the magnitude of a hidden vector at rest stays below.
const HIDDEN: f32 = 512.0;
/// Units of a softmax whose powers can be added up.
const MOST_UNITS: usize = 1 << 15;

/// Rounds the numbers of `layer`, which the spec describes as `asked`.
pub(super) fn layer(
    layer: &mut Layer,
    asked: &Spanned<spec::Layer>,
    precision: Spanned<Precision>,
) -> Result<(), Diagnostic> {
    if let Some((span, message, help)) = obstacle(&asked.value) {
        let error = Diagnostic::error(Code::ConflictingKeys, precision.span, message);
        return Err(error.related(span, "this is why").help(help));
    }
    let beyond = |what: &str, most: f32| {
        let message =
            format!("layer {} has a {what} beyond what `int16x8` holds, {most}", quoted(asked.value.name()));
        let help = "`int8` keeps biases and states in f32";
        Diagnostic::error(Code::OutOfRange, precision.span, message).help(help)
    };
    let bias = |numbers: &mut Vec<f32>| round(numbers, BIAS).ok_or_else(|| beyond("bias", BIAS.1));
    match layer {
        Layer::Embedding(_) => {}
        Layer::Linear(linear) => {
            matrix(&mut linear.weight).ok_or_else(|| beyond("weight", WEIGHT))?;
            bias(&mut linear.bias)?;
        }
        Layer::Recurrent(level) => {
            for cell in std::iter::once(&mut level.forward).chain(&mut level.backward) {
                if cell.h0().iter().any(|h| h.abs() >= HIDDEN) {
                    return Err(beyond("hidden vector at rest", HIDDEN));
                }
                cell.matrices_mut().try_for_each(matrix).ok_or_else(|| beyond("weight", WEIGHT))?;
                match cell {
                    Cell::Lstm(cell) => {
                        bias(&mut cell.bias)?;
                        round(&mut cell.c0, CELL).ok_or_else(|| beyond("cell state at rest", CELL.1))?;
                    }
                    Cell::Gru(cell) => {
                        bias(&mut cell.bias)?;
                        bias(&mut cell.candidate_bias)?;
                    }
                    Cell::Rnn(cell) => bias(&mut cell.bias)?,
                    Cell::FastRnn(cell) => {
                        bias(&mut cell.bias)?;
                        shares([&mut cell.alpha, &mut cell.beta]);
                    }
                    Cell::FastGrnn(cell) => {
                        bias(&mut cell.bias_gate)?;
                        bias(&mut cell.bias_update)?;
                        shares([&mut cell.zeta, &mut cell.nu]);
                    }
                }
            }
        }
    }
    Ok(())
}

/// Why a layer cannot be computed in integers: the place that says so, the reason, and what to do.
fn obstacle(layer: &spec::Layer) -> Option<(Span, String, &'static str)> {
    let name = quoted(layer.name());
    if let Some(compression) = layer.compression() {
        let message = format!("{name} has compressed matrices, and `int16x8` is for dense ones");
        return Some((compression.span, message, "write `precision: int8`, or remove `compression`"));
    }
    match layer {
        spec::Layer::Lstm(lstm) => {
            let output = lstm.proj_size?;
            let message = format!("{name} has a projection, and `int16x8` is for layers without one");
            Some((
                output.span,
                message,
                "write `precision: int8`, which rounds the projection's matrix as well",
            ))
        }
        spec::Layer::FastGrnn(fastgrnn) => {
            let gate = fastgrnn.gate_nonlinearity?;
            let in_range = matches!(
                gate.value,
                Nonlinearity::Sigmoid | Nonlinearity::QuantSigm | Nonlinearity::QuantSigm4
            );
            let message = format!("the gate of {name} leaves 0 to 1, where `int16x8` has it");
            let help = "gates in 0 to 1 are `sigmoid`, `quant_sigm` and `quant_sigm4`";
            (!in_range).then_some((gate.span, message, help))
        }
        spec::Layer::Linear(linear) => {
            let activation = linear.activation?;
            let is_large = activation.value == Activation::Softmax && linear.units.value > MOST_UNITS;
            let message = format!("a softmax in `int16x8` has at most {MOST_UNITS} units");
            is_large.then_some((linear.units.span, message, "write `precision: int8`"))
        }
        spec::Layer::Gru(_) | spec::Layer::Rnn(_) | spec::Layer::FastRnn(_) | spec::Layer::Embedding(_) => {
            None
        }
    }
}

/// The nearest number with so many bits behind the point.
fn rounded(number: f32, bits: i32) -> f32 {
    let inverse = 2f32.powi(bits);
    (number * inverse).round() / inverse
}

/// Rounds to so many bits behind the point; `None` where a number is beyond the range.
fn round(numbers: &mut [f32], (bits, most): (i32, f32)) -> Option<()> {
    for number in numbers {
        *number = rounded(*number, bits);
        if number.abs() >= most {
            return None;
        }
    }
    Some(())
}

fn shares(numbers: [&mut f32; 2]) {
    for number in numbers {
        *number = rounded(*number, fixed::UNIT);
    }
}

fn matrix(matrix: &mut Matrix) -> Option<()> {
    matrix.dense_mut().into_iter().try_for_each(dense)
}

/// Rounds each row to multiples of its scale; `None` where a weight is beyond the range.
fn dense(dense: &mut Dense) -> Option<()> {
    let largest = |row: &[f32]| row.iter().fold(0.0, |largest: f64, number| largest.max(number.abs().into()));
    let rows = || dense.data.chunks(dense.columns.max(1));
    let most = rows().map(largest).fold(0.0, f64::max) / LARGEST;
    if most * LARGEST >= WEIGHT.into() {
        return None;
    }
    let point = if most == 0.0 { 0.0 } else { (LARGEST_FACTOR / most).log2().floor().min(MOST_POINT) };
    // Upwards, so that no weight is beyond the largest integer.
    let scale =
        |row: &[f32]| (largest(row) / LARGEST * point.exp2()).ceil().min(LARGEST_FACTOR) / point.exp2();
    let scales: Vec<f64> = rows().map(scale).collect();
    for (row, scale) in dense.data.chunks_mut(dense.columns.max(1)).zip(&scales) {
        for number in row {
            let integer = if *scale == 0.0 { 0.0 } else { (f64::from(*number) / scale).round_ties_even() };
            *number = (integer.clamp(-LARGEST, LARGEST) * scale) as f32;
        }
    }
    let scales = scales.into_iter().map(|scale| scale as f32).collect();
    dense.storage = Storage::Int16x8 { scales, point: point as i32 };
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_off_by_half_a_scale_at_most() {
        let data: Vec<f32> =
            (0..60).map(|n| ((n * 37 % 101) as f32 - 50.0) * 0.01 * (n / 20 + 1) as f32).collect();
        let mut rounded = Dense::new(3, 20, data.clone());
        assert_eq!(dense(&mut rounded), Some(()));
        let Storage::Int16x8 { scales, point } = &rounded.storage else { panic!("the storage") };
        let factors: Vec<f32> = scales.iter().map(|scale| scale * 2f32.powi(*point)).collect();
        assert!(factors.iter().all(|factor| factor.fract() == 0.0 && (1.0..=32767.0).contains(factor)));
        assert!(factors.iter().any(|factor| *factor > 16383.0));
        for (index, (before, after)) in data.iter().zip(&rounded.data).enumerate() {
            let scale = scales[index / 20];
            assert!((before - after).abs() <= scale * 0.500_01);
            assert!((after / scale).abs() <= 127.0 && (after / scale).fract() == 0.0);
        }
    }

    #[test]
    fn small_numbers_vanish_and_huge_ones_are_refused() {
        for (data, zeros) in [([0.0, 0.0], 2), ([1e-44, 0.0], 2), ([65535.0, -1e-30], 1), ([1e-3, 1.0], 0)] {
            let mut rounded = Dense::new(2, 1, data.to_vec());
            assert_eq!(dense(&mut rounded), Some(()));
            let found = rounded.data.iter().filter(|number| **number == 0.0).count();
            assert_eq!(found, zeros, "{:?}", rounded.data);
        }
        assert_eq!(dense(&mut Dense::new(1, 2, vec![0.0, -65536.0])), None);
    }
}

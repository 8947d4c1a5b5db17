//! The precision of stored numbers: every matrix is rounded to what its storage can hold.
//!
//! After this stage a model has the numbers that run, so that the reference executes them too. Biases and states
//! stay `f32`, but in layers that are computed in integers.

mod bf16;
mod f16;
mod int16x8;
mod int2;
mod int4;
mod int8;
mod ordinary;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Spanned, quoted};
use crate::model::{Cell, Dense, Layer, Matrix, Model, Storage};
use crate::spec::{LittlePrecision, Precision, Spec};

pub(crate) use bf16::bits as bf16_bits;
pub(crate) use f16::bits as f16_bits;
pub use f16::nearest as nearest_f16;
pub(crate) use ordinary::{Outlier, ordinary};

/// Columns of a product in integers of 8 bits whose sums cannot overflow.
const MOST_COLUMNS: usize = 1 << 16;

/// Rounds the matrices of every layer to the precision that the layer asks for.
pub fn quantize(model: &mut Model, spec: &Spec, diagnostics: &mut Diagnostics) {
    for layer in &mut model.layers {
        let asked = spec.layers.iter().flatten().find(|asked| asked.value.name().value == layer.name());
        let Some((asked, precision)) = asked.and_then(|layer| Some((layer, layer.value.precision()?))) else {
            continue;
        };
        let rounded = match layer {
            layer if precision.value == Precision::Int16x8 => int16x8::layer(layer, asked, precision),
            Layer::Embedding(embedding) => round(&mut embedding.table, precision, &embedding.name),
            Layer::Linear(linear) => matrix(&mut linear.weight, precision, &linear.name),
            Layer::Recurrent(level) => {
                let cells = std::iter::once(&mut level.forward).chain(&mut level.backward);
                let mut matrices = cells.flat_map(Cell::matrices_mut);
                matrices.try_for_each(|each| matrix(each, precision, &level.name))
            }
        };
        if let Err(error) = rounded {
            diagnostics.push(error);
        }
    }
}

/// Rounds `matrix`, which layer `name` has.
fn matrix(matrix: &mut Matrix, precision: Spanned<Precision>, name: &str) -> Result<(), Diagnostic> {
    for dense in matrix.dense_mut() {
        round(dense, precision, name)?;
    }
    Ok(())
}

/// Rounds `dense`, which layer `name` has.
fn round(dense: &mut Dense, precision: Spanned<Precision>, name: &str) -> Result<(), Diagnostic> {
    let beyond = |what: &str, most: f32, others: &str| {
        let message = format!("layer {} has a weight beyond what {what} holds, {most:e}", quoted(name));
        Diagnostic::error(Code::OutOfRange, precision.span, message).help(others.to_owned())
    };
    dense.storage = match precision.value {
        Precision::F32 => Storage::F32,
        Precision::F16 => {
            f16::round(&mut dense.data)
                .ok_or_else(|| beyond("f16", f16::LARGEST, "`bf16`, `int8` and `f32` hold larger ones"))?;
            Storage::F16
        }
        Precision::Bf16 => {
            bf16::round(&mut dense.data)
                .ok_or_else(|| beyond("bf16", bf16::LARGEST, "`f32` holds larger ones"))?;
            Storage::Bf16
        }
        // A layer that can be computed in integers is rounded as a whole.
        Precision::Int16x8 => Storage::F32,
        Precision::Int8 => {
            if dense.columns > MOST_COLUMNS {
                let message = format!(
                    "layer {} has a matrix of {} columns, and a sum of int8 products has at most {MOST_COLUMNS}",
                    quoted(name),
                    dense.columns
                );
                return Err(Diagnostic::error(Code::OutOfRange, precision.span, message)
                    .help("`int4`, `f16` and `bf16` have no such limit"));
            }
            Storage::Int8 { scales: int8::round(dense) }
        }
        Precision::Int4 => {
            let scales = int4::round(dense).ok_or_else(|| {
                beyond("an int4 group", 7.0 * f16::LARGEST, "`int8` and `bf16` hold larger ones")
            })?;
            Storage::Int4 { scales }
        }
    };
    Ok(())
}

/// Rounds `dense`, a matrix of the little module of layer `name`.
///
/// # Errors
/// A number that the precision cannot hold.
pub fn little(dense: &mut Dense, precision: Spanned<LittlePrecision>, name: &str) -> Result<(), Diagnostic> {
    let as_layer = match precision.value {
        LittlePrecision::F32 => Precision::F32,
        LittlePrecision::Int8 => Precision::Int8,
        LittlePrecision::Int4 => Precision::Int4,
        LittlePrecision::Int2 => {
            let scales = int2::round(dense).ok_or_else(|| {
                let message =
                    format!("the little module of {} has a weight beyond what int2 holds", quoted(name));
                Diagnostic::error(Code::OutOfRange, precision.span, message)
                    .help("`int8` and `f32` hold larger ones")
            })?;
            dense.storage = Storage::Int2 { scales };
            return Ok(());
        }
    };
    round(dense, Spanned::new(as_layer, precision.span), name)
}

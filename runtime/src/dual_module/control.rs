//! What a program steers dual modules with, and what it learns of them.

use super::sensitivity::{Sensitivity, Thresholds};
use crate::model::Model;
use crate::policy::Stats;

/// What is known of a layer with a dual module when it is compiled.
#[derive(Debug, Clone, Copy)]
pub struct Layer {
    /// Its name in the spec, with the level of a stack and the direction behind it.
    pub name: &'static str,
    /// Rows of the big module.
    pub rows: u32,
    /// Numbers of one of them.
    pub columns: u32,
    /// Bytes of one of them.
    pub row_bytes: u32,
    /// Bytes of the little module.
    pub little_bytes: u32,
    /// Whether its threshold is a sum, since the activation has no bound.
    pub is_unbounded: bool,
    /// The insensitive ratios of calibration and the thresholds that gave them, by ascending ratio.
    pub curve: &'static [[f32; 3]],
}

/// The dual module of one layer of a model.
#[derive(Debug)]
pub struct Control<'a> {
    /// What is known of the layer.
    pub layer: &'static Layer,
    /// Its thresholds as they stand.
    pub sensitivity: &'a mut Sensitivity,
}

/// Rows that were read, of one layer or of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Rows {
    /// Rows of big modules that were read.
    pub read: u64,
    /// Rows that would have been read without a little module.
    pub of: u64,
    /// Bytes of weights that were read, those of the little module included.
    pub bytes: u64,
    /// Bytes that would have been read without a little module.
    pub bytes_of: u64,
    /// Multiply-accumulates of the rows that were not read.
    pub macs_saved: u64,
}

impl Rows {
    /// Nothing yet.
    pub const NONE: Rows = Rows { read: 0, of: 0, bytes: 0, bytes_of: 0, macs_saved: 0 };

    /// As [`Stats`] of a model that executed `steps` steps.
    pub const fn stats(self, steps: u64, macs_per_step: u64) -> Stats {
        Stats { steps, updates: steps, macs: steps.wrapping_mul(macs_per_step), rows: Rows::NONE }
            .with_rows(self)
    }

    /// The share of rows that was not read; 0 before the first step.
    pub fn insensitive_ratio(&self) -> f64 {
        if self.of == 0 { 0.0 } else { 1.0 - self.read as f64 / self.of as f64 }
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Rows) -> Rows {
        Rows {
            read: self.read.wrapping_add(other.read),
            of: self.of.wrapping_add(other.of),
            bytes: self.bytes.wrapping_add(other.bytes),
            bytes_of: self.bytes_of.wrapping_add(other.bytes_of),
            macs_saved: self.macs_saved.wrapping_add(other.macs_saved),
        }
    }
}

impl Control<'_> {
    /// Sets the thresholds to those that left this share of rows insensitive in calibration. At 0 every row is
    /// read, at 1 none is, but those whose sum is NaN; what lies outside becomes the nearer of the two, what is not
    /// a number changes nothing. Between two ratios of the curve the thresholds are interpolated.
    pub fn set_insensitive_ratio(&mut self, ratio: f32) {
        if !ratio.is_nan() {
            self.sensitivity.thresholds = at(self.layer.curve, ratio);
        }
    }

    /// Sets the thresholds, as activations: a gate is sensitive above `sigmoid`, in 0..=1, a candidate below
    /// the magnitude `tanh`, in 0..=1. At 0 and 1 every row is read, at 1 and 0 none is. What is not a number
    /// changes nothing. A linear layer uses one of the two: `tanh` with that activation, otherwise `sigmoid`,
    /// with `relu` and `softmax` as a sum before the activation, of any size.
    pub fn set_thresholds(&mut self, sigmoid: f32, tanh: f32) {
        let thresholds = &mut self.sensitivity.thresholds;
        if !sigmoid.is_nan() {
            thresholds.sigmoid = if self.layer.is_unbounded { sigmoid } else { logit(sigmoid) };
        }
        if !tanh.is_nan() {
            thresholds.tanh = libm::atanhf(tanh.clamp(0.0, 1.0));
        }
    }

    /// Sets how many rows a step reads at most: of more sensitive ones those farthest from their thresholds. A
    /// budget of all rows or more is none.
    pub fn set_row_budget(&mut self, rows: u32) {
        self.sensitivity.row_budget = rows;
    }

    /// The rows read since the model was made; a reset does not clear it.
    pub fn rows(&self) -> Rows {
        self.layer.rows(self.sensitivity)
    }
}

impl Layer {
    /// What `sensitivity` has counted.
    pub const fn rows(&self, sensitivity: &Sensitivity) -> Rows {
        let Sensitivity { steps, rows, .. } = *sensitivity;
        let (of, row_bytes) = (steps.wrapping_mul(self.rows as u64), self.row_bytes as u64);
        let little = steps.wrapping_mul(self.little_bytes as u64);
        Rows {
            read: rows,
            of,
            bytes: rows.wrapping_mul(row_bytes).wrapping_add(little),
            bytes_of: of.wrapping_mul(row_bytes),
            macs_saved: of.wrapping_sub(rows).wrapping_mul(self.columns as u64),
        }
    }
}

/// The sum before a sigmoid of this value.
fn logit(sigmoid: f32) -> f32 {
    let sigmoid = sigmoid.clamp(0.0, 1.0);
    libm::logf(sigmoid / (1.0 - sigmoid))
}

/// The thresholds for a ratio.
fn at(curve: &[[f32; 3]], ratio: f32) -> Thresholds {
    if ratio <= 0.0 {
        return Thresholds { sigmoid: f32::NEG_INFINITY, tanh: f32::INFINITY };
    }
    if ratio >= 1.0 {
        return Thresholds { sigmoid: f32::INFINITY, tanh: 0.0 };
    }
    let above = curve.iter().position(|[at, ..]| *at >= ratio).unwrap_or(curve.len());
    let next = curve.get(above).or_else(|| curve.last());
    let before = above.checked_sub(1).and_then(|before| curve.get(before)).or(next);
    let (Some([low, sigmoid, tanh]), Some([high, next_sigmoid, next_tanh])) = (before, next) else {
        return Thresholds { sigmoid: f32::NEG_INFINITY, tanh: f32::INFINITY };
    };
    let share = if high > low { (ratio - low) / (high - low) } else { 0.0 };
    Thresholds {
        sigmoid: sigmoid + share * (next_sigmoid - sigmoid),
        tanh: tanh + share * (next_tanh - tanh),
    }
}

/// A network with dual modules.
pub trait DualModule: Model {
    /// The dual modules, in the order of the layers: of a stack level by level, of a level forward, then
    /// backward.
    fn dual_modules(&mut self) -> impl Iterator<Item = Control<'_>>;

    /// [`Control::set_insensitive_ratio`] of every layer.
    fn set_insensitive_ratio(&mut self, ratio: f32) {
        for mut control in self.dual_modules() {
            control.set_insensitive_ratio(ratio);
        }
    }

    /// The rows read since the model was made, of all layers together.
    fn rows(&self) -> Rows;
}

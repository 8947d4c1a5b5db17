//! The layout of big modules, whose rows are read one by one, and what is known of the little ones beside them.

use super::matrix::SHARED;
use super::{Blob, Place, Stored, pack};
use crate::model::{self, Dense, Matrix, Thresholds};

/// What a layer with a little module has besides that.
#[derive(Debug, Clone)]
pub struct DualModule {
    pub rows: Rows,
    /// Biases of the big module.
    pub bias: Place,
    /// Those that the reset gate of a GRU multiplies.
    pub candidate_bias: Option<Place>,
    pub cross_gate: bool,
    pub thresholds: Thresholds,
    pub row_budget: Option<usize>,
    pub curve: Vec<[f32; 3]>,
    /// The layer's name in the spec.
    pub layer: String,
    /// With its level and direction.
    pub title: String,
    /// Bytes of the little module.
    pub little_bytes: usize,
    /// Whether the threshold is a sum, since the activation has no bound.
    pub is_unbounded: bool,
}

/// Dense matrices row by row: the input's numbers, then the state's.
#[derive(Debug, Clone, Copy)]
pub struct Rows {
    pub count: usize,
    /// Numbers of a row, without what fills it up.
    pub columns: usize,
    /// Groups of a row that multiply the input, and the state; of 16 numbers, of integers of 64.
    pub groups: [usize; 2],
    pub stored: Stored,
    /// Threads that share them.
    pub threads: usize,
}

impl Rows {
    /// Places the rows of matrices of one height.
    pub(super) fn new(parts: &[&Matrix], weights: &mut Blob) -> Rows {
        let parts: Vec<Dense> = parts.iter().map(|part| part.to_dense()).collect();
        let parts: Vec<&Dense> = parts.iter().collect();
        let stored = pack::rows(&parts, weights);
        let lanes = pack::group_of(&parts);
        let groups = |at: usize| parts.get(at).map_or(0, |part| part.columns.div_ceil(lanes));
        let columns = parts.iter().map(|part| part.columns).sum();
        let count = parts.first().map_or(0, |part| part.rows);
        let threads = if stored.numbers.range().len() < SHARED { 1 } else { weights.threads.max(1) };
        Rows { count, columns, groups: [groups(0), groups(1)], stored, threads }
    }

    /// Bytes that are read of a row, with its scales.
    pub fn row_bytes(&self) -> usize {
        let scales = self.stored.scales.map_or(0, |scales| scales.range().len());
        (self.stored.numbers.range().len() + scales) / self.count.max(1)
    }
}

/// What is known of a little module before anything is placed.
pub(super) struct Knobs<'a, L> {
    pub(super) layer: &'a str,
    pub(super) title: String,
    pub(super) module: &'a model::DualModule<L>,
    pub(super) little_bytes: usize,
    pub(super) is_unbounded: bool,
}

impl<L> Knobs<'_, L> {
    /// With the rows and biases of the big module.
    pub(super) fn with(self, rows: Rows, bias: Place, candidate_bias: Option<Place>) -> DualModule {
        let Knobs { layer, title, module, little_bytes, is_unbounded } = self;
        DualModule {
            rows,
            bias,
            candidate_bias,
            cross_gate: module.cross_gate,
            thresholds: module.thresholds,
            row_budget: module.row_budget,
            curve: module.curve.clone(),
            layer: layer.to_owned(),
            title,
            little_bytes,
            is_unbounded,
        }
    }
}

/// Bytes of a sensitivity, the same on every target.
pub(super) const STATE_BYTES: usize = 32;

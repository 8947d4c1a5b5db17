//! The policy that leaves out rows of big matrices.

use super::layer::PREFIX;
use super::read::{
    Bool, Fraction, IfThere, Integer, Located, MapOf, OneOf, Optional, Required, Share, Single, choices, map,
};
use crate::diagnostic::Spanned;

const DIM: Integer<usize> = Integer::new(1, 1 << 16);
const ROWS: Integer<usize> = Integer::new(0, 1 << 24);

choices! {
    /// How the numbers of a little module are stored.
    pub enum LittlePrecision {
        /// As integers of 8 bits with a scale for each row.
        Int8 = "int8",
        /// As integers of 4 bits with a scale for each 32 numbers of a row.
        Int4 = "int4",
        /// As -1, 0 and 1 with a scale for each 32 numbers of a row.
        Int2 = "int2",
        /// As they are.
        F32 = "f32",
    }
}

map! {
    /// What separates the rows that are read from those that the little module stands for. Of a recurrent layer
    /// `sigmoid` and `tanh`, of a linear one the one of its activation.
    pub struct Thresholds: "thresholds", at_most_one_of ["sigmoid", "relu", "softmax"],
        at_most_one_of ["tanh", "relu", "softmax"] => {
        /// A gate is read where the little module's is above this.
        sigmoid: Option<Spanned<f64>> = IfThere(Fraction), example "0.2";
        /// A candidate is read where the little module's has a magnitude below this.
        tanh: Option<Spanned<f64>> = IfThere(Fraction), example "0.8";
        /// A row is read where the little module's sum, before the activation, is above this.
        relu: Option<Spanned<f64>> = IfThere(Single), example "-0.1";
        /// A row is read where the little module's sum, before the activation, is above this.
        softmax: Option<Spanned<f64>> = IfThere(Single), example "1.5";
    }
}

map! {
    /// A little module beside a layer: an approximation of few numbers that decides in each step which rows of
    /// the layer's matrices are read. "Dual-module inference" of Zhang et al. 2019. Its tensors are in the
    /// weights, or `recurve fit` learns them.
    pub struct DualModule: "dual_module", at_most_one_of ["epsilon", "dim"],
        at_most_one_of ["insensitive_ratio", "thresholds"] => {
        /// The layer: an `lstm`, a `gru` with `reset: after`, or a `linear` with an activation.
        layer: Spanned<String> = Required(PREFIX), example "lstm";
        /// How well the random projections that the little module reads keep lengths: they have
        /// `4 ln n / (epsilon^2 / 2 - epsilon^3 / 3)` numbers for a layer of `n` rows, and no more than what they
        /// project.
        epsilon: Option<Spanned<f64>> = IfThere(Share), default "0.5", example "0.7";
        /// Numbers of a projection, instead of `epsilon`.
        dim: Option<Spanned<usize>> = IfThere(DIM), example "417";
        /// How the little module's numbers are stored.
        precision: Option<Spanned<LittlePrecision>> = Optional(OneOf::all()),
            default "int8", example "int4";
        /// The share of rows that is not read, in calibration, until the program changes it.
        insensitive_ratio: Option<Spanned<f64>> = IfThere(Fraction), default "0.5", example "0.7";
        /// The thresholds themselves, instead of `insensitive_ratio`.
        thresholds: Option<Spanned<Thresholds>> = IfThere(Located(MapOf::new())),
            example "{sigmoid: 0.2, tanh: 0.8}";
        /// Rows that a step reads at most, until the program changes it: of more sensitive ones those farthest
        /// from their thresholds.
        row_budget: Option<Spanned<usize>> = IfThere(ROWS), example "300";
        /// Whether a gate that the little module finds shut also spares the candidate's row behind it: of an
        /// LSTM the input gate, of a GRU the update gate that keeps the state.
        cross_gate: Option<Spanned<bool>> = Optional(Bool), default "false", example "true";
    }
}

impl DualModule {
    /// How the little module's numbers are stored.
    pub fn little_precision(&self) -> LittlePrecision {
        self.precision.map_or(LittlePrecision::Int8, |precision| precision.value)
    }

    /// The share of rows of a layer of so many that is not read; where thresholds decide on it, a guess.
    pub fn ratio(&self, rows: usize) -> f64 {
        let of_budget = self.row_budget.map(|budget| 1.0 - budget.value as f64 / rows.max(1) as f64);
        self.insensitive_ratio.map(|ratio| ratio.value).or(of_budget).unwrap_or(0.5)
    }
}

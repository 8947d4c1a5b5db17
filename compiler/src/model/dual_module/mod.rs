//! Which rows of big matrices are read.

mod knobs;
mod resolve;

pub(in crate::model) use resolve::resolve;

/// A little module, and how its sums decide. Zhang et al. 2019.
#[derive(Debug, Clone)]
pub struct DualModule<L> {
    /// A layer of the same kind and size as the big module, whose matrices are a stored one behind a random
    /// projection.
    pub little: L,
    /// What separates the sums that need the big module, until the program changes it.
    pub thresholds: Thresholds,
    /// Insensitive ratios of calibration, and the thresholds `sigmoid` and `tanh` that gave them; by ascending
    /// ratio.
    pub curve: Vec<[f32; 3]>,
    /// Rows that a step reads at most.
    pub row_budget: Option<usize>,
    /// Whether a shut gate spares the candidate's row behind it.
    pub cross_gate: bool,
}

/// What separates sums that need the big module from those that do not, both before the activation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Sums before a sigmoid, `max(x, 0)` or a softmax need it above this.
    pub sigmoid: f32,
    /// Sums before a tanh need it below this magnitude.
    pub tanh: f32,
}

impl Thresholds {
    /// Those of an insensitive ratio; between two of the curve they are interpolated.
    pub fn at(curve: &[[f32; 3]], ratio: f32) -> Thresholds {
        if ratio <= 0.0 {
            return Thresholds { sigmoid: f32::NEG_INFINITY, tanh: f32::INFINITY };
        }
        if ratio >= 1.0 {
            return Thresholds { sigmoid: f32::INFINITY, tanh: 0.0 };
        }
        let above = curve.iter().position(|point| point[0] >= ratio).unwrap_or(curve.len());
        let next = curve.get(above).or(curve.last());
        let before = above.checked_sub(1).and_then(|before| curve.get(before)).or(next);
        let (Some(&[low, sigmoid, tanh]), Some(&[high, to_sigmoid, to_tanh])) = (before, next) else {
            return Thresholds { sigmoid: f32::NEG_INFINITY, tanh: f32::INFINITY };
        };
        let share = if high > low { (ratio - low) / (high - low) } else { 0.0 };
        Thresholds {
            sigmoid: sigmoid + share * (to_sigmoid - sigmoid),
            tanh: tanh + share * (to_tanh - tanh),
        }
    }
}

/// Numbers of the projections of a layer of so many rows, by the lemma of Johnson and Lindenstrauss as Achlioptas
/// 2003 has it.
pub fn projection_dim(rows: usize, epsilon: f64) -> usize {
    let dim = 4.0 * (rows as f64).ln() / (epsilon.powi(2) / 2.0 - epsilon.powi(3) / 3.0);
    (dim as usize).max(1)
}

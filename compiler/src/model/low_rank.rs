//! Products of two thin matrices.

use super::Dense;

/// `left * right`, with `left` of `rows x rank` and `right` of `rank x columns`.
#[derive(Debug, Clone)]
pub struct LowRank {
    /// `[rows, rank]`.
    pub left: Dense,
    /// `[rank, columns]`.
    pub right: Dense,
}

impl LowRank {
    /// Numbers that a product keeps on the way.
    pub(super) fn scratch(&self) -> usize {
        self.right.rows + self.left.scratch().max(self.right.scratch())
    }

    /// The number at `row` and `column`.
    pub(super) fn at(&self, row: usize, column: usize) -> f64 {
        let LowRank { left, right } = self;
        (0..left.columns).map(|k| f64::from(left.at(row, k)) * f64::from(right.at(k, column))).sum()
    }
}

//! Outer products.

use super::Dense;

/// `left * right^T`.
#[derive(Debug, Clone)]
pub struct RankOne {
    /// `[1, rows]`.
    pub left: Dense,
    /// `[1, columns]`.
    pub right: Dense,
}

impl RankOne {
    /// Numbers that a product keeps on the way.
    pub(super) fn scratch(&self) -> usize {
        self.left.widened() + self.right.widened()
    }

    /// The number at `row` and `column`.
    pub(super) fn at(&self, row: usize, column: usize) -> f64 {
        f64::from(self.left.at(0, row)) * f64::from(self.right.at(0, column))
    }
}

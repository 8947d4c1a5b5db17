//! Kronecker products.

use std::ops::RangeInclusive;

use super::{Dense, Storage};

/// Columns of a second factor that takes rows in registers.
const INTEGER_ROWS: RangeInclusive<usize> = 4..=16;

/// `b (x) c`: block `(i, j)` is `b[i][j] * c`.
#[derive(Debug, Clone)]
pub struct Kronecker {
    /// Where the blocks stand.
    pub b: Dense,
    /// What a block is a multiple of.
    pub c: Dense,
}

impl Kronecker {
    /// The number at `row` and `column`.
    pub(super) fn at(&self, row: usize, column: usize) -> f64 {
        let Kronecker { b, c } = self;
        let [b, c] = [b.at(row / c.rows, column / c.columns), c.at(row % c.rows, column % c.columns)];
        f64::from(b) * f64::from(c)
    }

    /// Multiply-accumulates of `(B X) C^T`, and of `B (X C^T)`.
    fn orders(&self) -> (usize, usize) {
        let Kronecker { b, c } = self;
        (b.rows * c.columns * (b.columns + c.rows), b.columns * c.rows * (c.columns + b.rows))
    }

    /// Multiply-accumulates in the cheaper order, which is the one that runs.
    pub(super) fn macs(&self) -> u64 {
        let (b_first, c_first) = self.orders();
        b_first.min(c_first) as u64
    }

    /// Whether `B X` is formed first.
    pub fn is_b_first(&self) -> bool {
        let (b_first, c_first) = self.orders();
        b_first <= c_first
    }

    /// Whether the product that is formed first is rounded, all its rows alike, and multiplied with `c` in integers.
    ///
    /// Its rows lie in registers, and one rounding serves them all: with `c` that pays from a few columns on.
    pub fn is_integer(&self) -> bool {
        let is_int8 = matches!(self.c.storage, Storage::Int8 { .. });
        is_int8 && self.is_b_first() && INTEGER_ROWS.contains(&self.c.columns)
    }

    /// Numbers of the product that is formed first.
    pub(super) fn scratch(&self) -> usize {
        let inner =
            if self.is_b_first() { self.b.rows * self.c.columns } else { self.b.columns * self.c.rows };
        // Rows in registers are a vector each, in integers and with what has to be taken away from their sums.
        let rounded = if self.is_integer() { self.b.rows * 3 * 16 } else { self.c.scratch() };
        inner + rounded.max(4 * self.b.widened())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// METHODS of Thakker et al.: the costs of the published shapes in the cheaper order.
    #[test]
    fn a_kronecker_product_runs_in_the_cheaper_order() {
        for (b, c, macs) in [
            ((5, 17), (8, 4), 500),
            ((2, 16), (59, 8), 1_200),
            ((11, 41), (14, 4), 2_420),
            ((13, 65), (50, 20), 29_900),
        ] {
            let zeros = |(rows, columns)| Dense::new(rows, columns, vec![0.0; rows * columns]);
            assert_eq!(Kronecker { b: zeros(b), c: zeros(c) }.macs(), macs);
        }
    }
}

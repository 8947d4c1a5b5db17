//! The forms in which matrices are deployed.

use super::{Dense, Kronecker, LowRank, RankOne, Sparse, Storage};

/// A matrix in the form it is deployed in.
#[derive(Debug, Clone)]
pub enum Matrix {
    /// All its numbers.
    Dense(Dense),
    /// Two factors.
    LowRank(LowRank),
    /// A Kronecker product.
    Kronecker(Kronecker),
    /// An outer product.
    RankOne(RankOne),
    /// What is not zero.
    Sparse(Sparse),
    /// The first and the second added.
    Sum(Box<(Matrix, Matrix)>),
    /// The first above the second.
    Stack(Box<(Matrix, Matrix)>),
    /// The first to the left of the second.
    Beside(Box<(Matrix, Matrix)>),
    /// The gates of a cell above one another, all of one kind and shape.
    Gates(Vec<Matrix>),
    /// Nothing, where the input has no matrix of its own.
    Zero {
        /// Numbers of a product.
        rows: usize,
        /// Numbers it multiplies.
        columns: usize,
    },
}

impl Matrix {
    /// Numbers of a product.
    pub fn rows(&self) -> usize {
        match self {
            Matrix::Dense(dense) => dense.rows,
            Matrix::LowRank(factors) => factors.left.rows,
            Matrix::Kronecker(Kronecker { b, c }) => b.rows * c.rows,
            Matrix::RankOne(vectors) => vectors.left.columns,
            Matrix::Sparse(sparse) => sparse.rows,
            Matrix::Stack(parts) => parts.0.rows() + parts.1.rows(),
            Matrix::Sum(parts) | Matrix::Beside(parts) => parts.0.rows(),
            Matrix::Gates(gates) => gates.iter().map(Matrix::rows).sum(),
            Matrix::Zero { rows, .. } => *rows,
        }
    }

    /// Numbers it multiplies.
    pub fn columns(&self) -> usize {
        match self {
            Matrix::Dense(dense) => dense.columns,
            Matrix::LowRank(factors) => factors.right.columns,
            Matrix::Kronecker(Kronecker { b, c }) => b.columns * c.columns,
            Matrix::RankOne(vectors) => vectors.right.columns,
            Matrix::Sparse(sparse) => sparse.columns,
            Matrix::Sum(parts) | Matrix::Stack(parts) => parts.0.columns(),
            Matrix::Beside(parts) => parts.0.columns() + parts.1.columns(),
            Matrix::Gates(gates) => gates.first().map_or(0, Matrix::columns),
            Matrix::Zero { columns, .. } => *columns,
        }
    }

    /// The matrices that it is composed of, where it is one of the combinators or has gates.
    pub fn parts(&self) -> Vec<&Matrix> {
        match self {
            Matrix::Sum(parts) | Matrix::Stack(parts) | Matrix::Beside(parts) => vec![&parts.0, &parts.1],
            Matrix::Gates(gates) => gates.iter().collect(),
            Matrix::Dense(_)
            | Matrix::LowRank(_)
            | Matrix::Kronecker(_)
            | Matrix::RankOne(_)
            | Matrix::Sparse(_)
            | Matrix::Zero { .. } => Vec::new(),
        }
    }

    /// Whether vectors are integers of 16 bits, and all that is computed with the products is in integers.
    pub fn is_fixed(&self) -> bool {
        self.factors().iter().any(|factor| matches!(factor.storage, Storage::Int16x8 { .. }))
    }

    /// Multiply-accumulates of a product.
    pub fn macs(&self) -> u64 {
        match self {
            Matrix::Kronecker(kronecker) => kronecker.macs(),
            Matrix::Sum(_) | Matrix::Stack(_) | Matrix::Beside(_) | Matrix::Gates(_) => {
                self.parts().into_iter().map(Matrix::macs).fold(0, u64::saturating_add)
            }
            Matrix::Dense(_)
            | Matrix::LowRank(_)
            | Matrix::RankOne(_)
            | Matrix::Sparse(_)
            | Matrix::Zero { .. } => self.parameters(),
        }
    }

    /// Numbers it is stored in.
    pub fn parameters(&self) -> u64 {
        match self {
            Matrix::Dense(dense) => dense.data.len() as u64,
            Matrix::LowRank(LowRank { left, right }) => (left.data.len() + right.data.len()) as u64,
            Matrix::Kronecker(Kronecker { b, c }) => (b.data.len() + c.data.len()) as u64,
            Matrix::RankOne(RankOne { left, right }) => (left.columns + right.columns) as u64,
            Matrix::Sparse(sparse) => sparse.kept() as u64,
            Matrix::Sum(_) | Matrix::Stack(_) | Matrix::Beside(_) | Matrix::Gates(_) => {
                self.parts().into_iter().map(Matrix::parameters).sum()
            }
            Matrix::Zero { .. } => 0,
        }
    }

    /// Numbers that a product keeps on the way.
    pub fn scratch(&self) -> usize {
        match self {
            Matrix::Dense(dense) => dense.scratch(),
            Matrix::Sparse(_) | Matrix::Zero { .. } => 0,
            Matrix::RankOne(vectors) => vectors.scratch(),
            Matrix::LowRank(factors) => factors.scratch(),
            Matrix::Kronecker(kronecker) => kronecker.scratch(),
            Matrix::Sum(_) | Matrix::Stack(_) | Matrix::Beside(_) | Matrix::Gates(_) => {
                self.parts().into_iter().map(Matrix::scratch).max().unwrap_or(0)
            }
        }
    }

    /// The number at `row` and `column`.
    pub fn at(&self, row: usize, column: usize) -> f64 {
        match self {
            Matrix::Dense(dense) => dense.at(row, column).into(),
            Matrix::LowRank(factors) => factors.at(row, column),
            Matrix::Kronecker(kronecker) => kronecker.at(row, column),
            Matrix::RankOne(vectors) => vectors.at(row, column),
            Matrix::Sparse(sparse) => sparse.at(row, column).into(),
            Matrix::Sum(parts) => parts.0.at(row, column) + parts.1.at(row, column),
            Matrix::Stack(parts) => match row.checked_sub(parts.0.rows()) {
                Some(row) => parts.1.at(row, column),
                None => parts.0.at(row, column),
            },
            Matrix::Beside(parts) => match column.checked_sub(parts.0.columns()) {
                Some(column) => parts.1.at(row, column),
                None => parts.0.at(row, column),
            },
            Matrix::Gates(gates) => {
                let rows = gates.first().map_or(1, Matrix::rows);
                gates[row / rows].at(row % rows, column)
            }
            Matrix::Zero { .. } => 0.0,
        }
    }

    /// The numbers that it is stored in, in groups that have a storage of their own.
    pub fn factors(&self) -> Vec<&Dense> {
        match self {
            Matrix::Dense(dense) => vec![dense],
            Matrix::LowRank(LowRank { left, right }) | Matrix::RankOne(RankOne { left, right }) => {
                vec![left, right]
            }
            Matrix::Kronecker(Kronecker { b, c }) => vec![b, c],
            Matrix::Sparse(sparse) => sparse.panels.iter().map(|panel| &panel.values).collect(),
            Matrix::Zero { .. } => Vec::new(),
            Matrix::Sum(_) | Matrix::Stack(_) | Matrix::Beside(_) | Matrix::Gates(_) => {
                self.parts().into_iter().flat_map(Matrix::factors).collect()
            }
        }
    }

    /// The numbers that it is stored in, in groups that may be rounded one by one.
    pub(crate) fn dense_mut(&mut self) -> Vec<&mut Dense> {
        match self {
            Matrix::Dense(dense) => vec![dense],
            Matrix::LowRank(LowRank { left, right }) | Matrix::RankOne(RankOne { left, right }) => {
                vec![left, right]
            }
            Matrix::Kronecker(Kronecker { b, c }) => vec![b, c],
            Matrix::Sparse(sparse) => sparse.panels.iter_mut().map(|panel| &mut panel.values).collect(),
            Matrix::Sum(parts) | Matrix::Stack(parts) | Matrix::Beside(parts) => {
                let (first, second) = &mut **parts;
                let mut dense = first.dense_mut();
                dense.extend(second.dense_mut());
                dense
            }
            Matrix::Gates(gates) => gates.iter_mut().flat_map(Matrix::dense_mut).collect(),
            Matrix::Zero { .. } => Vec::new(),
        }
    }

    /// The same matrix, multiplied out.
    pub fn to_dense(&self) -> Dense {
        if let Matrix::Dense(dense) = self {
            return dense.clone();
        }
        let (rows, columns) = (self.rows(), self.columns());
        let row = |row| (0..columns).map(move |column| self.at(row, column) as f32);
        Dense::new(rows, columns, (0..rows).flat_map(row).collect())
    }

    /// The first `rows` rows, and the others. Gates are split between two of them.
    pub fn split_rows(&self, rows: usize) -> (Matrix, Matrix) {
        match self {
            Matrix::Gates(gates) => {
                let (top, bottom) = gates.split_at(rows / gates.first().map_or(1, Matrix::rows));
                let whole = |gates: &[Matrix]| match gates {
                    [gate] => gate.clone(),
                    gates => Matrix::Gates(gates.to_vec()),
                };
                (whole(top), whole(bottom))
            }
            Matrix::LowRank(LowRank { left, right }) => {
                let (top, bottom) = left.split_rows(rows);
                let with = |left| Matrix::LowRank(LowRank { left, right: right.clone() });
                (with(top), with(bottom))
            }
            Matrix::Dense(_)
            | Matrix::Kronecker(_)
            | Matrix::RankOne(_)
            | Matrix::Sparse(_)
            | Matrix::Sum(_)
            | Matrix::Stack(_)
            | Matrix::Beside(_)
            | Matrix::Zero { .. } => {
                let (top, bottom) = self.to_dense().split_rows(rows);
                (Matrix::Dense(top), Matrix::Dense(bottom))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dense(rows: usize, columns: usize, data: &[f32]) -> Dense {
        Dense::new(rows, columns, data.to_vec())
    }

    #[test]
    fn rows_split_where_they_should() {
        let matrix = Matrix::Dense(dense(3, 2, &[1., 2., 3., 4., 5., 6.]));
        let (top, bottom) = matrix.split_rows(2);
        assert_eq!(top.to_dense().data, [1., 2., 3., 4.]);
        assert_eq!(bottom.to_dense().data, [5., 6.]);
        let gate = |number| Matrix::Dense(dense(1, 1, &[number]));
        let (top, bottom) = Matrix::Gates(vec![gate(1.), gate(2.), gate(3.)]).split_rows(2);
        assert_eq!(top.to_dense().data, [1., 2.]);
        assert_eq!(bottom.to_dense().data, [3.]);
    }

    #[test]
    fn a_kronecker_product_has_multiples_of_a_matrix_as_blocks() {
        let (b, c) = (dense(1, 2, &[2., 3.]), dense(2, 2, &[1., 10., 100., 1000.]));
        let matrix = Matrix::Kronecker(Kronecker { b, c });
        assert_eq!(matrix.to_dense().data, [2., 20., 3., 30., 200., 2000., 300., 3000.]);
        assert_eq!((matrix.rows(), matrix.columns(), matrix.parameters()), (2, 4, 6));
    }

    #[test]
    fn dense_rows_above_two_outer_products() {
        let outer = |left: [f32; 2], right: &[f32]| {
            Matrix::RankOne(RankOne { left: dense(1, 2, &left), right: dense(1, right.len(), right) })
        };
        let top = Matrix::Dense(dense(1, 3, &[7., 8., 9.]));
        let bottom = Matrix::Beside(Box::new((outer([1., 2.], &[3.]), outer([4., 5.], &[6., 7.]))));
        let matrix = Matrix::Stack(Box::new((top, bottom)));
        assert_eq!(matrix.to_dense().data, [7., 8., 9., 3., 24., 28., 6., 30., 35.]);
        assert_eq!((matrix.rows(), matrix.columns(), matrix.parameters(), matrix.macs()), (3, 3, 10, 10));
    }
}

//! The forms in which matrices are deployed.

use std::ops::RangeInclusive;

use super::Sparse;

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

/// `rows x columns` numbers, row after row.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    /// Numbers of a product.
    pub rows: usize,
    /// Numbers it multiplies.
    pub columns: usize,
    /// `rows * columns` numbers, which `storage` can hold.
    pub data: Vec<f32>,
    /// How they are stored.
    pub storage: Storage,
}

/// How numbers are stored.
#[derive(Debug, Clone, PartialEq)]
pub enum Storage {
    /// As they are.
    F32,
    /// In IEEE 754's binary16.
    F16,
    /// In bfloat16.
    Bf16,
    /// As integers of 8 bits that are multiplied with the scale of their row.
    Int8 {
        /// `[rows]`.
        scales: Vec<f32>,
    },
    /// As integers of 8 bits that are multiplied with the scale of their row, and multiply integers of 16 bits.
    Int16x8 {
        /// `[rows]`; multiples of `2^-point`, below `2^(15 - point)`.
        scales: Vec<f32>,
        /// Bits behind the point of a scale.
        point: i32,
    },
    /// As integers of 4 bits that are multiplied with the scale of their group of columns.
    Int4 {
        /// `[rows, columns / INT4_GROUP]`, rounded up; each a binary16.
        scales: Vec<f32>,
    },
    /// As -1, 0 and 1, which are multiplied with the scale of their group of columns.
    Int2 {
        /// As in [`Storage::Int4`].
        scales: Vec<f32>,
    },
}

/// Columns of a row that share a scale in [`Storage::Int4`].
pub const INT4_GROUP: usize = 32;

/// A matrix of [`Storage::Int8`] or [`Storage::Int4`] with fewer columns is widened, not multiplied in integers: to
/// round so short a vector costs more than it saves.
const INTEGER_FROM: usize = 32;

/// Columns of a second factor that takes rows in registers.
const INTEGER_ROWS: RangeInclusive<usize> = 4..=16;

/// `left * right`, with `left` of `rows x rank` and `right` of `rank x columns`.
#[derive(Debug, Clone)]
pub struct LowRank {
    /// `[rows, rank]`.
    pub left: Dense,
    /// `[rank, columns]`.
    pub right: Dense,
}

/// `b (x) c`: block `(i, j)` is `b[i][j] * c`.
#[derive(Debug, Clone)]
pub struct Kronecker {
    /// Where the blocks stand.
    pub b: Dense,
    /// What a block is a multiple of.
    pub c: Dense,
}

/// `left * right^T`.
#[derive(Debug, Clone)]
pub struct RankOne {
    /// `[1, rows]`.
    pub left: Dense,
    /// `[1, columns]`.
    pub right: Dense,
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
            _ => Vec::new(),
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
            _ => self.parameters(),
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
            Matrix::RankOne(RankOne { left, right }) => left.widened() + right.widened(),
            Matrix::LowRank(LowRank { left, right }) => right.rows + left.scratch().max(right.scratch()),
            Matrix::Kronecker(kronecker) => kronecker.scratch(),
            _ => self.parts().into_iter().map(Matrix::scratch).max().unwrap_or(0),
        }
    }

    /// The number at `row` and `column`.
    pub fn at(&self, row: usize, column: usize) -> f64 {
        match self {
            Matrix::Dense(dense) => dense.at(row, column).into(),
            Matrix::LowRank(LowRank { left, right }) => {
                (0..left.columns).map(|k| f64::from(left.at(row, k)) * f64::from(right.at(k, column))).sum()
            }
            Matrix::Kronecker(Kronecker { b, c }) => {
                f64::from(b.at(row / c.rows, column / c.columns))
                    * f64::from(c.at(row % c.rows, column % c.columns))
            }
            Matrix::RankOne(vectors) => {
                f64::from(vectors.left.at(0, row)) * f64::from(vectors.right.at(0, column))
            }
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
            _ => self.parts().into_iter().flat_map(Matrix::factors).collect(),
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
            other => {
                let (top, bottom) = other.to_dense().split_rows(rows);
                (Matrix::Dense(top), Matrix::Dense(bottom))
            }
        }
    }
}

impl Kronecker {
    /// Multiply-accumulates of `(B X) C^T`, and of `B (X C^T)`.
    fn orders(&self) -> (usize, usize) {
        let Kronecker { b, c } = self;
        (b.rows * c.columns * (b.columns + c.rows), b.columns * c.rows * (c.columns + b.rows))
    }

    /// Multiply-accumulates in the cheaper order, which is the one that runs.
    fn macs(&self) -> u64 {
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
    fn scratch(&self) -> usize {
        let inner =
            if self.is_b_first() { self.b.rows * self.c.columns } else { self.b.columns * self.c.rows };
        // Rows in registers are a vector each, in integers and with what has to be taken away from their sums.
        let rounded = if self.is_integer() { self.b.rows * 3 * 16 } else { self.c.scratch() };
        inner + rounded.max(4 * self.b.widened())
    }
}

impl Dense {
    /// `rows * columns` numbers, row after row, as they are.
    pub fn new(rows: usize, columns: usize, data: Vec<f32>) -> Dense {
        Dense { rows, columns, data, storage: Storage::F32 }
    }

    /// The number at `row` and `column`.
    pub fn at(&self, row: usize, column: usize) -> f32 {
        self.data[row * self.columns + column]
    }

    /// The numbers of one row.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.data[row * self.columns..(row + 1) * self.columns]
    }

    /// Whether a product rounds the vector too and adds up integers.
    pub fn is_integer(&self) -> bool {
        match self.storage {
            Storage::Int8 { .. } | Storage::Int4 { .. } => self.columns >= INTEGER_FROM,
            Storage::Int2 { .. } => true,
            _ => false,
        }
    }

    /// Numbers of `f32` size that a product keeps on the way: the rounded vector.
    fn scratch(&self) -> usize {
        match self.storage {
            Storage::Int16x8 { .. } => self.columns.div_ceil(2) + 1,
            _ if !self.is_integer() => 0,
            Storage::Int8 { .. } => self.columns.div_ceil(size_of::<f32>()) + 2,
            _ => self.columns.div_ceil(size_of::<f32>()) + 2 + self.columns,
        }
    }

    /// Numbers of a row that is read as such, where they are not stored so.
    fn widened(&self) -> usize {
        if self.storage == Storage::F32 { 0 } else { self.columns }
    }

    /// Bytes of the numbers as they are stored, scales left out.
    pub fn bytes(&self) -> usize {
        let bits = match self.storage {
            Storage::F32 => 32,
            Storage::F16 | Storage::Bf16 => 16,
            Storage::Int8 { .. } | Storage::Int16x8 { .. } => 8,
            Storage::Int4 { .. } => 4,
            Storage::Int2 { .. } => 2,
        };
        self.data.len().saturating_mul(bits) / 8
    }

    /// The first `rows` rows, and the others.
    pub fn split_rows(&self, rows: usize) -> (Dense, Dense) {
        let (top, bottom) = self.data.split_at(rows * self.columns);
        let storage = |from: usize, to: usize| match &self.storage {
            Storage::Int8 { scales } => Storage::Int8 { scales: scales[from..to].to_vec() },
            Storage::Int16x8 { scales, point } => {
                Storage::Int16x8 { scales: scales[from..to].to_vec(), point: *point }
            }
            Storage::Int4 { scales } | Storage::Int2 { scales } => {
                let groups = self.columns.div_ceil(INT4_GROUP);
                let scales = scales[from * groups..to * groups].to_vec();
                match self.storage {
                    Storage::Int2 { .. } => Storage::Int2 { scales },
                    _ => Storage::Int4 { scales },
                }
            }
            other => other.clone(),
        };
        let part = |from: usize, to: usize, data: &[f32]| Dense {
            rows: to - from,
            columns: self.columns,
            data: data.to_vec(),
            storage: storage(from, to),
        };
        (part(0, rows, top), part(rows, self.rows, bottom))
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

    /// METHODS of Thakker et al.: the costs of the published shapes in the cheaper order.
    #[test]
    fn a_kronecker_product_runs_in_the_cheaper_order() {
        for (b, c, macs) in [
            ((5, 17), (8, 4), 500),
            ((2, 16), (59, 8), 1_200),
            ((11, 41), (14, 4), 2_420),
            ((13, 65), (50, 20), 29_900),
        ] {
            let zeros = |(rows, columns)| dense(rows, columns, &vec![0.0; rows * columns]);
            let matrix = Matrix::Kronecker(Kronecker { b: zeros(b), c: zeros(c) });
            assert_eq!(matrix.macs(), macs);
        }
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

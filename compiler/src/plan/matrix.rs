//! The layout of matrices.

use super::{Blob, Place};
use crate::model::{Dense, Kronecker, LowRank, Matrix as Meant, RankOne, Sparse};

/// Rows of a full block; the runtime's `matrix::Dense` describes the layout.
const BLOCK: usize = 64;

/// A matrix in the layout of its kernel.
#[derive(Debug, Clone)]
pub enum Matrix {
    Dense { rows: usize, columns: usize, place: Place },
    LowRank { rank: usize, left: Box<Matrix>, right: Box<Matrix> },
    Kronecker { b: Place, b_shape: [usize; 2], c: Box<Matrix>, c_shape: [usize; 2] },
    RankOne { left: Place, right: Place },
    Sparse { rows: usize, columns: usize, blocks: bool, counts: Place, indices: Place, values: Place },
    Sum { parts: Box<(Matrix, Matrix)> },
    Stack { parts: Box<(Matrix, Matrix)>, rows: [usize; 2] },
    Beside { parts: Box<(Matrix, Matrix)>, columns: [usize; 2] },
    Gates { rows: usize, gates: Vec<Matrix> },
    Joint { columns: usize, matrix: Box<Matrix> },
    Zero,
}

impl Matrix {
    /// Places a matrix.
    pub fn new(matrix: &Meant, weights: &mut Blob) -> Matrix {
        match matrix {
            Meant::Dense(dense) => Matrix::dense(dense, weights),
            Meant::LowRank(LowRank { left, right }) => Matrix::LowRank {
                rank: right.rows,
                left: Box::new(Matrix::dense(left, weights)),
                right: Box::new(Matrix::dense(right, weights)),
            },
            Meant::Kronecker(Kronecker { b, c }) => Matrix::Kronecker {
                b: weights.f32s(b.data.iter().copied()),
                b_shape: [b.rows, b.columns],
                c: Box::new(Matrix::dense(c, weights)),
                c_shape: [c.rows, c.columns],
            },
            Meant::RankOne(RankOne { left, right }) => Matrix::RankOne {
                left: weights.f32s(left.iter().copied()),
                right: weights.f32s(right.iter().copied()),
            },
            Meant::Sparse(sparse) => Matrix::sparse(sparse, weights),
            Meant::Sum(parts) => Matrix::Sum { parts: Matrix::both(parts, weights) },
            Meant::Stack(parts) => {
                Matrix::Stack { rows: [parts.0.rows(), parts.1.rows()], parts: Matrix::both(parts, weights) }
            }
            Meant::Beside(parts) => Matrix::Beside {
                columns: [parts.0.columns(), parts.1.columns()],
                parts: Matrix::both(parts, weights),
            },
            Meant::Gates(gates) => Matrix::Gates {
                rows: gates.first().map_or(0, Meant::rows),
                gates: gates.iter().map(|gate| Matrix::new(gate, weights)).collect(),
            },
            Meant::Zero { .. } => Matrix::Zero,
        }
    }

    /// Places the matrix that waits for the state; `input` is the one of the input.
    pub fn recurrent(input: &Meant, recurrent: &Meant, weights: &mut Blob) -> Matrix {
        let matrix = Matrix::new(recurrent, weights);
        match input {
            Meant::Zero { .. } => Matrix::Joint { columns: recurrent.columns(), matrix: Box::new(matrix) },
            _ => matrix,
        }
    }

    fn both(parts: &(Meant, Meant), weights: &mut Blob) -> Box<(Matrix, Matrix)> {
        let first = Matrix::new(&parts.0, weights);
        Box::new((first, Matrix::new(&parts.1, weights)))
    }

    fn sparse(sparse: &Sparse, weights: &mut Blob) -> Matrix {
        let panels = || sparse.panels.iter();
        Matrix::Sparse {
            rows: sparse.rows,
            columns: sparse.columns,
            blocks: sparse.panel_rows > 1,
            counts: weights.u16s(panels().map(|panel| short(panel.columns.len()))),
            indices: weights.u16s(panels().flat_map(|panel| &panel.columns).map(|column| short(*column))),
            values: weights.f32s(panels().flat_map(|panel| panels_of(&panel.values))),
        }
    }

    fn dense(dense: &Dense, weights: &mut Blob) -> Matrix {
        let place = weights.f32s(panels_of(dense));
        Matrix::Dense { rows: dense.rows, columns: dense.columns, place }
    }
}

/// A count or an index, which a matrix of at most 65535 columns has.
fn short(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

/// The numbers of blocks of rows, each block column after column.
fn panels_of(dense: &Dense) -> Vec<f32> {
    let mut packed = Vec::with_capacity(dense.data.len());
    for block in dense.data.chunks(BLOCK * dense.columns.max(1)) {
        for column in 0..dense.columns {
            packed.extend(block.iter().skip(column).step_by(dense.columns));
        }
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_are_blocks_of_rows_column_after_column() {
        let data: Vec<f32> = (0..67 * 3).map(|n| n as f32).collect();
        let packed = panels_of(&Dense { rows: 67, columns: 3, data });
        assert_eq!(packed[..4], [0.0, 3.0, 6.0, 9.0]);
        assert_eq!(packed[64..66], [1.0, 4.0]);
        assert_eq!(packed[192..], [192.0, 195.0, 198.0, 193.0, 196.0, 199.0, 194.0, 197.0, 200.0]);
    }
}

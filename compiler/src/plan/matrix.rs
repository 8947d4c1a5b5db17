//! The layout of matrices.

use super::{Blob, Place};
use crate::model::{Dense, LowRank, Matrix as Meant};

/// Rows of a full block; the runtime's `matrix::Dense` describes the layout.
const BLOCK: usize = 64;

/// A matrix in the layout of its kernel.
#[derive(Debug, Clone)]
pub enum Matrix {
    Dense { rows: usize, columns: usize, place: Place },
    LowRank { rank: usize, left: Box<Matrix>, right: Box<Matrix> },
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
        }
    }

    fn dense(dense: &Dense, weights: &mut Blob) -> Matrix {
        let place = weights.f32s(panels(dense));
        Matrix::Dense { rows: dense.rows, columns: dense.columns, place }
    }
}

/// The numbers of blocks of rows, each block column after column.
fn panels(dense: &Dense) -> Vec<f32> {
    let mut packed = Vec::with_capacity(dense.data.len());
    for block in dense.data.chunks(BLOCK * dense.columns) {
        for column in 0..dense.columns {
            packed.extend(block.iter().skip(column).step_by(dense.columns));
        }
    }
    packed
}

/// The first `rows` of a matrix, and the others.
pub(super) fn split_rows(matrix: &Meant, rows: usize) -> (Meant, Meant) {
    let split = |dense: &Dense| {
        let (top, bottom) = dense.data.split_at(rows * dense.columns);
        let part = |rows, data: &[f32]| Dense { rows, columns: dense.columns, data: data.to_vec() };
        (part(rows, top), part(dense.rows - rows, bottom))
    };
    match matrix {
        Meant::Dense(dense) => {
            let (top, bottom) = split(dense);
            (Meant::Dense(top), Meant::Dense(bottom))
        }
        Meant::LowRank(LowRank { left, right }) => {
            let (top, bottom) = split(left);
            let with = |left| Meant::LowRank(LowRank { left, right: right.clone() });
            (with(top), with(bottom))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_are_blocks_of_rows_column_after_column() {
        let data: Vec<f32> = (0..67 * 3).map(|n| n as f32).collect();
        let packed = panels(&Dense { rows: 67, columns: 3, data });
        assert_eq!(packed[..4], [0.0, 3.0, 6.0, 9.0]);
        assert_eq!(packed[64..66], [1.0, 4.0]);
        assert_eq!(packed[192..], [192.0, 195.0, 198.0, 193.0, 196.0, 199.0, 194.0, 197.0, 200.0]);
    }

    #[test]
    fn rows_split_where_they_should() {
        let dense = Dense { rows: 3, columns: 2, data: vec![1., 2., 3., 4., 5., 6.] };
        let (top, bottom) = split_rows(&Meant::Dense(dense), 2);
        assert_eq!(top.to_dense().data, [1., 2., 3., 4.]);
        assert_eq!(bottom.to_dense().data, [5., 6.]);
    }
}

//! The layout of matrices.

use super::pack::{self, BLOCK, Stored};
use super::{Blob, Place};
use crate::model::{Dense, Kronecker, LowRank, Matrix as Meant, RankOne, Sparse};

/// Threads share a matrix of as many bytes: handing over work has to pay.
pub(super) const SHARED: usize = 1 << 20;

/// A matrix in the layout of its kernel.
#[derive(Debug, Clone)]
pub enum Matrix {
    Dense {
        rows: usize,
        columns: usize,
        stored: Stored,
    },
    LowRank {
        rank: usize,
        left: Box<Matrix>,
        right: Box<Matrix>,
    },
    Kronecker {
        b: Table,
        c: Box<Matrix>,
        c_shape: [usize; 2],
    },
    RankOne {
        left: Table,
        right: Table,
    },
    Sparse {
        rows: usize,
        columns: usize,
        has_blocks: bool,
        counts: Place,
        indices: Place,
        stored: Stored,
    },
    Sum {
        parts: Box<(Matrix, Matrix)>,
    },
    Stack {
        parts: Box<(Matrix, Matrix)>,
        rows: [usize; 2],
    },
    /// As a stack, each part multiplied on a thread of its own.
    Threaded {
        parts: Box<(Matrix, Matrix)>,
        rows: [usize; 2],
    },
    Beside {
        parts: Box<(Matrix, Matrix)>,
        columns: [usize; 2],
    },
    Gates {
        rows: usize,
        gates: Vec<Matrix>,
    },
    Joint {
        columns: usize,
        matrix: Box<Matrix>,
    },
    /// Read with the matrix of the input, from either end in turn.
    BackAndForth {
        matrix: Box<Matrix>,
    },
    /// For vectors of 16 bits, `together` rows at once.
    Fixed {
        together: usize,
        columns: usize,
        numbers: Place,
        factors: Place,
        /// Bits behind the point of a factor.
        point: i32,
    },
    FixedLowRank {
        left: Box<Matrix>,
        right: Box<Matrix>,
        rank: usize,
        /// Rows of `right` at once.
        inner: usize,
    },
    Zero,
}

/// A matrix that is read row after row.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    pub rows: usize,
    pub columns: usize,
    pub stored: Stored,
}

impl Table {
    pub(super) fn new(dense: &Dense, weights: &mut Blob) -> Table {
        Table { rows: dense.rows, columns: dense.columns, stored: pack::table(dense, weights) }
    }

    /// Bytes of a row, with its scales.
    pub fn row_bytes(&self) -> usize {
        let scales = self.stored.scales.map_or(0, |scales| scales.range().len());
        (self.stored.numbers.range().len() + scales) / self.rows.max(1)
    }
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
            Meant::Kronecker(kronecker) => {
                let Kronecker { b, c } = kronecker;
                let of_b = Table::new(b, weights);
                let of_c = if kronecker.is_integer() {
                    Matrix::Dense { rows: c.rows, columns: c.columns, stored: pack::in_quads(c, weights) }
                } else {
                    Matrix::dense(c, weights)
                };
                Matrix::Kronecker { b: of_b, c: Box::new(of_c), c_shape: [c.rows, c.columns] }
            }
            Meant::RankOne(RankOne { left, right }) => {
                Matrix::RankOne { left: Table::new(left, weights), right: Table::new(right, weights) }
            }
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
            Meant::Dense(_)
            | Meant::LowRank(_)
            | Meant::Kronecker(_)
            | Meant::RankOne(_)
            | Meant::Sparse(_)
            | Meant::Sum(_)
            | Meant::Stack(_)
            | Meant::Beside(_)
            | Meant::Gates(_) => matrix,
        }
    }

    fn both(parts: &(Meant, Meant), weights: &mut Blob) -> Box<(Matrix, Matrix)> {
        let first = Matrix::new(&parts.0, weights);
        Box::new((first, Matrix::new(&parts.1, weights)))
    }

    fn sparse(sparse: &Sparse, weights: &mut Blob) -> Matrix {
        let panels = || sparse.panels.iter();
        let numbers: Vec<&Dense> = panels().map(|panel| &panel.values).collect();
        let has_blocks = sparse.panel_rows > 1;
        Matrix::Sparse {
            rows: sparse.rows,
            columns: sparse.columns,
            has_blocks,
            counts: weights.u16s(panels().map(|panel| short(panel.columns.len()))),
            indices: weights.u16s(panels().flat_map(|panel| &panel.columns).map(|column| short(*column))),
            stored: pack::sparse(&numbers, has_blocks, weights),
        }
    }

    fn dense(dense: &Dense, weights: &mut Blob) -> Matrix {
        let threads = if dense.bytes() < SHARED { 1 } else { weights.threads.max(1) };
        Matrix::shared(dense, threads, weights)
    }

    /// Halves rows and threads until one thread is left.
    fn shared(dense: &Dense, threads: usize, weights: &mut Blob) -> Matrix {
        let here = threads - threads / 2;
        // Whole blocks, which are multiplied fastest.
        let rows = (dense.rows * here / threads).next_multiple_of(BLOCK);
        if threads > 1 && rows < dense.rows {
            let (top, bottom) = dense.split_rows(rows);
            let top = Matrix::shared(&top, here, weights);
            let bottom = Matrix::shared(&bottom, threads - here, weights);
            return Matrix::Threaded { rows: [rows, dense.rows - rows], parts: Box::new((top, bottom)) };
        }
        let stored = pack::dense(dense, weights);
        Matrix::Dense { rows: dense.rows, columns: dense.columns, stored }
    }
}

/// A count or an index, which a matrix of at most 65535 columns has.
fn short(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

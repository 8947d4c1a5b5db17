//! Which cells read their matrices from either end in turn.

use super::{Kind, Matrix, Number};

/// Cells with as many bytes of matrices do: fewer lie in the second level of cache as a whole, where the order they are
/// read in makes no difference.
const FROM: usize = 1 << 20;

/// Lets the recurrent matrix of `kind` be read with `input`, back and forth, where both are large and in blocks of the
/// same rows.
pub(super) fn apply(input: &Matrix, kind: &mut Kind) {
    let (Kind::Lstm { recurrent, .. } | Kind::GruAfter { recurrent, .. }) = kind else {
        return;
    };
    let (Some(first), Some(second)) = (Blocks::of(input), Blocks::of(recurrent)) else {
        return;
    };
    if first.rows == second.rows && first.bytes + second.bytes >= FROM {
        let matrix = std::mem::replace(recurrent, Matrix::Zero);
        *recurrent = Matrix::BackAndForth { matrix: Box::new(matrix) };
    }
}

/// A matrix in blocks of rows.
struct Blocks {
    /// Rows of a block.
    rows: usize,
    /// Bytes of the whole.
    bytes: usize,
}

impl Blocks {
    fn of(matrix: &Matrix) -> Option<Blocks> {
        let Matrix::Dense { stored, .. } = matrix else {
            return None;
        };
        let rows = match stored.numbers.number {
            Number::F32 | Number::F16 | Number::Bf16 | Number::I8 | Number::Quad => super::pack::BLOCK,
            Number::Packed => super::pack::LANES,
            Number::U16
            | Number::I16
            | Number::Sum
            | Number::SumPair
            | Number::SumTriple
            | Number::SumQuad
            | Number::Nibbles
            | Number::NibblePanel
            | Number::F16Panel => return None,
        };
        Some(Blocks { rows, bytes: stored.numbers.range().len() })
    }
}

//! Tensors as they were not meant: matrices with their bytes in another order, and vectors that no layer uses.

use super::decode;
use super::store::Store;
use crate::diagnostic::Span;

/// A tensor with rows and columns that a layer uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) name: String,
    /// The layer in the spec.
    pub(crate) layer: Span,
    /// Whether rows and columns are as many.
    pub(crate) is_square: bool,
}

/// A vector that no layer uses.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spare {
    pub(crate) name: String,
    pub(crate) numbers: Vec<f32>,
}

impl Store {
    /// The tensors with rows and columns that layers use, once everything is bound.
    pub(crate) fn matrices(&self) -> Vec<Bound> {
        let matrix = |(name, user): (&str, &super::store::User)| {
            let sides: Vec<usize> = self.get(name)?.shape.iter().copied().filter(|side| *side > 1).collect();
            let is_square = sides.len() == 2 && sides[0] == sides[1];
            (sides.len() > 1).then(|| Bound { name: name.to_owned(), layer: user.layer, is_square })
        };
        self.used().filter_map(matrix).collect()
    }

    /// The vectors that no layer uses, once everything is bound.
    pub(crate) fn spare_vectors(&self) -> Vec<Spare> {
        let vector = |name: &str| {
            let stored = self.get(name)?;
            let longest = stored.shape.iter().copied().max()?;
            if stored.shape.iter().product::<usize>() != longest {
                return None;
            }
            let numbers = decode::floats(stored.dtype, stored.bytes)?;
            Some(Spare { name: name.to_owned(), numbers })
        };
        self.unused().filter_map(vector).collect()
    }

    /// The numbers row after row, where the bytes are to be read column after column.
    pub(super) fn in_row_major<T: Copy + Default>(
        &self,
        name: &str,
        shape: &[usize],
        numbers: Vec<T>,
    ) -> Vec<T> {
        if !self.column_major.iter().any(|other| other == name) {
            return numbers;
        }
        from_column_major(shape, &numbers)
    }
}

/// Numbers of which the first index moves fastest, in the order in which the last one does.
fn from_column_major<T: Copy + Default>(shape: &[usize], numbers: &[T]) -> Vec<T> {
    let mut strides = Vec::with_capacity(shape.len());
    let mut stride = 1;
    for side in shape {
        strides.push(stride);
        stride *= side;
    }
    let mut turned = vec![T::default(); numbers.len()];
    let mut index = vec![0; shape.len()];
    let mut from = 0;
    for number in &mut turned {
        *number = numbers[from];
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            from += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            from -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_become_rows() {
        assert_eq!(
            from_column_major(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]
        );
        assert_eq!(from_column_major(&[1, 2, 2], &[1.0, 2.0, 3.0, 4.0]), [1.0, 3.0, 2.0, 4.0]);
        assert_eq!(
            from_column_major(&[2, 2, 2], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]),
            [0.0, 4.0, 2.0, 6.0, 1.0, 5.0, 3.0, 7.0]
        );
    }
}

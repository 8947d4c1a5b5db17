//! From the layouts of files to the canonical one: gates stacked in canonical order, rows first.

use super::shape::Dim;
use crate::model::Dense;

/// How a tensor has a matrix of stacked gates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// `[rows, columns]`.
    Rows,
    /// `[columns, rows]`.
    Columns,
    /// `[columns, rows]` in name: in the columns of each gate that gate's `rows x columns` lie row after row. Keras'
    /// `CuDNNLSTM` and `CuDNNGRU` save what they hand over to cuDNN.
    Cudnn,
    /// `[count, rows, columns]`: one direction of so many.
    Direction { index: usize, count: usize },
}

impl Layout {
    pub(super) fn shape(self, rows: Dim, columns: Dim) -> Vec<Dim> {
        match self {
            Layout::Rows => vec![rows, columns],
            Layout::Columns | Layout::Cudnn => vec![columns, rows],
            Layout::Direction { count, .. } => vec![Dim::Exactly(count), rows, columns],
        }
    }

    /// The matrix in a tensor of that shape.
    pub(super) fn matrix(self, order: &[usize], shape: &[usize], data: Vec<f32>) -> Dense {
        let [.., first, second] = *shape else {
            return Dense::new(0, 0, Vec::new());
        };
        match self {
            Layout::Rows => rows(order, first, second, data),
            Layout::Columns => columns(order, second, first, &data),
            Layout::Cudnn => cudnn(order, second, first, &data),
            Layout::Direction { index, .. } => {
                let length = first * second;
                rows(order, first, second, data[index * length..(index + 1) * length].to_vec())
            }
        }
    }
}

fn cudnn(order: &[usize], rows: usize, columns: usize, data: &[f32]) -> Dense {
    let units = (rows / order.len()).max(1);
    let mut turned = Vec::with_capacity(data.len());
    for gate in 0..order.len() {
        let place = |at: usize| at / units * rows + gate * units + at % units;
        turned.extend((0..units * columns).map(|at| data[place(at)]));
    }
    Dense::new(rows, columns, reorder(order, turned))
}

/// Puts blocks of rows into canonical order: block `g` of the result is block `order[g]` of `rows`.
pub(super) fn reorder<T: Copy>(order: &[usize], data: Vec<T>) -> Vec<T> {
    let in_place = order.iter().enumerate().all(|(to, &from)| to == from);
    let block = data.len() / order.len();
    if in_place || block == 0 {
        return data;
    }
    let mut sorted = Vec::with_capacity(data.len());
    for &from in order {
        sorted.extend_from_slice(&data[from * block..(from + 1) * block]);
    }
    sorted
}

/// A matrix from its rows, gate by gate in the order of the file.
pub(super) fn rows(order: &[usize], rows: usize, columns: usize, data: Vec<f32>) -> Dense {
    Dense::new(rows, columns, reorder(order, data))
}

/// A matrix from its columns: `data` is `[columns, rows]`, with the gates side by side.
pub(super) fn columns(order: &[usize], rows: usize, columns: usize, data: &[f32]) -> Dense {
    let mut turned = vec![0.0; data.len()];
    let mut column = 0;
    while column < columns {
        let mut row = 0;
        while row < rows {
            turned[row * columns + column] = data[column * rows + row];
            row += 1;
        }
        column += 1;
    }
    Dense::new(rows, columns, reorder(order, turned))
}

/// The order of a matrix without gates.
pub(super) const PLAIN: [usize; 1] = [0];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_move_whole() {
        let file = vec![1.0, 1.5, 2.0, 2.5, 3.0, 3.5];
        assert_eq!(reorder(&[1, 0, 2], file), [2.0, 2.5, 1.0, 1.5, 3.0, 3.5]);
    }

    #[test]
    fn a_gate_of_cudnn_has_its_rows_one_after_the_other() {
        // Two gates of 2 x 3: each gate's columns have the numbers of its rows in order.
        let file = [0.0, 1.0, 6.0, 7.0, 2.0, 3.0, 8.0, 9.0, 4.0, 5.0, 10.0, 11.0];
        let matrix = Layout::Cudnn.matrix(&[1, 0], &[3, 4], file.to_vec());
        assert_eq!((matrix.rows, matrix.columns), (4, 3));
        assert_eq!(matrix.data, [6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    fn columns_turn_into_rows() {
        let file = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let turned = columns(&PLAIN, 3, 2, &file);
        assert_eq!(turned, Dense::new(3, 2, vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0]));
        let gates = columns(&[1, 0, 2], 3, 2, &file);
        assert_eq!(gates.data, [2.0, 5.0, 1.0, 4.0, 3.0, 6.0]);
    }
}

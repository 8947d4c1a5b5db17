//! From the layouts of files to the canonical one: gates stacked in canonical order, rows first.

use crate::model::Dense;

/// Puts blocks of rows into canonical order: block `g` of the result is block `order[g]` of `rows`.
pub(super) fn reorder(order: &[usize], data: Vec<f32>) -> Vec<f32> {
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
    fn columns_turn_into_rows() {
        let file = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let turned = columns(&PLAIN, 3, 2, &file);
        assert_eq!(turned, Dense::new(3, 2, vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0]));
        let gates = columns(&[1, 0, 2], 3, 2, &file);
        assert_eq!(gates.data, [2.0, 5.0, 1.0, 4.0, 3.0, 6.0]);
    }
}

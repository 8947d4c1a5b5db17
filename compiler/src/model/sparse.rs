//! Matrices most of whose numbers are zero.

use super::Dense;

/// Rows that are zero or not together in a pruned matrix of blocks.
pub const BLOCK_ROWS: usize = 16;

/// The columns of each panel of rows in which a number is not zero.
#[derive(Debug, Clone)]
pub struct Sparse {
    /// Numbers of a product.
    pub rows: usize,
    /// Numbers it multiplies.
    pub columns: usize,
    /// Rows of a panel, 1 or [`BLOCK_ROWS`]; the last may have fewer.
    pub panel_rows: usize,
    /// `rows / panel_rows`, rounded up.
    pub panels: Vec<Panel>,
}

/// Some rows of a sparse matrix without the columns that are zero in all of them.
#[derive(Debug, Clone)]
pub struct Panel {
    /// Which columns are kept, from left to right.
    pub columns: Vec<usize>,
    /// The kept columns beside one another.
    pub values: Dense,
}

impl Sparse {
    /// `dense` without its zeros.
    pub fn new(dense: &Dense, panel_rows: usize) -> Sparse {
        let panels = dense.data.chunks(panel_rows * dense.columns.max(1));
        let panels = panels.map(|rows| Panel::new(rows, dense.columns)).collect();
        Sparse { rows: dense.rows, columns: dense.columns, panel_rows, panels }
    }

    /// Numbers that are kept.
    pub fn kept(&self) -> usize {
        self.panels.iter().map(|panel| panel.values.data.len()).sum()
    }

    /// Columns that are kept in all panels.
    pub fn indices(&self) -> usize {
        self.panels.iter().map(|panel| panel.columns.len()).sum()
    }

    /// The number at `row` and `column`.
    pub fn at(&self, row: usize, column: usize) -> f32 {
        let panel = &self.panels[row / self.panel_rows];
        match panel.columns.binary_search(&column) {
            Ok(at) => panel.values.at(row % self.panel_rows, at),
            Err(_) => 0.0,
        }
    }
}

impl Panel {
    fn new(rows: &[f32], width: usize) -> Panel {
        let kept = |column: &usize| rows.iter().skip(*column).step_by(width).any(|number| *number != 0.0);
        let columns: Vec<usize> = (0..width).filter(kept).collect();
        let mut data = Vec::with_capacity(columns.len() * rows.len() / width);
        for row in rows.chunks(width) {
            data.extend(columns.iter().map(|column| row[*column]));
        }
        let values = Dense::new(rows.len() / width, columns.len(), data);
        Panel { columns, values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_columns_of_zeros_are_left_out() {
        let mut data = vec![0.0; 18 * 5];
        for (row, column) in [(0, 1), (15, 4), (17, 0)] {
            data[row * 5 + column] = (row + column) as f32;
        }
        let dense = Dense::new(18, 5, data);
        let blocks = Sparse::new(&dense, BLOCK_ROWS);
        assert_eq!(blocks.panels[0].columns, [1, 4]);
        assert_eq!(blocks.panels[1].columns, [0]);
        assert_eq!((blocks.kept(), blocks.indices()), (2 * 16 + 2, 3));
        let single = Sparse::new(&dense, 1);
        assert_eq!((single.kept(), single.indices()), (3, 3));
        for (row, column) in (0..18).flat_map(|row| (0..5).map(move |column| (row, column))) {
            assert_eq!(blocks.at(row, column), dense.at(row, column));
            assert_eq!(single.at(row, column), dense.at(row, column));
        }
    }
}

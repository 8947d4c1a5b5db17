//! Text in columns.

/// Rows of cells; the first row is the head, the first column is set to the left.
pub fn print(rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    for row in rows {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = width(column);
            match column {
                0 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            }
        });
        println!("  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

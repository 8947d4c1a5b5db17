//! Columns of text.

/// Rows as lines, with columns as wide as they need. Those that hold numbers stand to the right.
pub(crate) fn lines(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cells = |column: usize| rows.iter().filter_map(move |row| row.get(column));
    let width = |column: usize| cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let is_number = |column: usize| {
        let mut cells = cells(column).skip(1).filter(|cell| !cell.is_empty()).peekable();
        cells.peek().is_some() && cells.all(|cell| cell.starts_with(|c: char| c.is_ascii_digit() || c == '-'))
    };
    let shape: Vec<(usize, bool)> = (0..columns).map(|column| (width(column), is_number(column))).collect();
    let line = |row: &Vec<String>| {
        let cell = |(cell, &(width, is_number)): (&String, &(usize, bool))| {
            if is_number { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        };
        let cells: Vec<String> = row.iter().zip(&shape).map(cell).collect();
        format!("  {}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_stand_to_the_right() {
        let rows = [["name", "bytes"], ["a longer name", "7"], ["b", "1234"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(
            super::lines(&rows),
            "  name           bytes\n  a longer name      7\n  b               1234\n"
        );
    }
}

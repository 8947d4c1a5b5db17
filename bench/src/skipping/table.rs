//! A task's rows as a Markdown table.

use std::fmt::Write as _;

use crate::section::Row;

/// With the mean squared error.
pub fn error(rows: &[Row]) -> String {
    table("MSE", rows, |score| format!("{score:.1e}"))
}

/// With the share of sequences that are classified right.
pub fn accuracy(rows: &[Row]) -> String {
    table("accuracy", rows, |score| format!("{score:.2} %"))
}

fn table(head: &str, rows: &[Row], score: impl Fn(f64) -> String) -> String {
    let mut table = format!(
        "| network | setting | {head} | inputs | MACs | us | faster |\n|---|---|--:|--:|--:|--:|--:|\n"
    );
    for row in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "| `{}` | {} | {} | {:.1} % | {:.0} | {:.1} | {:.2}x |",
            row.network,
            row.setting,
            score(row.score),
            row.inputs * 100.0,
            row.macs,
            row.seconds * 1e6,
            row.faster
        );
    }
    table.trim_end().to_owned()
}

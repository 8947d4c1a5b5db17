//! Identifiers for what the user named.

use std::collections::BTreeSet;

/// Identifiers that are taken.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: BTreeSet<String>,
}

/// What generated code uses itself, next to the names made here.
const RESERVED: &[&str] = &[
    "backward", "both", "crate", "forward", "head", "input", "inputs", "last", "model", "output", "outputs",
    "rest", "room", "row", "self", "simd", "skip", "steps", "sums", "super", "weights", "x", "y", "z",
];
/// What the constant of the other direction adds.
const BACKWARD: &str = "_backward";

impl Names {
    /// A lower-case identifier like `name` that no other layer has.
    pub(super) fn unique(&mut self, name: &str) -> String {
        let mut identifier: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
            .collect();
        if identifier.starts_with(|c: char| c.is_ascii_digit()) || identifier.trim_matches('_').is_empty() {
            identifier.insert_str(0, "layer_");
        }
        if RESERVED.contains(&identifier.as_str()) || KEYWORDS.contains(&identifier.as_str()) {
            identifier.push_str("_layer");
        }
        let mut candidate = identifier.clone();
        let mut number = 2;
        while self.taken.contains(&candidate) || self.taken.contains(&format!("{candidate}{BACKWARD}")) {
            candidate = format!("{identifier}_{number}");
            number += 1;
        }
        self.taken.insert(format!("{candidate}{BACKWARD}"));
        self.taken.insert(candidate.clone());
        candidate
    }
}

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_identifiers_that_differ() {
        let mut names = Names::default();
        assert_eq!(names.unique("encoder.rnn"), "encoder_rnn");
        assert_eq!(names.unique("encoder/rnn"), "encoder_rnn_2");
        assert_eq!(names.unique("output"), "output_layer");
        assert_eq!(names.unique("inputs"), "inputs_layer");
        assert_eq!(names.unique("lstm_backward"), "lstm_backward");
        assert_eq!(names.unique("loop"), "loop_layer");
        assert_eq!(names.unique("0"), "layer_0");
        assert_eq!(names.unique("é"), "layer__");
        assert_eq!(names.unique("LSTM"), "lstm_2");
        assert_eq!(names.unique("gru"), "gru");
        assert_eq!(names.unique("gru_backward"), "gru_backward_2");
    }
}

//! The known word that was probably meant.

/// The one of `known` closest to `word`, if one is close enough to be what was meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    if length > MAX_LENGTH {
        return None;
    }
    let limit = (length / 3).max(1);
    known
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= limit)
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|&(distance, _)| distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

const MAX_LENGTH: usize = 200;

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`, ignoring case
/// and whether words are joined with `-`, `_` or `.`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (fold(a), fold(b));
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(x != y);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

fn fold(word: &str) -> Vec<char> {
    let joined = |c: char| {
        if matches!(c, '-' | '.' | ' ') { '_' } else { c.to_ascii_lowercase() }
    };
    word.chars().map(joined).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 4] = ["hidden_size", "num_layers", "name", "lstm"];

    #[test]
    fn finds_what_was_meant() {
        for (word, meant) in [
            ("hiden_size", Some("hidden_size")),
            ("hidden-size", Some("hidden_size")),
            ("hiddenSize", Some("hidden_size")),
            ("naem", Some("name")),
            ("LSTM", Some("lstm")),
            ("nmae", Some("name")),
            ("units", None),
            ("", None),
            ("größe", None),
        ] {
            assert_eq!(nearest(word, KEYS), meant, "{word}");
        }
    }

    #[test]
    fn prefers_the_closest_and_then_the_first() {
        assert_eq!(
            nearest("lstm.weight_hh_l1", ["lstm.weight_ih_l0", "lstm.weight_hh_l0"]),
            Some("lstm.weight_hh_l0")
        );
        assert_eq!(nearest("ab", ["ac", "ad"]), Some("ac"));
    }
}

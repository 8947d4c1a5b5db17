//! Every tensor of the weights is used, or the spec says that it need not be.

use std::collections::BTreeSet;

use super::missing::{is_reverse, level_of};
use super::name::part_of;
use super::store::Store;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, quoted};
use crate::spec::{Layer, Spec};

/// How many names a message lists.
const SHOWN: usize = 8;

impl Store {
    /// Reports `ignore` patterns without a tensor, and the tensors that no layer uses; whether there
    /// are none of those.
    pub(crate) fn all_used(&self, spec: &Spec, diagnostics: &mut Diagnostics) -> bool {
        if self.learning {
            return true;
        }
        for pattern in &spec.ignore {
            if !self.names().any(|name| matches(pattern, name)) {
                let message = format!("no tensor matches {}", quoted(pattern));
                diagnostics.push(
                    Diagnostic::warning(Code::UnusedTensor, pattern.span, message)
                        .help("remove the pattern, or correct it"),
                );
            }
        }
        let left: Vec<&str> =
            self.unused().filter(|name| !spec.ignore.iter().any(|pattern| matches(pattern, name))).collect();
        let error = unused(spec, &left, self.names());
        let all_used = error.is_none();
        diagnostics.extend(error);
        all_used
    }
}

fn unused<'a>(spec: &Spec, left: &[&'a str], names: impl Iterator<Item = &'a str>) -> Option<Diagnostic> {
    let weights = spec.weights.first()?;
    let message = match left {
        [] => return None,
        [one] => format!("no layer uses tensor {}", quoted(one)),
        many => format!("no layer uses {} tensors of the weights", many.len()),
    };
    let mut error = Diagnostic::error(Code::UnusedTensor, weights.span, message);
    if left.len() > 1 {
        let shown: Vec<String> = left.iter().take(SHOWN).map(|name| quoted(name)).collect();
        let more = left.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        error = error.help(format!("they are {}{more}", shown.join(", ")));
    }
    Some(match reason(spec, left) {
        Some(reason) => error.help(reason),
        None => {
            let left: BTreeSet<&str> = left.iter().copied().collect();
            let kept: Vec<&str> = names.filter(|name| !left.contains(name)).collect();
            let patterns = patterns(&left.into_iter().collect::<Vec<_>>(), &kept);
            error.help(format!("if they are not needed: `ignore: [\"{}\"]`", patterns.join("\", \"")))
        }
    })
}

fn reason(spec: &Spec, left: &[&str]) -> Option<String> {
    left.iter().find_map(|name| unsupported(name)).map(str::to_owned).or_else(|| {
        left.iter().find_map(|name| {
            let layer = spec.layers.iter().flatten().find(|layer| part_of(layer.name(), name).is_some())?;
            switched_off(layer, name, left)
        })
    })
}

/// What the tensor is for, if recurve has nothing of the kind.
fn unsupported(name: &str) -> Option<&'static str> {
    let last = name.rsplit(['.', '/']).next().unwrap_or(name);
    if last == "P" || name.contains("peephole") {
        Some("peephole connections are not supported: train without them")
    } else if matches!(last, "running_mean" | "running_var" | "num_batches_tracked" | "moving_mean") {
        Some("batch normalisation is not supported: fold it into the weights of the layer beside it")
    } else {
        None
    }
}

/// What the layer would need to say to use the tensor.
fn switched_off(layer: &Layer, name: &str, left: &[&str]) -> Option<String> {
    if let Some(level) = level_of(name).filter(|&level| level > 0) {
        let prefix = layer.name().as_str();
        let levels = left
            .iter()
            .filter(|name| part_of(prefix, name).is_some())
            .filter_map(|name| level_of(name))
            .max()
            .unwrap_or(level)
            .saturating_add(1);
        return Some(format!(
            "layer {} has more levels in the weights: `num_layers: {levels}`",
            quoted(prefix)
        ));
    }
    is_reverse(name).then(|| {
        format!(
            "layer {} has a reverse direction in the weights: `bidirectional: true`",
            quoted(layer.name())
        )
    })
}

/// Patterns for all the `names`, which are sorted, and for none of the tensors that are `kept`: one for all of them, or
/// for each module, where there is such a pattern, and the other names one by one.
fn patterns(names: &[&str], kept: &[&str]) -> Vec<String> {
    let module = |name: &str| name.find(['.', '/']).map_or(name.len(), |end| end + 1);
    if let Some(one) = pattern(names, kept) {
        return vec![one];
    }
    let modules = names.chunk_by(|a, b| a.get(..module(a)) == b.get(..module(b)));
    modules
        .flat_map(|names| match pattern(names, kept) {
            Some(one) => vec![one],
            None => names.iter().map(|name| name.escape_debug().to_string()).collect(),
        })
        .collect()
}

/// The pattern for these names, if there is one.
fn pattern(names: &[&str], kept: &[&str]) -> Option<String> {
    let (first, rest) = names.split_first()?;
    if rest.is_empty() {
        return Some(first.escape_debug().to_string());
    }
    let common = rest.iter().fold(*first, |common, name| {
        let same = common.char_indices().zip(name.chars()).take_while(|((_, a), b)| a == b);
        let end = same.last().map_or(0, |((at, a), _)| at + a.len_utf8());
        &common[..end]
    });
    let pattern = format!("{common}*");
    if common.is_empty() || kept.iter().any(|name| matches(&pattern, name)) {
        return None;
    }
    Some(format!("{}*", common.escape_debug()))
}

/// Whether `name` is what a pattern under `ignore` describes; `*` stands for any run of characters.
pub fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_match_any_run() {
        for (pattern, name, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*b*c", "a.b.b.c", true),
            ("a*b*c", "a.c", false),
            ("ab*ba", "aba", false),
            ("**", "x", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn the_pattern_covers_all_names() {
        let all = |names: &[&str], kept: &[&str]| patterns(names, kept).join("|");
        assert_eq!(all(&["bn.mean", "bn.var"], &["lstm.h0"]), "bn.*");
        assert_eq!(all(&["a", "b"], &[]), "a|b");
        assert_eq!(all(&["größe", "grün"], &[]), "gr*");
        assert_eq!(all(&["größe", "grün"], &["gru.bias"]), "größe|grün");
        assert_eq!(all(&["a.x", "a.y", "b.x", "b/x", "b/y"], &["b.z"]), "a.*|b.x|b/*");
        assert_eq!(all(&["lstm.P", "lstm.mask"], &["lstm.W"]), "lstm.P|lstm.mask");
        let many: Vec<String> = (10..40).map(|n| format!("{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(patterns(&many, &[]).len(), 30);
    }
}

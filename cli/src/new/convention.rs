//! Whose tensor names these are, and how they are taken apart.

use super::file::Tensors;

/// Naming convention of the tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Convention {
    Pytorch,
    Keras,
    Onnx,
}

impl Convention {
    pub(super) fn name(self) -> &'static str {
        match self {
            Convention::Pytorch => "pytorch",
            Convention::Keras => "keras",
            Convention::Onnx => "onnx",
        }
    }

    /// Whose names these are.
    pub(super) fn of(tensors: &Tensors) -> Convention {
        let any = |end: &str| tensors.iter().any(|(name, _)| parts(name).1 == end);
        let deep = |end: &str| tensors.iter().any(|(name, shape)| parts(name).1 == end && shape.len() == 3);
        if any("recurrent_kernel") || any("kernel") {
            Convention::Keras
        } else if deep("W") && deep("R") {
            Convention::Onnx
        } else {
            Convention::Pytorch
        }
    }
}

/// The prefix and the last part of a name; of Keras' paths too.
fn parts(name: &str) -> (&str, &str) {
    let name = name.strip_suffix(":0").unwrap_or(name);
    let at = name.rfind(['.', '/']);
    at.map_or(("", name), |at| (&name[..at], &name[at + 1..]))
}

/// The layer that a tensor is of, and what it is there.
pub(super) fn group(name: &str, convention: Convention) -> (String, String) {
    let (mut prefix, part) = parts(name);
    let mut part = part.to_owned();
    if convention == Convention::Pytorch
        && matches!(part.as_str(), "a" | "b" | "c" | "d" | "e" | "u" | "v" | "s")
    {
        let (outer, matrix) = parts(prefix);
        part = format!("{matrix}.{part}");
        prefix = outer;
    }
    if convention == Convention::Keras {
        // Keras puts a cell, and a direction, between layer and tensor.
        for (direction, mark) in [("forward", "forward."), ("backward", "backward.")] {
            if let Some(at) = prefix.find(direction) {
                part = format!("{mark}{part}");
                prefix = prefix[..at].trim_end_matches(['.', '/']);
                break;
            }
        }
        for cell in ["lstm_cell", "gru_cell", "simple_rnn_cell"] {
            match prefix.rsplit_once(['.', '/']) {
                Some((outer, last)) if last.starts_with(cell) => prefix = outer,
                None if prefix.starts_with(cell) => prefix = "",
                _ => {}
            }
        }
    }
    (prefix.to_owned(), part)
}

//! Which tensors a layer has.

use super::convention::Convention;
use super::layers::Kind;

/// Whether a layer of this kind has a tensor of this name below its own.
pub(super) fn is_known(kind: &Kind, convention: Convention, part: &str) -> bool {
    match kind {
        Kind::Embedding | Kind::Table => matches!(part, "weight" | "embeddings"),
        Kind::Linear => matches!(part, "weight" | "kernel" | "bias"),
        Kind::Recurrent { key: "fastrnn" | "fastgrnn", bidirectional, .. } => {
            is_initial(convention, part) || is_fast(part, *bidirectional)
        }
        Kind::Recurrent { levels, bidirectional, .. } => {
            is_initial(convention, part)
                || match convention {
                    Convention::Pytorch => is_pytorch(part, *levels, *bidirectional),
                    Convention::Keras => {
                        let part = of_direction(part, *bidirectional);
                        matches!(part, Some("kernel" | "recurrent_kernel" | "bias"))
                    }
                    Convention::Onnx => matches!(part, "W" | "R" | "B"),
                }
        }
    }
}

/// Learned states at rest.
fn is_initial(convention: Convention, part: &str) -> bool {
    match convention {
        Convention::Pytorch | Convention::Keras => matches!(part, "h0" | "c0"),
        Convention::Onnx => matches!(part, "initial_h" | "initial_c"),
    }
}

fn of_direction(part: &str, bidirectional: bool) -> Option<&str> {
    match bidirectional {
        true => part.strip_prefix("forward.").or_else(|| part.strip_prefix("backward.")),
        false => Some(part),
    }
}

fn is_fast(part: &str, bidirectional: bool) -> bool {
    let Some(part) = of_direction(part, bidirectional) else {
        return false;
    };
    matches!(part, "W" | "W1" | "W2" | "U" | "U1" | "U2" | "bias_gate" | "bias_update")
        || matches!(part, "alpha" | "beta" | "zeta" | "nu")
}

/// `weight_ih_l1_reverse`, `weight_hh` of a single cell, or `weight_hh_l0.b` of a compressed matrix.
fn is_pytorch(part: &str, levels: usize, bidirectional: bool) -> bool {
    let matrix = part.split_once('.').map_or(part, |(matrix, _)| matrix);
    let (matrix, reverse) = match matrix.strip_suffix("_reverse") {
        Some(matrix) => (matrix, true),
        None => (matrix, false),
    };
    let (stem, level) = match matrix.rsplit_once("_l") {
        Some((stem, level)) => (stem, level.parse().unwrap_or(usize::MAX)),
        None => (matrix, 0),
    };
    matches!(stem, "weight_ih" | "weight_hh" | "weight_hr" | "bias_ih" | "bias_hh" | "weight")
        && level < levels
        && (bidirectional || !reverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_of_other_levels_and_kinds_are_not_known() {
        let kind = |levels, bidirectional| Kind::Recurrent {
            key: "lstm",
            hidden: 4,
            levels,
            bidirectional,
            more: Vec::new(),
            reset: &[],
            reset_is_named: false,
        };
        for (part, levels, both, expected) in [
            ("weight_ih_l0", 1, false, true),
            ("weight_hh_l1", 1, false, false),
            ("weight_hh_l1_reverse", 2, true, true),
            ("weight_hh_l0_reverse", 1, false, false),
            ("weight_hh_l0.b", 1, false, true),
            ("weight_hh", 1, false, true),
            ("c0", 1, false, true),
            ("weight_ch_l0", 1, false, false),
            ("peephole", 1, false, false),
        ] {
            assert_eq!(is_known(&kind(levels, both), Convention::Pytorch, part), expected, "{part}");
        }
        assert!(!is_known(&kind(1, true), Convention::Keras, "kernel"));
        assert!(is_known(&kind(1, true), Convention::Keras, "backward.kernel"));
        assert!(!is_known(&kind(1, false), Convention::Onnx, "P"));
    }
}

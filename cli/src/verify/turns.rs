//! Where the last bit of a number may turn an output: a decision, or the rounding of a vector, depends on numbers that
//! the compiled model and the reference executor do not compute to the same bit.

use recurve_compiler::model::{Cell, Layer, Matrix, Model, Skip};

/// Whether an output may turn.
pub(super) fn may_turn(model: &Model) -> bool {
    let decides = match &model.skip {
        None | Some(Skip::StopTokens(_) | Skip::Concat(_)) => false,
        Some(Skip::Window(_) | Skip::SkipRnn(_) | Skip::Predictor(_)) => true,
    };
    if decides || model.dual_modules() > 0 {
        return true;
    }
    // Whether both have the same bits. Inputs and rows of an embedding are read, not computed.
    let mut exact = true;
    for layer in &model.layers {
        let (turns, exact_after) = match layer {
            Layer::Embedding(_) => (false, exact),
            Layer::Linear(linear) => (rounds(&linear.weight, exact), exact && linear.weight.is_fixed()),
            Layer::Recurrent(level) => {
                let turns = level.cells().any(|cell| cell_rounds(cell, exact));
                (turns, exact && level.forward.is_fixed() && !level.residual)
            }
        };
        if turns {
            return true;
        }
        exact = exact_after;
    }
    false
}

fn cell_rounds(cell: &Cell, exact: bool) -> bool {
    let exact_state = exact && cell.is_fixed();
    rounds(cell.input(), exact)
        || rounds(cell.recurrent(), exact_state)
        || cell.projection().is_some_and(|projection| rounds(projection, false))
}

/// Whether a product rounds a vector whose bits may differ; the one that it is given has the same bits where `exact`.
fn rounds(matrix: &Matrix, exact: bool) -> bool {
    match matrix {
        _ if matrix.is_fixed() => !exact,
        Matrix::Dense(dense) => dense.is_integer() && !exact,
        Matrix::LowRank(factors) => factors.right.is_integer() && !exact || factors.left.is_integer(),
        Matrix::Kronecker(factors) if factors.is_b_first() => factors.is_integer() || factors.c.is_integer(),
        Matrix::Kronecker(factors) => factors.c.is_integer() && !exact,
        Matrix::RankOne(_) | Matrix::Sparse(_) | Matrix::Zero { .. } => false,
        Matrix::Sum(parts) | Matrix::Stack(parts) | Matrix::Beside(parts) => {
            rounds(&parts.0, exact) || rounds(&parts.1, exact)
        }
        Matrix::Gates(gates) => gates.iter().any(|gate| rounds(gate, exact)),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use recurve_compiler::compile;
    use recurve_compiler::files::Directory;
    use recurve_compiler::golden::Work;

    use super::*;

    const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/digits");

    /// The digits' LSTM of 40 units and its classifier, in these precisions, with more of the spec.
    fn digits(lstm: &str, classifier: &str, more: &str) -> Model {
        let folder = Path::new(DIGITS);
        let text = std::fs::read_to_string(folder.join("lstm.yaml")).expect("a spec");
        let text = text
            .replace("golden:", "# ")
            .replace("hidden_size: 40}", &format!("hidden_size: 40, {lstm}}}"))
            .replace("units: 10,", &format!("units: 10, {classifier},"));
        let compiled = compile(&(text + more), &Directory(folder.to_owned()), Work::QUICK);
        compiled.expect("a model").model
    }

    #[test]
    fn only_rounded_vectors_of_other_bits_may_turn_an_output() {
        for (lstm, classifier, turns) in [
            ("precision: f32", "precision: f32", false),
            ("precision: f16", "precision: bf16", false),
            ("precision: int16x8", "precision: int16x8", false),
            ("precision: int16x8", "precision: f32", false),
            ("precision: int8", "precision: f32", true),
            ("precision: f32", "precision: int8", true),
            ("precision: f32", "precision: int16x8", true),
        ] {
            assert_eq!(may_turn(&digits(lstm, classifier, "")), turns, "{lstm}, {classifier}");
        }
    }

    #[test]
    fn a_residual_has_other_bits() {
        let mut model = digits("precision: int16x8", "precision: int16x8", "");
        for layer in &mut model.layers {
            if let Layer::Recurrent(level) = layer {
                level.residual = true;
            }
        }
        assert!(may_turn(&model));
    }

    #[test]
    fn steps_that_are_skipped_by_their_place_turn_nothing() {
        let skip = |policy: &str| format!("\nruntime: {{skip: {policy}}}\n");
        let model = digits("precision: f32", "precision: f32", &skip("{concat: {first: 2, last: 2}}"));
        assert!(!may_turn(&model));
    }
}

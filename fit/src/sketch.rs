//! A fit file of the right shapes, for what follows from shapes alone.

use recurve_compiler::Unfitted;
use recurve_compiler::model::{Affine, Dense, Node, Score};
use recurve_compiler::spec::{Factors, Predictor};
use recurve_compiler::tensors::{DualTarget, Form, PredictorTarget, Target};

use crate::{Error, Silent, decompose, file, predictor};

/// The fit file that [`learn`](crate::learn) would write for a spec, but with arbitrary small numbers as factors, predictor and little
/// modules, where learning takes long or needs data: sizes and times of a step do not depend on them. What pruning
/// keeps is what it would keep.
///
/// # Errors
/// A spec with nothing to learn.
pub fn sketch(unfitted: &Unfitted) -> Result<Vec<u8>, Error> {
    let Unfitted { targets, predictor, duals, .. } = unfitted;
    if targets.is_empty() && predictor.is_none() && duals.is_empty() {
        return Err(Error::new("nothing in this spec has to be learned"));
    }
    let mut tensors: Vec<file::Tensor> = targets.iter().flat_map(of_target).collect();
    tensors.extend(predictor.iter().flat_map(of_predictor));
    tensors.extend(duals.iter().flat_map(of_dual));
    let records = targets.iter().map(Target::record);
    let records = records.chain(predictor.iter().map(PredictorTarget::record));
    let records = records.chain(duals.iter().map(DualTarget::record));
    file::serialize(&tensors, records.map(|record| record + "\n").collect())
}

fn of_predictor(target: &PredictorTarget) -> Vec<file::Tensor> {
    let affine = |rows: usize, columns: usize| Affine {
        weight: Dense::new(rows, columns, arbitrary(rows * columns)),
        bias: arbitrary(rows),
    };
    let units = target.predictor.hidden_size();
    let form = match &target.predictor {
        Predictor::Logistic(_) => Score::Logistic(affine(1, target.columns)),
        Predictor::Mlp(_) => {
            Score::Mlp(Box::new([affine(units, target.columns), affine(units, units), affine(1, units)]))
        }
        Predictor::Tree(_) => Score::Trees(vec![full_tree(target.predictor.depth())]),
        Predictor::Forest(_) => {
            Score::Trees(vec![full_tree(target.predictor.depth()); target.predictor.trees()])
        }
    };
    predictor::tensors(&target.name, &form, 0.5)
}

/// Every way takes `depth` comparisons.
fn full_tree(depth: usize) -> Vec<Node> {
    let inner = (1 << depth) - 1;
    let node = |at: usize| {
        let (left, right) = if at < inner { (2 * at + 1, 2 * at + 2) } else { (at, at) };
        Node { feature: 0, threshold: 0.0, left, right, value: 0.5 }
    };
    (0..2 * inner + 1).map(node).collect()
}

fn of_dual(target: &DualTarget) -> Vec<file::Tensor> {
    let tensor = |what: &str, shape: Vec<usize>, numbers| file::Tensor {
        name: format!("{}.{what}", target.prefix()),
        shape,
        numbers,
    };
    let of_part = target.parts.iter().flat_map(|part| {
        // Of three numbers of a projection one is not zero (Achlioptas 2003).
        let signs = (0..part.dim * part.columns).map(|at| [1, 0, 0, -1, 0, 0][at % 6]).collect();
        let (rows, end) = (target.rows, &target.end);
        [
            tensor(
                &part.tensor("projection", end),
                vec![part.dim, part.columns],
                file::Numbers::Signs(signs),
            ),
            tensor(
                &part.tensor("weight", end),
                vec![rows, part.dim],
                file::Numbers::Floats(arbitrary(rows * part.dim)),
            ),
            tensor(&part.tensor("bias", end), vec![rows], file::Numbers::Floats(arbitrary(rows))),
        ]
    });
    let columns = target.parts.len() + 1;
    let curve = [0.0, 1.0].into_iter().flat_map(|ratio| [ratio].into_iter().chain([0.0; 2]).take(columns));
    let curve = tensor(
        &format!("thresholds{}", target.end),
        vec![2, columns],
        file::Numbers::Floats(curve.collect()),
    );
    of_part.chain([curve]).collect()
}

fn of_target(target: &Target) -> Vec<file::Tensor> {
    let (rows, columns) = target.gates.first().map_or((0, 0), |gate| (gate.rows, gate.columns));
    let kronecker = |factors: &Factors| {
        let ([b_rows, b_columns], [c_rows, c_columns]) = (factors.b, factors.c);
        [("b", vec![b_rows, b_columns]), ("c", vec![c_rows, c_columns])]
    };
    let shapes: Vec<(&str, Vec<usize>)> = match &target.form {
        Form::Kp(factors) => kronecker(factors).into(),
        Form::Hkp { rows, factors } => {
            [("a", vec![*rows, columns])].into_iter().chain(kronecker(factors)).collect()
        }
        Form::Hmd { rows: dense } => {
            let (others, half) = (rows - dense, columns / 2);
            vec![
                ("a", vec![*dense, columns]),
                ("b", vec![others]),
                ("c", vec![half]),
                ("d", vec![others]),
                ("e", vec![columns - half]),
            ]
        }
        Form::LowRank { rank } => vec![("u", vec![rows, *rank]), ("v", vec![*rank, columns])],
        Form::Pruned { .. } | Form::DopedKp { .. } => {
            let named = |(part, tensor): (&str, decompose::Tensor)| file::Tensor {
                name: format!("{}.{part}", target.name),
                shape: tensor.shape,
                numbers: file::Numbers::Floats(tensor.data),
            };
            return decompose::decompose(target, &mut Silent).tensors.into_iter().map(named).collect();
        }
    };
    let named = |(part, shape): (&str, Vec<usize>)| {
        let shape = [&[target.gates.len()], &shape[..]].concat();
        let count = shape.iter().product();
        let numbers = file::Numbers::Floats(arbitrary(count));
        file::Tensor { name: format!("{}.{part}", target.name), shape, numbers }
    };
    shapes.into_iter().map(named).collect()
}

/// Always the same, of both signs, none of them zero.
fn arbitrary(count: usize) -> Vec<f32> {
    let mut state = 0x2545_f491_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (f64::from(state) / f64::from(u32::MAX) - 0.5) as f32 * 0.5
    };
    (0..count).map(|_| next()).map(|number| if number == 0.0 { 0.25 } else { number }).collect()
}

//! A fit file of the right shapes, for what follows from shapes alone.

use recurve_compiler::Unfitted;
use recurve_compiler::spec::Factors;
use recurve_compiler::tensors::{Form, Target};

use crate::{Error, Silent, decompose, file};

/// The fit file that [`learn`](crate::learn) would write for the matrices of a spec, but with arbitrary small numbers as factors, where
/// a decomposition takes long: sizes and times do not depend on them. What pruning keeps is what it would keep.
///
/// # Errors
/// A spec with a predictor or a little module, or with nothing to learn.
pub fn sketch(unfitted: &Unfitted) -> Result<Vec<u8>, Error> {
    if unfitted.predictor.is_some() || !unfitted.duals.is_empty() {
        return Err(Error::new(
            "predictors and little modules are learned from data, and cannot be sketched",
        ));
    }
    if unfitted.targets.is_empty() {
        return Err(Error::new("nothing in this spec has to be learned"));
    }
    let tensors: Vec<file::Tensor> = unfitted.targets.iter().flat_map(of_target).collect();
    let records = unfitted.targets.iter().map(|target| target.record() + "\n").collect();
    file::serialize(&tensors, records)
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

//! Learns what a recurve spec needs and training did not give.
//!
//! That is the factors of compressed matrices whose weights were trained dense, and the predictor that lets a network
//! skip steps which was trained without: [`learn`] decomposes each [`Target`] of an [`Unfitted`] spec, trains its
//! [`predictor`] and its little modules on data, and writes the tensors of the spec's fit file, with a record of what they were learned from. [`evaluate`] says what the network lost by it, [`size`] chooses a ratio for a number of bytes.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod decompose;
pub mod dual_module;
mod error;
pub mod evaluate;
mod file;
mod parallel;
pub mod predictor;
mod progress;
pub mod size;
mod sketch;

pub use error::Error;
pub use file::write;
pub use progress::{Progress, Silent};
pub use sketch::sketch;

use recurve_compiler::Unfitted;
use recurve_compiler::sequences::Sequences;
use recurve_compiler::tensors::{Form, Target};

/// What was learned for a spec.
#[derive(Debug, Clone)]
pub struct Learned {
    /// The fit file.
    pub file: Vec<u8>,
    /// What became of each matrix.
    pub matrices: Vec<Fitted>,
    /// The predictor, where the spec asks for one.
    pub predictor: Option<predictor::Trained>,
    /// The little modules.
    pub dual_modules: Vec<dual_module::Trained>,
}

/// A matrix in its new form.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// The layer's name in the spec.
    pub layer: String,
    /// The matrix' name.
    pub name: String,
    /// What it became.
    pub form: Form,
    /// Numbers it had.
    pub dense: usize,
    /// Numbers that are stored, indices not counted.
    pub stored: usize,
    /// `|A - A'| / |A|` in the Frobenius norm, over all gates; 0 where `A` is zero.
    pub error: f64,
}

/// Decomposes every matrix that the spec asks for in another form than it was trained in, and trains its predictor
/// and its little modules on `data`.
///
/// # Errors
/// Where there is nothing to learn, or a predictor or a little module and no data, or data that it cannot learn from.
pub fn learn(
    unfitted: &Unfitted,
    data: Option<&Sequences>,
    progress: &mut dyn Progress,
) -> Result<Learned, Error> {
    if unfitted.targets.is_empty() && unfitted.predictor.is_none() && unfitted.duals.is_empty() {
        let error = Error::new("nothing in this spec has to be learned");
        return Err(error.help(
            "add `compression` to a layer whose weights are dense, a `predictor` that skips steps or a \
             `dual_module`, and `fit:` with the file to write",
        ));
    }
    let gates: u64 = unfitted.targets.iter().map(|target| target.gates.len() as u64).sum();
    if gates > 0 {
        progress.begin("decomposing", gates);
    }
    let mut tensors = Vec::new();
    let mut matrices = Vec::new();
    for target in &unfitted.targets {
        let (learned, fitted) = learn_one(target, progress);
        tensors.extend(learned);
        matrices.push(fitted);
    }
    if gates > 0 {
        progress.end();
    }
    let mut records: String = unfitted.targets.iter().map(|target| target.record() + "\n").collect();
    let predictor = match (&unfitted.predictor, data) {
        (None, _) => None,
        (Some(target), None) => {
            let message = format!("the predictor `{}` learns from data, and none is given", target.name);
            return Err(Error::new(message).help("give sequences with `--data FILE`"));
        }
        (Some(target), Some(data)) => {
            let (its, trained) = predictor::learn(unfitted, target, data, progress)?;
            tensors.extend(its);
            records += &(target.record() + "\n");
            Some(trained)
        }
    };
    let dual_modules = match (unfitted.duals.first(), data) {
        (None, _) => Vec::new(),
        (Some(first), None) => {
            let message =
                format!("the little module of `{}` learns from data, and none is given", first.layer);
            return Err(Error::new(message).help("give sequences with `--data FILE`"));
        }
        (Some(_), Some(data)) => {
            let (its, trained) = dual_module::learn(unfitted, data, progress)?;
            tensors.extend(its);
            records.extend(unfitted.duals.iter().map(|target| target.record() + "\n"));
            trained
        }
    };
    Ok(Learned { file: file::serialize(&tensors, records)?, matrices, predictor, dual_modules })
}

fn learn_one(target: &Target, progress: &mut dyn Progress) -> (Vec<file::Tensor>, Fitted) {
    let decomposed = decompose::decompose(target, progress);
    let stored = decomposed.tensors.iter().map(|(_, tensor)| tensor.stored()).sum();
    let named = |(part, tensor): (&str, decompose::Tensor)| file::Tensor {
        name: format!("{}.{part}", target.name),
        shape: tensor.shape,
        numbers: file::Numbers::Floats(tensor.data),
    };
    let fitted = Fitted {
        layer: target.layer.clone(),
        name: target.name.clone(),
        form: target.form,
        dense: target.gates.iter().map(|gate| gate.data.len()).sum(),
        stored,
        error: decomposed.error,
    };
    (decomposed.tensors.into_iter().map(named).collect(), fitted)
}

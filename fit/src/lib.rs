//! Learns what a recurve spec needs and training did not give.
//!
//! Today that is the factors of compressed matrices whose weights were trained dense: [`learn`] decomposes each
//! [`Target`] of an [`Unfitted`] spec and writes the tensors of the spec's fit file, with a record of what they were
//! learned from. [`evaluate`] says what the network lost by it, [`size`] chooses a ratio for a number of bytes.

pub mod decompose;
mod error;
pub mod evaluate;
mod file;
mod progress;
pub mod size;

pub use error::Error;
pub use file::write;
pub use progress::{Progress, Silent};

use recurve_compiler::Unfitted;
use recurve_compiler::tensors::{Form, Target};

/// What was learned for a spec.
#[derive(Debug, Clone)]
pub struct Learned {
    /// The fit file.
    pub file: Vec<u8>,
    /// What became of each matrix.
    pub matrices: Vec<Fitted>,
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

/// Decomposes every matrix that the spec asks for in another form than it was trained in.
///
/// # Errors
/// Where there is none.
pub fn learn(unfitted: &Unfitted, progress: &mut dyn Progress) -> Result<Learned, Error> {
    if unfitted.targets.is_empty() {
        let error = Error::new("nothing in this spec has to be learned");
        return Err(error.help(
            "add `compression` to a layer whose weights are dense, and `fit:` with the file to write",
        ));
    }
    let gates = unfitted.targets.iter().map(|target| target.gates.len() as u64).sum();
    progress.begin("decomposing", gates);
    let mut tensors = Vec::new();
    let mut matrices = Vec::new();
    for target in &unfitted.targets {
        let (learned, fitted) = learn_one(target, progress);
        tensors.extend(learned);
        matrices.push(fitted);
    }
    progress.end();
    let records = unfitted.targets.iter().map(|target| target.record() + "\n").collect();
    Ok(Learned { file: file::serialize(&tensors, records)?, matrices })
}

fn learn_one(target: &Target, progress: &mut dyn Progress) -> (Vec<file::Tensor>, Fitted) {
    let decomposed = decompose::decompose(target, progress);
    let stored = decomposed.tensors.iter().map(|(_, tensor)| tensor.stored()).sum();
    let named = |(part, tensor): (&str, decompose::Tensor)| file::Tensor {
        name: format!("{}.{part}", target.name),
        shape: tensor.shape,
        data: tensor.data,
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

//! Sequences with what they are to give, as `train/evaluation.py` writes them.

use std::path::Path;

use recurve_compiler::files::Directory;
use recurve_compiler::model;
use recurve_compiler::sequences::{Fault, Sequences, Steps};
use safetensors::SafeTensors;

/// What a network reads at a step.
pub trait Input: Copy + 'static {
    const KIND: model::Input;

    fn all(steps: Steps) -> Vec<Self>;
}

impl<const SIZE: usize> Input for [f32; SIZE] {
    const KIND: model::Input = model::Input::Features(SIZE);

    fn all(steps: Steps) -> Vec<Self> {
        let Steps::Features(steps) = steps else {
            return Vec::new();
        };
        steps.iter().filter_map(|step| step.as_slice().try_into().ok()).collect()
    }
}

impl Input for u32 {
    const KIND: model::Input = model::Input::Tokens(usize::MAX);

    fn all(steps: Steps) -> Vec<Self> {
        match steps {
            Steps::Tokens(ids) => ids,
            Steps::Features(_) => Vec::new(),
        }
    }
}

/// What sequences are to give.
pub enum Goals {
    Classes(Vec<u32>),
    Numbers(Vec<f32>),
}

pub struct Data<I> {
    pub sequences: Vec<Vec<I>>,
    pub goals: Goals,
}

impl<I: Input> Data<I> {
    /// A part, `train` or `test`, of a task's data.
    pub fn read(folder: &Path, task: &str, part: &str) -> Result<Self, String> {
        let name = format!("{task}.{part}.safetensors");
        let fault = |fault: Fault| format!("{} in `{}`", fault.what, folder.display());
        let file = Sequences::open(&Directory(folder.into()), &name, I::KIND).map_err(fault)?;
        let goals = match file.labels().map_err(fault)? {
            Some(labels) => Goals::Classes(labels),
            None => Goals::Numbers(targets(&folder.join(&name))?),
        };
        let inputs = |place| file.inputs(place, file.length(place)).map(I::all).map_err(fault);
        let sequences = (0..file.count()).map(inputs).collect::<Result<_, _>>()?;
        Ok(Data { sequences, goals })
    }

    /// About so many sequences, from all over the data.
    pub fn part(&self, count: usize) -> impl Iterator<Item = usize> {
        (0..self.sequences.len()).step_by(self.sequences.len().div_ceil(count).max(1))
    }
}

fn targets(path: &Path) -> Result<Vec<f32>, String> {
    let error = |error: String| format!("cannot read `{}`: {error}", path.display());
    let bytes = std::fs::read(path).map_err(|e| error(e.to_string()))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|e| error(e.to_string()))?;
    let targets = file.tensor("targets").map_err(|e| error(e.to_string()))?;
    Ok(targets.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

//! Test data, as `train/evaluation.py` writes it.

use std::path::Path;

use recurve_compiler::files::Directory;
use recurve_compiler::model::Input;
use recurve_compiler::sequences::{Fault, Sequences, Steps};

/// Sequences of `INPUT` numbers a step, and their classes.
pub struct Data<const INPUT: usize> {
    pub sequences: Vec<Vec<[f32; INPUT]>>,
    pub labels: Vec<u32>,
}

impl<const INPUT: usize> Data<INPUT> {
    /// The test split of a task.
    pub fn read(folder: &Path, task: &str) -> Result<Self, String> {
        Data::of_file(folder, &format!("{task}.test.safetensors"))
    }

    /// The sequences of file `name`, and their classes.
    pub fn of_file(folder: &Path, name: &str) -> Result<Self, String> {
        let fault = |fault: Fault| format!("{} in `{}`", fault.what, folder.display());
        let file = Sequences::open(&Directory(folder.into()), name, Input::Features(INPUT)).map_err(fault)?;
        let labels = file.labels().map_err(fault)?.ok_or_else(|| format!("`{name}` has no labels"))?;
        let sequence = |place| match file.inputs(place, file.length(place)).map_err(fault)? {
            Steps::Features(steps) => {
                Ok(steps.iter().filter_map(|step| step.as_slice().try_into().ok()).collect())
            }
            Steps::Tokens(_) => Err(format!("`{name}` has ids")),
        };
        let sequences = (0..file.count()).map(sequence).collect::<Result<_, String>>()?;
        Ok(Data { sequences, labels })
    }
}

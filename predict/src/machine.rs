//! What work costs on a machine.

use std::collections::BTreeMap;
use std::fmt;

use recurve_compiler::Compiled;
use recurve_compiler::model::Matrix;
use serde::{Deserialize, Serialize};

use crate::Work;
use crate::nonnegative::solve;
use crate::work::sizes;

/// The version of the description.
const VERSION: u32 = 1;

/// A machine, by what work costs on it.
///
/// ```
/// use recurve_predict::Machine;
///
/// let machine = Machine::read(
///     "machine: 1\nprocessor: a processor\ninstructions: Avx2\nnanoseconds: {step: 5.0, lstm: 20.0}",
/// )?;
/// assert_eq!(machine.instructions, "Avx2");
/// # Ok::<(), recurve_predict::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    machine: u32,
    /// What it is called.
    pub processor: String,
    /// The instruction set that models use on it.
    pub instructions: String,
    /// By the kinds of [`Work`].
    nanoseconds: BTreeMap<String, f64>,
}

/// A model that was timed.
#[derive(Debug, Clone)]
pub struct Sample {
    /// What a step of it does.
    pub work: Work,
    /// What a step of it takes.
    pub nanoseconds: f64,
}

/// What is wrong with a description, or what it does not know.
#[derive(Debug, Clone)]
pub struct Error(String);

impl Error {
    pub(crate) fn new(message: String) -> Error {
        Error(message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl Machine {
    /// The costs with which the times of `samples` come out best, in the least squares of relative errors. None is negative,
    /// and reading costs no less where there is more to read.
    ///
    /// # Errors
    /// Times that are not positive, or no samples.
    pub fn learn(processor: String, instructions: String, samples: &[Sample]) -> Result<Machine, Error> {
        if samples.is_empty()
            || samples.iter().any(|sample| sample.nanoseconds.is_nan() || sample.nanoseconds <= 0.0)
        {
            return Err(Error("a machine is learned from models that took some time".into()));
        }
        let kinds: Vec<&String> = {
            let mut kinds: Vec<&String> =
                samples.iter().flat_map(|sample| sample.work.amounts().keys()).collect();
            kinds.sort();
            kinds.dedup();
            kinds
        };
        let row = |sample: &Sample| {
            let amount = |kind: &&String| sample.work.amounts().get(*kind).copied().unwrap_or(0.0);
            (kinds.iter().map(|kind| amount(kind) / sample.nanoseconds).collect(), 1.0)
        };
        let mut rows: Vec<(Vec<f64>, f64)> = samples.iter().map(row).collect();
        // What is solved for is how much more each size costs than the one before, which counts for all larger ones.
        let ladders = ladders(&kinds);
        for (row, _) in &mut rows {
            for ladder in &ladders {
                for step in ladder.windows(2).rev() {
                    row[step[0]] += row[step[1]];
                }
            }
        }
        let mut costs = solve(&rows, kinds.len());
        for ladder in &ladders {
            for step in ladder.windows(2) {
                costs[step[1]] += costs[step[0]];
            }
        }
        let nanoseconds = kinds.into_iter().cloned().zip(costs).collect();
        Ok(Machine { machine: VERSION, processor, instructions, nanoseconds })
    }

    /// Reads a description in YAML.
    ///
    /// # Errors
    /// Text that is none, with line and column.
    pub fn read(text: &str) -> Result<Machine, Error> {
        let machine: Machine = serde_yaml::from_str(text).map_err(|error| Error(error.to_string()))?;
        if machine.machine != VERSION {
            let found = machine.machine;
            return Err(Error(format!("the description is of version {found}, and {VERSION} is expected")));
        }
        match machine.nanoseconds.iter().find(|(_, cost)| !(cost.is_finite() && **cost >= 0.0)) {
            Some((kind, cost)) => {
                Err(Error(format!("`{kind}` costs {cost} ns, and a number from 0 on is expected")))
            }
            None => Ok(machine),
        }
    }

    /// The description, in YAML.
    pub fn write(&self) -> String {
        serde_yaml::to_string(self).unwrap_or_default()
    }

    /// Nanoseconds that a step of `compiled` takes, its weights in the caches that they fit in.
    ///
    /// # Errors
    /// Work of which the machine does not know what it costs, and models with dual modules, whose rows the input decides on, or with
    /// layers in integers.
    pub fn step_ns(&self, compiled: &Compiled) -> Result<f64, Error> {
        if compiled.model.dual_modules() > 0 {
            return Err(Error(
                "the time of a dual module follows from the rows that its input lets it leave out".into(),
            ));
        }
        if compiled.model.matrices().any(Matrix::is_fixed) {
            return Err(Error(
                "`int16x8` is for processors without floating-point: its time here says nothing".into(),
            ));
        }
        let mut sum = 0.0;
        for (kind, amount) in Work::new(compiled).amounts() {
            let Some(cost) = self.nanoseconds.get(kind) else {
                let message = format!("the description does not say what `{kind}` costs");
                return Err(Error(format!("{message}: measure the machine again with `recurve machine`")));
            };
            sum += cost * amount;
        }
        Ok(sum)
    }
}

/// For each precision where its costs by size stand among `kinds`, the smallest size first.
fn ladders(kinds: &[&String]) -> Vec<Vec<usize>> {
    let smallest = sizes().next().unwrap_or_default();
    let families = kinds.iter().filter_map(|kind| kind.strip_suffix(smallest));
    let ladder = |family: &str| {
        let at = |size: &str| kinds.iter().position(|kind| kind.strip_prefix(family) == Some(size));
        sizes().filter_map(at).collect()
    };
    families.map(ladder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_costs_no_less_where_there_is_more_to_read() {
        let kinds =
            ["f32 in 256 KiB", "f32 in 24 KiB", "lstm", "f32 in 800 KiB", "int8 in 24 KiB"].map(String::from);
        let kinds: Vec<&String> = kinds.iter().collect();
        assert_eq!(ladders(&kinds), [vec![1, 0, 3], vec![4]]);
    }
}

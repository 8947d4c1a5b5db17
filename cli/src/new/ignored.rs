//! Tensors that no layer of the proposal uses.

use recurve_compiler::tensors::matches;

use super::file::{Tensor, Tensors};
use super::quote::{one_line, text};

/// Why they may stay unused, where they may.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    /// Patterns of the command line.
    asked: Vec<String>,
    /// Tensors that count steps of training.
    counters: Vec<String>,
    /// Tensors that belong to no known layer.
    unknown: Vec<Tensor>,
    /// All names of the file.
    file: Vec<String>,
}

/// Ends the name of what batch normalisation counts in training and never reads.
const COUNTER: &str = "num_batches_tracked";
/// Names in a message.
const SHOWN: usize = 12;

impl Ignored {
    /// The tensors that remain. Fails where a pattern matches none.
    pub(super) fn new(tensors: &Tensors, patterns: &[String]) -> Result<(Ignored, Vec<Tensor>), String> {
        let idle = patterns.iter().find(|pattern| !tensors.iter().any(|(name, _)| matches(pattern, name)));
        if let Some(pattern) = idle {
            return Err(format!("no tensor matches `--ignore {}`", one_line(pattern)));
        }
        let is_asked = |name: &str| patterns.iter().any(|pattern| matches(pattern, name));
        let left = tensors.iter().filter(|(name, _)| !is_asked(name)).cloned().collect();
        let file = tensors.iter().map(|(name, _)| name.clone()).collect();
        Ok((Ignored { asked: patterns.to_vec(), file, ..Ignored::default() }, left))
    }

    /// Adds tensors that belong to no known layer.
    pub(super) fn add_unknown(&mut self, tensors: &Tensors, names: impl Iterator<Item = String>) {
        for name in names {
            match tensors.iter().find(|(found, _)| *found == name) {
                Some(_) if name.ends_with(COUNTER) => self.counters.push(name),
                Some(tensor) => self.unknown.push(tensor.clone()),
                None => {}
            }
        }
    }

    /// Lines of the spec. A golden trace shows whether the unknown ones are needed; without one they are not ignored.
    pub(super) fn lines(&self, golden: bool) -> String {
        let line = |name: &str, why: &str| format!("  - {}   # {why}\n", text(name));
        let mut lines = String::new();
        lines.extend(self.asked.iter().map(|name| line(name, "left out by `--ignore`")));
        lines.extend(self.counters.iter().map(|name| line(name, "counts steps of training")));
        if golden {
            let why = "belongs to no known layer; the golden trace is computed without it";
            lines.extend(self.unknown.iter().map(|(name, _)| line(name, why)));
        }
        if lines.is_empty() { lines } else { format!("ignore:\n{lines}") }
    }

    pub(super) fn summary(&self, golden: bool) -> String {
        let mut summary = String::new();
        for pattern in &self.asked {
            summary += &format!("\n  `{}` stays unused, as `--ignore` says", one_line(pattern));
        }
        for (name, shape) in self.unknown.iter().filter(|_| golden) {
            summary += &format!(
                "\n  `{}` {shape:?} belongs to no known layer and stays unused: the golden trace is computed without it",
                one_line(name)
            );
        }
        summary
    }

    /// Why a network without the unknown tensors is not to be written; `None` where there are none.
    pub(super) fn refusal(&self) -> Option<String> {
        let message = match self.unknown.as_slice() {
            [] => return None,
            [_] => {
                "a tensor belongs to no layer that recurve knows, and without it the network is another one"
            }
            _ => {
                "some tensors belong to no layer that recurve knows, and without them the network is another one"
            }
        };
        let mut message = format!("{message}: {}", self.named());
        if let Some(what) = self.unknown.iter().find_map(|(name, shape)| likely(name, shape)) {
            message += &format!("\n  help: {what}");
        }
        message += &format!("\n  help: if they are not needed: `{}`", self.options());
        Some(
            message
                + "\n  help: `--golden FILE`, a trace of the trained network, shows whether they are needed",
        )
    }

    /// Options that leave out the unknown tensors; one pattern for a module whose tensors are all unknown.
    fn options(&self) -> String {
        let module = |name: &str| name.rfind(['.', '/']).map(|at| name[..=at].to_owned());
        let is_left_out = |name: &String| {
            self.counters.contains(name) || self.unknown.iter().any(|(unknown, _)| unknown == name)
        };
        let mut options: Vec<String> = Vec::new();
        for (name, _) in &self.unknown {
            let whole = module(name).filter(|module| {
                let members = || self.file.iter().filter(|other| other.starts_with(module));
                members().count() > 1 && members().all(is_left_out)
            });
            let pattern = whole.map_or_else(|| name.clone(), |module| module + "*");
            let option = format!("--ignore '{}'", one_line(&pattern));
            if !options.contains(&option) {
                options.push(option);
            }
        }
        options.join(" ")
    }

    /// A line about the unknown tensors below another message.
    pub(super) fn also(&self) -> String {
        match self.unknown.as_slice() {
            [] => String::new(),
            _ => format!("\n  help: these tensors belong to no layer that recurve knows: {}", self.named()),
        }
    }

    fn named(&self) -> String {
        let named = |(name, shape): &Tensor| format!("`{}` {shape:?}", one_line(name));
        let shown: Vec<String> = self.unknown.iter().take(SHOWN).map(named).collect();
        let more = self.unknown.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        shown.join(", ") + &more
    }
}

/// Likely origin of the tensor, and a way to handle it.
fn likely(name: &str, shape: &[usize]) -> Option<&'static str> {
    let last = name.rsplit(['.', '/']).next().unwrap_or(name).trim_end_matches(":0");
    match last {
        "running_mean" | "running_var" | "moving_mean" | "moving_variance" => {
            Some("batch normalisation is not supported: fold it into the weights of the layer next to it")
        }
        "in_proj_weight" | "in_proj_bias" => Some("attention is not supported"),
        "weight" | "kernel" if shape.len() > 2 => {
            Some("convolutions are not supported: run them before the model, and save the rest without them")
        }
        _ => None,
    }
}

//! Models of arbitrary weights: those that a machine is learned from, and those that its predictions are tried on.

use recurve_compiler::files::Memory;
use recurve_compiler::golden::Work;
use recurve_compiler::{Compiled, compile, diagnostic, unfitted};
use recurve_fit::sketch;
use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize};

use crate::Error;

/// A recurrent layer of arbitrary weights, and what the spec says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    cell: &'static str,
    input: usize,
    hidden: usize,
    /// What the spec says of the layer besides.
    more: String,
    /// Units and activation of a linear layer behind it.
    head: Option<(usize, &'static str)>,
    /// Steps of a window of 16 that are executed.
    budget: Option<usize>,
}

const WINDOW: usize = 16;

impl Candidate {
    fn new(cell: &'static str, input: usize, hidden: usize, more: &str) -> Candidate {
        Candidate { cell, input, hidden, more: more.to_owned(), head: None, budget: None }
    }

    /// What it is: `lstm 10->118, precision: int8`.
    pub fn title(&self) -> String {
        let mut title = format!("{} {}->{}", self.cell, self.input, self.hidden);
        if !self.more.is_empty() {
            title += &format!(", {}", self.more);
        }
        if let Some((units, activation)) = self.head {
            title += &format!(", linear {units} {activation}");
        }
        if let Some(budget) = self.budget {
            title += &format!(", {budget} steps of {WINDOW}");
        }
        title
    }

    /// Compiles it.
    ///
    /// # Errors
    /// What stands against it: not every matrix has every form.
    pub fn compile(&self) -> Result<Compiled, Error> {
        let text = self.spec();
        let mut files = Memory::default();
        files.0.insert(WEIGHTS.into(), self.weights()?);
        let failed = |found| Error::new(diagnostic::render(&self.title(), &text, &found, false));
        if self.more.contains("compression") {
            let fit = sketch(&unfitted(&text, &files).map_err(failed)?);
            files.0.insert(FIT.into(), fit.map_err(|error| Error::new(error.to_string()))?);
        }
        compile(&text, &files, Work::None).map_err(failed)
    }

    fn spec(&self) -> String {
        let Candidate { cell, input, hidden, more, .. } = self;
        let more = if more.is_empty() { String::new() } else { format!(", {more}") };
        let fit = if more.contains("compression") { format!("fit: {FIT}\n") } else { String::new() };
        let head = self.head.map_or(String::new(), |(units, activation)| {
            format!("  - linear: {{name: head, units: {units}, activation: {activation}}}\n")
        });
        let runtime = self.budget.map_or(String::new(), |budget| {
            let window = format!("{{name: skip, length: {WINDOW}, budget: {budget}, threshold: 0.0}}");
            format!("runtime:\n  skip: {{window: {window}}}\n")
        });
        format!(
            "recurve: 1\nname: Candidate\nweights: {WEIGHTS}\n{fit}input: {{features: {input}}}\nlayers:\n  \
             - {cell}: {{name: rnn, hidden_size: {hidden}{more}}}\n{head}output: every\n{runtime}"
        )
    }

    fn weights(&self) -> Result<Vec<u8>, Error> {
        let (input, hidden) = (self.input, self.hidden);
        let mut shapes: Vec<(&str, Vec<usize>)> = match self.cell {
            "fastrnn" => vec![
                ("rnn.W", vec![input, hidden]),
                ("rnn.U", vec![hidden, hidden]),
                ("rnn.bias_update", vec![1, hidden]),
                ("rnn.alpha", vec![1, 1]),
                ("rnn.beta", vec![1, 1]),
            ],
            "fastgrnn" => vec![
                ("rnn.W", vec![input, hidden]),
                ("rnn.U", vec![hidden, hidden]),
                ("rnn.bias_gate", vec![1, hidden]),
                ("rnn.bias_update", vec![1, hidden]),
                ("rnn.zeta", vec![1, 1]),
                ("rnn.nu", vec![1, 1]),
            ],
            cell => {
                let gates = match cell {
                    "lstm" => 4,
                    "gru" => 3,
                    _ => 1,
                };
                vec![
                    ("rnn.weight_ih_l0", vec![gates * hidden, input]),
                    ("rnn.weight_hh_l0", vec![gates * hidden, hidden]),
                    ("rnn.bias_ih_l0", vec![gates * hidden]),
                    ("rnn.bias_hh_l0", vec![gates * hidden]),
                ]
            }
        };
        if let Some((units, _)) = self.head {
            shapes.push(("head.weight", vec![units, hidden]));
            shapes.push(("head.bias", vec![units]));
        }
        if self.budget.is_some() {
            shapes.push(("skip.weight", vec![WINDOW, hidden + 1]));
            shapes.push(("skip.bias", vec![WINDOW]));
        }
        let mut state = 1_u32;
        let limit = 1.0 / (hidden as f32).sqrt();
        let mut number = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((f64::from(state) / f64::from(u32::MAX)) as f32 - 0.5) * 2.0 * limit
        };
        let tensors: Vec<(&str, Vec<usize>, Vec<u8>)> = shapes
            .into_iter()
            .map(|(name, shape)| {
                let count = shape.iter().product::<usize>();
                let bytes = (0..count).flat_map(|_| number().to_le_bytes()).collect();
                (name, shape, bytes)
            })
            .collect();
        let views = tensors.iter().map(|(name, shape, bytes)| {
            TensorView::new(Dtype::F32, shape.clone(), bytes).map(|view| (*name, view))
        });
        let fault = |error: safetensors::SafeTensorError| Error::new(error.to_string());
        serialize(views.collect::<Result<Vec<_>, _>>().map_err(fault)?, None).map_err(fault)
    }
}

const WEIGHTS: &str = "candidate.safetensors";
const FIT: &str = "candidate.fit.safetensors";

const BEFORE: &str = "reset: before";

/// The models that a machine is learned from: every kind of [`Work`](crate::Work), in several sizes.
pub fn learned_from() -> Vec<Candidate> {
    let new = Candidate::new;
    let with =
        |precision: &str, input, hidden| new("lstm", input, hidden, &format!("precision: {precision}"));
    let mut candidates = vec![
        new("lstm", 8, 32, ""),
        new("lstm", 40, 44, ""),
        new("lstm", 32, 96, ""),
        new("lstm", 60, 110, ""),
        new("lstm", 90, 170, ""),
        new("lstm", 80, 200, ""),
        new("lstm", 128, 320, ""),
        new("lstm", 256, 512, ""),
        new("lstm", 700, 900, ""),
        new("lstm", 1024, 1500, ""),
        new("gru", 16, 64, BEFORE),
        new("gru", 24, 160, BEFORE),
        new("gru", 16, 70, "reset: after"),
        new("gru", 160, 300, "reset: after"),
        new("rnn", 32, 128, ""),
        new("rnn", 60, 40, ""),
        new("fastrnn", 16, 64, ""),
        new("fastgrnn", 32, 100, ""),
    ];
    for precision in ["f16", "bf16"] {
        let sizes = [(33, 48), (20, 60), (80, 150), (160, 400), (300, 800), (1024, 1500)];
        candidates.extend(sizes.map(|(input, hidden)| with(precision, input, hidden)));
    }
    let sizes = [(33, 48), (40, 122), (80, 200), (200, 400), (400, 900), (1400, 1900)];
    candidates.extend(sizes.map(|(input, hidden)| with("int8", input, hidden)));
    let sizes = [(33, 48), (64, 96), (80, 280), (256, 600), (600, 1200), (1500, 2200)];
    candidates.extend(sizes.map(|(input, hidden)| with("int4", input, hidden)));
    // Too narrow for products in integers.
    candidates.extend([with("int8", 12, 40), with("int8", 20, 100), with("int4", 24, 90)]);
    for activation in ["sigmoid", "tanh", "relu", "softmax"] {
        candidates.push(Candidate { head: Some((96, activation)), ..new("rnn", 16, 32, "") });
    }
    for (cell, input, hidden, more) in [
        ("lstm", 12, 116, ""),
        ("lstm", 30, 90, ""),
        ("lstm", 60, 196, ""),
        ("lstm", 96, 320, ""),
        ("lstm", 240, 480, ""),
        ("gru", 20, 140, "reset: before, "),
        ("gru", 96, 288, "reset: before, "),
    ] {
        for precision in ["f32", "f16", "int8", "int4"] {
            let more = format!("{more}precision: {precision}, compression: {{kp: {{}}}}");
            candidates.push(new(cell, input, hidden, &more));
        }
    }
    for compression in [
        "hkp: {rows: 6}",
        "hmd: {rows: 20}",
        "hmd: {rows: 60}",
        "low_rank: {rank: 12}",
        "low_rank: {rank: 40}",
        "pruned: {matrices: both, pattern: blocks, sparsity: 0.85}",
        "pruned: {matrices: both, pattern: blocks, sparsity: 0.6}",
        "doped_kp: {sparsity: 0.98}",
        "pruned: {matrices: both, sparsity: 0.9}",
        "pruned: {matrices: both, sparsity: 0.97}",
    ] {
        candidates.push(new("lstm", 20, 124, &format!("compression: {{{compression}}}")));
    }
    for compression in [
        "hmd: {rows: 20}",
        "low_rank: {rank: 24}",
        "pruned: {matrices: both, pattern: blocks, sparsity: 0.75}",
    ] {
        candidates.push(new("lstm", 100, 220, &format!("compression: {{{compression}}}")));
        candidates.push(new("lstm", 110, 208, &format!("compression: {{{compression}}}")));
    }
    for compression in [
        "kp: {}",
        "hkp: {rows: 3}",
        "hmd: {rows: 12}",
        "low_rank: {rank: 8}",
        "pruned: {matrices: both, pattern: blocks, sparsity: 0.7}",
    ] {
        candidates.push(new("lstm", 14, 36, &format!("compression: {{{compression}}}")));
        candidates.push(new("gru", 30, 66, &format!("{BEFORE}, compression: {{{compression}}}")));
    }
    candidates.extend([4, 12].map(|budget| Candidate { budget: Some(budget), ..new("lstm", 16, 64, "") }));
    // Those that are timed in turns should leave each other's weights in the caches that they fit in.
    candidates.sort_by_key(|candidate| candidate.hidden * (candidate.input + candidate.hidden));
    candidates
}

/// A model, and choices beside it that might be faster.
#[derive(Debug, Clone)]
pub struct Choices {
    /// What they are compared with.
    pub base: Candidate,
    /// The choices, of the same shape.
    pub choices: Vec<Candidate>,
}

/// Pairs that no machine was learned from: the published shapes and others, each with every choice.
pub fn grid() -> Vec<Choices> {
    let shapes = [
        ("lstm", 10, 118, ""),
        ("lstm", 28, 40, ""),
        ("lstm", 77, 180, ""),
        ("lstm", 40, 80, ""),
        ("lstm", 64, 128, ""),
        ("lstm", 100, 300, ""),
        ("lstm", 256, 256, ""),
        ("lstm", 384, 640, ""),
        ("gru", 10, 154, BEFORE),
        ("gru", 64, 128, BEFORE),
        ("gru", 39, 200, BEFORE),
        ("gru", 240, 400, BEFORE),
    ];
    let choices = [
        "precision: f16",
        "precision: int8",
        "precision: int4",
        "compression: {kp: {}}",
        "precision: int8, compression: {kp: {}}",
        "compression: {hkp: {ratio: 6}}",
        "compression: {hmd: {ratio: 2}}",
        "compression: {hmd: {ratio: 4}}",
        "compression: {low_rank: {ratio: 2}}",
        "compression: {low_rank: {ratio: 4}}",
        "compression: {pruned: {matrices: both, pattern: blocks, sparsity: 0.8}}",
    ];
    let of_shape = |(cell, input, hidden, more): (&'static str, usize, usize, &str)| {
        let base = Candidate::new(cell, input, hidden, more);
        let with = |choice: &str| {
            let more = if more.is_empty() { choice.to_owned() } else { format!("{more}, {choice}") };
            Candidate { more, ..base.clone() }
        };
        let skipping = [4, 8, 12].map(|budget| Candidate { budget: Some(budget), ..base.clone() });
        Choices { choices: choices.into_iter().map(with).chain(skipping).collect(), base }
    };
    shapes.into_iter().map(of_shape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_learned_from_every_candidate() {
        for candidate in learned_from() {
            if candidate.hidden < 400 {
                candidate.compile().unwrap_or_else(|error| panic!("{error}"));
            }
        }
    }

    #[test]
    fn the_grid_has_pairs_that_no_machine_was_learned_from() {
        let learned = learned_from();
        let grid = grid();
        assert!(grid.iter().map(|shape| shape.choices.len()).sum::<usize>() >= 100);
        for shape in grid {
            assert!(!learned.contains(&shape.base));
            assert!(shape.choices.iter().all(|choice| !learned.contains(choice)));
        }
    }
}

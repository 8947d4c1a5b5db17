//! Weights and specs for tests.

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::Store;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::files::Memory;
use crate::model::{self, Model};
use crate::spec::{self, Spec};

/// A file in the making.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tensors(Vec<(String, Dtype, Vec<usize>, Vec<u8>)>);

impl Tensors {
    pub(crate) fn new() -> Self {
        Tensors::default()
    }

    pub(crate) fn raw(mut self, name: &str, dtype: Dtype, shape: &[usize], data: Vec<u8>) -> Self {
        self.0.retain(|(other, ..)| other != name);
        self.0.push((name.to_owned(), dtype, shape.to_vec(), data));
        self
    }

    pub(crate) fn floats(self, name: &str, shape: &[usize], data: &[f32]) -> Self {
        self.raw(name, Dtype::F32, shape, data.iter().flat_map(|x| x.to_le_bytes()).collect())
    }

    /// Numbers that differ from each other and from those of other names.
    pub(crate) fn filled(self, name: &str, shape: &[usize]) -> Self {
        self.floats(name, shape, &filling(name, shape.iter().product()))
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(other, ..)| other != name);
        self
    }

    /// The tensors whose names start with the layer's.
    pub(crate) fn of_layer(&self, layer: &str) -> Self {
        let prefix = format!("{layer}.");
        Tensors(self.0.iter().filter(|(name, ..)| name.starts_with(&prefix)).cloned().collect())
    }

    /// The tensors of one level of a stack, as those of a layer without others.
    pub(crate) fn of_level(&self, level: &str) -> Self {
        let mut tensors =
            Tensors(self.0.iter().filter(|(name, ..)| name.ends_with(level)).cloned().collect());
        tensors.0.iter_mut().for_each(|(name, ..)| *name = name.replace(level, "_l0"));
        tensors
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let views = self.0.iter().map(|(name, dtype, shape, data)| {
            (name.as_str(), TensorView::new(*dtype, shape.clone(), data).expect("a tensor"))
        });
        safetensors::serialize(views, None).expect("a file")
    }
}

/// What a tensor of this name is filled with.
pub(crate) fn filling(name: &str, count: usize) -> Vec<f32> {
    noise(name.bytes().fold(7, |seed: u32, byte| seed.wrapping_mul(31).wrapping_add(byte.into())), count)
}

/// Numbers in -0.5..0.5, always the same for one seed.
pub(crate) fn noise(seed: u32, count: usize) -> Vec<f32> {
    let mut state = seed | 1;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0 - 0.5
        })
        .collect()
}

/// Resolves the spec with these lines below `weights`, and those tensors.
pub(crate) fn resolve(yaml: &str, tensors: &Tensors) -> (Option<Model>, Diagnostics) {
    let (spec, files) = (spec(yaml), files(&[("w", tensors)]));
    let mut diagnostics = Diagnostics::new();
    let model = Store::read(&spec, &files, &mut diagnostics)
        .and_then(|mut store| model::resolve(&spec, &mut store, &mut diagnostics));
    assert!(model.is_some() || diagnostics.has_errors(), "no model, and no reason");
    (model, diagnostics)
}

/// The model, where nothing is wrong.
pub(crate) fn model(yaml: &str, tensors: &Tensors) -> Model {
    let (model, diagnostics) = resolve(yaml, tensors);
    assert!(diagnostics.is_empty(), "{}", text(&diagnostics));
    model.expect("a model")
}

/// What is said about a spec that is wrong.
pub(crate) fn faults(yaml: &str, tensors: &Tensors) -> String {
    text(&resolve(yaml, tensors).1)
}

/// The spec with these lines below `weights`.
pub(crate) fn spec(yaml: &str) -> Spec {
    let text = format!("recurve: 1\nname: Net\nweights: w\n{yaml}\n");
    let mut diagnostics = Diagnostics::new();
    let spec = spec::read(&text, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{}", self::text(&diagnostics));
    spec.expect("a spec")
}

pub(crate) fn files(files: &[(&str, &Tensors)]) -> Memory {
    Memory(files.iter().map(|(path, tensors)| ((*path).to_owned(), tensors.bytes())).collect())
}

/// Findings, one a line: code, place, message and help.
pub(crate) fn text(diagnostics: &Diagnostics) -> String {
    let line = |finding: &Diagnostic| {
        let help = finding.help.join(" | ");
        format!("{} {}: {} | {help}\n", finding.code, finding.span.start, finding.message)
    };
    diagnostics.iter().map(line).collect()
}

#[track_caller]
pub(crate) fn assert_says(found: &str, expected: &[&str]) {
    for part in expected {
        assert!(found.contains(part), "no {part:?} in\n{found}");
    }
}

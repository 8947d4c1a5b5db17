//! Weights and traces of small networks, made for one test.

use std::fs;
use std::path::{Path, PathBuf};

use recurve_compiler::files::Memory;
use recurve_compiler::reference::{Inputs, run};
use recurve_compiler::unfitted;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// Named tensors of numbers.
#[derive(Default, Clone)]
pub(crate) struct Tensors(Vec<(String, Vec<usize>, Vec<f32>)>);

impl Tensors {
    /// Adds a tensor of numbers in -0.5..0.5 that depend on its name.
    pub(crate) fn with(self, name: &str, shape: &[usize]) -> Tensors {
        let seed = name.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        let data = noise(seed, shape.iter().product());
        self.holding(name, shape, data)
    }

    pub(crate) fn holding(mut self, name: &str, shape: &[usize], data: Vec<f32>) -> Tensors {
        self.0.push((name.to_owned(), shape.to_vec(), data));
        self
    }

    /// Adds an LSTM as PyTorch saves it; the prefix ends in a dot unless it is empty.
    pub(crate) fn lstm(self, prefix: &str, input: usize, hidden: usize) -> Tensors {
        self.with(&format!("{prefix}weight_ih_l0"), &[4 * hidden, input])
            .with(&format!("{prefix}weight_hh_l0"), &[4 * hidden, hidden])
            .with(&format!("{prefix}bias_ih_l0"), &[4 * hidden])
            .with(&format!("{prefix}bias_hh_l0"), &[4 * hidden])
    }

    pub(crate) fn linear(self, name: &str, input: usize, units: usize) -> Tensors {
        self.with(&format!("{name}.weight"), &[units, input]).with(&format!("{name}.bias"), &[units])
    }

    /// The same with these numbers in place of a tensor's.
    pub(crate) fn changed(mut self, name: &str, change: impl Fn(&[f32]) -> Vec<f32>) -> Tensors {
        let tensor = self.0.iter_mut().find(|(found, ..)| found == name).expect("the tensor");
        tensor.2 = change(&tensor.2);
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let bytes: Vec<Vec<u8>> =
            self.0.iter().map(|(.., data)| data.iter().flat_map(|x| x.to_le_bytes()).collect()).collect();
        let views = self.0.iter().zip(&bytes).map(|((name, shape, _), data)| {
            (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), data).expect("a tensor"))
        });
        safetensors::serialize(views, None).expect("a file")
    }

    pub(crate) fn save(&self, folder: &Path, name: &str) -> String {
        let path = folder.join(format!("{name}.safetensors"));
        fs::write(&path, self.bytes()).expect("a file");
        path.display().to_string()
    }
}

/// Numbers in -0.5..0.5, the same for one seed.
pub(crate) fn noise(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / 16_777_216.0 - 0.5
    };
    (0..count).map(|_| next()).collect()
}

/// What the network of these layers computes from one sequence: every output, one after the other.
pub(crate) fn outputs(
    layers: &str,
    keys: &str,
    weights: &Tensors,
    features: usize,
    inputs: &[f32],
) -> Vec<f32> {
    let spec = format!(
        "recurve: 1\nname: Truth\nweights: w\n{keys}input: {{features: {features}}}\nlayers:\n{layers}output: every\n"
    );
    let files = Memory([("w".to_owned(), weights.bytes())].into());
    let unfitted = unfitted(&spec, &files).unwrap_or_else(|found| panic!("{found:?}"));
    let steps: Vec<Vec<f32>> = inputs.chunks(features).map(<[f32]>::to_vec).collect();
    run(&unfitted.trained, &Inputs::Features(&steps)).into_iter().flatten().map(|x| x as f32).collect()
}

/// A trace of one sequence with an output for every step.
pub(crate) fn trace(features: usize, inputs: Vec<f32>, outputs: Vec<f32>) -> Tensors {
    let steps = inputs.len() / features;
    let size = outputs.len() / steps;
    Tensors::default().holding("inputs", &[1, steps, features], inputs).holding(
        "outputs",
        &[1, steps, size],
        outputs,
    )
}

/// An empty folder of this name.
pub(crate) fn folder(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder");
    path
}

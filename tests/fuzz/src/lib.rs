//! What the fuzz targets have in common: small models, and compiling with all that follows from it.

use quote::quote;
use recurve_compiler::diagnostic::render;
use recurve_compiler::files::Memory;
use recurve_compiler::golden::Work;
use recurve_compiler::{Options, compile};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// A tensor of a seed: its name, its type, its shape.
pub type Shape = (&'static str, Dtype, &'static [usize]);

/// A small model and its files.
pub struct Model {
    pub name: &'static str,
    /// The spec, with `weights` and `golden` for paths.
    pub spec: &'static str,
    pub weights: &'static [Shape],
    pub golden: &'static [Shape],
}

const F: Dtype = Dtype::F32;

pub const MODELS: &[Model] = &[
    Model {
        name: "dual_module",
        spec: "recurve: 1\nname: D\nweights: weights\ngolden: {file: golden, tolerance: 100}\n\
               input: {features: 3}\nlayers:\n  - gru: {name: a, hidden_size: 2, reset: after}\n  \
               - linear: {name: b, units: 3, activation: softmax}\noutput: every\n\
               runtime:\n  dual_module:\n    - {layer: a, precision: int2, row_budget: 4, cross_gate: true}\n    \
               - {layer: b, precision: int4, thresholds: {softmax: 0.5}}\n",
        weights: &[
            ("a.weight_ih_l0", F, &[6, 3]),
            ("a.weight_hh_l0", F, &[6, 2]),
            ("a.dual_module.projection_ih_l0", Dtype::I8, &[2, 3]),
            ("a.dual_module.projection_hh_l0", Dtype::I8, &[1, 2]),
            ("a.dual_module.weight_ih_l0", F, &[6, 2]),
            ("a.dual_module.weight_hh_l0", F, &[6, 1]),
            ("a.dual_module.bias_ih_l0", F, &[6]),
            ("a.dual_module.thresholds_l0", F, &[1, 3]),
            ("b.weight", F, &[3, 2]),
            ("b.bias", F, &[3]),
            ("b.dual_module.projection", Dtype::I8, &[2, 2]),
            ("b.dual_module.weight", F, &[3, 2]),
        ],
        golden: &[("inputs", F, &[5, 3]), ("outputs", F, &[5, 3]), ("rows", Dtype::U32, &[5, 2])],
    },
    Model {
        name: "pytorch",
        spec: "recurve: 1\nname: A\nweights: weights\ngolden: {file: golden, tolerance: 100}\n\
               input: {features: 3}\nlayers:\n  - lstm: {name: a, hidden_size: 2, num_layers: 2}\n\
               output: every\n",
        weights: &[
            ("a.weight_ih_l0", F, &[8, 3]),
            ("a.weight_hh_l0", F, &[8, 2]),
            ("a.weight_ih_l1", F, &[8, 2]),
            ("a.weight_hh_l1", F, &[8, 2]),
            ("a.bias_ih_l1", F, &[8]),
            ("a.bias_hh_l1", F, &[8]),
            ("a.h0", F, &[2, 1, 2]),
        ],
        golden: &[("inputs", F, &[5, 3]), ("outputs", F, &[5, 2])],
    },
    Model {
        name: "keras",
        spec: "recurve: 1\nname: B\nweights: weights\ngolden: {file: golden, tolerance: 100}\n\
               convention: keras\ninput: {tokens: 5}\nlayers:\n  - embedding: {name: e, dim: 3}\n  \
               - gru: {name: b, hidden_size: 2, reset: after}\n  \
               - linear: {name: c, units: 2, activation: softmax}\noutput: every\n",
        weights: &[
            ("e/embeddings:0", F, &[5, 3]),
            ("b/gru_cell/kernel:0", F, &[3, 6]),
            ("b/gru_cell/recurrent_kernel:0", F, &[2, 6]),
            ("b/gru_cell/bias:0", F, &[2, 6]),
            ("c/kernel:0", F, &[2, 2]),
            ("c/bias:0", F, &[2]),
        ],
        golden: &[("inputs", Dtype::I64, &[2, 4]), ("outputs", F, &[2, 4, 2]), ("lengths", Dtype::U32, &[2])],
    },
    Model {
        name: "onnx",
        spec: "recurve: 1\nname: C\nweights: weights\ngolden: {file: golden, tolerance: 100}\n\
               convention: onnx\ninput: {features: 2}\nlayers:\n  \
               - rnn: {name: r, hidden_size: 2, bidirectional: true}\noutput: last\n",
        weights: &[("r.W", F, &[2, 2, 2]), ("r.R", F, &[2, 2, 2]), ("r.B", F, &[2, 4])],
        golden: &[("inputs", F, &[4, 2]), ("outputs", F, &[4])],
    },
    Model {
        name: "window",
        spec: "recurve: 1\nname: D\nweights: weights\ngolden: {file: golden, tolerance: 100}\n\
               input: {features: 2}\nlayers:\n  - gru: {name: g, hidden_size: 2, reset: after}\noutput: every\n\
               runtime: {skip: {window: {name: skip, length: 3, budget: 3, threshold: 0}}}\n",
        weights: &[
            ("g.weight_ih_l0", F, &[6, 2]),
            ("g.weight_hh_l0", F, &[6, 2]),
            ("skip.weight", F, &[3, 3]),
            ("skip.bias", F, &[3]),
        ],
        golden: &[("inputs", F, &[1, 5, 2]), ("outputs", F, &[1, 5, 2])],
    },
    Model {
        name: "forest",
        spec: "recurve: 1\nname: E\nweights: weights\ngolden: {file: golden, tolerance: 100}\n\
               input: {features: 2}\nlayers:\n  - rnn: {name: r, hidden_size: 2}\noutput: every\n\
               runtime: {skip: {predictor: {forest: {name: skip, threshold: 0}}}}\n",
        weights: &[
            ("r.weight_ih_l0", F, &[2, 2]),
            ("r.weight_hh_l0", F, &[2, 2]),
            ("skip.feature", Dtype::U32, &[2, 1]),
            ("skip.threshold", F, &[2, 1]),
            ("skip.children_left", Dtype::I32, &[2, 1]),
            ("skip.children_right", Dtype::I32, &[2, 1]),
            ("skip.value", F, &[2, 1]),
        ],
        golden: &[("inputs", F, &[4, 2]), ("outputs", F, &[4, 2])],
    },
];

/// Models that have something to learn, which the file `fit` holds.
pub const FITTED: &[Model] = &[
    Model {
        name: "compressed",
        spec: "recurve: 1\nname: F\nweights: weights\nfit: fit\ninput: {features: 4}\nlayers:\n  \
               - lstm: {name: a, hidden_size: 4, compression: {kp: {on: both}}}\n  \
               - gru: {name: b, hidden_size: 4, reset: after, compression: {hmd: {on: recurrent, rows: 2}}}\n  \
               - rnn: {name: c, hidden_size: 4, precision: int8, compression: {low_rank: {rank: 2}}}\n  \
               - linear: {name: d, units: 4}\noutput: every\n",
        weights: &[
            ("a.weight_ih_l0", F, &[16, 4]),
            ("a.weight_hh_l0", F, &[16, 4]),
            ("b.weight_ih_l0", F, &[12, 4]),
            ("b.weight_hh_l0", F, &[12, 4]),
            ("c.weight_ih_l0", F, &[4, 4]),
            ("c.weight_hh_l0", F, &[4, 4]),
            ("d.weight", F, &[4, 4]),
        ],
        golden: &[],
    },
    Model {
        name: "predictor",
        spec: "recurve: 1\nname: G\nweights: weights\nfit: fit\ninput: {features: 4}\nlayers:\n  \
               - lstm: {name: a, hidden_size: 4}\noutput: every\n\
               runtime: {skip: {predictor: {tree: {name: skip, depth: 2}}}}\n",
        weights: &[("a.weight_ih_l0", F, &[16, 4]), ("a.weight_hh_l0", F, &[16, 4])],
        golden: &[],
    },
    Model {
        name: "dual_modules",
        spec: "recurve: 1\nname: H\nweights: weights\nfit: fit\ninput: {features: 4}\nlayers:\n  \
               - gru: {name: a, hidden_size: 4, reset: after}\n  \
               - linear: {name: b, units: 4, activation: tanh}\noutput: every\n\
               runtime:\n  dual_module:\n    - {layer: a, dim: 2, insensitive_ratio: 0.5}\n    \
               - {layer: b, dim: 2, precision: int4, insensitive_ratio: 0.5}\n",
        weights: &[
            ("a.weight_ih_l0", F, &[12, 4]),
            ("a.weight_hh_l0", F, &[12, 4]),
            ("b.weight", F, &[4, 4]),
        ],
        golden: &[],
    },
];

/// A file with these tensors: numbers around zero, integers from 0 on, or around -1 where they have a sign.
pub fn file(shapes: &[Shape]) -> Vec<u8> {
    let data: Vec<Vec<u8>> = shapes
        .iter()
        .map(|(name, dtype, shape)| {
            let count: usize = shape.iter().product();
            let each = |i: usize| match dtype {
                // A share of rows, and what leaves out as many.
                Dtype::F32 if name.contains("thresholds") => 0.5_f32.to_le_bytes().to_vec(),
                Dtype::F32 => ((i * 7 % 11) as f32 / 11.0 - 0.5).to_le_bytes().to_vec(),
                // The only model with such a trace reads no row.
                Dtype::U32 if *name == "rows" => vec![0; 4],
                // What a projection adds, subtracts or leaves out.
                Dtype::I8 => (i as i8 % 3 - 1).to_le_bytes().to_vec(),
                // No node, where a tree has a leaf.
                Dtype::I32 => (-1_i32).to_le_bytes().to_vec(),
                _ => (i % 5).to_le_bytes()[..dtype.bitsize() / 8].to_vec(),
            };
            (0..count).flat_map(each).collect()
        })
        .collect();
    let views = shapes.iter().zip(&data).map(|((name, dtype, shape), data)| {
        (*name, TensorView::new(*dtype, shape.to_vec(), data).expect("a tensor"))
    });
    safetensors::serialize(views, None).expect("a file")
}

/// Compiles, and writes the code or gives what was found.
pub fn run(spec: &str, files: &Memory) -> Result<(), String> {
    match compile(spec, files, Work::Bounded { usual: 10_000, limit: 1_000_000 }) {
        Ok(compiled) => {
            let (visibility, origin) = (quote!(pub), "`spec.yaml`".into());
            let options = Options { visibility, name: None, origin, crate_path: None };
            assert!(!compiled.code(&options, &quote!(WEIGHTS)).is_empty());
            assert!(!compiled.warnings.has_errors());
            Ok(())
        }
        Err(found) => {
            assert!(found.has_errors());
            let said = render("spec.yaml", spec, &found, false);
            assert!(!said.is_empty());
            Err(said)
        }
    }
}

/// The files of a model.
pub fn files(model: &Model) -> Memory {
    let files = [("weights", model.weights), ("golden", model.golden)];
    Memory(files.map(|(path, shapes)| (path.to_owned(), file(shapes))).into())
}

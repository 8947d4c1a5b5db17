//! Compiles large layers of random weights, dense and with little modules.
//!
//! With `RECURVE_BENCH_SMALL` set, every size is a sixteenth, which tells nothing but that all of it works.

#[path = "../src/random.rs"]
mod random;

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use random::Random;
use recurve_compiler::Config;
use recurve_compiler::model::projection_dim;
use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize};

/// A layer, and the forms that it is compiled in.
struct Layer {
    name: &'static str,
    kind: &'static str,
    gates: usize,
    input: usize,
    hidden: usize,
    /// What the layer's map says besides.
    more: &'static str,
    levels: usize,
    /// Suffix of the name, what the layer says besides, threads, and the little module's precision if it has one.
    forms: &'static [(&'static str, &'static str, usize, Option<&'static str>)],
}

const PLAIN: [(&str, &str, usize, Option<&str>); 2] = [("", "", 1, None), ("Dual", "", 1, Some("int4"))];

const LAYERS: [Layer; 7] = [
    Layer {
        name: "Lstm1500",
        kind: "lstm",
        gates: 4,
        input: 1500,
        hidden: 1500,
        more: "",
        levels: 1,
        forms: &[
            PLAIN[0],
            PLAIN[1],
            ("Dual8", "", 1, Some("int8")),
            ("Threads", "", 2, None),
            ("DualThreads", "", 2, Some("int4")),
            ("Int8", ", precision: int8", 1, None),
            ("Int8Dual", ", precision: int8", 1, Some("int4")),
            ("Int8Dual2", ", precision: int8", 1, Some("int2")),
        ],
    },
    Layer {
        name: "Lstm750",
        kind: "lstm",
        gates: 4,
        input: 750,
        hidden: 750,
        more: "",
        levels: 1,
        forms: &[
            PLAIN[0],
            PLAIN[1],
            ("Threads", "", 2, None),
            ("DualThreads", "", 2, Some("int4")),
            ("Bf16", ", precision: bf16", 1, None),
            ("Bf16Dual", ", precision: bf16", 1, Some("int4")),
        ],
    },
    Layer {
        name: "Gru1500",
        kind: "gru",
        gates: 3,
        input: 1500,
        hidden: 1500,
        more: ", reset: after",
        levels: 1,
        forms: &PLAIN,
    },
    Layer {
        name: "Gru750",
        kind: "gru",
        gates: 3,
        input: 750,
        hidden: 750,
        more: ", reset: after",
        levels: 1,
        forms: &PLAIN,
    },
    Layer {
        name: "Lstm1024",
        kind: "lstm",
        gates: 4,
        input: 1024,
        hidden: 1024,
        more: "",
        levels: 1,
        forms: &PLAIN,
    },
    Layer {
        name: "Lstm2048To1024",
        kind: "lstm",
        gates: 4,
        input: 2048,
        hidden: 1024,
        more: "",
        levels: 1,
        forms: &PLAIN,
    },
    Layer {
        name: "Decoder",
        kind: "lstm",
        gates: 4,
        input: 1024,
        hidden: 1024,
        more: ", num_layers: 4, residual: true",
        levels: 4,
        forms: &PLAIN,
    },
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=RECURVE_BENCH_SMALL");
    let shrink = if std::env::var_os("RECURVE_BENCH_SMALL").is_some() { 16 } else { 1 };
    let out_dir = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("`OUT_DIR` is not set")?);
    for (seed, layer) in (1..).zip(LAYERS) {
        let (input, hidden) = (layer.input / shrink, layer.hidden / shrink);
        let path = out_dir.join(format!("{}.safetensors", layer.name));
        fs::write(&path, weights(&layer, input, hidden, &mut Random::new(seed))?)?;
        for (suffix, keys, threads, little) in layer.forms {
            let Layer { name, kind, more, .. } = &layer;
            let dual = match little {
                Some(precision) => {
                    format!(
                        "  dual_module:\n    - {{layer: rnn, precision: {precision}, insensitive_ratio: 0}}\n"
                    )
                }
                None => String::new(),
            };
            let ignore = if dual.is_empty() { "ignore: \"rnn.dual_module.*\"\n" } else { "" };
            let spec = format!(
                "recurve: 1\nname: {name}{suffix}\nweights: {name}.safetensors\n{ignore}input: {{features: {input}}}\n\
                 layers:\n  - {kind}: {{name: rnn, hidden_size: {hidden}{more}{keys}}}\noutput: every\n\
                 runtime:\n  threads: {threads}\n{dual}"
            );
            let path = out_dir.join(format!("{name}{suffix}.yaml"));
            fs::write(&path, spec)?;
            Config::new().out_dir(&out_dir).compile(&path)?;
        }
        fs::remove_file(path)?;
    }
    Ok(())
}

/// As PyTorch initialises them; little modules alike, since it does not matter here which rows they choose.
fn weights(
    layer: &Layer,
    input: usize,
    hidden: usize,
    random: &mut Random,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let rows = layer.gates * hidden;
    let limit = 1.0 / (hidden as f32).sqrt();
    let mut tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    for level in 0..layer.levels {
        let columns = [("ih", if level == 0 { input } else { hidden }), ("hh", hidden)];
        for (part, columns) in columns {
            let dim = projection_dim(rows, 0.5).min(columns);
            let mut floats = |name: String, shape: Vec<usize>, limit: f32| {
                let count: usize = shape.iter().product();
                let bytes = (0..count).flat_map(|_| random.within(limit).to_le_bytes()).collect();
                tensors.push((name, Dtype::F32, shape, bytes));
            };
            floats(format!("rnn.weight_{part}_l{level}"), vec![rows, columns], limit);
            floats(format!("rnn.bias_{part}_l{level}"), vec![rows], limit);
            floats(format!("rnn.dual_module.weight_{part}_l{level}"), vec![rows, dim], limit / 4.0);
            floats(format!("rnn.dual_module.bias_{part}_l{level}"), vec![rows], limit);
            let sign = |_| match (random.within(3.0) + 3.0) as u32 {
                0 => -1_i8,
                1 => 1,
                _ => 0,
            };
            let signs = (0..dim * columns).map(sign).map(i8::cast_unsigned).collect();
            tensors.push((
                format!("rnn.dual_module.projection_{part}_l{level}"),
                Dtype::I8,
                vec![dim, columns],
                signs,
            ));
        }
        // A budget of rows chooses; the thresholds leave all of them sensitive.
        let curve = [0.1_f32, -100.0, 100.0].iter().flat_map(|x| x.to_le_bytes()).collect();
        tensors.push((format!("rnn.dual_module.thresholds_l{level}"), Dtype::F32, vec![1, 3], curve));
    }
    let views: Vec<_> = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| {
            TensorView::new(*dtype, shape.clone(), bytes).map(|view| (name, view))
        })
        .collect::<Result<_, _>>()?;
    Ok(serialize(views, None)?)
}

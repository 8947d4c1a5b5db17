//! What `recurve new` proposes for tensors that can be read in several ways, and what it refuses.

mod files;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use files::{Tensors, folder, noise, outputs, trace};

/// What a run of `recurve new` said, and the spec that it left.
struct New {
    code: Option<i32>,
    said: String,
    /// Empty where there is none.
    spec: String,
}

fn new(folder: &Path, weights: &Tensors, trace: Option<&Tensors>, more: &[&str]) -> New {
    let made = folder.join("made");
    let _ = fs::remove_dir_all(&made);
    let mut command = Command::new(env!("CARGO_BIN_EXE_recurve"));
    command.arg("new").arg(weights.save(folder, "net")).arg(&made).args(more);
    if let Some(trace) = trace {
        command.arg("--golden").arg(trace.save(folder, "trace"));
    }
    let Output { status, stdout, stderr } = command.output().expect("the command");
    let said = String::from_utf8_lossy(&stderr).into_owned() + &String::from_utf8_lossy(&stdout);
    let spec = fs::read_to_string(made.join("model.yaml")).unwrap_or_default();
    assert!(status.success() != spec.is_empty() || more.contains(&"--keep"), "{said}");
    for line in said.lines().chain(spec.lines()) {
        assert!(!line.trim_end().ends_with("or") && !line.trim_end().ends_with(';'), "{line}");
    }
    New { code: status.code(), said, spec }
}

impl New {
    #[track_caller]
    fn writes(&self, lines: &[&str]) {
        assert_eq!(self.code, Some(0), "{}", self.said);
        for line in lines {
            assert!(self.spec.contains(line), "no {line:?} in\n{}", self.spec);
        }
    }

    #[track_caller]
    fn refuses(&self, words: &[&str]) {
        assert_eq!(self.code, Some(1), "{}{}", self.said, self.spec);
        for word in words {
            assert!(self.said.contains(word), "no {word:?} in\n{}", self.said);
        }
    }
}

#[test]
fn readings_that_match_alike_are_guesses() {
    let folder = folder("proposals_alike");
    let gru =
        Tensors::default().with("gru.W", &[1, 18, 3]).with("gru.R", &[1, 18, 6]).with("gru.B", &[1, 36]);
    // The biases of the state are zeros, so that nothing of the reset gate shows in the first step.
    let gru = gru.changed("gru.B", |bias| {
        bias.iter().zip(0..).map(|(x, at)| if at < 18 { *x } else { 0.0 }).collect()
    });
    let layers = |reset: &str| format!("  - gru: {{name: gru, hidden_size: 6, reset: {reset}}}\n");
    for (reset, steps, expected) in [
        ("before", 1, "reset: before}   # reset: a guess, as after matches the golden trace too"),
        ("after", 1, "reset: before}   # reset: a guess, as after matches the golden trace too"),
        ("before", 9, "reset: before}   # reset: as the golden trace says\n"),
        ("after", 9, "reset: after}   # reset: as the golden trace says\n"),
    ] {
        let inputs = noise(3, 3 * steps);
        let given = outputs(&layers(reset), "convention: onnx\n", &gru, 3, &inputs);
        new(&folder, &gru, Some(&trace(3, inputs, given)), &[]).writes(&[expected]);
    }
    new(&folder, &gru, None, &[])
        .writes(&["reset: before}   # reset: a guess: the tensors do not tell; or after\n"]);

    let positive = |data: &[f32]| data.iter().map(|x| x.abs()).collect();
    let net = Tensors::default().linear("fc", 2, 4).lstm("lstm.", 4, 5);
    let net = net.changed("fc.weight", positive).changed("fc.bias", positive);
    let layers = "  - linear: {name: fc, units: 4}\n  - lstm: {name: lstm, hidden_size: 5}\n";
    let inputs: Vec<f32> = noise(5, 40);
    let given = outputs(layers, "", &net, 2, &inputs);
    new(&folder, &net, Some(&trace(2, inputs, given)), &[])
        .writes(&["activation: none}   # activation: as the golden trace says\n"]);
    let inputs = positive(&noise(5, 40));
    let given = outputs(layers, "", &net, 2, &inputs);
    let made = new(&folder, &net, Some(&trace(2, inputs, given)), &[]);
    made.writes(&[
        "activation: relu}   # activation: a guess, as none matches the golden trace too; a trace",
    ]);
}

#[test]
fn sizes_and_names_order_the_layers_and_the_trace_decides() {
    let folder = folder("proposals_order");
    let net = Tensors::default().linear("fc1", 1, 8).lstm("lstm.", 8, 8).linear("fc2", 8, 1);
    // Large sums of both signs, by which activations differ.
    let net = net
        .changed("fc2.bias", |_| vec![0.0])
        .changed("fc2.weight", |data| data.iter().map(|x| 8.0 * x).collect());
    let order = |spec: &str| {
        let names = spec.lines().filter_map(|line| line.split("{name: \"").nth(1)?.split('"').next());
        names.collect::<Vec<_>>().join(" ")
    };
    let made = new(&folder, &net, None, &[]);
    made.writes(&[
        "layers:   # the order: a guess: the tensors do not tell; or lstm -> fc2 -> fc1, fc2 -> fc1 -> lstm\n",
    ]);
    assert_eq!(order(&made.spec), "fc1 lstm fc2");

    let layer = |name: &str| match name {
        "lstm" => "  - lstm: {name: lstm, hidden_size: 8}\n".to_owned(),
        name => format!("  - linear: {{name: {name}, units: {}}}\n", if name == "fc1" { 8 } else { 1 }),
    };
    for (features, trained) in
        [(1, ["fc1", "lstm", "fc2"]), (8, ["lstm", "fc2", "fc1"]), (8, ["fc2", "fc1", "lstm"])]
    {
        let layers: String = trained.into_iter().map(layer).collect();
        let inputs: Vec<f32> = noise(9, 12 * features).iter().map(|x| 4.0 * x).collect();
        let given = outputs(&layers, "", &net, features, &inputs);
        let made = new(&folder, &net, Some(&trace(features, inputs, given)), &[]);
        made.writes(&["activation: none}   # activation: as the golden trace says"]);
        assert_eq!(order(&made.spec), trained.join(" "), "{}", made.said);
        assert!(!made.spec.contains("guess"), "{}", made.spec);
    }
}

#[test]
fn an_embedding_reads_ids_and_nothing_comes_before_it() {
    let folder = folder("proposals_embedding");
    let net = Tensors::default().with("emb.weight", &[20, 8]).lstm("lstm.", 8, 4).linear("head", 6, 20);
    let made = new(&folder, &net, None, &[]);
    made.refuses(&["no order of the layers fits", "`emb` 20 -> 8", "`head` 6 -> 20", "`lstm` 8 -> 4"]);
    assert!(!made.said.contains("proposed spec"), "{}", made.said);
    let net = Tensors::default().with("emb.weight", &[20, 8]).lstm("lstm.", 8, 4).linear("head", 4, 20);
    new(&folder, &net, None, &[]).writes(&["tokens: 20\n", "embedding: {name: \"emb\", dim: 8}\n"]);
}

#[test]
fn what_the_framework_added_in_code_is_found() {
    let folder = folder("proposals_forget");
    let net = Tensors::default().lstm("lstm.", 3, 4).linear("fc", 4, 2);
    let layers =
        "  - lstm: {name: lstm, hidden_size: 4, forget_bias: 1.0}\n  - linear: {name: fc, units: 2}\n";
    // Silence first, as recordings have it.
    let inputs = [vec![0.0; 600], noise(2, 60)].concat();
    let given = outputs(layers, "", &net, 3, &inputs);
    let made = new(&folder, &net, Some(&trace(3, inputs.clone(), given.clone())), &[]);
    made.writes(&[
        "hidden_size: 4, forget_bias: 1.0}   # forget_bias: as the golden trace says\n",
        "activation: none}   # activation: as the golden trace says\n",
    ]);
    // The input added to the output is nothing that a spec says.
    let skip = given.chunks(2).zip(inputs.chunks(3)).flat_map(|(y, x)| [y[0] + x[0], y[1] + x[1]]).collect();
    new(&folder, &net, Some(&trace(3, inputs, skip)), &[])
        .refuses(&["golden-mismatch", "none computes the golden trace"]);
}

#[test]
fn gates_in_another_order_are_named_by_the_compiler() {
    let folder = folder("proposals_gates");
    let net = Tensors::default().lstm("lstm.", 3, 4).linear("fc", 4, 2);
    let layers = "  - lstm: {name: lstm, hidden_size: 4}\n  - linear: {name: fc, units: 2}\n";
    let inputs = noise(2, 60);
    let given = outputs(layers, "", &net, 3, &inputs);
    let stacked = ["lstm.weight_ih_l0", "lstm.weight_hh_l0", "lstm.bias_ih_l0", "lstm.bias_hh_l0"];
    let swapped = stacked.into_iter().fold(net, |net, name| {
        net.changed(name, |data| {
            let gates: Vec<&[f32]> = data.chunks(data.len() / 4).collect();
            [gates[0], gates[2], gates[1], gates[3]].concat()
        })
    });
    let made = new(&folder, &swapped, Some(&trace(3, inputs, given)), &[]);
    made.refuses(&["it matches with the LSTM gates in the order", "activation: none}"]);
}

#[test]
fn unknown_tensors_are_refused_unless_named_or_proved_needless() {
    let folder = folder("proposals_unknown");
    let net = || Tensors::default().lstm("lstm.", 3, 4).linear("fc", 4, 2);
    let norm = |net: Tensors| {
        let net = net.with("bn.weight", &[4]).with("bn.bias", &[4]).with("bn.running_mean", &[4]);
        net.with("bn.num_batches_tracked", &[])
    };
    let made = new(&folder, &norm(net()), None, &[]);
    made.refuses(&[
        "`bn.bias` [4], `bn.running_mean` [4], `bn.weight` [4]",
        "batch normalisation",
        "`--ignore 'bn.*'`",
    ]);
    let left = new(&folder, &norm(net()), None, &["--ignore", "bn.*"]);
    left.writes(&["ignore:\n  - \"bn.*\"   # left out by `--ignore`\n"]);
    let one = new(&folder, &norm(net()), None, &["--ignore", "bn.weight", "--ignore", "bn.bias"]);
    one.refuses(&["`bn.running_mean` [4]"]);
    assert!(!one.said.contains("`bn.weight`"), "{}", one.said);
    let counter = net().with("bn.num_batches_tracked", &[]);
    new(&folder, &counter, None, &[])
        .writes(&["  - \"bn.num_batches_tracked\"   # counts steps of training\n"]);
    new(&folder, &net(), None, &["--ignore", "nothing"]).refuses(&["no tensor matches `--ignore nothing`"]);

    for (unknown, shape) in [
        ("conv.weight", &[3, 5, 3][..]),
        ("a.in_proj_weight", &[12, 4]),
        ("out.bias", &[11]),
        ("lstm.extra", &[4]),
    ] {
        let made = new(&folder, &net().with(unknown, shape), None, &[]);
        made.refuses(&[&format!("`{unknown}` {shape:?}"), &format!("`--ignore '{unknown}'`")]);
    }

    let layers = "  - lstm: {name: lstm, hidden_size: 4}\n  - linear: {name: fc, units: 2}\n";
    let inputs = noise(2, 60);
    let given = outputs(layers, "", &net(), 3, &inputs);
    let made = new(&folder, &norm(net()), Some(&trace(3, inputs.clone(), given.clone())), &[]);
    made.writes(&[
        "  - \"bn.weight\"   # belongs to no known layer; the golden trace is computed without it\n",
    ]);
    assert!(made.said.contains("`bn.weight` [4] belongs to no known layer"), "{}", made.said);
    let other = given.iter().map(|y| y * 1.5).collect();
    new(&folder, &norm(net()), Some(&trace(3, inputs, other)), &[])
        .refuses(&["golden-mismatch", "`bn.weight` [4]"]);
}

#[test]
fn a_proposal_that_fails_stays_where_that_is_asked_for() {
    let folder = folder("proposals_keep");
    let net = Tensors::default().lstm("lstm.", 3, 4).linear("fc", 4, 2);
    let trace = Tensors::default().with("inputs", &[2, 6, 3]).with("outputs", &[2, 2]);
    let made = new(&folder, &net, Some(&trace), &[]);
    made.refuses(&["The proposed spec:", "output: last   # as the golden trace has them", "`--keep` leaves"]);
    assert!(!folder.join("made").exists());
    let kept = new(&folder, &net, Some(&trace), &["--keep"]);
    kept.refuses(&["golden-mismatch", "which does not compile"]);
    assert!(kept.said.contains(&kept.spec) && !kept.spec.is_empty(), "{}", kept.said);
    for file in ["weights.safetensors", "golden.safetensors", "recurve.schema.json"] {
        assert!(folder.join("made").join(file).exists(), "{file}");
    }
    assert!(!folder.join("made/Cargo.toml").exists());
    let unknown = new(&folder, &net.with("conv.weight", &[1, 2, 3]), None, &["--keep"]);
    unknown.refuses(&["conv.weight"]);
    assert!(!unknown.spec.is_empty() && !unknown.spec.contains("ignore"), "{}", unknown.spec);
}

#[test]
fn tensors_without_a_prefix_and_of_three_dimensions() {
    let folder = folder("proposals_prefix");
    let bare = Tensors::default().lstm("", 3, 4).linear("fc", 4, 2);
    let layers = "  - lstm: {name: \"\", hidden_size: 4}\n  - linear: {name: fc, units: 2}\n";
    let inputs = noise(2, 60);
    let given = outputs(layers, "", &bare, 3, &inputs);
    let made = new(&folder, &bare, Some(&trace(3, inputs, given)), &[]);
    made.writes(&["  - lstm: {name: \"\", hidden_size: 4}\n"]);
    let deep =
        Tensors::default().with("lstm.weight_ih_l0", &[1, 16, 3]).with("lstm.weight_hh_l0", &[1, 16, 4]);
    new(&folder, &deep, None, &[]).refuses(&["`lstm.weight_ih_l0` [1, 16, 3]", "has 3 dimensions"]);
}

#[test]
fn a_search_that_was_cut_says_so() {
    let folder = folder("proposals_cut");
    let names = ["fc1", "fc2", "fc3", "fc4", "fc5", "fc6", "fc7"];
    // Seven matrices of numbers below a half would leave outputs that hardly move.
    let wide = |net: Tensors, name: &str| {
        net.linear(name, 2, 2).changed(&format!("{name}.weight"), |w| w.iter().map(|w| 4.0 * w).collect())
    };
    let net = names.into_iter().fold(Tensors::default().lstm("lstm.", 3, 2), wide);
    let linear = |name: &str| format!("  - linear: {{name: {name}, units: 2, activation: tanh}}\n");
    let layers: String = names.into_iter().map(linear).collect();
    let layers = format!("  - lstm: {{name: lstm, hidden_size: 2}}\n{layers}");
    let inputs = noise(2, 12);
    let given = outputs(&layers, "", &net, 3, &inputs);
    let made = new(&folder, &net, Some(&trace(3, inputs.clone(), given)), &[]);
    // Seven layers with four activations each, in many orders.
    made.refuses(&["4096 of more than 4096 readings of the tensors were tried", "golden-mismatch"]);

    let given = outputs(&layers.replace("tanh", "none"), "", &net, 3, &inputs);
    let made = new(&folder, &net, Some(&trace(3, inputs, given)), &[]);
    made.writes(&[
        "activation: none}   # activation: as the golden trace says, of the 4096 readings that were tried\n",
    ]);
}

#[test]
fn a_trace_that_proves_nothing_is_refused_for_what_it_is() {
    let folder = folder("proposals_constant");
    let net = Tensors::default().lstm("lstm.", 3, 4);
    let silent = net
        .clone()
        .changed("lstm.bias_ih_l0", |b| vec![0.0; b.len()])
        .changed("lstm.bias_hh_l0", |b| vec![0.0; b.len()]);
    let trace = trace(3, vec![0.0; 12], vec![0.0; 16]);
    new(&folder, &silent, Some(&trace), &[]).refuses(&["error[golden-constant]"]);
}

#[test]
fn the_schema_lies_beside_the_spec_that_names_it() {
    let folder = folder("proposals_schema");
    let made = new(&folder, &Tensors::default().lstm("lstm.", 3, 4), None, &[]);
    let first = made.spec.lines().next().unwrap_or_default();
    let named = first.strip_prefix("# yaml-language-server: $schema=").expect(first);
    let schema = fs::read_to_string(folder.join("made").join(named)).expect("the schema");
    assert_eq!(schema, recurve_compiler::spec::schema());
}

//! Layers whose tensors have no prefix.

use crate::model::Layer;
use crate::tensors::fixtures::{Tensors, assert_says, faults, model, noise};

type Parts = [(&'static str, &'static [usize])];

/// `part`s below `prefix`, filled the same whatever it is.
fn below(prefix: &str, parts: &Parts) -> Tensors {
    parts.iter().zip(1..).fold(Tensors::new(), |tensors, (&(part, shape), seed)| {
        tensors.floats(&format!("{prefix}{part}"), shape, &noise(seed, shape.iter().product()))
    })
}

#[test]
fn a_layer_without_a_prefix_reads_the_same_tensors() {
    let pytorch: &Parts = &[
        ("weight_ih_l0", &[8, 3]),
        ("weight_hh_l0", &[8, 2]),
        ("weight_ih_l0_reverse", &[8, 3]),
        ("weight_hh_l0_reverse", &[8, 2]),
        ("h0", &[2, 2]),
    ];
    let cases: [(&str, &str, &Parts); 6] = [
        ("pytorch", "lstm: {name: NAME, hidden_size: 2, bidirectional: true}", pytorch),
        (
            "pytorch",
            "gru: {name: NAME, hidden_size: 2, reset: after}",
            &[("weight_ih", &[6, 3]), ("weight_hh", &[6, 2])],
        ),
        (
            "keras",
            "lstm: {name: NAME, hidden_size: 2, bidirectional: true}",
            &[
                ("forward_lstm/lstm_cell/kernel:0", &[3, 8]),
                ("forward_lstm/lstm_cell/recurrent_kernel:0", &[2, 8]),
                ("backward_lstm/lstm_cell/kernel:0", &[3, 8]),
                ("backward_lstm/lstm_cell/recurrent_kernel:0", &[2, 8]),
            ],
        ),
        (
            "onnx",
            "lstm: {name: NAME, hidden_size: 2}",
            &[("W", &[1, 8, 3]), ("R", &[1, 8, 2]), ("initial_h", &[1, 2])],
        ),
        ("pytorch", "linear: {name: NAME, units: 4}", &[("weight", &[4, 3]), ("bias", &[4])]),
        (
            "pytorch",
            "fastrnn: {name: NAME, hidden_size: 2, bidirectional: true}",
            &[
                ("forward.W", &[3, 2]),
                ("forward.U", &[2, 2]),
                ("forward.bias_update", &[2]),
                ("forward.alpha", &[]),
                ("forward.beta", &[]),
                ("backward.W", &[3, 2]),
                ("backward.U", &[2, 2]),
                ("backward.bias_update", &[2]),
                ("backward.alpha", &[]),
                ("backward.beta", &[]),
            ],
        ),
    ];
    for (convention, layer, parts) in cases {
        let read = |name: &str, prefix: &str| {
            let layer = layer.replace("NAME", name);
            let yaml = format!(
                "convention: {convention}\ninput: {{features: 3}}\noutput: every\nlayers:\n  - {layer}"
            );
            let mut layers = model(&yaml, &below(prefix, parts)).layers;
            match &mut layers[0] {
                Layer::Recurrent(layer) => layer.name.clear(),
                Layer::Linear(layer) => layer.name.clear(),
                Layer::Embedding(layer) => layer.name.clear(),
            }
            format!("{layers:?}")
        };
        assert_eq!(read("\"\"", ""), read("net", "net."), "{convention} {layer}");
    }
}

#[test]
fn tensors_without_a_prefix_are_named_as_such() {
    let bare = below("", &[("weight_ih_l0", &[8, 3]), ("weight_hh_l0", &[8, 2]), ("bias_ih_l0", &[8])]);
    let bare = bare.filled("weight_ih_l1", &[8, 2]);
    let yaml = "input: {features: 3}\noutput: every\nlayers:\n  - lstm: {name: \"\", hidden_size: 2}";
    let found = faults(yaml, &bare);
    assert_says(&found, &["layer `\"\"` needs tensor `bias_hh_l0`", "`bias_ih_l0` is there"]);
    let found = faults(yaml, &bare.without("bias_ih_l0"));
    assert_says(&found, &["no layer uses tensor `weight_ih_l1`", "`num_layers: 2`"]);
}

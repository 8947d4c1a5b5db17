//! Policies x cells, matrices and precisions: each with and without the policy.

use crate::weights::Shape;

const FEATURES: usize = 6;
const UNITS: usize = 3;
/// Inputs of a window.
const LENGTH: usize = 7;

/// What the policy drives: the layer, its key in the spec and its keys, gates, hidden size, levels.
struct Network {
    name: &'static str,
    layer: &'static str,
    keys: &'static str,
    gates: usize,
    hidden: usize,
    levels: usize,
    linear: bool,
    /// Factors of the joint matrix of each gate.
    factors: Option<[[usize; 2]; 2]>,
}

const NETWORKS: [Network; 7] = [
    Network {
        name: "lstm",
        layer: "lstm",
        keys: "",
        gates: 4,
        hidden: 17,
        levels: 1,
        linear: true,
        factors: None,
    },
    Network {
        name: "gru_stack",
        layer: "gru",
        keys: ", reset: after, num_layers: 2",
        gates: 3,
        hidden: 9,
        levels: 2,
        linear: false,
        factors: None,
    },
    Network {
        name: "rnn_residual",
        layer: "rnn",
        keys: ", residual: true",
        gates: 1,
        hidden: FEATURES,
        levels: 1,
        linear: true,
        factors: None,
    },
    Network {
        name: "gru_before_int8",
        layer: "gru",
        keys: ", reset: before, precision: int8",
        gates: 3,
        hidden: 33,
        levels: 1,
        linear: true,
        factors: None,
    },
    Network {
        name: "lstm_kp",
        layer: "lstm",
        keys: ", compression: {kp: {matrices: joint, factors: [[3, 6], [6, 4]]}}, precision: f16",
        gates: 4,
        hidden: 18,
        levels: 1,
        linear: true,
        factors: Some([[3, 6], [6, 4]]),
    },
    Network {
        name: "lstm_int16x8",
        layer: "lstm",
        keys: ", precision: int16x8",
        gates: 4,
        hidden: 17,
        levels: 1,
        linear: true,
        factors: None,
    },
    Network {
        name: "lstm_projected",
        layer: "lstm",
        keys: ", proj_size: 9, compression: {low_rank: {matrices: both, rank: 2}}",
        gates: 4,
        hidden: 16,
        levels: 1,
        linear: false,
        factors: None,
    },
];

const POLICIES: [&str; 7] = ["window", "window_since", "skip_rnn", "thr_rnn", "logistic", "mlp", "forest"];

/// One network with one policy.
pub(crate) struct Case {
    network: &'static Network,
    policy: &'static str,
}

/// Every policy on every network.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    NETWORKS.iter().flat_map(|network| POLICIES.iter().map(move |policy| Case { network, policy }))
}

impl Network {
    /// Numbers of the hidden vector.
    fn state(&self) -> usize {
        if self.name == "lstm_projected" { 9 } else { self.hidden }
    }
}

impl Case {
    pub(crate) fn name(&self) -> String {
        format!("{}_{}", self.policy, self.network.name)
    }

    /// The name of the network that executes every step, whatever the policy.
    pub(crate) fn plain(&self) -> String {
        format!("plain_{}", self.network.name)
    }

    /// The spec, whose weights are called `name`.
    pub(crate) fn spec(&self, name: &str, with_policy: bool) -> String {
        let Network { layer, keys, hidden, linear, .. } = self.network;
        let linear = if *linear {
            format!("  - linear: {{name: linear, units: {UNITS}, activation: softmax}}\n")
        } else {
            String::new()
        };
        let skip = match self.policy {
            "window" => format!("window: {{name: skip, length: {LENGTH}, budget: 4, threshold: 0.45}}"),
            "window_since" => {
                format!("window: {{name: skip, length: {LENGTH}, budget: 5, time: since_update}}")
            }
            "skip_rnn" => "skip_rnn: {name: skip}".into(),
            "thr_rnn" => "thr_rnn: {name: skip, threshold: 0.8}".into(),
            "logistic" => "predictor: {logistic: {name: skip}}".into(),
            "mlp" => "predictor: {mlp: {name: skip, hidden_size: 5}}".into(),
            _ => "predictor: {forest: {name: skip}}".into(),
        };
        let policy = if with_policy { format!("runtime: {{skip: {{{skip}}}}}\n") } else { String::new() };
        format!(
            "recurve: 1\nname: M\nweights: {name}.safetensors\ninput: {{features: {FEATURES}}}\n\
             layers:\n  - {layer}: {{name: rnn, hidden_size: {hidden}{keys}}}\n{linear}output: every\n{policy}"
        )
    }

    /// The tensors of the network, and those of the policy.
    pub(crate) fn tensors(&self, with_policy: bool) -> Vec<Shape> {
        let Network { gates, hidden, levels, linear, factors, .. } = self.network;
        let mut tensors: Vec<Shape> = Vec::new();
        for level in 0..*levels {
            let input = if level == 0 { FEATURES } else { *hidden };
            let rows = gates * hidden;
            let mut tensor = |part: &str, shape: Vec<usize>| tensors.push((format!("rnn.{part}"), shape));
            match factors {
                Some([b, c]) => {
                    tensor("weight_l0.b", vec![*gates, b[0], b[1]]);
                    tensor("weight_l0.c", vec![*gates, c[0], c[1]]);
                }
                None if self.network.name == "lstm_projected" => {
                    let state = self.network.state();
                    tensor("weight_hr_l0", vec![state, *hidden]);
                    for (matrix, columns) in [("weight_ih_l0", input), ("weight_hh_l0", state)] {
                        tensor(&format!("{matrix}.u"), vec![*gates, *hidden, 2]);
                        tensor(&format!("{matrix}.v"), vec![*gates, 2, columns]);
                    }
                }
                None => {
                    tensor(&format!("weight_ih_l{level}"), vec![rows, input]);
                    tensor(&format!("weight_hh_l{level}"), vec![rows, *hidden]);
                }
            }
            tensor(&format!("bias_ih_l{level}"), vec![rows]);
            tensor(&format!("bias_hh_l{level}"), vec![rows]);
        }
        if *linear {
            tensors.push(("linear.weight".into(), vec![UNITS, *hidden]));
            tensors.push(("linear.bias".into(), vec![UNITS]));
        }
        if !with_policy {
            return tensors;
        }
        let mut tensor = |part: &str, shape: Vec<usize>| tensors.push((format!("skip.{part}"), shape));
        let seen = FEATURES + self.network.state();
        match self.policy {
            "window" | "window_since" => {
                tensor("weight", vec![LENGTH, hidden + 1]);
                tensor("bias", vec![LENGTH]);
            }
            "skip_rnn" | "thr_rnn" => {
                tensor("weight", vec![1, *hidden]);
                tensor("bias", vec![1]);
            }
            "logistic" => {
                tensor("weight", vec![1, seen]);
                tensor("bias", vec![1]);
            }
            "mlp" => {
                for (layer, rows, columns) in [(0, 5, seen), (2, 5, 5), (4, 1, 5)] {
                    tensor(&format!("{layer}.weight"), vec![rows, columns]);
                    tensor(&format!("{layer}.bias"), vec![rows]);
                }
            }
            _ => {
                for part in ["feature", "threshold", "children_left", "children_right", "value"] {
                    tensor(part, vec![3, 7]);
                }
            }
        }
        tensors
    }

    /// Numbers of a tensor that must not be random: the places in full trees of seven nodes, and weights large
    /// enough for decisions that differ.
    pub(crate) fn fixed(&self, name: &str, index: usize) -> Option<Fixed> {
        let node = index % 7;
        let inner = node < 3;
        match name {
            "skip.feature" => Some(Fixed::Integer(((index * 5) % (FEATURES + self.network.state())) as i32)),
            "skip.children_left" => Some(Fixed::Integer(if inner { 2 * node as i32 + 1 } else { -1 })),
            "skip.children_right" => Some(Fixed::Integer(if inner { 2 * node as i32 + 2 } else { -1 })),
            "skip.value" => Some(Fixed::Number([0.9, 0.2, 0.7, 0.1, 0.8, 0.55, 0.3][node])),
            "skip.bias" if self.policy == "skip_rnn" || self.policy == "thr_rnn" => Some(Fixed::Number(-1.2)),
            "skip.bias" if self.policy == "logistic" => Some(Fixed::Number(0.02)),
            "skip.0.weight" | "skip.2.weight" | "skip.4.weight" => {
                Some(Fixed::Number(((index * 37 + 11) % 17) as f32 / 8.0 - 1.0))
            }
            "skip.4.bias" => Some(Fixed::Number(0.4)),
            _ => None,
        }
    }
}

/// A number of a tensor.
pub(crate) enum Fixed {
    Integer(i32),
    Number(f32),
}

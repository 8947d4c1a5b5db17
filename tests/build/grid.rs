//! The grid: cells x directions x levels x sizes x outputs.

use crate::weights::Shape;

/// Hidden sizes on both sides of a vector, a block, and two blocks.
const SIZES: [usize; 6] = [1, 3, 7, 17, 33, 129];
/// The largest size in integers, whose reference is slow where it is not optimised.
const MOST_FIXED: usize = 65;
/// Features of every model of the grid.
const FEATURES: usize = 5;
/// Units of the linear layer behind some of them.
const UNITS: usize = 3;

/// One model.
pub(crate) struct Case {
    cell: &'static Cell,
    pub(crate) bidirectional: bool,
    levels: usize,
    pub(crate) size: usize,
    pub(crate) every: bool,
}

/// A kind of cell, with what its layer says besides the sizes.
struct Cell {
    name: &'static str,
    layer: &'static str,
    options: &'static str,
    gates: usize,
    /// Rank of the input and the recurrent matrix, at most; 0 for dense ones.
    rank: usize,
    /// Whether everything is computed in integers.
    is_fixed: bool,
    /// Whether the hidden vector is a projection of the units.
    is_projected: bool,
}

impl Cell {
    const fn new(name: &'static str, layer: &'static str, options: &'static str, gates: usize) -> Cell {
        Cell { name, layer, options, gates, rank: 0, is_fixed: false, is_projected: false }
    }

    const fn low_rank(self, rank: usize) -> Cell {
        Cell { rank, ..self }
    }

    const fn fixed(self) -> Cell {
        Cell { is_fixed: true, ..self }
    }

    const fn projected(self) -> Cell {
        Cell { is_projected: true, ..self }
    }
}

const CELLS: [Cell; 19] = [
    Cell::new("lstm", "lstm", "", 4),
    Cell::new("gru_after", "gru", "reset: after, ", 3),
    Cell::new("gru_before", "gru", "reset: before, ", 3),
    Cell::new("rnn_tanh", "rnn", "", 1),
    Cell::new("rnn_relu", "rnn", "nonlinearity: relu, ", 1),
    Cell::new("fastrnn", "fastrnn", "", 1),
    Cell::new("fastrnn_low_rank", "fastrnn", "", 1).low_rank(4),
    Cell::new("fastgrnn", "fastgrnn", "", 1),
    Cell::new("fastgrnn_low_rank", "fastgrnn", "", 1).low_rank(2),
    Cell::new("lstm_int16x8", "lstm", "", 4).fixed(),
    Cell::new("gru_int16x8", "gru", "reset: after, ", 3).fixed(),
    Cell::new("gru_int16x8_before", "gru", "reset: before, ", 3).fixed(),
    Cell::new("rnn_int16x8", "rnn", "", 1).fixed(),
    Cell::new("fastrnn_int16x8", "fastrnn", "nonlinearity: sigmoid, ", 1).fixed(),
    Cell::new("fastrnn_int16x8_low_rank", "fastrnn", "nonlinearity: relu, ", 1).fixed().low_rank(3),
    Cell::new("fastgrnn_int16x8", "fastgrnn", "", 1).fixed(),
    Cell::new(
        "fastgrnn_int16x8_low_rank",
        "fastgrnn",
        "gate_nonlinearity: quant_sigm, update_nonlinearity: quant_tanh, ",
        1,
    )
    .fixed()
    .low_rank(2),
    Cell::new(
        "fastgrnn_int16x8_relu",
        "fastgrnn",
        "gate_nonlinearity: quant_sigm4, update_nonlinearity: relu, ",
        1,
    )
    .fixed()
    .low_rank(3),
    Cell::new("lstm_projected", "lstm", "", 4).projected(),
];

/// Every model of the grid: each cell in each size, and in two directions and two levels in every second one.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (nth_cell, cell) in CELLS.iter().enumerate() {
        for (index, size) in SIZES.into_iter().enumerate() {
            if cell.is_projected && size == 1 {
                continue;
            }
            let size = if cell.is_fixed { size.min(MOST_FIXED) } else { size };
            let in_turn = (index + nth_cell) % 2 == 0;
            // A streaming model is the same code for either output; of a bidirectional one each has some sizes.
            let every = index % 4 >= 2;
            let mut case = |levels, bidirectional| {
                cases.push(Case { cell, bidirectional, levels, size, every });
            };
            case(1, false);
            if in_turn {
                case(1, true);
            }
            if !matches!(cell.layer, "fastrnn" | "fastgrnn") {
                case(2, !in_turn);
            }
        }
    }
    cases
}

impl Case {
    pub(crate) fn name(&self) -> String {
        let directions = if self.bidirectional { "_bidirectional" } else { "" };
        let output = if self.every { "every" } else { "last" };
        format!("{}{directions}_{}x{}_{output}", self.cell.name, self.levels, self.size)
    }

    pub(crate) fn is_fixed(&self) -> bool {
        self.cell.is_fixed
    }

    /// Numbers of the hidden vector.
    fn hidden(&self) -> usize {
        if self.cell.is_projected { self.size.div_ceil(2) } else { self.size }
    }

    fn precision(&self) -> &'static str {
        if self.cell.is_fixed { ", precision: int16x8" } else { "" }
    }

    /// What a linear layer applies: of a fixed one each activation behind some size.
    fn activation(&self) -> &'static str {
        match (self.cell.is_fixed, self.size) {
            (true, 3) if self.bidirectional => "tanh",
            (true, 3) => "none",
            (true, 7) if self.bidirectional => "relu",
            (true, 7) => "sigmoid",
            _ => "softmax",
        }
    }

    /// A linear layer behind every second size; the others give what the last level gives.
    fn has_linear(&self) -> bool {
        self.size % 4 == 3
    }

    pub(crate) fn spec(&self) -> String {
        let Cell { layer, options, rank, .. } = self.cell;
        let mut keys = format!("name: rnn, hidden_size: {}, {options}", self.size);
        if *rank > 0 {
            let (input, recurrent) = (FEATURES.min(self.size).min(*rank), self.size.min(*rank));
            keys += &format!("input_rank: {input}, recurrent_rank: {recurrent}, ");
        }
        if self.cell.is_projected {
            keys += &format!("proj_size: {}, ", self.hidden());
        }
        if self.levels > 1 {
            keys += &format!("num_layers: {}, ", self.levels);
        }
        if self.bidirectional {
            keys += "bidirectional: true, ";
        }
        let (precision, activation) = (self.precision(), self.activation());
        let linear = if self.has_linear() {
            format!("  - linear: {{name: linear, units: {UNITS}, activation: {activation}{precision}}}\n")
        } else {
            String::new()
        };
        let in_memory = self.bidirectional && (self.levels > 1 || (self.every && self.has_linear()));
        let max_steps = if in_memory { "\n  max_steps: 64" } else { "" };
        let output = if self.every { "every" } else { "last" };
        // Both forms of the activations, each on both sides of a vector.
        let runtime = if matches!(self.size, 7 | 17) { "runtime: {activations: exact}\n" } else { "" };
        let keys = keys.trim_end_matches(", ").to_owned() + precision;
        format!(
            "recurve: 1\nname: M\nweights: {}.safetensors\ninput:\n  features: {FEATURES}{max_steps}\n\
             layers:\n  - {layer}: {{{keys}}}\n{linear}output: {output}\n{runtime}",
            self.name()
        )
    }

    pub(crate) fn tensors(&self) -> Vec<Shape> {
        let mut tensors = Vec::new();
        let directions = if self.bidirectional { 2 } else { 1 };
        for level in 0..self.levels {
            let input = if level == 0 { FEATURES } else { self.hidden() * directions };
            for direction in 0..directions {
                match self.cell.layer {
                    "fastrnn" | "fastgrnn" => self.edgeml(direction, &mut tensors),
                    _ => self.pytorch(level, direction, input, &mut tensors),
                }
            }
        }
        if self.has_linear() {
            tensors.push(("linear.weight".into(), vec![UNITS, self.hidden() * directions]));
            tensors.push(("linear.bias".into(), vec![UNITS]));
        }
        tensors
    }

    fn pytorch(&self, level: usize, direction: usize, input: usize, tensors: &mut Vec<Shape>) {
        let reverse = if direction == 1 { "_reverse" } else { "" };
        let rows = self.cell.gates * self.size;
        let name = |kind: &str| format!("rnn.{kind}_l{level}{reverse}");
        tensors.push((name("weight_ih"), vec![rows, input]));
        tensors.push((name("weight_hh"), vec![rows, self.hidden()]));
        if self.cell.is_projected {
            tensors.push((name("weight_hr"), vec![self.hidden(), self.size]));
        }
        tensors.push((name("bias_ih"), vec![rows]));
        tensors.push((name("bias_hh"), vec![rows]));
    }

    fn edgeml(&self, direction: usize, tensors: &mut Vec<Shape>) {
        let prefix = match (self.bidirectional, direction) {
            (false, _) => "rnn",
            (true, 0) => "rnn.forward",
            (true, _) => "rnn.backward",
        };
        let mut tensor = |kind: &str, shape: &[usize]| {
            tensors.push((format!("{prefix}.{kind}"), shape.to_vec()));
        };
        let size = self.size;
        match self.cell.rank {
            0 => {
                tensor("W", &[FEATURES, size]);
                tensor("U", &[size, size]);
            }
            rank => {
                let (input, recurrent) = (FEATURES.min(size).min(rank), size.min(rank));
                tensor("W1", &[FEATURES, input]);
                tensor("W2", &[input, size]);
                tensor("U1", &[size, recurrent]);
                tensor("U2", &[recurrent, size]);
            }
        }
        tensor("bias_update", &[1, size]);
        let scalars = if self.cell.layer == "fastrnn" {
            ["alpha", "beta"]
        } else {
            tensor("bias_gate", &[1, size]);
            ["zeta", "nu"]
        };
        for scalar in scalars {
            tensor(scalar, &[1, 1]);
        }
    }
}

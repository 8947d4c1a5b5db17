//! The shapes of Thakker et al. 2019 and a large one: dense, compressed, and in fewer bits.

/// One recurrent layer, and a linear one behind it where there are classes.
#[derive(Clone, Copy)]
pub struct Compressed {
    pub name: &'static str,
    kind: &'static str,
    gates: usize,
    input: usize,
    hidden: usize,
    /// Of the stack.
    levels: usize,
    classes: usize,
    /// What the spec says of the layer besides.
    more: &'static str,
    /// In place of the dense matrices: names, and the shapes of one gate.
    factors: &'static [(&'static str, &'static [usize])],
    /// How many in ten blocks of 16 rows are zero.
    zeros: usize,
}

const KWS: Compressed = Compressed {
    name: "Kws",
    kind: "lstm",
    gates: 4,
    input: 10,
    hidden: 118,
    levels: 1,
    classes: 12,
    more: "",
    factors: &[],
    zeros: 0,
};

const KWS_GRU: Compressed = Compressed {
    name: "KwsGru",
    kind: "gru",
    gates: 3,
    input: 10,
    hidden: 154,
    levels: 1,
    classes: 0,
    more: ", reset: before",
    factors: &[],
    zeros: 0,
};

const MNIST: Compressed = Compressed { name: "Mnist", input: 28, hidden: 40, classes: 0, ..KWS };

const HAR: Compressed = Compressed { name: "Har", input: 77, hidden: 179, classes: 0, ..KWS };

const MEDIUM: Compressed = Compressed { name: "Medium", input: 256, hidden: 256, classes: 0, ..KWS };

const LARGE: Compressed = Compressed { name: "Large", input: 1500, hidden: 1500, classes: 0, ..KWS };

/// Somewhat larger than a common cache.
const WIDE: Compressed = Compressed { name: "Wide", input: 600, hidden: 600, classes: 0, ..KWS };

const STACK: Compressed = Compressed { name: "Stack", input: 512, hidden: 512, levels: 3, ..LARGE };

pub const MODELS: &[Compressed] = &[
    KWS,
    Compressed {
        name: "KwsKp",
        more: ", compression: {kp: {}}",
        factors: &[("weight_l0.b", &[2, 16]), ("weight_l0.c", &[59, 8])],
        ..KWS
    },
    Compressed {
        name: "KwsHkp",
        more: ", compression: {hkp: {rows: 8}}",
        factors: &[("weight_l0.a", &[8, 128]), ("weight_l0.b", &[10, 16]), ("weight_l0.c", &[11, 8])],
        ..KWS
    },
    Compressed {
        name: "KwsHmd2",
        more: ", compression: {hmd: {rows: 57}}",
        factors: &[
            ("weight_l0.a", &[57, 128]),
            ("weight_l0.b", &[61]),
            ("weight_l0.c", &[64]),
            ("weight_l0.d", &[61]),
            ("weight_l0.e", &[64]),
        ],
        ..KWS
    },
    Compressed {
        name: "KwsHmd4",
        more: ", compression: {hmd: {rows: 27}}",
        factors: &[
            ("weight_l0.a", &[27, 128]),
            ("weight_l0.b", &[91]),
            ("weight_l0.c", &[64]),
            ("weight_l0.d", &[91]),
            ("weight_l0.e", &[64]),
        ],
        ..KWS
    },
    Compressed {
        name: "KwsLowRank",
        more: ", compression: {low_rank: {rank: 15}}",
        factors: &[("weight_l0.u", &[118, 15]), ("weight_l0.v", &[15, 128])],
        ..KWS
    },
    Compressed {
        name: "KwsPruned",
        more: ", compression: {pruned: {matrices: both, pattern: blocks, sparsity: 0.75}}",
        zeros: 8,
        ..KWS
    },
    Compressed { name: "KwsInt8", more: ", precision: int8", ..KWS },
    Compressed { name: "KwsInt4", more: ", precision: int4", ..KWS },
    Compressed {
        name: "KwsKpInt8",
        more: ", precision: int8, compression: {kp: {}}",
        factors: &[("weight_l0.b", &[2, 16]), ("weight_l0.c", &[59, 8])],
        ..KWS
    },
    KWS_GRU,
    Compressed {
        name: "KwsGruKp",
        more: ", reset: before, compression: {kp: {}}",
        factors: &[("weight_l0.b", &[11, 41]), ("weight_l0.c", &[14, 4])],
        ..KWS_GRU
    },
    Compressed { name: "KwsGruInt8", more: ", reset: before, precision: int8", ..KWS_GRU },
    MNIST,
    Compressed {
        name: "MnistKp",
        more: ", compression: {kp: {}}",
        factors: &[("weight_l0.b", &[5, 17]), ("weight_l0.c", &[8, 4])],
        ..MNIST
    },
    HAR,
    Compressed {
        name: "HarKp",
        more: ", compression: {kp: {factors: [[1, 32], [179, 8]]}}",
        factors: &[("weight_l0.b", &[1, 32]), ("weight_l0.c", &[179, 8])],
        ..HAR
    },
    Compressed {
        name: "HarPruned",
        more: ", compression: {pruned: {matrices: both, pattern: blocks, sparsity: 0.75}}",
        zeros: 8,
        ..HAR
    },
    Compressed { name: "HarF16", more: ", precision: f16", ..HAR },
    Compressed { name: "HarInt8", more: ", precision: int8", ..HAR },
    Compressed { name: "HarInt4", more: ", precision: int4", ..HAR },
    Compressed {
        name: "HarKpInt8",
        more: ", precision: int8, compression: {kp: {factors: [[1, 32], [179, 8]]}}",
        factors: &[("weight_l0.b", &[1, 32]), ("weight_l0.c", &[179, 8])],
        ..HAR
    },
    MEDIUM,
    Compressed { name: "MediumInt8", more: ", precision: int8", ..MEDIUM },
    Compressed { name: "MediumGru", kind: "gru", gates: 3, more: ", reset: after", ..MEDIUM },
    LARGE,
    WIDE,
    Compressed { name: "LargeInt8", more: ", precision: int8", ..LARGE },
    STACK,
];

impl Compressed {
    /// The same of at most as many inputs and units.
    pub fn at_most(self, most: usize) -> Compressed {
        Compressed { input: self.input.min(most), hidden: self.hidden.min(most), ..self }
    }

    pub fn spec(&self) -> String {
        let Compressed { name, kind, input, hidden, levels, classes, more, .. } = self;
        let head = match classes {
            0 => String::new(),
            classes => format!("  - linear: {{name: classifier, units: {classes}}}\n"),
        };
        format!(
            "recurve: 1\n\
             name: {name}\n\
             weights: {name}.safetensors\n\
             input: {{features: {input}}}\n\
             layers:\n  \
               - {kind}: {{name: rnn, hidden_size: {hidden}, num_layers: {levels}{more}}}\n\
             {head}\
             output: every\n"
        )
    }

    /// Names and shapes.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let rows = self.gates * self.hidden;
        let mut tensors = Vec::new();
        for level in 0..self.levels {
            let named = |name: &str| format!("rnn.{name}_l{level}");
            tensors.extend([(named("bias_ih"), vec![rows]), (named("bias_hh"), vec![rows])]);
            if self.factors.is_empty() {
                let input = if level == 0 { self.input } else { self.hidden };
                tensors.push((named("weight_ih"), vec![rows, input]));
                tensors.push((named("weight_hh"), vec![rows, self.hidden]));
            }
        }
        for (part, shape) in self.factors {
            tensors.push((format!("rnn.{part}"), [&[self.gates], *shape].concat()));
        }
        if self.classes > 0 {
            tensors.push(("classifier.weight".into(), vec![self.classes, self.hidden]));
            tensors.push(("classifier.bias".into(), vec![self.classes]));
        }
        tensors
    }

    /// Whether the number at `index` of a tensor is zero.
    pub fn is_zero(&self, name: &str, shape: &[usize], index: usize) -> bool {
        let &[_, columns] = shape else {
            return false;
        };
        let (row, column) = (index / columns, index % columns);
        let block = (row / self.hidden * self.hidden + row % self.hidden / 16) * columns + column;
        name.contains("weight_") && (block.wrapping_mul(0x9e37_79b9) >> 16) % 10 < self.zeros
    }

    /// The numbers' largest magnitude, for sums in the bend of a sigmoid.
    pub fn limit(&self) -> f32 {
        if self.factors.is_empty() { 1.0 / (self.hidden as f32).sqrt() } else { 0.3 }
    }
}

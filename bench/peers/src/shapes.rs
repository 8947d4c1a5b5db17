//! The networks that everything is measured on.

/// A network of random weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Name of the compiled type.
    pub type_name: &'static str,
    pub cell: Cell,
    pub input: usize,
    pub hidden: usize,
    pub levels: usize,
    /// Both outputs side by side; it has no single step.
    pub bidirectional: bool,
    /// Units of a linear layer with a softmax behind it, or 0.
    pub classes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    Lstm,
    /// With the reset gate behind the product, as PyTorch has it.
    Gru,
}

const fn shape(type_name: &'static str, cell: Cell, input: usize, hidden: usize) -> Shape {
    Shape { type_name, cell, input, hidden, levels: 1, bidirectional: false, classes: 0 }
}

pub const SHAPES: [Shape; 13] = [
    shape("Lstm28To40", Cell::Lstm, 28, 40),
    shape("Lstm10To118", Cell::Lstm, 10, 118),
    shape("Gru10To154", Cell::Gru, 10, 154),
    shape("Lstm77To179", Cell::Lstm, 77, 179),
    Shape { bidirectional: true, ..shape("Lstm77To179Both", Cell::Lstm, 77, 179) },
    shape("Lstm256", Cell::Lstm, 256, 256),
    Shape { levels: 2, ..shape("Lstm256Twice", Cell::Lstm, 256, 256) },
    Shape { levels: 4, ..shape("Lstm256Fourfold", Cell::Lstm, 256, 256) },
    shape("Lstm750", Cell::Lstm, 750, 750),
    shape("Gru750", Cell::Gru, 750, 750),
    shape("Lstm1024", Cell::Lstm, 1024, 1024),
    shape("Lstm1500", Cell::Lstm, 1500, 1500),
    shape("Gru1500", Cell::Gru, 1500, 1500),
];

/// A network that was trained, in several forms.
#[derive(Debug, Clone, Copy)]
pub struct Trained {
    /// The dense one.
    pub shape: Shape,
    /// Folder of the specs.
    pub folder: &'static str,
    /// What the data is called.
    #[allow(dead_code, reason = "the program reads it")]
    pub data: &'static str,
    #[allow(dead_code, reason = "the program reads it")]
    pub title: &'static str,
    /// The dense network first.
    #[allow(dead_code, reason = "the build script compiles them")]
    pub forms: &'static [Form],
}

/// A form of a trained network.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "the build script reads it")]
pub struct Form {
    pub title: &'static str,
    /// A spec of the folder, without its end.
    pub spec: &'static str,
    /// What is changed of its text: a part, and what takes its place.
    pub changes: &'static [(&'static str, &'static str)],
}

const fn form(
    title: &'static str,
    spec: &'static str,
    changes: &'static [(&'static str, &'static str)],
) -> Form {
    Form { title, spec, changes }
}

pub const TRAINED: [Trained; 2] = [
    Trained {
        shape: Shape { classes: 10, ..shape("SpokenDigits", Cell::Lstm, 10, 118) },
        folder: "spoken_digits",
        data: "spoken_digits",
        title: "Spoken digits: LSTM 10->118, Free Spoken Digit Dataset",
        forms: &[
            form("dense", "dense", &[]),
            form("f16", "dense", &[("hidden_size: 118", "hidden_size: 118, precision: f16")]),
            form("int8", "dense_int8", &[]),
            form("int4", "dense", &[("hidden_size: 118", "hidden_size: 118, precision: int4")]),
            form("HMD, 2x", "hmd", &[]),
            form("HKP", "hkp", &[]),
            form("KP", "kp", &[]),
            form("KP, int8", "kp_int8", &[]),
        ],
    },
    Trained {
        shape: Shape { classes: 6, ..shape("HumanActivity", Cell::Gru, 9, 64) },
        folder: "har_skipping",
        data: "har",
        title: "Human activity: GRU 9->64, UCI HAR (a part)",
        forms: &[
            form("dense", "dense", &[]),
            form("int8", "dense", &[("hidden_size: 64", "hidden_size: 64, precision: int8")]),
            form("SkipW, K/L = 1", "window", &[]),
            form("SkipW, K/L = 1/2", "window", &[("budget: 16", "budget: 8")]),
            form(
                "SkipW, K/L = 1/2, int8",
                "window",
                &[("budget: 16", "budget: 8"), ("hidden_size: 64", "hidden_size: 64, precision: int8")],
            ),
            form("SkipW, K/L = 1/4", "window", &[("budget: 16", "budget: 4")]),
            form("SkipRNN", "skip_rnn", &[]),
        ],
    },
];

/// The LSTM of the language model of `train/language_model.py`.
pub const LANGUAGE_MODEL: Shape = shape("LanguageModel", Cell::Lstm, 256, 750);

/// A form of the language model's LSTM.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "the build script reads it")]
pub struct LanguageModelForm {
    pub title: &'static str,
    pub precision: &'static str,
    /// The precision of a little module, with which half of the rows are left out.
    pub little: Option<&'static str>,
}

/// The dense one first.
#[allow(dead_code, reason = "the build script compiles them")]
pub const LANGUAGE_MODEL_FORMS: [LanguageModelForm; 7] = [
    LanguageModelForm { title: "dense", precision: "f32", little: None },
    LanguageModelForm { title: "f16", precision: "f16", little: None },
    LanguageModelForm { title: "int8", precision: "int8", little: None },
    LanguageModelForm { title: "int4", precision: "int4", little: None },
    LanguageModelForm { title: "dual module in int8, 50 %", precision: "f32", little: Some("int8") },
    LanguageModelForm { title: "dual module in int4, 50 %", precision: "f32", little: Some("int4") },
    LanguageModelForm { title: "int8, dual module in int4, 50 %", precision: "int8", little: Some("int4") },
];

/// A tensor: the name that PyTorch gives it, and its shape.
pub type Tensor = (String, Vec<usize>);

impl Shape {
    pub const fn gates(&self) -> usize {
        match self.cell {
            Cell::Lstm => 4,
            Cell::Gru => 3,
        }
    }

    pub const fn directions(&self) -> usize {
        if self.bidirectional { 2 } else { 1 }
    }

    /// Numbers that a level gives.
    const fn width(&self) -> usize {
        self.hidden * self.directions()
    }

    /// Numbers of an output.
    #[allow(dead_code, reason = "the build script calls it")]
    pub const fn output(&self) -> usize {
        if self.classes == 0 { self.width() } else { self.classes }
    }

    /// Numbers that a level reads.
    pub const fn input_of(&self, level: usize) -> usize {
        if level == 0 { self.input } else { self.width() }
    }

    pub fn name(&self) -> String {
        let cell = match self.cell {
            Cell::Lstm => "LSTM",
            Cell::Gru => "GRU",
        };
        let more = match (self.levels, self.bidirectional) {
            (1, false) => String::new(),
            (1, true) => ", both ways".into(),
            (levels, _) => format!(", {levels} levels"),
        };
        format!("{cell} {}->{}{more}", self.input, self.hidden)
    }

    /// The end of a tensor's name: `_l0`, `_l0_reverse`.
    pub fn end(level: usize, direction: usize) -> String {
        format!("_l{level}{}", if direction == 0 { "" } else { "_reverse" })
    }

    /// The tensors of a level's direction: of the input, of the state, and the biases of both.
    pub fn tensors_of(&self, level: usize, direction: usize) -> [Tensor; 4] {
        let (rows, end) = (self.gates() * self.hidden, Shape::end(level, direction));
        [
            (format!("weight_ih{end}"), vec![rows, self.input_of(level)]),
            (format!("weight_hh{end}"), vec![rows, self.hidden]),
            (format!("bias_ih{end}"), vec![rows]),
            (format!("bias_hh{end}"), vec![rows]),
        ]
    }

    #[allow(dead_code, reason = "the build script calls it")]
    pub fn tensors(&self) -> Vec<Tensor> {
        let each =
            |level| (0..self.directions()).flat_map(move |direction| self.tensors_of(level, direction));
        (0..self.levels).flat_map(each).collect()
    }

    /// The spec, with the layer's `precision`.
    pub fn spec(&self, name: &str, precision: &str) -> String {
        let (kind, more) = match self.cell {
            Cell::Lstm => ("lstm", ""),
            Cell::Gru => ("gru", ", reset: after"),
        };
        let Shape { type_name, input, hidden, levels, bidirectional, .. } = self;
        format!(
            "recurve: 1\nname: {name}\nweights: {type_name}.safetensors\ninput: {{features: {input}}}\nlayers:\n  \
             - {kind}: {{name: rnn, hidden_size: {hidden}, num_layers: {levels}, bidirectional: {bidirectional}, \
             precision: {precision}{more}}}\noutput: every\n"
        )
    }
}

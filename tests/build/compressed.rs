//! Compressed matrices: cells x forms, with precisions, matrices they stand for, sizes and directions in turns.

use std::collections::BTreeSet;

use crate::weights::Shape;

/// Features of every model.
const FEATURES: usize = 6;
/// Hidden sizes below and above a vector and a block; with the features they are no primes.
const SIZES: [usize; 4] = [4, 15, 27, 76];

const CELLS: [(&str, &str, &str, usize); 7] = [
    ("lstm", "lstm", "", 4),
    ("gru_before", "gru", "reset: before, ", 3),
    ("gru_after", "gru", "reset: after, ", 3),
    ("rnn", "rnn", "", 1),
    ("fastrnn", "fastrnn", "", 1),
    ("fastgrnn", "fastgrnn", "", 1),
    ("lstm_projected", "lstm", "", 4),
];

const FORMS: [&str; 9] =
    ["dense", "kp", "kp_turned", "hkp", "hmd", "low_rank", "pruned", "pruned_blocks", "doped_kp"];
const PRECISIONS: [&str; 5] = ["f32", "f16", "bf16", "int8", "int4"];
const ON: [&str; 4] = ["joint", "input", "recurrent", "both"];

/// One model.
pub(crate) struct Case {
    cell: (&'static str, &'static str, &'static str, usize),
    form: &'static str,
    on: &'static str,
    precision: &'static str,
    pub(crate) size: usize,
    levels: usize,
    pub(crate) bidirectional: bool,
}

/// Every cell with every form. The rest take turns, in steps for which any two of a cell, a form, a precision, a matrix, a
/// size and a number of directions meet in some model, as far as the two can.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (nth_cell, cell) in CELLS.into_iter().enumerate() {
        for (nth_form, form) in FORMS.into_iter().enumerate() {
            let turn = nth_cell + nth_form;
            let shift = nth_cell / ON.len() + nth_form / ON.len();
            let precision = match PRECISIONS[turn % PRECISIONS.len()] {
                "f32" if form == "dense" => "bf16",
                precision => precision,
            };
            let on = match ON[(turn + 2 * shift) % ON.len()] {
                "joint" if cell.0 == "gru_after" => "recurrent",
                "both" if form == "kp_turned" => "input",
                on => on,
            };
            // Fewer rows or columns than four are a prime number of them.
            let is_short = form == "hkp" || cell.0 == "lstm_projected";
            let smallest = usize::from(is_short && on == "both");
            let size = SIZES[((turn + nth_form + shift) % SIZES.len()).max(smallest)];
            let bidirectional = (turn + nth_form) % 3 == 2;
            cases.push(Case { cell, form, on, precision, size, levels: 1, bidirectional });
        }
    }
    assert_pairs(&cases);
    // Levels above the first take other matrices.
    for (turn, form) in FORMS.into_iter().filter(|form| !["kp_turned", "dense"].contains(form)).enumerate() {
        let (cell, precision) = (CELLS[turn % 2], PRECISIONS[turn % PRECISIONS.len()]);
        cases.push(Case { cell, form, on: "joint", precision, size: 15, levels: 2, bidirectional: false });
    }
    cases
}

/// Fails when two values of different properties are in no model together, though they could be.
fn assert_pairs(cases: &[Case]) {
    let properties = |case: &Case| {
        let directions = if case.bidirectional { "bidirectional" } else { "one direction" };
        [case.cell.0, case.form, case.precision, case.on, &case.size.to_string(), directions]
            .map(String::from)
    };
    let seen: Vec<_> = cases.iter().map(properties).collect();
    for first in 0..seen[0].len() {
        for second in first + 1..seen[0].len() {
            let pairs: BTreeSet<_> = seen.iter().map(|case| (&case[first], &case[second])).collect();
            for (a, b) in seen.iter().flat_map(|case| seen.iter().map(|other| (&case[first], &other[second])))
            {
                let cannot = matches!(
                    (a.as_str(), b.as_str()),
                    ("gru_after", "joint") | ("kp_turned", "both") | ("dense", "f32")
                );
                assert!(cannot || pairs.contains(&(a, b)), "no model is {a} and {b}");
            }
        }
    }
}

impl Case {
    pub(crate) fn name(&self) -> String {
        let directions = if self.bidirectional { "_bidirectional" } else { "" };
        let Case { form, on, precision, levels, size, .. } = self;
        format!("{}_{form}_{on}_{precision}{directions}_{levels}x{size}", self.cell.0)
    }

    pub(crate) fn spec(&self) -> String {
        let Case { on, size, precision, .. } = self;
        let factors = match self.factors_in_spec() {
            Some([b, c]) => format!(", factors: [{b:?}, {c:?}]"),
            None => String::new(),
        };
        let compression = match self.form {
            "kp" | "kp_turned" => format!("kp: {{matrices: {on}{factors}}}"),
            "hkp" => format!("hkp: {{matrices: {on}, rows: {}{factors}}}", self.rows()),
            "hmd" => format!("hmd: {{matrices: {on}, rows: {}}}", self.rows()),
            "dense" => String::new(),
            "pruned" => format!("pruned: {{matrices: {on}}}"),
            "pruned_blocks" => format!("pruned: {{matrices: {on}, pattern: blocks, sparsity: 0.5}}"),
            "doped_kp" => format!("doped_kp: {{matrices: {on}{factors}}}"),
            _ => format!("low_rank: {{matrices: {on}, rank: {}}}", self.rank()),
        };
        let compression = match compression.as_str() {
            "" => String::new(),
            form => format!(", compression: {{{form}}}"),
        };
        let levels = if self.levels > 1 { format!("num_layers: {}, ", self.levels) } else { String::new() };
        let projection = match self.hidden() {
            hidden if hidden < *size => format!("proj_size: {hidden}, "),
            _ => String::new(),
        };
        let both = if self.bidirectional { "bidirectional: true, " } else { "" };
        format!(
            "recurve: 1\nname: M\nweights: {}.safetensors\ninput: {{features: {FEATURES}}}\nlayers:\n  \
             - {}: {{name: rnn, hidden_size: {size}, {projection}{levels}{both}{}precision: {precision}{compression}}}\n\
             output: last\n",
            self.name(),
            self.cell.1,
            self.cell.2,
        )
    }

    /// Dense rows that leave a number with factors.
    fn rows(&self) -> usize {
        self.size / 4 + usize::from(self.size == 15) * 2
    }

    fn rank(&self) -> usize {
        3.min(self.hidden())
    }

    /// Numbers of the hidden vector.
    fn hidden(&self) -> usize {
        if self.cell.0 == "lstm_projected" { self.size * 3 / 5 } else { self.size }
    }

    /// The default has no factors for primes; `kp_turned` asks for the other order of the products.
    fn factors_in_spec(&self) -> Option<[[usize; 2]; 2]> {
        if self.levels > 1 || self.on == "both" {
            return None;
        }
        let columns = match self.on {
            "joint" => FEATURES + self.hidden(),
            "input" => FEATURES,
            _ => self.hidden(),
        };
        match self.form {
            "kp_turned" => {
                let few = divisor(self.size);
                Some([[self.size / few, 1], [few, columns]])
            }
            "hkp" => Some(thin(self.size - self.rows(), columns)),
            "kp" | "doped_kp" => Some(thin(self.size, columns)),
            _ => None,
        }
    }

    pub(crate) fn tensors(&self) -> Vec<Shape> {
        let directions = if self.bidirectional { ["", "_reverse"].as_slice() } else { &[""] };
        let (size, hidden, gates) = (self.size, self.hidden(), self.cell.3);
        let mut tensors = Vec::new();
        for level in 0..self.levels {
            let input = if level == 0 { FEATURES } else { hidden * directions.len() };
            for reverse in directions {
                if self.cell.1.starts_with("fast") {
                    self.edgeml(reverse, &mut tensors);
                    continue;
                }
                let name = |part: &str| format!("rnn.{part}_l{level}{reverse}");
                tensors.push((name("bias_ih"), vec![gates * size]));
                tensors.push((name("bias_hh"), vec![gates * size]));
                if hidden < size {
                    tensors.push((name("weight_hr"), vec![hidden, size]));
                }
                if self.on == "joint" && !self.has_dense_tensors() {
                    self.compressed(&name("weight"), input + hidden, &mut tensors);
                    continue;
                }
                for (part, columns, on) in [("weight_ih", input, "input"), ("weight_hh", hidden, "recurrent")]
                {
                    if !self.has_dense_tensors() && (self.on == on || self.on == "both") {
                        self.compressed(&name(part), columns, &mut tensors);
                    } else {
                        tensors.push((name(part), vec![gates * size, columns]));
                    }
                }
            }
        }
        tensors
    }

    /// A FastRNN's or FastGRNN's tensors.
    fn edgeml(&self, reverse: &str, tensors: &mut Vec<Shape>) {
        let prefix = match (self.bidirectional, reverse) {
            (false, _) => "rnn",
            (true, "") => "rnn.forward",
            (true, _) => "rnn.backward",
        };
        let size = self.size;
        let [alpha, beta] = if self.cell.1 == "fastrnn" { ["alpha", "beta"] } else { ["zeta", "nu"] };
        tensors.push((format!("{prefix}.bias_update"), vec![1, size]));
        tensors.push((format!("{prefix}.{alpha}"), vec![1, 1]));
        tensors.push((format!("{prefix}.{beta}"), vec![1, 1]));
        if self.cell.1 == "fastgrnn" {
            tensors.push((format!("{prefix}.bias_gate"), vec![1, size]));
        }
        if self.on == "joint" && !self.has_dense_tensors() {
            return self.compressed(&format!("{prefix}.WU"), FEATURES + size, tensors);
        }
        for (part, columns, on) in [("W", FEATURES, "input"), ("U", size, "recurrent")] {
            let name = format!("{prefix}.{part}");
            if !self.has_dense_tensors() && (self.on == on || self.on == "both") {
                self.compressed(&name, columns, tensors);
            } else {
                tensors.push((name, vec![columns, size]));
            }
        }
    }

    /// Whether the tensors are those of a dense layer.
    fn has_dense_tensors(&self) -> bool {
        self.form == "dense" || self.form.starts_with("pruned")
    }

    /// Whether pruning took the number at `index` of a tensor.
    pub(crate) fn is_zero(&self, name: &str, shape: &[usize], index: usize) -> bool {
        let is_matrix = [".weight_", ".W", ".U"].iter().any(|part| name.contains(part));
        match self.form {
            "pruned" => is_matrix && !scattered(index).is_multiple_of(5),
            "doped_kp" => name.ends_with(".s") && !scattered(index).is_multiple_of(5),
            "pruned_blocks" if is_matrix => {
                let columns = shape[shape.len() - 1];
                let (row, column) = match self.cell.1.starts_with("fast") {
                    true => (index % columns, index / columns),
                    false => (index / columns, index % columns),
                };
                let block = (row / self.size * self.size + row % self.size / 16) * 1000 + column;
                !scattered(block).is_multiple_of(5)
            }
            _ => false,
        }
    }

    fn compressed(&self, name: &str, columns: usize, tensors: &mut Vec<Shape>) {
        let (gates, size) = (self.cell.3, self.size);
        let mut push = |part: &str, shape: &[usize]| {
            tensors.push((format!("{name}.{part}"), [&[gates], shape].concat()));
        };
        let (top, others) = (self.rows(), self.size - self.rows());
        match self.form {
            "kp" | "kp_turned" | "hkp" | "doped_kp" => {
                let rows = if self.form == "hkp" { others } else { size };
                let [b, c] = self.factors_in_spec().unwrap_or_else(|| published(rows, columns));
                if self.form == "hkp" {
                    push("a", &[top, columns]);
                }
                push("b", &b);
                push("c", &c);
                if self.form == "doped_kp" {
                    push("s", &[size, columns]);
                }
            }
            "hmd" => {
                push("a", &[top, columns]);
                push("b", &[others]);
                push("c", &[columns / 2]);
                push("d", &[others]);
                push("e", &[columns - columns / 2]);
            }
            _ => {
                push("u", &[size, self.rank()]);
                push("v", &[self.rank(), columns]);
            }
        }
    }
}

fn scattered(index: usize) -> usize {
    (index + 1).wrapping_mul(0x9e37_79b9) >> 7
}

/// The smallest divisor above 1, or the number itself.
fn divisor(number: usize) -> usize {
    (2..=number).find(|divisor| number.is_multiple_of(*divisor)).unwrap_or(1)
}

fn thin(rows: usize, columns: usize) -> [[usize; 2]; 2] {
    let (few, narrow) = (divisor(rows), divisor(columns));
    [[few, columns / narrow], [rows / few, narrow]]
}

/// What the compiler chooses without `factors`.
fn published(rows: usize, columns: usize) -> [[usize; 2]; 2] {
    let split = |number: usize| {
        let mut primes = Vec::new();
        let mut rest = number;
        while rest > 1 {
            let prime = divisor(rest);
            primes.push(prime);
            rest /= prime;
        }
        while primes.len() > 2 {
            let smallest = primes.remove(0);
            primes[0] *= smallest;
            primes.sort_unstable();
        }
        [primes[0], number / primes[0]]
    };
    let ([few, many], [narrow, wide]) = (split(rows), split(columns));
    [[few, wide], [many, narrow]]
}

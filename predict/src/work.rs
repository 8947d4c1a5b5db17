//! What a step does, counted from the model.

use std::collections::BTreeMap;

use recurve_compiler::Compiled;
use recurve_compiler::model::{Cell, Dense, INT4_GROUP, Kronecker, Layer, Matrix, Skip, Storage};
use recurve_compiler::spec::Activation;

/// Lanes of a vector.
const LANES: usize = 16;

/// Working sets, in bytes, at which the cost of reading dense matrices is known; between two of them it is interpolated over the
/// logarithm. They lie in the first, second and third level of common caches, and beyond.
const SIZES: [(f64, &str); 5] = [
    (24.0 * 1024.0, "in 24 KiB"),
    (256.0 * 1024.0, "in 256 KiB"),
    (800.0 * 1024.0, "in 800 KiB"),
    (4.0 * 1024.0 * 1024.0, "in 4 MiB"),
    (24.0 * 1024.0 * 1024.0, "in 24 MiB"),
];

/// What a step does, by the name of its kind.
///
/// | kind | unit |
/// |---|---|
/// | `step` | a call |
/// | `product` | a matrix that is multiplied |
/// | `f32 in 24 KiB`, .. | a KiB of dense numbers in whole vectors, where all weights of the model take so much |
/// | `rounding` | 16 numbers of a vector that becomes integers |
/// | `widened` | 16 integers of a matrix too narrow for that |
/// | `kp b`, `kp c` | 16 multiply-accumulates with a factor, and in other precisions `kp b f16`, .. |
/// | `kp rounding` | a row between the factors that becomes integers |
/// | `rank one` | 16 numbers of a rank-one block's rows or columns |
/// | `blocks`, `short blocks` | 16 kept numbers of a column in blocks, fewer where a gate's rows end; `blocks f16`, .. |
/// | `unstructured` | a kept number |
/// | `lstm`, `gru`, .. | 16 units of a cell |
/// | `sigmoid`, `softmax`, .. | 16 units of a linear layer |
/// | `decision` | 16 multiply-accumulates of a policy |
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Work(BTreeMap<String, f64>);

impl Work {
    /// That of a step of `compiled` with all its rows read; of a policy with a window, in the mean of one as its budget has it.
    pub fn new(compiled: &Compiled) -> Work {
        let working_set = compiled.plan.weights.bytes().len() as f64;
        let mut work = Work::default();
        let mut step = Counter { work: &mut work, working_set };
        for layer in &compiled.model.layers {
            step.layer(layer);
        }
        let share = compiled.model.skip.as_ref().map_or(1.0, Skip::most_executed);
        for amount in work.0.values_mut() {
            *amount *= share;
        }
        work.add("step", 1.0);
        if let Some(skip) = &compiled.model.skip {
            let macs = skip.macs() as f64 / skip.steps_per_decision() as f64;
            work.add("decision", macs / LANES as f64);
        }
        work
    }

    /// The amounts, by kind.
    pub fn amounts(&self) -> &BTreeMap<String, f64> {
        &self.0
    }

    fn add(&mut self, kind: &str, amount: f64) {
        if amount > 0.0 {
            *self.0.entry(kind.to_owned()).or_default() += amount;
        }
    }
}

/// The sizes at which reading has a cost, the smallest first, as names of kinds end.
pub(crate) fn sizes() -> impl Iterator<Item = &'static str> {
    SIZES.into_iter().map(|(_, name)| name)
}

struct Counter<'a> {
    work: &'a mut Work,
    /// Bytes of all weights.
    working_set: f64,
}

impl Counter<'_> {
    fn layer(&mut self, layer: &Layer) {
        match layer {
            Layer::Embedding(_) => {}
            Layer::Recurrent(level) => {
                for cell in level.cells() {
                    cell.matrices().for_each(|matrix| self.matrix(matrix));
                    self.work.add(kind_of(cell), vectors(cell.units()) as f64);
                }
            }
            Layer::Linear(linear) => {
                self.matrix(&linear.weight);
                let kind = match linear.activation {
                    Activation::None => return,
                    Activation::Sigmoid => "sigmoid",
                    Activation::Tanh => "tanh",
                    Activation::Relu => "relu",
                    Activation::Softmax => "softmax",
                };
                self.work.add(kind, vectors(linear.units()) as f64);
            }
        }
    }

    fn matrix(&mut self, matrix: &Matrix) {
        match matrix {
            Matrix::Zero { .. } => {}
            Matrix::Dense(dense) => self.dense(dense),
            Matrix::LowRank(factors) => {
                self.dense(&factors.right);
                self.dense(&factors.left);
            }
            Matrix::Kronecker(factors) => self.kronecker(factors),
            Matrix::RankOne(factors) => {
                self.work.add("product", 1.0);
                self.work
                    .add("rank one", (vectors(factors.left.columns) + vectors(factors.right.columns)) as f64);
            }
            Matrix::Sparse(sparse) => {
                self.work.add("product", 1.0);
                let suffix = sparse.panels.first().map_or("", |panel| suffix(&panel.values));
                match sparse.panel_rows {
                    1 => self.work.add(&format!("unstructured{suffix}"), sparse.kept() as f64),
                    _ => {
                        for panel in &sparse.panels {
                            let is_full = panel.values.rows == sparse.panel_rows;
                            let kind = if is_full { "blocks" } else { "short blocks" };
                            self.work.add(&format!("{kind}{suffix}"), panel.columns.len() as f64);
                        }
                    }
                }
            }
            Matrix::Sum(_) | Matrix::Stack(_) | Matrix::Beside(_) | Matrix::Gates(_) => {
                for part in matrix.parts() {
                    self.matrix(part);
                }
            }
        }
    }

    fn dense(&mut self, dense: &Dense) {
        self.work.add("product", 1.0);
        let columns = match dense.storage {
            Storage::Int4 { .. } | Storage::Int2 { .. } => dense.columns.next_multiple_of(INT4_GROUP),
            Storage::F32 | Storage::F16 | Storage::Bf16 | Storage::Int8 { .. } | Storage::Int16x8 { .. } => {
                dense.columns
            }
        };
        let numbers = (vectors(dense.rows) * LANES * columns) as f64;
        let (name, bits) = match dense.storage {
            Storage::F32 => ("f32", 32.0),
            Storage::F16 => ("f16", 16.0),
            Storage::Bf16 => ("bf16", 16.0),
            Storage::Int8 { .. } | Storage::Int16x8 { .. } => ("int8", 8.0),
            Storage::Int4 { .. } => ("int4", 4.0),
            Storage::Int2 { .. } => ("int2", 2.0),
        };
        if matches!(dense.storage, Storage::Int8 { .. } | Storage::Int4 { .. } | Storage::Int2 { .. }) {
            if !dense.is_integer() {
                self.work.add("widened", numbers / LANES as f64);
                return;
            }
            self.work.add("rounding", vectors(dense.columns) as f64);
        }
        let kib = numbers * bits / 8.0 / 1024.0;
        for (size, weight) in between(self.working_set) {
            self.work.add(&format!("{name} {size}"), kib * weight);
        }
    }

    fn kronecker(&mut self, factors: &Kronecker) {
        let Kronecker { b, c } = factors;
        let (of_b, of_c) = (suffix(b), if factors.is_integer() { " integers" } else { suffix(c) });
        let (weighed, multiplied) = if factors.is_b_first() {
            let each = if factors.is_integer() { c.columns.div_ceil(4) } else { c.columns };
            (b.rows * b.columns * vectors(c.columns), b.rows * each * vectors(c.rows))
        } else {
            (b.rows * b.columns * vectors(c.rows), b.columns * c.columns * vectors(c.rows))
        };
        self.work.add("product", 1.0);
        if factors.is_integer() {
            self.work.add("kp rounding", b.rows as f64);
        }
        self.work.add(&format!("kp b{of_b}"), weighed as f64);
        self.work.add(&format!("kp c{of_c}"), multiplied as f64);
    }
}

fn kind_of(cell: &Cell) -> &'static str {
    cell.kind_name()
}

fn suffix(dense: &Dense) -> &'static str {
    match dense.storage {
        Storage::F32 => "",
        Storage::F16 => " f16",
        Storage::Bf16 => " bf16",
        Storage::Int8 { .. } | Storage::Int16x8 { .. } => " int8",
        Storage::Int4 { .. } | Storage::Int2 { .. } => " int4",
    }
}

fn vectors(numbers: usize) -> usize {
    numbers.div_ceil(LANES)
}

/// The sizes on both sides of a working set, and how much each counts.
fn between(bytes: f64) -> Vec<(&'static str, f64)> {
    let at = |index: usize| SIZES[index].0.ln();
    let bytes = bytes.max(1.0).ln();
    let last = SIZES.len() - 1;
    if bytes <= at(0) {
        return vec![(SIZES[0].1, 1.0)];
    }
    if bytes >= at(last) {
        return vec![(SIZES[last].1, 1.0)];
    }
    let above = (1..last).find(|index| bytes < at(*index)).unwrap_or(last);
    let share = (bytes - at(above - 1)) / (at(above) - at(above - 1));
    vec![(SIZES[above - 1].1, 1.0 - share), (SIZES[above].1, share)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_working_set_counts_to_the_sizes_around_it() {
        assert_eq!(between(100.0), [("in 24 KiB", 1.0)]);
        assert_eq!(between(1e12), [("in 24 MiB", 1.0)]);
        let middle = (24.0_f64 * 256.0).sqrt() * 1024.0;
        let [(below, a), (above, b)] = between(middle)[..] else {
            panic!("two sizes");
        };
        assert_eq!((below, above), ("in 24 KiB", "in 256 KiB"));
        assert!((a - 0.5).abs() < 1e-9 && (a + b - 1.0).abs() < 1e-9);
    }
}

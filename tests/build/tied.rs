//! Linear layers that have the table of the embedding: precisions x sizes of the table.

use crate::weights::Shape;

/// Ids and numbers of each: rows that do not fill a vector, one block with rows behind it that do, and more than a block;
/// columns below and above those that are multiplied in integers.
const SIZES: [(usize, usize); 3] = [(11, 5), (90, 33), (141, 70)];
/// A table of a mebibyte and more, which threads share.
const SHARED: (usize, usize) = (2051, 130);

/// One model.
pub(crate) struct Case {
    precision: &'static str,
    tokens: usize,
    dim: usize,
    threads: usize,
    pub(crate) bidirectional: bool,
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for precision in ["f32", "f16", "bf16", "int8", "int4"] {
        for (tokens, dim) in SIZES {
            cases.push(Case { precision, tokens, dim, threads: 1, bidirectional: false });
        }
    }
    let (tokens, dim) = SHARED;
    cases.push(Case { precision: "f32", tokens, dim, threads: 3, bidirectional: false });
    cases.push(Case { precision: "int8", tokens: 90, dim: 34, threads: 1, bidirectional: true });
    cases
}

impl Case {
    pub(crate) fn name(&self) -> String {
        let Case { precision, tokens, dim, .. } = self;
        let directions = if self.bidirectional { "_bidirectional" } else { "" };
        format!("tied_{precision}{directions}_{tokens}x{dim}")
    }

    fn hidden(&self) -> usize {
        if self.bidirectional { self.dim / 2 } else { self.dim }
    }

    pub(crate) fn spec(&self) -> String {
        let Case { precision, tokens, dim, threads, bidirectional } = self;
        format!(
            "recurve: 1\nname: M\nweights: {}.safetensors\ninput: {{tokens: {tokens}}}\nlayers:\n  \
             - embedding: {{name: embedding, dim: {dim}, precision: {precision}}}\n  \
             - rnn: {{name: rnn, hidden_size: {}, bidirectional: {bidirectional}}}\n  \
             - linear: {{name: decoder, units: {tokens}, tied: embedding, precision: {precision}}}\n\
             output: last\nruntime: {{threads: {threads}}}\n",
            self.name(),
            self.hidden(),
        )
    }

    pub(crate) fn tensors(&self) -> Vec<Shape> {
        let Case { tokens, dim, .. } = *self;
        let hidden = self.hidden();
        let mut tensors: Vec<Shape> =
            vec![("embedding.weight".into(), vec![tokens, dim]), ("decoder.bias".into(), vec![tokens])];
        for end in if self.bidirectional { ["_l0", "_l0_reverse"].as_slice() } else { &["_l0"] } {
            tensors.push((format!("rnn.weight_ih{end}"), vec![hidden, dim]));
            tensors.push((format!("rnn.weight_hh{end}"), vec![hidden, hidden]));
        }
        tensors
    }
}

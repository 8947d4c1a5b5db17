//! The LSTM of a language model, dense, in fewer bits and with half of its rows left out.

use std::path::{Path, PathBuf};

use safetensors::SafeTensors;

use crate::Fault;
use crate::peers::{Peer, recurve};
use crate::shapes::LANGUAGE_MODEL;
use crate::trained::{Made, Table, compare, made, rows, timed};

pub const TITLE: &str = "Language model: LSTM 256->750, film reviews";
/// Pieces of test reviews whose words are predicted.
const PIECES: usize = 128;
/// Those that make up the stream that is timed.
const TIMED: usize = 8;
/// Numbers that are added up side by side.
const LANES: usize = 16;

/// What is around the LSTM, and what it reads.
struct Around {
    /// By token.
    embedding: Vec<f32>,
    bottleneck: Linear,
    classifier: Linear,
    pieces: Vec<Vec<u32>>,
}

struct Linear {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// Its table, where the model was there when this was built.
pub fn table(say: &mut dyn FnMut(String)) -> Result<Option<Table>, Fault> {
    if recurve::of(&LANGUAGE_MODEL).next().is_none() {
        say("the language model is left out: `target/data/language_model` was not there when this was built"
            .into());
        return Ok(None);
    }
    eprintln!("measuring the language model");
    let around = Around::read()?;
    let mut made = made(&LANGUAGE_MODEL, |_| true, say);
    let first = around.pieces.first().ok_or("there are no reviews")?;
    compare(&mut made, &around.inputs(first))?;
    let mut losses = Vec::new();
    for Made { network, .. } in made.iter_mut().filter(|made| made.bytes.is_some()) {
        let of_form: Vec<f64> = around
            .pieces
            .iter()
            .map(|piece| around.loss(network.as_mut(), piece))
            .collect::<Result<_, _>>()?;
        losses.push(of_form);
    }
    // The cells of some pieces run away, and nothing that happens to them says how good a form is.
    let guessing = (around.classifier.bias.len() as f64).ln();
    let kept: Vec<bool> = losses[0].iter().map(|loss| *loss <= guessing).collect();
    let perplexity = |losses: &Vec<f64>| {
        let of_kept = losses.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(loss, _)| loss);
        (of_kept.sum::<f64>() / kept.iter().filter(|kept| **kept).count().max(1) as f64).exp()
    };
    let mut worth: Vec<String> = losses.iter().map(|losses| format!("{:.2}", perplexity(losses))).collect();
    // Their outputs have been compared.
    worth.resize(made.len(), "as dense".into());
    let stream: Vec<Vec<f32>> =
        around.pieces.iter().take(TIMED).flat_map(|piece| around.inputs(piece)).collect();
    let rounds = timed(&mut made, &stream)?;
    let (rows, _) = rows(&made, &worth, &rounds);
    let text = format!(
        "### {TITLE}\n\n{} pieces of 128 words; {} more, whose cells run away, are not \
         counted.\n\n| LSTM | perplexity | KB of weights | a step | of the dense one |\n|---|--:|--:|--:|--:|\n{rows}",
        kept.iter().filter(|kept| **kept).count(),
        kept.iter().filter(|kept| !**kept).count(),
    );
    Ok(Some(Table { text, drawing: None, name: "language_model" }))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/data/language_model")
}

impl Around {
    fn read() -> Result<Self, Fault> {
        let weights = std::fs::read(folder().join("lstm.safetensors"))?;
        let weights = SafeTensors::deserialize(&weights)?;
        let numbers = |name: &str| -> Result<Vec<f32>, Fault> {
            Ok(weights.tensor(name)?.data().as_chunks().0.iter().map(|it| f32::from_le_bytes(*it)).collect())
        };
        let linear = |name: &str| -> Result<Linear, Fault> {
            Ok(Linear {
                weight: numbers(&format!("{name}.weight"))?,
                bias: numbers(&format!("{name}.bias"))?,
            })
        };
        let text = std::fs::read(folder().join("test.safetensors"))?;
        let text = SafeTensors::deserialize(&text)?;
        let text = text.tensor("inputs")?;
        let tokens: Vec<u32> = text.data().as_chunks().0.iter().map(|it| u32::from_le_bytes(*it)).collect();
        let length = *text.shape().get(1).ok_or("`inputs` of the reviews is no matrix")?;
        Ok(Around {
            embedding: numbers("embedding.weight")?,
            bottleneck: linear("bottleneck")?,
            classifier: linear("classifier")?,
            pieces: tokens.chunks_exact(length).take(PIECES).map(<[u32]>::to_vec).collect(),
        })
    }

    /// What the LSTM reads of a piece, whose last word only has to be predicted.
    fn inputs(&self, piece: &[u32]) -> Vec<Vec<f32>> {
        let size = LANGUAGE_MODEL.input;
        let of = |token: &u32| self.embedding[*token as usize * size..][..size].to_vec();
        piece.iter().take(piece.len().saturating_sub(1)).map(of).collect()
    }

    /// The mean cross-entropy of the words of a piece.
    fn loss(&self, network: &mut dyn Peer, piece: &[u32]) -> Result<f64, Fault> {
        network.reset()?;
        let inputs = self.inputs(piece);
        let narrow: Vec<Vec<f32>> = inputs
            .iter()
            .map(|input| {
                let h = network.step(input)?;
                Ok(self.bottleneck.rows(h.len()).map(|(weight, bias)| dot(weight, &h) + bias).collect())
            })
            .collect::<Result<_, Fault>>()?;
        // Word by word, so that its weights are read once for all steps: of each step the largest sum, the exponentials
        // of all over that one's, and the sum of the word that comes.
        let mut steps = vec![(f32::NEG_INFINITY, 0.0f32, 0.0f32); narrow.len()];
        for (word, (weight, bias)) in (0..).zip(self.classifier.rows(narrow.first().map_or(1, Vec::len))) {
            for (((largest, all, right), narrow), next) in steps.iter_mut().zip(&narrow).zip(&piece[1..]) {
                let sum = dot(weight, narrow) + bias;
                if sum > *largest {
                    *all *= (*largest - sum).exp();
                    *largest = sum;
                }
                *all += (sum - *largest).exp();
                if *next == word {
                    *right = sum;
                }
            }
        }
        let total: f64 =
            steps.iter().map(|(largest, all, right)| f64::from(largest + all.ln() - right)).sum();
        Ok(total / steps.len().max(1) as f64)
    }
}

impl Linear {
    fn rows(&self, columns: usize) -> impl Iterator<Item = (&[f32], f32)> {
        self.weight.chunks_exact(columns).zip(self.bias.iter().copied())
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; LANES];
    for (a, b) in a.chunks(LANES).zip(b.chunks(LANES)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

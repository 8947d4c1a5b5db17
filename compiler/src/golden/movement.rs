//! Where a trace tells something: where its inputs and its outputs move.

use super::compare::Excerpt;
use super::shapes::Outputs;
use super::trace::Trace;
use crate::diagnostic::Diagnostic;
use crate::sequences::Steps;

/// The first sequences of a trace are looked at, up to this many numbers.
const MOST_NUMBERS: usize = 1 << 22;
/// Share of the range of all numbers by which one has to differ from that of the first step. Noise before the signal does not.
const FAR: f32 = 0.05;

/// Movement of the inputs and outputs of a trace.
#[derive(Debug)]
pub(super) struct Movement {
    /// Of each sequence that was looked at, the first step whose input and output are far from those of the first.
    starts: Vec<Option<usize>>,
    /// Whether two inputs differ.
    pub(super) inputs: bool,
    /// The largest difference of two outputs at one place, `|a - b| / max(1, |b|)`.
    pub(super) outputs: f64,
    /// Outputs that were looked at.
    pub(super) vectors: usize,
    /// Steps of the longest sequence.
    pub(super) longest: usize,
}

/// The inputs and outputs of a sequence.
struct Sequence {
    inputs: Steps,
    outputs: Vec<f32>,
}

impl Movement {
    pub(super) fn of(trace: &Trace) -> Result<Movement, Diagnostic> {
        let size = trace.output_size().max(1);
        let mut sequences = Vec::new();
        let mut left = MOST_NUMBERS;
        for (sequence, &steps) in trace.lengths().iter().enumerate() {
            let excerpt = Excerpt { sequence, steps };
            let sequence = match steps {
                // One vector after no steps is that of padding.
                0 => Sequence { inputs: Steps::Tokens(Vec::new()), outputs: Vec::new() },
                _ => Sequence { inputs: trace.inputs(excerpt)?, outputs: trace.expected(excerpt)? },
            };
            left = left.saturating_sub(sequence.inputs.numbers() + sequence.outputs.len());
            sequences.push(sequence);
            if left == 0 {
                break;
            }
        }
        let inputs = Range::of(sequences.iter().flat_map(|sequence| sequence.inputs.vectors()));
        let outputs = Range::of(sequences.iter().flat_map(|sequence| sequence.outputs.chunks(size)));
        let ids = sequences.iter().flat_map(|sequence| sequence.inputs.ids());
        let differ = inputs.widest() > 0.0 || ids.clone().any(|id| ids.clone().next() != Some(id));
        let every = trace.outputs() == Outputs::EveryStep;
        let starts = sequences.iter().map(|sequence| {
            let moved = |step: usize| {
                let outputs_move = !every || {
                    let at = |step: usize| sequence.outputs.get(step * size..(step + 1) * size);
                    outputs.is_far(at(0).unwrap_or_default(), at(step).unwrap_or_default())
                };
                sequence.inputs.is_far(step, &inputs) && outputs_move
            };
            (1..sequence.inputs.count()).find(|&step| moved(step))
        });
        Ok(Movement {
            starts: starts.collect(),
            inputs: differ,
            outputs: outputs.relative(),
            vectors: sequences.iter().map(|sequence| sequence.outputs.len() / size).sum(),
            longest: trace.lengths().iter().copied().max().unwrap_or(0),
        })
    }

    /// Sequences that were looked at.
    pub(super) fn sequences(&self) -> usize {
        self.starts.len()
    }

    /// Whether there is a sequence that moves.
    pub(super) fn anywhere(&self) -> bool {
        self.starts.iter().any(Option::is_some)
    }

    /// The first step of a sequence that is far from its first.
    pub(super) fn start(&self, sequence: usize) -> Option<usize> {
        self.starts.get(sequence).copied().flatten()
    }
}

/// The smallest and the largest number at each place of some vectors.
struct Range(Vec<(f32, f32)>);

impl Range {
    fn of<'a>(vectors: impl Iterator<Item = &'a [f32]>) -> Range {
        let mut range: Vec<(f32, f32)> = Vec::new();
        for vector in vectors {
            range.resize(vector.len().max(range.len()), (f32::INFINITY, f32::NEG_INFINITY));
            for ((least, most), x) in range.iter_mut().zip(vector) {
                (*least, *most) = (least.min(*x), most.max(*x));
            }
        }
        Range(range)
    }

    fn widest(&self) -> f32 {
        self.0.iter().map(|(least, most)| most - least).fold(0.0, f32::max)
    }

    /// The widest range, relative to its numbers where they are above 1.
    fn relative(&self) -> f64 {
        let relative = |&(least, most): &(f32, f32)| {
            let (least, most) = (f64::from(least), f64::from(most));
            (most - least) / least.abs().max(most.abs()).max(1.0)
        };
        self.0.iter().map(relative).fold(0.0, f64::max)
    }

    fn is_far(&self, one: &[f32], other: &[f32]) -> bool {
        let far = FAR * self.widest();
        far > 0.0 && one.iter().zip(other).any(|(one, other)| (one - other).abs() >= far)
    }
}

impl Steps {
    fn count(&self) -> usize {
        match self {
            Steps::Features(steps) => steps.len(),
            Steps::Tokens(ids) => ids.len(),
        }
    }

    fn numbers(&self) -> usize {
        match self {
            Steps::Features(steps) => steps.iter().map(Vec::len).sum(),
            Steps::Tokens(ids) => ids.len(),
        }
    }

    fn vectors(&self) -> impl Iterator<Item = &[f32]> {
        let steps = match self {
            Steps::Features(steps) => steps.as_slice(),
            Steps::Tokens(_) => &[],
        };
        steps.iter().map(Vec::as_slice)
    }

    fn ids(&self) -> impl Iterator<Item = u32> + Clone {
        let ids = match self {
            Steps::Features(_) => &[],
            Steps::Tokens(ids) => ids.as_slice(),
        };
        ids.iter().copied()
    }

    /// Whether the input of a step is far from that of the first.
    fn is_far(&self, step: usize, range: &Range) -> bool {
        match self {
            Steps::Features(steps) => match (steps.first(), steps.get(step)) {
                (Some(first), Some(other)) => range.is_far(first, other),
                _ => false,
            },
            Steps::Tokens(ids) => ids.get(step) != ids.first(),
        }
    }
}

//! The thresholds of each insensitive ratio.

use nalgebra::DMatrix;

use super::samples::Samples;
use super::{Big, Kind};
use recurve_compiler::spec::Activation;

/// Steps that thresholds are searched with, spread over all of them.
const STEPS: usize = 240;
const STRIDE: usize = 7919;
/// Ratios of the curve.
const RATIOS: [f64; 19] =
    [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];
/// Ways to share the insensitive rows of a ratio between gates and candidate.
const SPLITS: usize = 8;

/// Rows of a ratio and the thresholds that gave it: of a cell for its gates and its candidate, of a linear layer one.
pub(super) fn search(
    big: &Big<'_>,
    samples: &Samples,
    projected: &[DMatrix<f32>],
    weights: &[DMatrix<f32>],
    biases: &[Vec<f32>],
) -> Vec<[f32; 3]> {
    // A prime stride, so that in sequences of one length not always the same places are chosen.
    let count = samples.steps().min(STEPS);
    let chosen: Vec<usize> = (0..count).map(|step| step * STRIDE % samples.steps()).collect();
    let little: Vec<DMatrix<f32>> = projected
        .iter()
        .zip(weights)
        .zip(biases)
        .map(|((projected, weight), bias)| {
            with_bias(projected.select_rows(&chosen) * weight.transpose(), bias)
        })
        .collect();
    match big.kind {
        Kind::Linear(activation) => of_linear(&little[0], activation),
        Kind::Lstm | Kind::Gru => Cells::new(big, samples, &chosen, &little).search(),
    }
}

/// With `bias` added to each row.
fn with_bias(mut sums: DMatrix<f32>, bias: &[f32]) -> DMatrix<f32> {
    for (mut column, bias) in sums.column_iter_mut().zip(bias) {
        column.add_scalar_mut(*bias);
    }
    sums
}

fn of_linear(sums: &DMatrix<f32>, activation: Activation) -> Vec<[f32; 3]> {
    let tanh = activation == Activation::Tanh;
    let mut sorted: Vec<f32> = sums.iter().map(|sum| if tanh { -sum.abs() } else { *sum }).collect();
    sorted.sort_by(f32::total_cmp);
    let sign = if tanh { -1.0 } else { 1.0 };
    RATIOS.iter().map(|ratio| [*ratio as f32, sign * quantile(&sorted, *ratio), 0.0]).collect()
}

/// The number below which this share of the `sorted` ones is.
fn quantile(sorted: &[f32], share: f64) -> f32 {
    let at = (share * sorted.len() as f64) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

/// The sums of a cell in some steps, with units and steps one behind the other.
struct Cells {
    kind: Kind,
    /// Of each gate but the candidate, the little module's and the big one's.
    gates: Vec<[Vec<f32>; 2]>,
    /// Of the candidate, the parts with the input and with the state; an LSTM's is the first.
    candidate: [[Vec<f32>; 2]; 2],
    /// What the candidate is decided by.
    decides: Vec<f32>,
    /// The state that the gates mix with: the cell state, or the hidden vector.
    before: Vec<f32>,
    /// Of the gates together, and of the candidate's magnitudes, negated.
    sorted: [Vec<f32>; 2],
}

impl Cells {
    fn new(big: &Big<'_>, samples: &Samples, chosen: &[usize], little: &[DMatrix<f32>]) -> Cells {
        let whole: Vec<DMatrix<f32>> = samples
            .parts()
            .iter()
            .zip(&big.weights)
            .map(|(part, weight)| {
                let dense = weight.to_dense();
                let weight = DMatrix::from_row_slice(dense.rows, dense.columns, &dense.data);
                part.select_rows(chosen) * weight.transpose()
            })
            .collect();
        let mut whole = whole.into_iter();
        let (of_input, of_state) = (whole.next().unwrap_or_default(), whole.next().unwrap_or_default());
        let of_input = with_bias(of_input, big.bias);
        let candidate_bias = [vec![0.0; big.apart_from()], big.candidate_bias.to_vec()].concat();
        let of_state = if big.kind == Kind::Gru { with_bias(of_state, &candidate_bias) } else { of_state };
        let hidden = samples.parts()[1].ncols();
        // Column after column: a unit's steps are neighbours.
        let part =
            |sums: &DMatrix<f32>, gate: usize| sums.columns(gate * hidden, hidden).iter().copied().collect();
        let both = |x: &DMatrix<f32>, h: &DMatrix<f32>, gate: usize| -> Vec<f32> { part(&(x + h), gate) };
        let (names, last): (&[usize], usize) = match big.kind {
            Kind::Lstm => (&[0, 1, 3], 2),
            Kind::Gru | Kind::Linear(_) => (&[0, 1], 2),
        };
        let gates: Vec<[Vec<f32>; 2]> = names
            .iter()
            .map(|gate| [both(&little[0], &little[1], *gate), both(&of_input, &of_state, *gate)])
            .collect();
        let candidate = match big.kind {
            Kind::Gru => [
                [part(&little[0], last), part(&of_input, last)],
                [part(&little[1], last), part(&of_state, last)],
            ],
            Kind::Lstm | Kind::Linear(_) => {
                let nothing = || vec![0.0; chosen.len() * hidden];
                [
                    [both(&little[0], &little[1], last), both(&of_input, &of_state, last)],
                    [nothing(), nothing()],
                ]
            }
        };
        let decides: Vec<f32> = match big.kind {
            Kind::Gru => (0..candidate[0][0].len())
                .map(|at| candidate[0][0][at] + sigmoid(gates[0][0][at]) * candidate[1][0][at])
                .collect(),
            Kind::Lstm | Kind::Linear(_) => candidate[0][0].clone(),
        };
        let before = match big.kind {
            Kind::Lstm => samples.c().select_rows(chosen),
            Kind::Gru | Kind::Linear(_) => samples.parts()[1].select_rows(chosen),
        };
        let mut pooled: Vec<f32> = gates.iter().flat_map(|[little, _]| little.iter().copied()).collect();
        let mut magnitudes: Vec<f32> = decides.iter().map(|sum| -sum.abs()).collect();
        pooled.sort_by(f32::total_cmp);
        magnitudes.sort_by(f32::total_cmp);
        let before = before.iter().copied().collect();
        Cells { kind: big.kind, gates, candidate, decides, before, sorted: [pooled, magnitudes] }
    }

    fn search(&self) -> Vec<[f32; 3]> {
        let count = self.gates.len() as f64;
        let exact: Vec<f32> =
            (0..self.before.len()).map(|at| self.after(at, f32::NEG_INFINITY, f32::INFINITY)).collect();
        let mut curve = Vec::new();
        // A higher ratio makes no row sensitive that a lower one does not.
        let (mut least_gates, mut least_candidate) = (0.0, 0.0);
        for ratio in RATIOS {
            let total = ratio * (count + 1.0);
            let most_candidate = f64::min(1.0, total - count * least_gates);
            let mut best: Option<(f64, [f64; 2], [f32; 3])> = None;
            for split in 0..=SPLITS {
                let share = split as f64 / SPLITS as f64;
                let of_candidate = least_candidate + share * (most_candidate - least_candidate);
                let of_gates = (total - of_candidate) / count;
                if of_gates > 1.0 {
                    continue;
                }
                let gate = quantile(&self.sorted[0], of_gates);
                let tanh = match of_candidate {
                    0.0 => 2.0 * self.sorted[1].first().map_or(1.0, |largest| largest.abs()),
                    share => quantile(&self.sorted[1], share).abs(),
                };
                let distances =
                    exact.iter().enumerate().map(|(at, exact)| f64::from(self.after(at, gate, tanh) - exact));
                let error: f64 = distances.map(|distance| distance.powi(2)).sum();
                if best.is_none_or(|(least, ..)| error < least) {
                    best = Some((error, [of_gates, of_candidate], [ratio as f32, gate, tanh]));
                }
            }
            if let Some((_, shares, point)) = best {
                [least_gates, least_candidate] = shares;
                curve.push(point);
            }
        }
        curve
    }

    /// The hidden vector's number behind a step, with these thresholds.
    fn after(&self, at: usize, gate: f32, tanh: f32) -> f32 {
        let chosen = |sums: &[Vec<f32>; 2]| if sums[0][at] > gate { sums[1][at] } else { sums[0][at] };
        let big = usize::from(self.decides[at].abs() < tanh);
        let (x, h) = (self.candidate[0][big][at], self.candidate[1][big][at]);
        match self.kind {
            Kind::Lstm => {
                let [i, f, o] = [0, 1, 2].map(|name| sigmoid(chosen(&self.gates[name])));
                o * (f * self.before[at] + i * x.tanh()).tanh()
            }
            Kind::Gru | Kind::Linear(_) => {
                let [r, z] = [0, 1].map(|name| sigmoid(chosen(&self.gates[name])));
                let n = (x + r * h).tanh();
                n + z * (self.before[at] - n)
            }
        }
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

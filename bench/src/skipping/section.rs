//! A task: its networks, in all the settings that its table has.

use std::hint::black_box;
use std::rc::Rc;
use std::time::Duration;

use recurve::simd::Level;
use recurve::{Budgeted, SequenceToVector, Skipping, Stats, Streaming, Thresholded};

use crate::data::{Data, Goals, Input};
use crate::rounds::{Work, measure, median};

/// How long a network and its dense twin take turns.
const BUDGET: Duration = Duration::from_millis(300);
/// Sequences that are timed.
const TIMED: usize = 16;
/// Sequences of the training data that settings are chosen on.
const CHOSEN_ON: usize = 1000;
/// Thresholds of a window, of ThrRNN, and of a predictor.
const IMPORTANCES: [f32; 5] = [0.3, 0.4, 0.5, 0.6, 0.7];
const SUMS: [f32; 6] = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
const SCORES: [f32; 4] = [0.001, 0.01, 0.1, 0.5];

/// A network in a setting.
pub struct Row {
    pub network: String,
    pub setting: String,
    /// Accuracy in percent, or the mean squared error.
    pub score: f64,
    /// The share of the inputs that is executed.
    pub inputs: f64,
    /// Multiply-accumulates of a sequence.
    pub macs: f64,
    pub seconds: f64,
    pub faster: f64,
}

/// What a network without a policy is measured with, as often as it is told to.
type Dense = Box<dyn FnMut(usize)>;

pub struct Section<I, const OUTPUT: usize> {
    test: Data<I>,
    training: Data<I>,
    /// The share of inputs within which the best setting is looked for.
    share: f64,
    timed: Rc<[Vec<I>]>,
    dense: Option<Dense>,
    pub rows: Vec<Row>,
    /// Budgets of the first window that executed less than the next smaller one, or did worse.
    pub disorder: Option<Vec<String>>,
}

#[allow(dead_code, reason = "it depends on the specs which are called")]
impl<I: Input, const OUTPUT: usize> Section<I, OUTPUT> {
    pub fn new(test: Data<I>, training: Data<I>, share: f64) -> Self {
        let timed = test.part(TIMED).map(|place| test.sequences[place].clone()).collect();
        Section { test, training, share, timed, dense: None, rows: Vec::new(), disorder: None }
    }

    /// A network without a policy: the others are measured in turns with it.
    pub fn plain<M: Streaming<Input = I, Output = [f32; OUTPUT]>>(&mut self, network: &str) {
        let mut model = M::new();
        let score = score(&self.test, 0..self.test.sequences.len(), |inputs| streamed(&mut model, inputs));
        let timed = Rc::clone(&self.timed);
        let mut dense: Dense = Box::new(move |times| {
            for inputs in timed.iter().cycle().take(times * timed.len()) {
                black_box(streamed(&mut model, black_box(inputs)));
            }
        });
        let [seconds] = measure(BUDGET, [Work::new(Level::detect(), &mut dense)]);
        let steps: usize = self.test.sequences.iter().map(Vec::len).sum();
        self.rows.push(Row {
            network: network.into(),
            setting: String::new(),
            score,
            inputs: 1.0,
            macs: (steps * M::MACS_PER_STEP) as f64 / self.test.sequences.len() as f64,
            seconds: median(seconds) / self.timed.len() as f64,
            faster: 1.0,
        });
        self.dense = Some(dense);
    }

    /// A network whose policy the program cannot steer.
    pub fn fixed<M>(&mut self, network: &str)
    where
        M: Streaming<Input = I, Output = [f32; OUTPUT]> + Skipping,
    {
        self.add(network, String::new(), M::new(), streamed);
    }

    /// One that reads only the ends of a sequence.
    pub fn ends<M>(&mut self, network: &str)
    where
        M: SequenceToVector<Input = I, Output = [f32; OUTPUT]> + Skipping,
    {
        self.add(network, String::new(), M::new(), |model, inputs| {
            model.run(inputs).map_or([f32::NAN; OUTPUT], |output| *output)
        });
    }

    /// One with a threshold, as the spec has it and with others.
    pub fn threshold<M>(&mut self, network: &str)
    where
        M: Streaming<Input = I, Output = [f32; OUTPUT]> + Thresholded,
    {
        let own = M::new().threshold();
        let others: &[f32] = if network.starts_with("thr_rnn") { &SUMS } else { &SCORES };
        let mut thresholds = [&[own], others].concat();
        thresholds.sort_by(f32::total_cmp);
        thresholds.dedup();
        for threshold in thresholds {
            let mut model = M::new();
            model.set_threshold(threshold);
            let of_spec = if threshold == own { ", that of the spec" } else { "" };
            // What was fitted has more digits than anyone reads.
            let shown = (f64::from(threshold) * 1e4).round() / 1e4;
            self.add(network, format!("threshold {shown}{of_spec}"), model, streamed);
        }
    }

    /// One with a window: over its budget, over its threshold, and in the best setting for the share of inputs.
    pub fn window<M>(&mut self, network: &str)
    where
        M: Streaming<Input = I, Output = [f32; OUTPUT]> + Thresholded + Budgeted,
    {
        let own = M::new().threshold();
        let first = self.rows.len();
        for budget in (1..=M::WINDOW).rev().filter(|budget| M::WINDOW <= 10 || *budget < 4 || budget % 4 == 0)
        {
            self.add_window::<M>(network, budget, own, "");
        }
        let pairs = self.rows[first..].windows(2);
        let wrong = pairs
            .filter(|pair| pair[0].inputs < pair[1].inputs || self.is_better(pair[1].score, pair[0].score));
        let wrong = wrong.filter_map(|pair| pair[0].setting.split(' ').next().map(str::to_owned)).collect();
        self.disorder.get_or_insert(wrong);
        for threshold in IMPORTANCES.into_iter().filter(|threshold| *threshold != own) {
            self.add_window::<M>(network, M::WINDOW, threshold, "");
        }
        if let Some((budget, threshold)) = self.chosen::<M>() {
            self.add_window::<M>(network, budget, threshold, ", chosen on training data");
        }
    }

    fn add_window<M>(&mut self, network: &str, budget: usize, threshold: f32, how: &str)
    where
        M: Streaming<Input = I, Output = [f32; OUTPUT]> + Thresholded + Budgeted,
    {
        let mut model = M::new();
        model.set_budget(budget);
        model.set_threshold(threshold);
        let setting = format!("{budget} of {}, threshold {threshold}{how}", M::WINDOW);
        self.add(network, setting, model, streamed);
    }

    /// The budget and threshold that do best on the training data within the share of inputs.
    fn chosen<M>(&self) -> Option<(usize, f32)>
    where
        M: Streaming<Input = I, Output = [f32; OUTPUT]> + Thresholded + Budgeted,
    {
        let mut best: Option<(f64, usize, f32)> = None;
        for budget in 1..=M::WINDOW {
            for tenths in 0..10_u8 {
                let threshold = f32::from(tenths) / 10.0;
                let mut model = M::new();
                model.set_budget(budget);
                model.set_threshold(threshold);
                let part = self.training.part(CHOSEN_ON);
                let score = score(&self.training, part, |inputs| streamed(&mut model, inputs));
                if share(&model.stats()) <= self.share
                    && best.is_none_or(|(best, ..)| self.is_better(score, best))
                {
                    best = Some((score, budget, threshold));
                }
            }
        }
        best.map(|(_, budget, threshold)| (budget, threshold))
    }

    fn add<M: Skipping>(
        &mut self,
        network: &str,
        setting: String,
        mut model: M,
        read: impl Fn(&mut M, &[I]) -> [f32; OUTPUT],
    ) {
        let count = self.test.sequences.len();
        let score = score(&self.test, 0..count, |inputs| read(&mut model, inputs));
        let stats = model.stats();
        let timed = &self.timed;
        let mut of_model = |times| {
            for inputs in timed.iter().cycle().take(times * timed.len()) {
                black_box(read(&mut model, black_box(inputs)));
            }
        };
        let level = Level::detect();
        // Beside nothing, it is measured with itself.
        let [dense, model] = match &mut self.dense {
            Some(dense) => measure(BUDGET, [Work::new(level, dense), Work::new(level, &mut of_model)]),
            None => {
                let [model] = measure(BUDGET, [Work::new(level, &mut of_model)]);
                [model.clone(), model]
            }
        };
        self.rows.push(Row {
            network: network.into(),
            setting,
            score,
            inputs: share(&stats),
            macs: stats.macs as f64 / count as f64,
            seconds: median(model.iter().copied()) / self.timed.len() as f64,
            faster: median(dense.iter().zip(&model).map(|(dense, model)| dense / model)),
        });
    }

    /// Whether one score is better than another.
    pub fn is_better(&self, score: f64, than: f64) -> bool {
        match self.test.goals {
            Goals::Classes(_) => score > than,
            Goals::Numbers(_) => score < than,
        }
    }

    /// The network without a policy.
    pub fn dense(&self) -> Option<&Row> {
        self.rows.iter().find(|row| row.setting.is_empty() && row.inputs == 1.0)
    }

    /// The best of the rows for which `fits` holds, the first of equals.
    pub fn best(&self, fits: impl Fn(&&Row) -> bool) -> Option<&Row> {
        self.rows.iter().filter(fits).reduce(|a, b| if self.is_better(b.score, a.score) { b } else { a })
    }
}

fn streamed<M, I, const OUTPUT: usize>(model: &mut M, inputs: &[I]) -> [f32; OUTPUT]
where
    M: Streaming<Input = I, Output = [f32; OUTPUT]>,
{
    model.reset();
    let mut output = [0.0; OUTPUT];
    for input in inputs {
        output = *model.step(input);
    }
    output
}

fn share(stats: &Stats) -> f64 {
    stats.updates as f64 / stats.steps.max(1) as f64
}

/// Accuracy in percent, or the mean squared error.
fn score<I, const OUTPUT: usize>(
    data: &Data<I>,
    places: impl IntoIterator<Item = usize>,
    mut read: impl FnMut(&[I]) -> [f32; OUTPUT],
) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for place in places {
        let output = read(&data.sequences[place]);
        sum += match &data.goals {
            Goals::Classes(classes) if largest(&output) == Some(classes[place] as usize) => 100.0,
            Goals::Classes(_) => 0.0,
            Goals::Numbers(numbers) => f64::from(output[0] - numbers[place]).powi(2),
        };
        count += 1.0;
    }
    sum / count
}

/// The place of the largest number, if all are numbers.
fn largest<const N: usize>(outputs: &[f32; N]) -> Option<usize> {
    if outputs.iter().any(|output| output.is_nan()) {
        return None;
    }
    outputs.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(place, _)| place)
}

//! A network with dual modules against its trace, and against the reference executor with other knobs.

use std::path::Path;

use recurve::{DualModule, SequenceToSequence, Streaming};
use recurve_compiler::model::{Layer, Model, Thresholds};
use recurve_compiler::reference::{Inputs, run, run_counting};
use safetensors::SafeTensors;

use crate::levels::on_each_level;
use crate::reference::{assert_close, model};

const TOLERANCE: f64 = 1e-5;
/// Where vectors are rounded, a number in the middle between two steps may be rounded otherwise than by the
/// reference, and then a sum near its threshold be on the other side.
const ROUNDED_TOLERANCE: f64 = 2e-2;
/// A sum nearer to its threshold may be on the other side in another arithmetic.
const NEAR: f64 = 2e-5;

struct Trace {
    sequences: usize,
    steps: usize,
    modules: usize,
    inputs: Vec<f32>,
    outputs: Vec<f64>,
    rows: Vec<u32>,
}

impl Trace {
    fn read(spec: &str) -> Trace {
        let path = Path::new(spec).with_extension("golden.safetensors");
        let bytes = std::fs::read(path).expect("the trace is readable");
        let file = SafeTensors::deserialize(&bytes).expect("the trace is a safetensors file");
        let words = |name: &str| -> Vec<[u8; 4]> {
            file.tensor(name).expect("the trace has the tensor").data().as_chunks().0.to_vec()
        };
        let floats = |name: &str| words(name).into_iter().map(f32::from_le_bytes).collect::<Vec<f32>>();
        let shape = file.tensor("rows").expect("the trace has rows").shape().to_vec();
        Trace {
            sequences: shape[0],
            steps: shape[1],
            modules: shape[2],
            inputs: floats("inputs"),
            outputs: floats("outputs").into_iter().map(f64::from).collect(),
            rows: words("rows").into_iter().map(u32::from_le_bytes).collect(),
        }
    }

    fn inputs<const I: usize>(&self, sequence: usize) -> &[[f32; I]] {
        &self.inputs.as_chunks().0[sequence * self.steps..][..self.steps]
    }

    fn outputs(&self, sequence: usize) -> &[f64] {
        let size = self.outputs.len() / self.sequences;
        &self.outputs[sequence * size..][..size]
    }

    /// Of each step the rows of each module.
    fn rows(&self, sequence: usize) -> &[u32] {
        let size = self.steps * self.modules;
        &self.rows[sequence * size..][..size]
    }
}

/// Rows that each module has read so far.
fn read<M: DualModule>(model: &mut M) -> Vec<u64> {
    model.dual_modules().map(|module| module.rows().read).collect()
}

pub(crate) fn streaming<M, const I: usize, const O: usize>(spec: &str)
where
    M: Streaming<Input = [f32; I], Output = [f32; O]> + DualModule,
{
    let trace = Trace::read(spec);
    on_each_level(|level| {
        for sequence in 0..trace.sequences {
            let mut model = M::new();
            let inputs = trace.inputs::<I>(sequence);
            let mut outputs = Vec::new();
            for (step, input) in inputs.iter().enumerate() {
                let what = format!("{level:?}, sequence {sequence}, step {step}");
                let before = read(&mut model);
                outputs.push(*model.step(input));
                let rows = read(&mut model).into_iter().zip(before).map(|(after, before)| after - before);
                let expected = &trace.rows(sequence)[step * trace.modules..][..trace.modules];
                assert!(rows.eq(expected.iter().map(|rows| u64::from(*rows))), "{what}: rows");
                assert_close(&outputs[step], &trace.outputs(sequence)[step * O..][..O], TOLERANCE, &what);
            }
            let rows = model.rows();
            assert!(rows.read < rows.of && rows.bytes_of > 0, "{level:?}");
            model.reset();
            assert_eq!(model.rows(), rows, "{level:?}: a reset keeps the statistics");
            assert_eq!(Some(model.run(inputs)), outputs.last(), "{level:?}: run");
            model.reset();
            let mut into = vec![[0.0; O]; inputs.len()];
            model.run_into(inputs, &mut into);
            assert_eq!(into, outputs, "{level:?}: run_into");
        }
    });
    let run = |model: &mut M, inputs: &[[f32; I]]| {
        model.reset();
        inputs.iter().map(|input| *model.step(input)).collect()
    };
    sweep::<M, I, O>(spec, &trace, run);
    not_a_number::<M, I, O>(spec, run);
}

pub(crate) fn bidirectional<M, const I: usize, const O: usize>(spec: &str)
where
    M: SequenceToSequence<Input = [f32; I], Output = [f32; O]> + DualModule,
{
    let trace = Trace::read(spec);
    let run = |model: &mut M, inputs: &[[f32; I]]| {
        let mut outputs = vec![[0.0; O]; inputs.len()];
        assert_eq!(model.run_into(inputs, &mut outputs), Ok(()));
        outputs
    };
    on_each_level(|level| {
        for sequence in 0..trace.sequences {
            let mut model = M::new();
            let outputs = run(&mut model, trace.inputs(sequence));
            let what = format!("{level:?}, sequence {sequence}");
            assert_close(outputs.as_flattened(), trace.outputs(sequence), TOLERANCE, &what);
            let mut expected = vec![0; trace.modules];
            for (at, rows) in trace.rows(sequence).iter().enumerate() {
                expected[at % trace.modules] += u64::from(*rows);
            }
            assert_eq!(read(&mut model), expected, "{what}: rows");
        }
    });
    sweep::<M, I, O>(spec, &trace, run);
    not_a_number::<M, I, O>(spec, run);
}

/// What a caller may set: a ratio, thresholds, a budget.
#[derive(Debug, Clone, Copy)]
enum Knob {
    Ratio(f32),
    Thresholds(f32, f32),
    Budget(u32),
}

impl Knob {
    /// The reference's model with the knob turned as the compiled one's is.
    fn turn(self, model: &mut Model) {
        let set = |thresholds: &mut Thresholds,
                   budget: &mut Option<usize>,
                   curve: &[[f32; 3]],
                   sums: bool| match self {
            Knob::Ratio(ratio) => *thresholds = Thresholds::at(curve, ratio),
            Knob::Thresholds(gate, tanh) => {
                let logit = (gate / (1.0 - gate)).ln();
                *thresholds = Thresholds { sigmoid: if sums { gate } else { logit }, tanh: tanh.atanh() };
            }
            Knob::Budget(rows) => *budget = Some(rows as usize),
        };
        for layer in &mut model.layers {
            match layer {
                Layer::Recurrent(level) => {
                    for dual in &mut level.dual {
                        set(&mut dual.thresholds, &mut dual.row_budget, &dual.curve, false);
                    }
                }
                Layer::Linear(linear) => {
                    if let Some(dual) = &mut linear.dual {
                        use recurve_compiler::spec::Activation;
                        let sums = matches!(linear.activation, Activation::Relu | Activation::Softmax);
                        set(&mut dual.thresholds, &mut dual.row_budget, &dual.curve, sums);
                    }
                }
                Layer::Embedding(_) => {}
            }
        }
    }
}

/// A sum that is NaN has its row read, whatever the thresholds, as far as the budget allows.
fn not_a_number<M, const I: usize, const O: usize>(
    spec: &str,
    run_compiled: impl Fn(&mut M, &[[f32; I]]) -> Vec<[f32; O]>,
) where
    M: recurve::Model + DualModule,
{
    const STEPS: usize = 5;
    let trained = model(spec);
    let inputs = [[f32::NAN; I]; STEPS];
    let vectors: Vec<Vec<f32>> = inputs.iter().map(|input| input.to_vec()).collect();
    on_each_level(|level| {
        let mut turned = trained.clone();
        let mut compiled = M::new();
        for knob in
            [Knob::Budget(u32::MAX), Knob::Ratio(1.0), Knob::Ratio(0.3), Knob::Budget(7), Knob::Budget(0)]
        {
            knob.turn(&mut turned);
            for mut module in compiled.dual_modules() {
                match knob {
                    Knob::Budget(rows) => module.set_row_budget(rows),
                    Knob::Ratio(ratio) => module.set_insensitive_ratio(ratio),
                    Knob::Thresholds(gate, tanh) => module.set_thresholds(gate, tanh),
                }
            }
            let what = format!("{level:?}, {knob:?}");
            let (_, decided) = run_counting(&turned, &Inputs::Features(&vectors));
            let before = read(&mut compiled);
            run_compiled(&mut compiled, &inputs);
            for (at, (after, before)) in read(&mut compiled).into_iter().zip(before).enumerate() {
                let all = compiled.dual_modules().nth(at).map_or(0, |module| module.layer.rows);
                let rows = if let Knob::Budget(budget) = knob { all.min(budget) } else { all };
                assert_eq!(after - before, u64::from(rows) * STEPS as u64, "{what}, module {at}");
                assert!(decided.iter().all(|modules| modules[at].0 == rows as usize), "{what}, module {at}");
            }
        }
    });
}

/// Every ratio, some thresholds and budgets, against the reference executor; at 0 against a network without little
/// modules.
fn sweep<M, const I: usize, const O: usize>(
    spec: &str,
    trace: &Trace,
    run_compiled: impl Fn(&mut M, &[[f32; I]]) -> Vec<[f32; O]>,
) where
    M: recurve::Model + DualModule,
{
    let trained = model(spec);
    let text = std::fs::read_to_string(spec).expect("the spec is readable");
    let rounds = !text.contains("precision: f32");
    let mut knobs: Vec<Knob> = (0..=20).map(|at| Knob::Ratio(at as f32 / 20.0)).collect();
    knobs.extend([Knob::Ratio(-3.0), Knob::Thresholds(0.3, 0.9), Knob::Thresholds(0.6, 0.2)]);
    knobs.extend([Knob::Budget(0), Knob::Budget(7), Knob::Ratio(0.0), Knob::Budget(100_000)]);
    let mut dense = trained.clone();
    for layer in &mut dense.layers {
        match layer {
            Layer::Recurrent(level) => level.dual.clear(),
            Layer::Linear(linear) => linear.dual = None,
            Layer::Embedding(_) => {}
        }
    }
    let (mut clear, mut exact) = (0, 0);
    on_each_level(|level| {
        let mut turned = trained.clone();
        let mut compiled = M::new();
        let mut budgets = vec![None];
        for knob in &knobs {
            if let Knob::Budget(rows) = knob {
                budgets.push(Some(*rows));
            }
            knob.turn(&mut turned);
            for mut module in compiled.dual_modules() {
                match *knob {
                    Knob::Ratio(ratio) => module.set_insensitive_ratio(ratio),
                    Knob::Thresholds(gate, tanh) => module.set_thresholds(gate, tanh),
                    Knob::Budget(rows) => module.set_row_budget(rows),
                }
            }
            let what = format!("{level:?}, {knob:?}");
            let inputs = trace.inputs::<I>(0);
            let vectors: Vec<Vec<f32>> = inputs.iter().map(|input| input.to_vec()).collect();
            let all = matches!(knob, Knob::Ratio(ratio) if *ratio <= 0.0)
                && !text.contains("row_budget")
                && budgets.len() == 1;
            let reference = if all { &dense } else { &turned };
            let expected = run(reference, &Inputs::Features(&vectors)).concat();
            let (_, decided) = run_counting(&turned, &Inputs::Features(&vectors));
            let before = read(&mut compiled);
            let outputs = run_compiled(&mut compiled, inputs);
            let rows = read(&mut compiled).into_iter().zip(before).map(|(after, before)| after - before);
            let rows: Vec<u64> = rows.collect();
            if let Knob::Budget(budget) = knob {
                assert!(rows.iter().all(|rows| *rows <= u64::from(*budget) * trace.steps as u64), "{what}");
            }
            if let (Knob::Ratio(ratio), [.., Some(7)]) = (knob, &budgets[..])
                && *ratio <= 0.0
            {
                assert!(rows.iter().all(|rows| *rows == 7 * trace.steps as u64), "{what}: {rows:?}");
            }
            if decided.iter().flatten().any(|(_, margin)| *margin < NEAR) {
                continue;
            }
            clear += 1;
            let mut counted = vec![0; trace.modules];
            for (at, (rows, _)) in decided.iter().flatten().enumerate() {
                counted[at % trace.modules] += *rows as u64;
            }
            let agrees = |(found, expected): (&f32, &f64)| (f64::from(*found) - expected).abs() <= TOLERANCE;
            let close = outputs.as_flattened().iter().zip(&expected).all(agrees);
            if close && rows == counted {
                exact += 1;
            } else {
                assert!(rounds && !all, "{what}: {rows:?} rows, expected {counted:?}");
                assert_close(outputs.as_flattened(), &expected, ROUNDED_TOLERANCE, &what);
            }
        }
    });
    assert!(clear > 20 && 10 * exact >= 9 * clear, "{exact} of {clear} knobs that leave no doubt agree");
}

//! What a model would cost with other matrices, other numbers or a policy.
//!
//! Each alternative is the spec with one thing changed, compiled: with factors of the right shapes where
//! `recurve fit` or training would have to give them, for costs do not depend on their values.

use recurve_compiler::diagnostic::{Diagnostics, Span, Spanned};
use recurve_compiler::files::{Beside, Files, Memory};
use recurve_compiler::golden::Work;
use recurve_compiler::model::{self, Model};
use recurve_compiler::spec::{
    Compression, Convention, DopedKp, DualModule, Hkp, Hmd, Kp, Layer, Logistic, LowRank, On, Pattern,
    Precision, Predictor, Pruned, Reset, Skip, Spec, Window,
};
use recurve_compiler::{Compiled, compile_spec, unfitted_spec};
use recurve_fit::sketch;
use recurve_predict::Machine;
use safetensors::tensor::{Dtype, TensorView};
use serde::Serialize;

use crate::traffic::Reading;

/// One thing done otherwise.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alternative {
    /// What the spec would say: `precision: int8`.
    pub choice: String,
    /// What is changed.
    pub change: Change,
    /// What it takes besides the spec.
    pub needs: Needs,
    /// What it would cost, or why it cannot be had.
    pub outcome: Outcome,
}

impl Alternative {
    /// What it costs, where it can be had.
    pub fn costs(&self) -> Option<&Costs> {
        match &self.outcome {
            Outcome::Costs(costs) => Some(costs),
            Outcome::Refused(_) => None,
        }
    }

    /// What the compiler says against it.
    pub fn refusal(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Costs(_) => None,
            Outcome::Refused(why) => Some(why),
        }
    }
}

/// What an alternative changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// How numbers are stored.
    Precision,
    /// The form of the matrices of recurrent layers.
    Compression,
    /// What is executed at run time.
    Policy,
}

/// What an alternative takes besides the spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// `recurve fit`; training the factors keeps more accuracy.
    Fit,
    /// `recurve fit --data`.
    Data,
    /// A network that was trained with it.
    Training,
}

/// What an alternative would cost, or why it cannot be had.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// What it would cost.
    Costs(Costs),
    /// The first thing that the compiler would say.
    Refused(String),
}

/// What a model costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Costs {
    /// Bytes of weights.
    pub flash_bytes: usize,
    /// Bytes of state and stack.
    pub ram_bytes: usize,
    /// Multiply-accumulates a step, in the mean where some are skipped, with the policy's own.
    pub macs: f64,
    /// Bytes of weights read a step, in the mean where some are skipped.
    pub bytes_per_step: f64,
    /// Predicted nanoseconds of a step, where a machine was given that knows.
    pub step_ns: Option<f64>,
}

impl Costs {
    pub(crate) fn new(spec: &Spec, compiled: &Compiled, machine: Option<&Machine>) -> Costs {
        let reading = Reading::new(spec, compiled);
        Costs::at(&reading, reading.executed(), compiled, machine)
    }

    /// With this share of all steps executed.
    fn at(reading: &Reading, executed: f64, compiled: &Compiled, machine: Option<&Machine>) -> Costs {
        let plan = &compiled.plan;
        let every = compiled.model.skip.as_ref().map_or(1, model::Skip::steps_per_decision);
        let decision = plan.cost.macs_per_decision() as f64 / every as f64;
        let policy = plan.cost.policy.as_ref().map_or(0.0, |policy| policy.bytes as f64);
        let read = executed * (reading.per_step() - policy) + policy / every as f64;
        // What rows cost that are left out is counted with the bytes: a number of a row is a multiply-accumulate.
        let rows = reading.per_step() / plan.cost.bytes_per_step().max(1) as f64;
        Costs {
            flash_bytes: plan.weights.bytes().len(),
            ram_bytes: crate::ram(compiled),
            macs: executed * plan.cost.macs() as f64 * rows.min(1.0) + decision,
            bytes_per_step: read,
            step_ns: machine.and_then(|machine| machine.step_ns(compiled).ok()),
        }
    }
}

/// Inputs of a window, and how many of them are executed.
const WINDOW: (usize, usize) = (16, 8);
/// The share of steps that a predictor is taken to execute, and of rows that a little module is taken to leave out.
const HALF: f64 = 0.5;
const FIT: &str = "<fit>";
const GATE: &str = "<gate>";
const SKIP: &str = "recurve_report_skip";

/// Every alternative to `spec`, which compiles to `base`.
pub(crate) fn all(
    spec: &Spec,
    files: &dyn Files,
    base: &Compiled,
    machine: Option<&Machine>,
) -> Vec<Alternative> {
    let mut all = Vec::new();
    for (choice, precision) in [
        ("precision: f32", Precision::F32),
        ("precision: f16", Precision::F16),
        ("precision: bf16", Precision::Bf16),
        ("precision: int8", Precision::Int8),
        ("precision: int4", Precision::Int4),
        ("precision: int16x8", Precision::Int16x8),
    ] {
        let is_new =
            layers(spec).any(|layer| layer.precision().map_or(Precision::F32, |it| it.value) != precision);
        let edited = with_layers(spec, |layer| *layer.precision_mut() = Some(at_nowhere(precision)));
        if is_new {
            let outcome = outcome(&edited, files, machine, None);
            all.push(Alternative {
                choice: choice.into(),
                change: Change::Precision,
                needs: Needs::Nothing,
                outcome,
            });
        }
    }
    if layers(spec).any(|layer| !matches!(layer, Layer::Embedding(_) | Layer::Linear(_))) {
        all.extend(compressions(spec, files, machine));
        all.extend(policies(spec, files, base, machine));
    }
    all
}

fn compressions(spec: &Spec, files: &dyn Files, machine: Option<&Machine>) -> Vec<Alternative> {
    // What the reset gate multiplies must be the state's alone.
    let is_apart = |layer: &Layer| matches!(layer, Layer::Gru(gru) if gru.reset.value == Reset::After);
    let is_both = layers(spec).any(is_apart);
    let on = is_both.then_some(at_nowhere(On::Both));
    let ratio = |ratio: f64| Some(at_nowhere(ratio));
    let pruned = |sparsity: f64, pattern: Pattern| {
        let pattern = Some(at_nowhere(pattern));
        let on = Some(at_nowhere(On::Both));
        Compression::Pruned(Pruned {
            matrices: on,
            pattern,
            sparsity: Some(at_nowhere(sparsity)),
            ratio: None,
        })
    };
    let hmd = |of: f64| Compression::Hmd(Hmd { rows: None, matrices: on, ratio: ratio(of) });
    let low_rank = |of: f64| Compression::LowRank(LowRank { rank: None, matrices: on, ratio: ratio(of) });
    let kp = || Compression::Kp(Kp { matrices: on, factors: None, ratio: None });
    let hkp = Compression::Hkp(Hkp { rows: None, matrices: on, factors: None, ratio: ratio(8.0) });
    let sparsity = Some(at_nowhere(0.95));
    let doped = Compression::DopedKp(DopedKp { matrices: on, factors: None, sparsity, ratio: None });
    let said = |kind: &str, more: &str| {
        let on = if is_both { "matrices: both" } else { "" };
        let between = if is_both && !more.is_empty() { ", " } else { "" };
        format!("compression: {{{kind}: {{{on}{between}{more}}}}}")
    };
    let blocks = "compression: {pruned: {matrices: both, pattern: blocks, sparsity: 0.8}}";
    let choices: [(String, Option<Compression>, Option<Precision>); 11] = [
        ("compression: none".into(), None, None),
        (said("kp", ""), Some(kp()), None),
        (said("kp", "") + ", precision: int8", Some(kp()), Some(Precision::Int8)),
        (said("hkp", "ratio: 8"), Some(hkp), None),
        (said("doped_kp", "sparsity: 0.95"), Some(doped), None),
        (said("hmd", "ratio: 2"), Some(hmd(2.0)), None),
        (said("hmd", "ratio: 4"), Some(hmd(4.0)), None),
        (said("low_rank", "ratio: 2"), Some(low_rank(2.0)), None),
        (said("low_rank", "ratio: 4"), Some(low_rank(4.0)), None),
        (blocks.into(), Some(pruned(0.8, Pattern::Blocks)), None),
        (
            "compression: {pruned: {matrices: both, sparsity: 0.9}}".into(),
            Some(pruned(0.9, Pattern::Unstructured)),
            None,
        ),
    ];
    let is_dense = layers(spec).all(|layer| layer.compression().is_none());
    let choices = choices.into_iter().filter(|(_, form, _)| form.is_some() || !is_dense);
    let of_choice = |(choice, form, precision): (String, Option<Compression>, Option<Precision>)| {
        let mut edited = with_layers(spec, |layer| {
            if let Some(compression) = layer.compression_mut() {
                *compression = form.clone().map(at_nowhere);
                if let Some(precision) = precision {
                    *layer.precision_mut() = Some(at_nowhere(precision));
                }
            }
        });
        // A little module stands beside dense rows.
        edited.runtime.dual_module.clear();
        let needs = if form.is_some() { Needs::Fit } else { Needs::Nothing };
        let outcome = outcome(&edited, files, machine, None);
        Alternative { choice, change: Change::Compression, needs, outcome }
    };
    choices.map(of_choice).collect()
}

fn policies(spec: &Spec, files: &dyn Files, base: &Compiled, machine: Option<&Machine>) -> Vec<Alternative> {
    let alternative =
        |choice: String, needs, outcome| Alternative { choice, change: Change::Policy, needs, outcome };
    let mut all = Vec::new();
    let (length, budget) = WINDOW;
    let mut window = spec.clone();
    window.runtime.skip = Some(at_nowhere(Skip::Window(Window {
        name: at_nowhere(SKIP.into()),
        length: at_nowhere(length),
        budget: at_nowhere(budget),
        threshold: Some(at_nowhere(0.0)),
        time: None,
    })));
    window.weights.push(at_nowhere(GATE.into()));
    let gate = gate(&base.model, spec.convention.map_or(Convention::Pytorch, |it| it.value));
    let gate = Memory(gate.map(|file| (GATE.to_owned(), file)).into_iter().collect());
    all.push(alternative(
        format!("skip: {{window: {{length: {length}, budget: {budget}}}}}"),
        Needs::Training,
        outcome(&window, &Beside(&gate, files), machine, None),
    ));
    let mut predictor = spec.clone();
    let name = at_nowhere(SKIP.into());
    let logistic = Logistic { name, threshold: None, change: None, quantile: None };
    predictor.runtime.skip = Some(at_nowhere(Skip::Predictor(at_nowhere(Predictor::Logistic(logistic)))));
    all.push(alternative(
        "skip: {predictor: {logistic: {}}}, half of the steps skipped".into(),
        Needs::Data,
        outcome(&predictor, files, machine, Some(HALF)),
    ));
    let mut dual = spec.clone();
    let with_gates = layers(spec).filter(|layer| match layer {
        Layer::Lstm(_) => true,
        Layer::Gru(gru) => gru.reset.value == Reset::After,
        Layer::Rnn(_) | Layer::FastRnn(_) | Layer::FastGrnn(_) | Layer::Linear(_) | Layer::Embedding(_) => {
            false
        }
    });
    dual.runtime.dual_module = with_gates.map(|layer| Some(at_nowhere(dual_module(layer)))).collect();
    if !dual.runtime.dual_module.is_empty() {
        all.push(alternative(
            format!("dual_module: [{{insensitive_ratio: {HALF}}}]"),
            Needs::Data,
            outcome(&dual, files, machine, None),
        ));
    }
    all
}

fn dual_module(layer: &Layer) -> DualModule {
    DualModule {
        layer: at_nowhere(layer.name().value.clone()),
        epsilon: None,
        dim: None,
        precision: None,
        insensitive_ratio: Some(at_nowhere(HALF)),
        thresholds: None,
        row_budget: None,
        cross_gate: None,
    }
}

/// Compiles an edited spec, with what it would have to learn in the right shapes.
fn outcome(spec: &Spec, files: &dyn Files, machine: Option<&Machine>, executed: Option<f64>) -> Outcome {
    let spec = Spec { fit: Some(at_nowhere(FIT.into())), ..spec.clone() };
    let first = |found: Diagnostics| {
        let message = found.iter().next().map_or_else(String::new, |found| found.message.clone());
        Outcome::Refused(message)
    };
    let unfitted = match unfitted_spec(&spec, files) {
        Ok(unfitted) => unfitted,
        Err(found) => return first(found),
    };
    // Where nothing has to be learned there is no such file, and none is asked for.
    let fit = Memory(sketch(&unfitted).ok().map(|file| (FIT.to_owned(), file)).into_iter().collect());
    match compile_spec(&spec, &Beside(&fit, files), Work::None) {
        Err(found) => first(found),
        Ok(compiled) => {
            let reading = Reading::new(&spec, &compiled);
            let mut costs = Costs::at(&reading, executed.unwrap_or(reading.executed()), &compiled, machine);
            if let Some(executed) = executed {
                // The prediction is of an executed step.
                costs.step_ns = costs.step_ns.map(|step| step * executed);
            }
            Outcome::Costs(costs)
        }
    }
}

/// The tensors of a window's gate.
fn gate(model: &Model, convention: Convention) -> Option<Vec<u8>> {
    let (length, columns) = (WINDOW.0, model.last_recurrent()?.forward.units() + 1);
    let zeros = vec![0; size_of::<f32>() * length * columns];
    let (weight, shape) = match convention {
        Convention::Keras => ("kernel", vec![columns, length]),
        Convention::Pytorch | Convention::Onnx => ("weight", vec![length, columns]),
    };
    let weight = (format!("{SKIP}.{weight}"), TensorView::new(Dtype::F32, shape, &zeros).ok()?);
    let bias = zeros.get(..size_of::<f32>() * length)?;
    let bias = (format!("{SKIP}.bias"), TensorView::new(Dtype::F32, vec![length], bias).ok()?);
    safetensors::serialize([weight, bias], None).ok()
}

fn layers(spec: &Spec) -> impl Iterator<Item = &Layer> {
    spec.layers.iter().flatten().map(|layer| &layer.value)
}

fn with_layers(spec: &Spec, edit: impl Fn(&mut Layer)) -> Spec {
    let mut edited = spec.clone();
    edited.layers.iter_mut().flatten().for_each(|layer| edit(&mut layer.value));
    edited
}

/// A value that stands nowhere in the spec.
fn at_nowhere<T>(value: T) -> Spanned<T> {
    Spanned::new(value, Span::default())
}

//! A network with a policy against the reference executor and against its twin without.

use recurve::{Skipping, Streaming};
use recurve_compiler::reference::{Step, Stream};

use crate::levels::on_each_level;
use crate::reference::{assert_close, inputs, model};

const STEPS: usize = 120;

/// What a caller can do with a model, as far as its policy offers it.
pub(crate) struct Knobs<M> {
    pub(crate) budget: Option<fn(&mut M, usize)>,
    pub(crate) threshold: Option<fn(&mut M, f32)>,
    pub(crate) next: Option<fn(&mut M) -> u32>,
    pub(crate) pass: Option<fn(&mut M, u32) -> u32>,
}

/// Where vectors are rounded to integers, a state may differ by a step of that.
fn tolerance(spec: &str) -> f64 {
    if spec.contains("_int8") || spec.contains("_int4") { 5e-3 } else { 1e-5 }
}

/// Changes of the knobs before a step: a budget and a threshold.
fn change(step: usize) -> (Option<usize>, Option<f32>) {
    let budget = (step % 5 == 3).then_some([3, 7, 0, 2, 5][step / 5 % 5]);
    let threshold = (step % 11 == 7).then_some([0.5, 0.3, 0.55, 0.0, 0.62][step / 11 % 5]);
    (budget, threshold)
}

fn turn<M>(model: &mut M, knobs: &Knobs<M>, step: usize) {
    let (budget, threshold) = change(step);
    if let (Some(set), Some(budget)) = (knobs.budget, budget) {
        set(model, budget);
    }
    if let (Some(set), Some(threshold)) = (knobs.threshold, threshold) {
        set(model, threshold);
    }
}

pub(crate) fn policy<M, P, const I: usize, const O: usize>(spec: &str, knobs: &Knobs<M>)
where
    M: Streaming<Input = [f32; I], Output = [f32; O]> + Skipping,
    P: Streaming<Input = [f32; I], Output = [f32; O]>,
{
    let inputs = inputs::<I>(STEPS);
    on_each_level(|level| {
        let what = format!("{level:?}");
        for turning in [false, true] {
            decides_like_the_reference(spec, &inputs, knobs, turning, &what);
        }
        runs_as_it_steps::<M, I, O>(&inputs, &what);
        foresees(&inputs, knobs, &what);
        passes_at_once(&inputs, knobs, &what);
        bad_samples_do_not_stop_it::<M, I, O>(spec, &inputs, &what);
        never_skipping_is_the_plain_model::<M, P, I, O>(&inputs, knobs, &what);
    });
}

fn decides_like_the_reference<M, const I: usize, const O: usize>(
    spec: &str,
    inputs: &[[f32; I]],
    knobs: &Knobs<M>,
    turning: bool,
    what: &str,
) where
    M: Streaming<Input = [f32; I], Output = [f32; O]> + Skipping,
{
    let meant = model(spec);
    let mut stream = Stream::new(&meant);
    let mut model = M::new();
    let mut output = *model.run(&[]);
    assert_close(&output, stream.output(), tolerance(spec), &format!("{what}: at rest"));
    let (mut executed, mut skipped) = (0, 0);
    for (step, input) in inputs.iter().enumerate() {
        let what = format!("{what}, step {step}");
        if turning {
            turn(&mut model, knobs, step);
            let (budget, threshold) = change(step);
            budget.into_iter().for_each(|budget| stream.set_budget(budget));
            if knobs.threshold.is_some() {
                threshold.into_iter().for_each(|threshold| stream.set_threshold(threshold.into()));
            }
        }
        let before = model.stats();
        let found = *model.step(input);
        let update = model.stats().updates > before.updates;
        assert_eq!(model.stats().steps, before.steps + 1);
        let decision = stream.step(Step::Features(input));
        if decision.update != update {
            assert!(decision.margin < 20.0 * tolerance(spec), "{what}: executed {update}, {decision:?}");
            break;
        }
        if update {
            executed += 1;
            assert_close(&found, stream.output(), tolerance(spec), &what);
        } else {
            skipped += 1;
            assert_eq!(found, output, "{what}: a skipped step changed the output");
        }
        output = found;
    }
    assert!(executed > 0, "{what}: nothing was executed");
    assert!(skipped > 0 || spec.contains("forest"), "{what}: nothing was skipped");
}

/// `step`, `run`, `run_into`, another start and two streams in turns.
fn runs_as_it_steps<M, const I: usize, const O: usize>(inputs: &[[f32; I]], what: &str)
where
    M: Streaming<Input = [f32; I], Output = [f32; O]> + Skipping,
{
    let (mut model, mut late) = (M::new(), M::new());
    let mut outputs = Vec::new();
    for (step, input) in inputs.iter().enumerate() {
        outputs.push(*model.step(input));
        if let Some(before) = step.checked_sub(4) {
            assert_eq!(late.step(&inputs[before]), &outputs[before], "{what}: in turns");
        }
    }
    let stats = model.stats();
    model.reset();
    assert_eq!(model.run(inputs), outputs.last().expect("some outputs"), "{what}: run");
    assert_eq!(model.stats().updates, 2 * stats.updates, "{what}: statistics go on");
    assert_eq!(model.stats().macs, 2 * stats.macs, "{what}: statistics go on");
    model.reset();
    let mut into = vec![[0.0; O]; inputs.len()];
    model.run_into(inputs, &mut into);
    assert_eq!(into, outputs, "{what}: run_into");
}

/// What is foreseen to be skipped is skipped, and need not be there.
fn foresees<M, const I: usize, const O: usize>(inputs: &[[f32; I]], knobs: &Knobs<M>, what: &str)
where
    M: Streaming<Input = [f32; I], Output = [f32; O]> + Skipping,
{
    let (Some(next), Some(pass)) = (knobs.next, knobs.pass) else {
        return;
    };
    let (mut stepped, mut passed) = (M::new(), M::new());
    let (mut at, mut without) = (0, 0);
    while at < inputs.len() {
        turn(&mut stepped, knobs, at);
        turn(&mut passed, knobs, at);
        let idle = next(&mut passed.clone()) as usize;
        let most = idle.min(inputs.len() - at).min(3);
        assert_eq!(pass(&mut passed, most as u32) as usize, most, "{what}, step {at}");
        without += most;
        for input in &inputs[at..at + most] {
            let updates = stepped.stats().updates;
            stepped.step(input);
            assert_eq!(stepped.stats().updates, updates, "{what}, step {at}: foreseen to be skipped");
        }
        at += most;
        if idle == 0 && at < inputs.len() {
            let updates = stepped.stats().updates;
            assert_eq!(stepped.step(&inputs[at]), passed.step(&inputs[at]), "{what}, step {at}");
            assert_eq!(stepped.stats().updates, updates + 1, "{what}, step {at}: foreseen to be executed");
            at += 1;
        }
        assert_eq!(stepped.stats(), passed.stats(), "{what}, step {at}");
    }
    assert!(without > 0, "{what}: nothing was foreseen");
    assert_eq!(pass(&mut M::new(), 0), 0);
}

/// Many steps that pass at once leave the model as single ones do.
fn passes_at_once<M, const I: usize, const O: usize>(inputs: &[[f32; I]], knobs: &Knobs<M>, what: &str)
where
    M: Streaming<Input = [f32; I], Output = [f32; O]> + Skipping,
{
    let (Some(next), Some(pass)) = (knobs.next, knobs.pass) else {
        return;
    };
    let (mut at_once, mut each) = (M::new(), M::new());
    let mut passed = 0;
    for (step, input) in inputs.iter().enumerate() {
        turn(&mut at_once, knobs, step);
        turn(&mut each, knobs, step);
        let steps = [0, 1, 9, 70, 400][step % 5];
        let found = pass(&mut at_once, steps);
        assert_eq!(
            (0..steps).take_while(|_| pass(&mut each, 1) == 1).count(),
            found as usize,
            "{what}, {step}"
        );
        assert_eq!(at_once.stats(), each.stats(), "{what}, step {step}");
        passed += found;
        if step % 3 == 0 {
            assert_eq!(next(&mut at_once), next(&mut each), "{what}, step {step}");
        }
        assert_eq!(at_once.step(input), each.step(input), "{what}, step {step}");
        assert_eq!(at_once.stats(), each.stats(), "{what}, step {step}");
    }
    assert!(passed > 0, "{what}: nothing passed");
    // A budget of zero, or else a threshold that needs long to be reached, takes no time either.
    if let Some(budget) = knobs.budget {
        budget(&mut at_once, 0);
        assert_eq!((next(&mut at_once), pass(&mut at_once, u32::MAX)), (u32::MAX, u32::MAX), "{what}");
    }
    let foreseen = next(&mut at_once);
    assert_eq!(pass(&mut at_once, u32::MAX), foreseen, "{what}");
}

/// What is NaN is executed, as the reference executor says and as far as budgets allow, and leaves nothing in the
/// policy that a reset does not take out.
fn bad_samples_do_not_stop_it<M, const I: usize, const O: usize>(spec: &str, inputs: &[[f32; I]], what: &str)
where
    M: Streaming<Input = [f32; I], Output = [f32; O]> + Skipping,
{
    let mut bad = inputs.to_vec();
    for input in &mut bad[20..50] {
        input[0] = f32::NAN;
    }
    let meant = model(spec);
    let mut stream = Stream::new(&meant);
    let mut model = M::new();
    let mut after = 0;
    for (step, input) in bad.iter().enumerate() {
        let before = model.stats().updates;
        let output = *model.step(input);
        let update = model.stats().updates > before;
        let decision = stream.step(Step::Features(input));
        if decision.update != update {
            let what = format!("{what}, step {step}: executed {update}, {decision:?}");
            assert!(decision.margin < 20.0 * tolerance(spec), "{what}");
            break;
        }
        if step >= 50 {
            after += usize::from(update);
            assert_eq!(output[0].is_nan(), stream.output()[0].is_nan(), "{what}, step {step}");
        }
    }
    assert!(after > 0, "{what}: nothing was executed any more");
    model.reset();
    let before = model.stats().updates;
    let mut fresh = M::new();
    for input in inputs {
        assert_eq!(model.step(input).map(f32::to_bits), fresh.step(input).map(f32::to_bits), "{what}");
    }
    assert_eq!(model.stats().updates - before, fresh.stats().updates, "{what}");
}

fn never_skipping_is_the_plain_model<M, P, const I: usize, const O: usize>(
    inputs: &[[f32; I]],
    knobs: &Knobs<M>,
    what: &str,
) where
    M: Streaming<Input = [f32; I], Output = [f32; O]> + Skipping,
    P: Streaming<Input = [f32; I], Output = [f32; O]>,
{
    let Some(threshold) = knobs.threshold else {
        return;
    };
    let (mut model, mut plain) = (M::new(), P::new());
    threshold(&mut model, 0.0);
    if let Some(budget) = knobs.budget {
        budget(&mut model, usize::MAX);
    }
    for input in inputs {
        assert_eq!(model.step(input).map(f32::to_bits), plain.step(input).map(f32::to_bits), "{what}");
    }
    assert_eq!(model.stats().updates, inputs.len() as u64);
    // What is no number is no threshold.
    threshold(&mut model, f32::NAN);
    model.step(&inputs[0]);
    assert_eq!(model.stats().updates, inputs.len() as u64 + 1);
}

//! How far the network that runs is from the trace.

use super::trace;
use crate::golden::{Deployed, Work};
use crate::reference::RangeKind;
use crate::tensors::fixtures::{Tensors, files};
use crate::{Compiled, compile};

fn compiled(yaml: &str, weights: &Tensors, trace: &Tensors) -> Compiled {
    let text = format!("recurve: 1\nname: M\nweights: w\ngolden: g\n{yaml}");
    compile(&text, &files(&[("w", weights), ("g", trace)]), Work::All).expect("a model")
}

fn lstm(precision: &str) -> String {
    format!(
        "input: {{features: 3}}\noutput: every\nlayers: [{{lstm: {{name: a, hidden_size: 2, precision: {precision}}}}}]"
    )
}

fn deployed(precision: &str) -> Option<Deployed> {
    let weights = super::cell(4);
    let trace = trace(&lstm("f32"), &weights);
    let compiled = compiled(&lstm(precision), &weights, &trace);
    assert!(compiled.warnings.is_empty(), "{precision}");
    compiled.golden.expect("a comparison").deployed
}

#[test]
fn a_network_in_f32_is_the_trained_one() {
    assert_eq!(deployed("f32"), None);
}

#[test]
fn coarser_precisions_are_further_from_the_trace() {
    let worst = |precision| deployed(precision).expect("a rounded network").worst;
    let (f16, bf16, int8, int4) = (worst("f16"), worst("bf16"), worst("int8"), worst("int4"));
    assert!(0.0 < f16 && f16 < bf16 && bf16 < int4 && int8 < int4, "{f16} {bf16} {int8} {int4}");
    assert!((1e-5..2e-3).contains(&f16) && (1e-4..5e-2).contains(&int8), "{f16} {int8}");
}

#[test]
fn the_worst_difference_is_that_of_the_numbers_that_run() {
    let found = deployed("int8").expect("a rounded network");
    assert!(found.error < found.worst && found.worst < found.spread, "{found:?}");
    assert_eq!(found.policy, None);
}

#[test]
fn steps_that_a_rounded_policy_decides_otherwise_are_counted() {
    let weights = super::cell(4)
        .floats("skip.weight", &[1, 2], &[0.3, -0.2])
        .floats("skip.bias", &[1], &[0.0])
        .filled("fc.weight", &[2, 3]);
    let yaml = |precision: &str| {
        format!("{}\nruntime: {{skip: {{skip_rnn: {{name: skip}}}}}}\nignore: fc.weight", lstm(precision))
    };
    let plain = trace(&yaml("f32"), &weights);
    let found = compiled(&yaml("int8"), &weights, &plain).golden.expect("a comparison").deployed;
    let policy = found.expect("a rounded network").policy.expect("a policy");
    assert_eq!((policy.steps, policy.otherwise), (24, None));
    assert!(0 < policy.executed && policy.executed < 24);

    let model = crate::tensors::fixtures::model(&yaml("f32"), &weights);
    let (features, _) = super::inputs(&yaml("f32"), &weights);
    let updates: Vec<u8> = features
        .chunks(super::STEPS)
        .flat_map(|steps| {
            crate::reference::run_skipping(&model, &crate::reference::Inputs::Features(steps)).1
        })
        .map(|decision| u8::from(decision.update))
        .collect();
    let told = plain.raw("updates", safetensors::Dtype::U8, &[2, super::STEPS], updates);
    let found = compiled(&yaml("f16"), &weights, &told).golden.expect("a comparison").deployed;
    assert_eq!(found.expect("a rounded network").policy.expect("a policy").otherwise, Some(0));
}

/// `y = 30000 (x0 + x1 + x2)` and `y = 1000 (x0 + x1 + x2)`, for inputs in -2 to 2.
fn wide() -> (Compiled, Vec<f32>) {
    let yaml = |precision: &str| {
        format!(
            "input: {{features: 3}}\noutput: every\nlayers: [{{linear: {{name: fc, units: 2, precision: {precision}}}}}]"
        )
    };
    let rows = [30_000.0, 30_000.0, 30_000.0, 1000.0, 1000.0, 1000.0];
    let weights = Tensors::new().floats("fc.weight", &[2, 3], &rows).floats("fc.bias", &[2], &[0.0; 2]);
    let (features, _) = super::inputs(&yaml("f32"), &weights);
    let sums = features.iter().flat_map(|x| {
        let sum: f32 = x.iter().sum();
        [30_000.0 * sum, 1000.0 * sum]
    });
    (compiled(&yaml("int16x8"), &weights, &trace(&yaml("f32"), &weights)), sums.collect())
}

#[test]
fn sums_beyond_the_range_are_counted_by_layer() {
    let (found, sums) = wide();
    let [saturated] = found.saturated.as_slice() else { panic!("{:?}", found.saturated) };
    assert_eq!((saturated.layer.as_str(), saturated.kind), ("fc", RangeKind::Sum));
    let largest = sums.iter().fold(0.0, |largest: f32, sum| largest.max(sum.abs()));
    let beyond = sums.iter().filter(|sum| sum.abs() > 65536.0).count() as u64;
    assert_eq!((saturated.count.numbers, saturated.count.beyond), (48, beyond));
    assert!(beyond > 0 && (saturated.count.largest / f64::from(largest) - 1.0).abs() < 1e-3);
}

#[test]
fn outputs_of_a_linear_layer_have_the_range_of_sums() {
    let (found, sums) = wide();
    let inputs = crate::reference::Inputs::Features;
    let (features, _) = super::inputs(&lstm("f32"), &super::cell(4));
    let outputs = crate::reference::run(&found.model, &inputs(&features));
    let pairs = || outputs.iter().flatten().zip(&sums).map(|(y, sum)| (*y, f64::from(*sum)));
    assert!(pairs().filter(|(_, sum)| (4096.0..65536.0).contains(&sum.abs())).count() > 10);
    for (y, sum) in pairs() {
        assert!((y - sum.clamp(-65536.0, 65536.0)).abs() <= 1e-3 * sum.abs().max(1000.0), "{y} {sum}");
    }
}

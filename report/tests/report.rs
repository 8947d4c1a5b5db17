//! Reports of models whose costs are worked out by hand, or compiled.

use recurve_compiler::files::Memory;
use recurve_compiler::golden::Work;
use recurve_compiler::{Compiled, compile};
use recurve_predict::Machine;
use recurve_report::{Alternative, Devices, Fit, Needs, Options, Report};
use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize};

const KIB: usize = 1024;

/// A spec with one layer `rnn` of this many gates, and its tensors.
fn spec(cell: &str, gates: usize, input: usize, hidden: usize, more: &str) -> (String, Memory) {
    let text = format!(
        "recurve: 1\nname: Model\nweights: w.safetensors\ninput: {{features: {input}}}\nlayers:\n  - {cell}: {{name: rnn, \
         hidden_size: {hidden}{more}}}\noutput: last\n"
    );
    let shapes = [
        ("rnn.weight_ih_l0", vec![gates * hidden, input]),
        ("rnn.weight_hh_l0", vec![gates * hidden, hidden]),
        ("rnn.bias_ih_l0", vec![gates * hidden]),
        ("rnn.bias_hh_l0", vec![gates * hidden]),
    ];
    let zeros = vec![0; 4 * gates * hidden * input.max(hidden)];
    let tensors = shapes.map(|(name, shape)| {
        let bytes = 4 * shape.iter().product::<usize>();
        (name, TensorView::new(Dtype::F32, shape, &zeros[..bytes]).expect("a tensor"))
    });
    let file = serialize(tensors, None).expect("a file");
    (text, Memory([("w.safetensors".to_owned(), file)].into_iter().collect()))
}

fn report(text: &str, files: &Memory, steps: usize, cache: usize) -> Report {
    let options = Options { steps, cache, machine: None, devices: Devices::common() };
    Report::new(text, files, &options).expect("a report")
}

fn compiled(text: &str, files: &Memory) -> Compiled {
    compile(text, files, Work::QUICK).expect("a model")
}

fn alternative<'a>(report: &'a Report, choice: &str) -> &'a Alternative {
    report.alternatives.iter().find(|it| it.choice == choice).unwrap_or_else(|| panic!("no `{choice}`"))
}

#[test]
fn a_layer_costs_what_its_equation_says() {
    let (text, files) = spec("lstm", 4, 64, 64, "");
    let report = report(&text, &files, 32, 64 * KIB);
    let weights = 4 * (4 * 64 * 128 + 4 * 64);
    let [layer] = &report.layers[..] else { panic!("one layer") };
    assert_eq!(layer.flash_bytes, weights);
    assert_eq!(layer.bytes_per_step, weights);
    assert_eq!(layer.state_bytes, 4 * 2 * 64);
    assert_eq!(layer.macs, 4 * 64 * 128);
    assert_eq!(layer.ratio, 1.0);
    assert_eq!(report.total.flash_bytes, weights);
    assert_eq!(report.ram(), report.state_bytes + report.scratch_bytes);
}

#[test]
fn weights_that_fit_the_cache_move_once_and_others_every_step() {
    let (text, files) = spec("lstm", 4, 64, 64, "");
    let weights = 4.0 * (4 * 64 * 128 + 4 * 64) as f64;
    let besides = 4.0 * (32 * 64 + 64 + 2 * 2 * 64) as f64;

    let large = report(&text, &files, 32, 256 * KIB);
    assert_eq!(large.traffic.least_bytes, weights + besides);
    assert_eq!(large.traffic.by_steps.expect("steps").bytes, weights + besides);
    assert_eq!(large.traffic.run.data_reuse_efficiency, 1.0);

    let small = report(&text, &files, 32, 16 * KIB);
    let by_steps = small.traffic.by_steps.expect("steps");
    assert_eq!(by_steps.bytes, 32.0 * weights + besides);
    assert_eq!(by_steps.data_reuse_efficiency, (weights + besides) / by_steps.bytes);
    // The input's half is read once for a block of steps.
    let (input, block) = (4.0 * (4 * 64 * 64) as f64, compiled(&text, &files).plan.memory.steps as f64);
    assert!(block > 1.0);
    let run = (32.0 / block).ceil() * input + 32.0 * (weights - input) + besides;
    assert_eq!(small.traffic.run.bytes, run);
    assert_eq!(small.traffic_by_cache.first().expect("caches").run.bytes, run);
}

/// What a cache has room for stays in it where a large cell's matrices are read from either end in turn.
#[test]
fn weights_somewhat_larger_than_the_cache_move_in_part() {
    let (text, files) = spec("lstm", 4, 192, 192, "");
    let weights = 4.0 * (4 * 192 * 384 + 4 * 192) as f64;
    let besides = 4.0 * (32 * 192 + 192 + 2 * 2 * 192) as f64;
    let cache = 1 << 20;
    let report = report(&text, &files, 32, cache);
    let by_steps = weights + 31.0 * (weights - cache as f64) + besides;
    assert_eq!(report.traffic.by_steps.expect("steps").bytes, by_steps);
}

#[test]
fn a_sequence_of_one_step_moves_what_it_has_to() {
    let (text, files) = spec("gru", 3, 40, 96, ", reset: after");
    let report = report(&text, &files, 1, 16 * KIB);
    assert_eq!(report.traffic.run.data_reuse_efficiency, 1.0);
    assert_eq!(report.traffic.by_steps.expect("steps").data_reuse_efficiency, 1.0);
}

#[test]
fn alternatives_cost_what_they_compile_to() {
    let (text, files) = spec("lstm", 4, 40, 64, "");
    let report = report(&text, &files, 32, 256 * KIB);
    for precision in ["f16", "bf16", "int8", "int4", "int16x8"] {
        let (text, files) = spec("lstm", 4, 40, 64, &format!(", precision: {precision}"));
        let other = compiled(&text, &files);
        let costs = alternative(&report, &format!("precision: {precision}")).costs().expect("costs");
        assert_eq!(costs.flash_bytes, other.plan.weights.bytes().len());
        assert_eq!(costs.ram_bytes, other.plan.state_bytes() + other.plan.memory.scratch_bytes);
        assert_eq!(costs.macs, other.plan.cost.macs() as f64);
        assert_eq!(costs.bytes_per_step, other.plan.cost.bytes_per_step() as f64);
    }
    assert!(report.alternatives.iter().all(|it| it.choice != "precision: f32"));
}

#[test]
fn a_kronecker_product_of_the_published_network_is_as_small_as_published() {
    let (text, files) = spec("lstm", 4, 10, 118, "");
    let report = report(&text, &files, 32, 256 * KIB);
    let kp = alternative(&report, "compression: {kp: {}}");
    assert_eq!(kp.needs, Needs::Fit);
    let costs = kp.costs().expect("costs");
    assert!(report.costs.flash_bytes as f64 / costs.flash_bytes as f64 > 15.0, "{costs:?}");
    assert!(report.costs.macs / costs.macs > 9.0, "{costs:?}");
}

#[test]
fn policies_cost_their_decisions_and_save_steps_and_rows() {
    let (text, files) = spec("lstm", 4, 64, 128, "");
    let report = report(&text, &files, 32, 256 * KIB);
    let window = alternative(&report, "skip: {window: {length: 16, budget: 8}}");
    assert_eq!(window.needs, Needs::Training);
    let window = window.costs().expect("costs");
    assert!(window.macs > 0.5 * report.costs.macs && window.macs < 0.51 * report.costs.macs, "{window:?}");
    assert!(window.bytes_per_step < 0.51 * report.costs.bytes_per_step);
    let dual = alternative(&report, "dual_module: [{insensitive_ratio: 0.5}]");
    assert_eq!(dual.needs, Needs::Data);
    let dual = dual.costs().expect("costs");
    assert!(dual.bytes_per_step > 0.5 * report.costs.bytes_per_step, "{dual:?}");
    assert!(dual.bytes_per_step < 0.85 * report.costs.bytes_per_step, "{dual:?}");
    assert!(dual.flash_bytes > report.costs.flash_bytes);
}

#[test]
fn what_cannot_be_had_says_why() {
    let (text, files) = spec("lstm", 4, 31, 37, "");
    let report = report(&text, &files, 32, 256 * KIB);
    let refused: Vec<&Alternative> = report.alternatives.iter().filter(|it| it.costs().is_none()).collect();
    assert!(!refused.is_empty());
    assert!(refused.iter().all(|it| it.refusal().is_some_and(|why| !why.is_empty())));
    assert!(report.text().contains(&format!("not possible: {}", refused[0].choice)));
}

#[test]
fn a_spec_that_does_not_compile_has_no_report() {
    let (text, files) = spec("lstm", 4, 8, 16, ", bidirectional: maybe");
    let options = Options { steps: 1, cache: 1, machine: None, devices: Devices::common() };
    let found = Report::new(&text, &files, &options).expect_err("no report");
    assert!(found.has_errors());
}

#[test]
fn limits_of_the_target_do_not_stop_a_report() {
    let (text, files) = spec("lstm", 4, 8, 16, "");
    let report = report(&format!("{text}target: {{flash: 1 KiB}}\n"), &files, 32, 256 * KIB);
    assert!(report.total.flash_bytes > KIB);
}

#[test]
fn devices_are_judged_by_their_memories() {
    let (text, files) = spec("lstm", 4, 64, 64, "");
    let devices = "targets: 1\nmicrocontrollers:\n  - {name: flashy, flash: 130 KiB, ram: 8 KiB}\n  \
                   - {name: forgetful, flash: 256 KiB, ram: 512}\n  - {name: fine, flash: 256 KiB, ram: 8 KiB}\nservers:\n  \
                   - {name: cached, caches: [32 KiB, 1 MiB]}\n  - {name: uncached, caches: [32 KiB]}\n";
    let devices = Devices::read(devices).expect("devices");
    let options = Options { steps: 32, cache: KIB, machine: None, devices };
    let report = Report::new(&text, &files, &options).expect("a report");
    // 132,096 bytes of weights fit into 130 KiB, and a program does not.
    let answers: Vec<bool> = report
        .devices
        .iter()
        .filter_map(|it| match it.fit {
            Fit::Microcontroller { fits, .. } => Some(fits),
            Fit::Server { .. } => None,
        })
        .collect();
    assert_eq!(answers, [true, false, true]);
    let levels: Vec<Option<usize>> = report
        .devices
        .iter()
        .filter_map(|it| match it.fit {
            Fit::Server { level, .. } => Some(level),
            Fit::Microcontroller { .. } => None,
        })
        .collect();
    assert_eq!(levels, [Some(2), None]);
}

#[test]
fn times_are_predicted_for_a_machine() {
    let (text, files) = spec("rnn", 1, 8, 16, "");
    let machine = "machine: 1\nprocessor: <ours>\ninstructions: Avx2\nnanoseconds: {step: 1.0, product: 2.0, rnn: 3.0, \
                   f32 in 24 KiB: 100.0}";
    let machine = Some(Machine::read(machine).expect("a machine"));
    let options = Options { steps: 4, cache: KIB, machine, devices: Devices::common() };
    let report = Report::new(&text, &files, &options).expect("a report");
    assert_eq!(report.costs.step_ns, Some(1.0 + 2.0 * 2.0 + 3.0 + 100.0 * (16.0 * 24.0 * 4.0 / 1024.0)));
    assert!(report.text().contains("predicted for <ours>"));
    assert!(report.html().contains("predicted for &lt;ours&gt;"));
}

#[test]
fn a_page_needs_nothing_besides() {
    let (text, files) = spec("lstm", 4, 40, 64, "");
    let page = report(&text, &files, 32, 64 * KIB).html();
    assert!(page.starts_with("<!DOCTYPE html>"));
    assert_eq!(page.matches("<svg").count(), 2);
    for outside in ["src=", "href=", "url(", "@import", "<script", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

//! What is the wearer of a sensor doing? The emptier the battery and the busier the processor, the fewer samples are
//! even captured: the network says in advance which it will not read.
//!
//! `cargo run --release -p battery` draws `target/battery.svg`. With `RECURVE_DATA`, the folder with the data sets, it
//! reads recordings of people, otherwise noise.

mod chart;
mod device;
mod recordings;

use std::error::Error;
use std::path::Path;

use device::Device;
use recordings::{Frontend, Recording, Sample};

recurve::rnn_model!("../../specs/har_skipping/dense.yaml");
recurve::rnn_model!("../../specs/har_skipping/window.yaml");

/// Lines of the table, and points of the chart.
const PARTS: usize = 24;

/// What happened during some recordings: shares in 0..=1, but for the minute and the budget.
struct Report {
    minute: f64,
    charge: f64,
    load: f64,
    budget: usize,
    captured: f64,
    macs: f64,
    /// How often it says what the network says that reads every sample.
    agreement: f64,
    /// How often it is right, where that is known.
    accuracy: Option<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let recordings = match std::env::var_os("RECURVE_DATA") {
        Some(folder) => recordings::test_part(&Path::new(&folder).join("uci_har/uci_har_subset.tar.xz"))?,
        None => {
            println!("Set `RECURVE_DATA` for recordings of people; of noise, networks say what they will.");
            recordings::noise()?
        }
    };
    let frontend = Frontend::read()?;
    let steps = (recordings.len() * recordings::STEPS) as u64;
    let mut device = Device::new(steps, HarSkippingDense::MACS_PER_STEP);
    let mut network = HarSkippingWindow::new();
    println!("{} recordings of 2.56 s:\n", recordings.len());
    println!("  minute  battery    load  budget  captured     MACs  agreement  accuracy");
    let mut reports = Vec::new();
    for part in recordings.chunks(recordings.len().div_ceil(PARTS).max(1)) {
        let report = report(part, &frontend, &mut device, &mut network);
        print!(
            "  {:>6.1} {} {} {:>7}",
            report.minute,
            percent(report.charge),
            percent(report.load),
            report.budget
        );
        print!("  {} {}   {}", percent(report.captured), percent(report.macs), percent(report.agreement));
        println!("  {}", report.accuracy.map_or_else(|| "       -".into(), percent));
        reports.push(report);
    }
    println!("\nIf every sample were captured, the battery would last for a fifth of this.");
    std::fs::create_dir_all("target")?;
    chart::draw(Path::new("target/battery.svg"), &reports)?;
    println!("drawn in target/battery.svg");
    Ok(())
}

fn percent(share: f64) -> String {
    format!("{:>6.1} %", share * 100.0)
}

fn report(
    part: &[Recording],
    frontend: &Frontend,
    device: &mut Device,
    network: &mut HarSkippingWindow,
) -> Report {
    let mut full = HarSkippingDense::new();
    let (before, mut alike, mut right) = (network.stats(), 0, 0);
    for recording in part {
        let guess = recognise(recording, frontend, device, network);
        full.reset();
        let all: Vec<Sample> = recording.samples.iter().map(|sample| frontend.scale(sample)).collect();
        alike += usize::from(guess == largest(full.run(&all)));
        right += usize::from(Some(guess) == recording.activity);
    }
    let stats = network.stats();
    let steps = (stats.steps - before.steps) as f64;
    let is_known = part.iter().all(|recording| recording.activity.is_some());
    Report {
        minute: device.minute(),
        charge: device.charge(),
        load: device.load(),
        budget: network.budget(),
        captured: (stats.updates - before.updates) as f64 / steps,
        macs: (stats.macs - before.macs) as f64 / (steps * HarSkippingDense::MACS_PER_STEP as f64),
        agreement: alike as f64 / part.len() as f64,
        accuracy: is_known.then_some(right as f64 / part.len() as f64),
    }
}

/// The loop of the firmware: it sleeps until the network wants a sample.
fn recognise(
    recording: &Recording,
    frontend: &Frontend,
    device: &mut Device,
    network: &mut HarSkippingWindow,
) -> usize {
    network.reset();
    let mut samples = recording.samples.as_slice();
    while !samples.is_empty() {
        network.set_budget(device.budget(HarSkippingWindow::WINDOW));
        network.set_threshold(device.threshold());
        let macs = network.stats().macs;
        // Where a window ends the network decides on the next, for which it needs no sample either.
        let passed = network.pass(samples.len() as u32);
        device.sleep(passed);
        samples = &samples[passed as usize..];
        if let Some((sample, rest)) = samples.split_first() {
            device.capture();
            network.step(&frontend.scale(sample));
            samples = rest;
        }
        device.compute(network.stats().macs - macs);
    }
    // Of no further samples: the output as it stands.
    largest(network.run(&[]))
}

fn largest(scores: &[f32; 6]) -> usize {
    let scores = scores.iter().enumerate();
    scores.max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(activity, _)| activity)
}

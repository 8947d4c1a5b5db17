//! Spoken digits: samples become coefficients, and a compiled network reads them frame by frame.
//!
//! `cargo run --release -p spoken_digits -- seven.wav` says which digit a recording of 8 kHz is of. With `RECURVE_DATA`,
//! the folder with the data sets, it counts how many recordings of the test split each network gets right.

mod frontend;
mod mfcc;
mod recordings;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use frontend::Frontend;
use mfcc::{Mfcc, frames};
use recordings::Recording;
use recurve::Streaming;

recurve::rnn_model!("../../specs/spoken_digits/dense.yaml");
recurve::rnn_model!("../../specs/spoken_digits/hkp.yaml");
recurve::rnn_model!("../../specs/spoken_digits/kp.yaml");
recurve::rnn_model!("../../specs/spoken_digits/kp_int8.yaml");

/// A probability for each of the ten digits.
type Scores = [f32; 10];

fn main() -> ExitCode {
    let done = match std::env::args_os().skip(1).collect::<Vec<_>>().as_slice() {
        [] => match std::env::var_os("RECURVE_DATA") {
            Some(folder) => count(Path::new(&folder)),
            None => demonstrate(),
        },
        paths => paths.iter().try_for_each(|path| recognise(Path::new(path))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// What the smallest network makes of a recording.
fn recognise(path: &Path) -> Result<(), String> {
    let frontend = Frontend::read()?;
    let scores = scores::<SpokenDigitsKpInt8>(&frontend.mfcc, &recordings::read(path)?);
    let digit = largest(&scores);
    println!("{}: {digit}, with {:.0} %", path.display(), scores[digit] * 100.0);
    Ok(())
}

fn demonstrate() -> Result<(), String> {
    let frontend = Frontend::read()?;
    let scores = scores::<SpokenDigitsKpInt8>(&frontend.mfcc, &frontend.signal);
    let digit = largest(&scores);
    println!(
        "A rising tone is no digit; the network takes it for {digit}, with {:.0} %.",
        scores[digit] * 100.0
    );
    println!("Name wav files (8 kHz, 16 bits, one channel) to hear what they are, or set `RECURVE_DATA`.");
    Ok(())
}

/// The test split of the Free Spoken Digit Dataset.
fn count(folder: &Path) -> Result<(), String> {
    let frontend = Frontend::read()?;
    let recordings = recordings::test_split(&folder.join("fsdd/recordings.tar"))?;
    println!("{} recordings that no network was trained on:\n", recordings.len());
    println!("  {:<22} {:>8} {:>9} {:>7} {:>9}", "network", "accuracy", "weights", "state", "us/frame");
    row::<SpokenDigitsDense>("LSTM 10->118", &frontend.mfcc, &recordings);
    row::<SpokenDigitsHkp>("  hybrid Kronecker", &frontend.mfcc, &recordings);
    row::<SpokenDigitsKp>("  Kronecker", &frontend.mfcc, &recordings);
    row::<SpokenDigitsKpInt8>("  Kronecker in int8", &frontend.mfcc, &recordings);
    let samples = recordings.iter().map(|recording| recording.samples.len()).sum::<usize>();
    let features =
        || recordings.iter().flat_map(|it| frames(&it.samples)).map(|it| frontend.mfcc.features(&it));
    let (start, count) = (Instant::now(), features().count());
    println!(
        "\n  The coefficients take {:.1} us a frame; the recordings are {:.0} s long.",
        start.elapsed().as_secs_f64() * 1e6 / count.max(1) as f64,
        samples as f64 / f64::from(mfcc::RATE)
    );
    Ok(())
}

fn row<M>(name: &str, mfcc: &Mfcc, recordings: &[Recording])
where
    M: Streaming<Input = mfcc::Coefficients, Output = Scores>,
{
    let is_right =
        |recording: &&Recording| largest(&scores::<M>(mfcc, &recording.samples)) == recording.label;
    let right = recordings.iter().filter(is_right).count();
    let inputs: Vec<_> =
        recordings.iter().flat_map(|it| frames(&it.samples)).map(|it| mfcc.features(&it)).collect();
    let (mut model, start) = (M::new(), Instant::now());
    for input in &inputs {
        std::hint::black_box(model.step(input));
    }
    println!(
        "  {name:<22} {:>6.2} % {:>7} B {:>5} B {:>9.3}",
        right as f64 * 100.0 / recordings.len().max(1) as f64,
        M::WEIGHT_BYTES,
        M::STATE_BYTES,
        start.elapsed().as_secs_f64() * 1e6 / inputs.len().max(1) as f64
    );
}

/// The scores after the last frame.
fn scores<M>(mfcc: &Mfcc, samples: &[f32]) -> Scores
where
    M: Streaming<Input = mfcc::Coefficients, Output = Scores>,
{
    let mut model = M::new();
    let mut scores = Scores::default();
    for frame in frames(samples) {
        scores = *model.step(&mfcc.features(&frame));
    }
    scores
}

fn largest(scores: &Scores) -> usize {
    let scores = scores.iter().enumerate();
    scores.max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(digit, _)| digit)
}

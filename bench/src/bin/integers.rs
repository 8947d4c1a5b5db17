//! Trained networks in integers throughout: accuracy on test data, and how far outputs are from those in `f32`.
//!
//! Writes `docs/integers.md`. The data comes from `train/evaluation.py`; the handwritten digits are in the repository.

#[path = "../results/classifier.rs"]
mod classifier;
#[path = "../results/data.rs"]
mod data;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use classifier::{Classifier, both_ways, forward, largest, models};
use data::Data;

models! {
    "trained/digits_lstm" DigitsLstm forward 8 10;
    "trained/digits_lstm_int16x8" DigitsLstmInt16x8 forward 8 10;
    "trained/digits_gru" DigitsGru forward 8 10;
    "trained/digits_gru_int16x8" DigitsGruInt16x8 forward 8 10;
    "trained/digits_fast_grnn" DigitsFastGrnn forward 8 10;
    "trained/digits_fast_grnn_int16x8" DigitsFastGrnnInt16x8 forward 8 10;
    "trained/usps_dense" UspsDense forward 16 10;
    "trained/usps_dense_int8" UspsDenseInt8 forward 16 10;
    "trained/usps_dense_int16x8" UspsDenseInt16x8 forward 16 10;
    "trained/spoken_digits_dense" SpokenDigitsDense forward 10 10;
    "trained/spoken_digits_dense_int8" SpokenDigitsDenseInt8 forward 10 10;
    "trained/spoken_digits_dense_int16x8" SpokenDigitsDenseInt16x8 forward 10 10;
    "trained/har_dense" HarDense both_ways 9 6;
    "trained/har_dense_int8" HarDenseInt8 both_ways 9 6;
    "trained/har_dense_int16x8" HarDenseInt16x8 both_ways 9 6;
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or(
        "name the folder with the test data: `RECURVE_DATA=... python train/evaluation.py target/data` writes it",
    )?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let digits = Data::<8>::of_file(&root.join("specs/digits"), "test.safetensors")?;
    let (usps, spoken) = (Data::read(&folder, "usps")?, Data::read(&folder, "spoken_digits")?);
    let har = Data::read(&folder, "har")?;
    let mut table = "| network | sequences | f32 | int8 | int16x8 | of these otherwise than f32 | largest difference | weights KB |\n\
                     |---|--:|--:|--:|--:|--:|--:|--:|\n"
        .to_owned();
    let none = None::<fn(&[[f32; 8]]) -> [f32; 10]>;
    row::<DigitsLstm, DigitsLstmInt16x8, _, _>(&mut table, "LSTM, handwritten digits", &digits, none);
    row::<DigitsGru, DigitsGruInt16x8, _, _>(&mut table, "GRU, handwritten digits", &digits, none);
    row::<DigitsFastGrnn, DigitsFastGrnnInt16x8, _, _>(
        &mut table,
        "FastGRNN of low rank, handwritten digits",
        &digits,
        none,
    );
    let name = "FastRNN, postal digits";
    row::<UspsDense, UspsDenseInt16x8, _, _>(&mut table, name, &usps, Some(once::<UspsDenseInt8, _, _>()));
    let (name, int8) = ("LSTM, spoken digits", once::<SpokenDigitsDenseInt8, _, _>());
    row::<SpokenDigitsDense, SpokenDigitsDenseInt16x8, _, _>(&mut table, name, &spoken, Some(int8));
    let name = "bidirectional LSTM, human activity";
    row::<HarDense, HarDenseInt16x8, _, _>(&mut table, name, &har, Some(once::<HarDenseInt8, _, _>()));
    println!("{table}");
    let page = include_str!("../integers/page.md").replace("{accuracy}", table.trim_end());
    std::fs::write(root.join("docs/integers.md"), page)
        .map_err(|error| format!("cannot write `docs/integers.md`: {error}"))?;
    println!("written to docs/integers.md");
    Ok(())
}

/// Classifies sequences with an `M`.
fn once<M: Classifier<I, O>, const I: usize, const O: usize>() -> impl FnMut(&[[f32; I]]) -> [f32; O] {
    let mut model = M::new();
    move |sequence| model.classify(sequence)
}

/// Compares `M` with `F`, which is the same network in `f32`, and with the one in 8 bits where there is one.
fn row<F, M, const INPUT: usize, const OUTPUT: usize>(
    table: &mut String,
    name: &str,
    data: &Data<INPUT>,
    mut int8: Option<impl FnMut(&[[f32; INPUT]]) -> [f32; OUTPUT]>,
) where
    F: Classifier<INPUT, OUTPUT>,
    M: Classifier<INPUT, OUTPUT>,
{
    let (mut floats, mut integers) = (F::new(), M::new());
    let (mut right, mut otherwise, mut worst) = ([0; 3], 0, 0.0f32);
    for (sequence, label) in data.sequences.iter().zip(&data.labels) {
        let (expected, found) = (floats.classify(sequence), integers.classify(sequence));
        let small = int8.as_mut().map(|classify| classify(sequence));
        let guesses = [Some(expected), small, Some(found)].map(|output| output.and_then(|it| largest(&it)));
        for (right, guess) in right.iter_mut().zip(guesses) {
            *right += usize::from(guess == Some(*label as usize));
        }
        otherwise += usize::from(guesses[0] != guesses[2]);
        worst = expected.iter().zip(found).fold(worst, |worst, (a, b)| worst.max((a - b).abs()));
    }
    let share = |right: usize| format!("{:.2} %", right as f64 * 100.0 / data.sequences.len().max(1) as f64);
    let of_int8 = if int8.is_some() { share(right[1]) } else { "-".into() };
    // Writing to a string cannot fail.
    let _ = writeln!(
        table,
        "| {name} | {} | {} | {of_int8} | {} | {otherwise} | {worst:.4} | {:.1} of {:.1} |",
        data.sequences.len(),
        share(right[0]),
        share(right[2]),
        M::WEIGHT_BYTES as f64 / 1024.0,
        F::WEIGHT_BYTES as f64 / 1024.0,
    );
}

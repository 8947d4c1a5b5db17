//! Handwritten digits, read row by row by three networks that were compiled with this program.

mod data;
mod drawing;
mod machine;
mod measure;
mod table;

use std::path::Path;
use std::process::ExitCode;

use data::{Digit, Row};
use measure::Scores;
use recurve::Streaming;
use recurve::simd::Level;

recurve::rnn_model!("../../specs/digits/lstm.yaml");
recurve::rnn_model!("../../specs/digits/gru.yaml");
recurve::rnn_model!("../../specs/digits/fastgrnn.yaml");

const DIGITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/digits/test.safetensors");
/// The digit that is drawn: it looks like another one until its last row.
const DRAWN: usize = 17;

fn main() -> ExitCode {
    match data::read(Path::new(DIGITS)) {
        Ok(digits) => {
            show(&digits);
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn show(digits: &[Digit]) {
    if let Some(digit) = digits.get(DRAWN) {
        let label = digit.label;
        println!("A handwritten {label}, one row a step, and what the LSTM takes it for so far:\n");
        drawing::print::<DigitsLstm>(digit);
    }
    println!(
        "\nAll {} digits that were kept from training, on one core of {} ({:?}):\n",
        digits.len(),
        machine::processor(),
        Level::current()
    );
    let head = ["network", "accuracy", "weights", "state", "parameters", "MACs/step", "us/step"];
    table::print(&[
        head.map(String::from),
        row::<DigitsLstm>("LSTM", digits),
        row::<DigitsGru>("GRU", digits),
        row::<DigitsFastGrnn>("FastGRNN", digits),
    ]);
}

fn row<M>(name: &str, digits: &[Digit]) -> [String; 7]
where
    M: Streaming<Input = Row, Output = Scores>,
{
    let correct = measure::correct::<M>(digits) as f64 / digits.len().max(1) as f64;
    let step = measure::step_time::<M>(digits);
    [
        name.into(),
        format!("{:.2} %", correct * 100.0),
        format!("{} B", table::grouped(M::WEIGHT_BYTES)),
        format!("{} B", table::grouped(M::STATE_BYTES)),
        table::grouped(M::PARAMETERS),
        table::grouped(M::MACS_PER_STEP),
        format!("{:.3}", step.as_secs_f64() * 1e6),
    ]
}

//! Trained networks in several forms, beside the peers that read them dense.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::data::Data;
use crate::peers::{PEERS, Peer, Task, recurve};
use crate::rounds::median;
use crate::scatter::scatter;
use crate::shapes::{TRAINED, Trained};
use crate::speed::{TOLERANCE, largest_difference};
use crate::turns::{Work, measure};
use crate::{Fault, page};

/// How long a network is measured in all its forms.
const BUDGET: Duration = Duration::from_secs(6);
/// Sequences that make up the stream that is timed.
const TIMED: usize = 8;
/// Those that read a file, which has the classifier too.
const WITH_CLASSIFIER: [&str; 4] = ["tract", "rten", "ONNX Runtime", "LiteRT"];

/// A network beside its peers.
pub struct Table {
    pub text: String,
    pub drawing: String,
    /// The end of the drawing's name.
    pub name: &'static str,
}

/// The output after a sequence.
fn read<const INPUT: usize>(network: &mut dyn Peer, sequence: &[[f32; INPUT]]) -> Result<Vec<f32>, Fault> {
    network.reset()?;
    sequence.iter().try_fold(Vec::new(), |_, input| network.step(input))
}

/// Sequences of the data that are put in their class, in percent.
fn accuracy<const INPUT: usize>(network: &mut dyn Peer, data: &Data<INPUT>) -> Result<f64, Fault> {
    let mut right = 0;
    for (sequence, label) in data.sequences.iter().zip(&data.labels) {
        let outputs = read(network, sequence)?;
        let largest = outputs.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        right += usize::from(largest.is_some_and(|(place, _)| place == *label as usize));
    }
    Ok(right as f64 * 100.0 / data.sequences.len().max(1) as f64)
}

/// Every trained network; `say` hears what is left out, and why.
pub fn tables(say: &mut dyn FnMut(String)) -> Result<Vec<Table>, Fault> {
    let [spoken_digits, human_activity] = &TRAINED;
    let tables = [found::<10>(spoken_digits, say)?, found::<9>(human_activity, say)?];
    Ok(tables.into_iter().flatten().collect())
}

/// The network's table, where its test data lies in `target/data`.
fn found<const INPUT: usize>(trained: &Trained, say: &mut dyn FnMut(String)) -> Result<Option<Table>, Fault> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/data");
    match Data::<INPUT>::read(&folder, trained.data) {
        Ok(data) => table(trained, &data, say).map(Some),
        Err(error) => {
            say(format!("{} is left out: {error}", trained.title));
            Ok(None)
        }
    }
}

fn table<const INPUT: usize>(
    trained: &Trained,
    data: &Data<INPUT>,
    say: &mut dyn FnMut(String),
) -> Result<Table, Fault> {
    eprintln!("measuring {}", trained.title);
    let mut made: Vec<(String, Option<usize>, Box<dyn Peer>)> = Vec::new();
    for model in recurve::of(&trained.shape) {
        made.push((format!("recurve, {}", model.precision), Some(model.weight_bytes), (model.make)()));
    }
    for peer in PEERS.into_iter().filter(|peer| WITH_CLASSIFIER.contains(&peer.name)) {
        match (peer.make)(&trained.shape, Task::Step) {
            Ok(network) => made.push((format!("{}, dense", peer.name), None, network)),
            Err(error) => say(format!("{} is left out of {}: {error}", peer.name, trained.title)),
        }
    }
    let first = data.sequences.first().ok_or("there are no sequences")?;
    let mut expected = Vec::new();
    let mut accuracies = Vec::new();
    for (place, (name, bytes, network)) in made.iter_mut().enumerate() {
        let outputs = read(network.as_mut(), first).map_err(|error| format!("{name}: {error}"))?;
        if place == 0 {
            expected.clone_from(&outputs);
        }
        let difference = largest_difference(&expected, &outputs);
        let is_same = outputs.len() == expected.len() && difference <= TOLERANCE;
        if bytes.is_none() && !is_same {
            return Err(
                format!("{name} gives something else for {}: off by {difference}", trained.title).into()
            );
        }
        accuracies.push(accuracy(network.as_mut(), data)?);
    }
    let stream: Vec<Vec<f32>> =
        data.sequences.iter().take(TIMED).flatten().map(|input| input.to_vec()).collect();
    let mut works: Vec<Work<'_>> = made
        .iter_mut()
        .map(|(_, _, network)| -> Work<'_> {
            let stream = &stream;
            Box::new(move |times| network.time_steps(stream, times))
        })
        .collect();
    let rounds = measure(BUDGET, &mut works)?;
    drop(works);
    let mut text = format!(
        "### {}\n\n{} test sequences.\n\n| network | accuracy | KB of weights | a step | of the dense one |\n\
         |---|--:|--:|--:|--:|\n",
        trained.title,
        data.sequences.len()
    );
    let mut points = Vec::new();
    for (((name, bytes, _), accuracy), seconds) in made.iter().zip(accuracies).zip(&rounds) {
        let times = median(seconds.iter().zip(&rounds[0]).map(|(a, b)| a / b));
        let seconds = median(seconds.iter().copied());
        let bytes = bytes.map_or("-".into(), |bytes| format!("{:.1}", bytes as f64 / 1024.0));
        // Writing to a string cannot fail.
        let _ =
            writeln!(text, "| {name} | {accuracy:.2} % | {bytes} | {} | {times:.2}x |", page::time(seconds));
        points.push((name.clone(), (seconds * 1e6, accuracy)));
    }
    Ok(Table { text, drawing: scatter(&points, true), name: trained.folder })
}

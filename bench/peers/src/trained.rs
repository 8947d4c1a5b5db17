//! Trained networks in several forms, beside the peers that read them dense.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::data::Data;
use crate::peers::{PEERS, Peer, Task, recurve};
use crate::rounds::median;
use crate::scatter::scatter;
use crate::shapes::{Shape, TRAINED, Trained};
use crate::speed::{TOLERANCE, largest_difference};
use crate::turns::{Work, measure};
use crate::{Fault, language_model, page};

/// How long a network is measured in all its forms.
const BUDGET: Duration = Duration::from_secs(6);
/// Sequences that make up the stream that is timed.
const TIMED: usize = 8;
/// Those that read a file, which has the classifier too.
const WITH_CLASSIFIER: [&str; 4] = ["tract", "rten", "ONNX Runtime", "LiteRT"];

/// A network beside its peers.
pub struct Table {
    pub text: String,
    pub drawing: Option<String>,
    /// The end of the drawing's name.
    pub name: &'static str,
}

/// The output after a sequence, read from rest.
fn read<I: AsRef<[f32]>>(network: &mut dyn Peer, sequence: &[I]) -> Result<Vec<f32>, Fault> {
    network.reset()?;
    sequence.iter().try_fold(Vec::new(), |_, input| network.step(input.as_ref()))
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

/// The trained networks whose titles are wanted; `say` hears what is left out, and why.
pub fn tables(is_wanted: &dyn Fn(&str) -> bool, say: &mut dyn FnMut(String)) -> Result<Vec<Table>, Fault> {
    let [spoken_digits, human_activity] = &TRAINED;
    let mut tables = Vec::new();
    if is_wanted(spoken_digits.title) {
        tables.extend(found::<10>(spoken_digits, say)?);
    }
    if is_wanted(human_activity.title) {
        tables.extend(found::<9>(human_activity, say)?);
    }
    if is_wanted(language_model::TITLE) {
        tables.extend(language_model::table(say)?);
    }
    Ok(tables)
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

/// What is compared.
pub struct Made {
    pub name: String,
    /// Bytes of weights, of recurve's own.
    pub bytes: Option<usize>,
    pub network: Box<dyn Peer>,
}

/// recurve's forms, the dense one first, and those of the peers that `is_peer`.
pub fn made(shape: &Shape, is_peer: impl Fn(&str) -> bool, say: &mut dyn FnMut(String)) -> Vec<Made> {
    let own = recurve::of(shape).map(|model| Made {
        name: format!("recurve, {}", model.precision),
        bytes: Some(model.weight_bytes),
        network: (model.make)(),
    });
    let mut made: Vec<Made> = own.collect();
    for peer in PEERS.into_iter().filter(|peer| is_peer(peer.name)) {
        match (peer.make)(shape, Task::Step) {
            Ok(network) => made.push(Made { name: format!("{}, dense", peer.name), bytes: None, network }),
            Err(error) => say(format!("{} is left out of {}: {error}", peer.name, shape.type_name)),
        }
    }
    made
}

/// Reads a sequence with each; peers have to give what the dense one gives.
pub fn compare<I: AsRef<[f32]>>(made: &mut [Made], sequence: &[I]) -> Result<(), Fault> {
    let mut expected = Vec::new();
    for (place, Made { name, bytes, network }) in made.iter_mut().enumerate() {
        let outputs = read(network.as_mut(), sequence).map_err(|error| format!("{name}: {error}"))?;
        if place == 0 {
            expected.clone_from(&outputs);
        }
        let difference = largest_difference(&expected, &outputs);
        let is_same = outputs.len() == expected.len() && difference <= TOLERANCE;
        if bytes.is_none() && !is_same {
            return Err(format!("{name} gives something else: off by {difference}").into());
        }
    }
    Ok(())
}

/// Seconds of a step of each, by round: of one stream that goes on from turn to turn.
pub fn timed(made: &mut [Made], stream: &[Vec<f32>]) -> Result<Vec<Vec<f64>>, Fault> {
    let works = made.iter_mut().map(|made| -> Work<'_> {
        let mut at = 0;
        Box::new(move |times| {
            let next = if stream.len() - at < times { stream } else { &stream[at..] };
            at = (stream.len() - next.len() + times) % stream.len();
            made.network.time_steps(next, times)
        })
    });
    let mut works: Vec<Work<'_>> = works.collect();
    measure(BUDGET, Task::Step.passes(), &mut works)
}

/// A row for each, with what it is worth, and for the drawing its name and the microseconds of a step.
pub fn rows(made: &[Made], worth: &[String], rounds: &[Vec<f64>]) -> (String, Vec<(String, f64)>) {
    let (mut text, mut points) = (String::new(), Vec::new());
    for ((Made { name, bytes, .. }, worth), seconds) in made.iter().zip(worth).zip(rounds) {
        let times = median(seconds.iter().zip(&rounds[0]).map(|(a, b)| a / b));
        let seconds = median(seconds.iter().copied());
        let bytes = bytes.map_or("-".into(), |bytes| format!("{:.1}", bytes as f64 / 1024.0));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {name} | {worth} | {bytes} | {} | {times:.2}x |", page::time(seconds));
        points.push((name.clone(), seconds * 1e6));
    }
    (text, points)
}

fn table<const INPUT: usize>(
    trained: &Trained,
    data: &Data<INPUT>,
    say: &mut dyn FnMut(String),
) -> Result<Table, Fault> {
    eprintln!("measuring {}", trained.title);
    let mut made = made(&trained.shape, |peer| WITH_CLASSIFIER.contains(&peer), say);
    compare(&mut made, data.sequences.first().ok_or("there are no sequences")?)?;
    let accuracies: Vec<f64> =
        made.iter_mut().map(|it| accuracy(it.network.as_mut(), data)).collect::<Result<_, _>>()?;
    let stream: Vec<Vec<f32>> =
        data.sequences.iter().take(TIMED).flatten().map(|input| input.to_vec()).collect();
    let rounds = timed(&mut made, &stream)?;
    let worth: Vec<String> = accuracies.iter().map(|accuracy| format!("{accuracy:.2} %")).collect();
    let (rows, points) = rows(&made, &worth, &rounds);
    let text = format!(
        "### {}\n\n{} test sequences.\n\n| network | accuracy | KB of weights | a step | of the dense one |\n\
         |---|--:|--:|--:|--:|\n{rows}",
        trained.title,
        data.sequences.len()
    );
    let places = points.into_iter().zip(accuracies).map(|((name, time), accuracy)| (name, (time, accuracy)));
    let drawing = scatter(&places.collect::<Vec<_>>(), true);
    Ok(Table { text, drawing: Some(drawing), name: trained.folder })
}

//! Steps and runs of everything, in turns, after their outputs were compared.

use std::time::{Duration, Instant};

use crate::peers::{PEERS, Peer, Task, recurve};
use crate::random::Random;
use crate::read::{self, WAYS};
use crate::rounds::median;
use crate::shapes::Shape;
use crate::turns::{Work, measure};
use crate::{Fault, STEPS};

/// How long a shape is measured for each task.
const BUDGET: Duration = Duration::from_secs(6);
/// How long a step and reading its weights are measured.
const BUDGET_OF_READS: Duration = Duration::from_secs(2);
/// Largest difference of an output in `f32` from recurve's.
pub const TOLERANCE: f32 = 1e-4;

/// What was measured of one thing.
#[derive(Debug, Clone)]
pub struct Speed {
    pub name: String,
    pub is_rust: bool,
    /// Seconds of a call.
    pub seconds: f64,
    /// The median of its time over that of recurve in `f32`, round by round.
    pub times: f64,
    /// Largest difference of an output from recurve's in `f32`.
    pub difference: f32,
}

/// A shape with one task.
pub struct Measured {
    pub shape: Shape,
    pub task: Task,
    /// recurve in its precisions, `f32` first.
    pub own: Vec<Speed>,
    pub peers: Vec<Speed>,
    /// Seconds that reading the weights takes, and the part of it that a step in `f32` reaches; of steps alone.
    pub read: Option<(f64, f64)>,
    pub weight_bytes: usize,
}

/// Measures `shape`; `say` hears which peers are left out, and why.
pub fn measured(shape: Shape, task: Task, say: &mut dyn FnMut(String)) -> Result<Measured, Fault> {
    let mut random = Random::new(1);
    let inputs: Vec<Vec<f32>> =
        (0..STEPS).map(|_| (0..shape.input).map(|_| random.within(1.0)).collect()).collect();
    let flat = inputs.concat();
    let mut made: Vec<(String, bool, Box<dyn Peer>)> = Vec::new();
    let mut weights = None;
    let mut weight_bytes = 0;
    for model in recurve::of(&shape) {
        if model.precision == "f32" {
            (weights, weight_bytes) = (model.weights, model.weight_bytes);
        }
        made.push((format!("recurve {}", model.precision), true, (model.make)()));
    }
    let own = made.len();
    for peer in PEERS {
        match (peer.make)(&shape, task) {
            Ok(network) => made.push((peer.name.into(), peer.is_rust, network)),
            Err(error) => say(format!("{} is left out of {}: {error}", peer.name, shape.name())),
        }
    }
    let mut expected: Vec<f32> = Vec::new();
    let mut differences = Vec::new();
    for (place, (name, _, network)) in made.iter_mut().enumerate() {
        let outputs = match task {
            Task::Step => {
                let steps = inputs.iter().take(8).map(|input| network.step(input));
                steps.collect::<Result<Vec<_>, _>>().map(|outputs| outputs.concat())
            }
            // An ONNX file gives both directions of a step side by side too.
            Task::Run => network.run(&flat),
        };
        let outputs = outputs.map_err(|error| format!("{name}: {error}"))?;
        if place == 0 {
            expected.clone_from(&outputs);
        }
        let difference = largest_difference(&expected, &outputs);
        let is_exact = place == 0 || place >= own;
        if outputs.len() != expected.len() || (is_exact && (difference > TOLERANCE || difference.is_nan())) {
            return Err(
                format!("{name} gives something else for {}: off by {difference}", shape.name()).into()
            );
        }
        differences.push(difference);
    }
    let (names, mut networks): (Vec<_>, Vec<_>) =
        made.into_iter().map(|(name, is_rust, network)| ((name, is_rust), network)).unzip();
    let mut works: Vec<Work<'_>> =
        networks.iter_mut().map(|network| work(network.as_mut(), task, &inputs, &flat)).collect();
    let of_networks = measure(BUDGET, task.passes(), &mut works)?;
    drop(works);
    // By themselves: in the turns of the others they would leave the weights of one network in the caches.
    let mut reads = Vec::new();
    if let (Task::Step, Some(weights), Some(own)) = (task, weights, networks.first_mut()) {
        let mut works = vec![work(own.as_mut(), task, &inputs, &flat)];
        works.extend(WAYS.map(|way| -> Work<'_> {
            Box::new(move |times| {
                let start = Instant::now();
                read::read(weights(), way, times);
                Ok(start.elapsed().as_secs_f64())
            })
        }));
        reads = measure(BUDGET_OF_READS, task.passes(), &mut works)?;
    }
    let ratio = |these: &[f64], those: &[f64]| median(these.iter().zip(those).map(|(a, b)| a / b));
    let speeds = names.into_iter().zip(&of_networks).zip(differences);
    let mut speeds: Vec<Speed> = speeds
        .map(|(((name, is_rust), rounds), difference)| Speed {
            name,
            is_rust,
            seconds: median(rounds.iter().copied()),
            times: ratio(rounds, &of_networks[0]),
            difference,
        })
        .collect();
    let middle = |rounds: &Vec<f64>| median(rounds.iter().copied());
    let best = reads.iter().skip(1).min_by(|a, b| middle(a).total_cmp(&middle(b)));
    let read = best.map(|best| (middle(best), ratio(best, &reads[0])));
    let peers = speeds.split_off(own);
    Ok(Measured { shape, task, own: speeds, peers, read, weight_bytes })
}

fn work<'a>(network: &'a mut dyn Peer, task: Task, inputs: &'a [Vec<f32>], flat: &'a [f32]) -> Work<'a> {
    match task {
        Task::Step => Box::new(move |times| network.time_steps(inputs, times)),
        Task::Run => Box::new(move |times| network.time_runs(flat, times)),
    }
}

pub fn largest_difference(expected: &[f32], found: &[f32]) -> f32 {
    let differences = expected.iter().zip(found).map(|(a, b)| (a - b).abs());
    // `max` would drop a NaN.
    differences.fold(0.0, |largest, it| if it > largest || it.is_nan() { it } else { largest })
}

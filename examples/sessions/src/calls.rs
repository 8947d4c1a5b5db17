//! Who calls when, and when their frames arrive.

use std::fmt::Display;
use std::path::Path;

use safetensors::SafeTensors;

/// Lines that can be busy at a time.
pub(crate) const LINES: usize = 16;
/// Coefficients of a moment of sound.
pub(crate) type Frame = [f32; 10];
/// A probability for each digit.
pub(crate) type Scores = [f32; 10];

const TRACE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/spoken_digits/dense.golden.safetensors");
/// Frames of a recording.
const STEPS: usize = 30;

/// What a caller says, and what the training framework made of it.
pub(crate) struct Call {
    frames: [Frame; STEPS],
    pub(crate) scores: Scores,
}

/// What happens at a time.
#[derive(Default)]
pub(crate) struct Tick {
    /// Lines that somebody new is on.
    pub(crate) opened: Vec<usize>,
    /// What has arrived.
    pub(crate) frames: [Option<Frame>; LINES],
    /// Lines whose caller has said everything, and which recording it was.
    pub(crate) closed: Vec<(usize, usize)>,
}

/// The recordings of the golden trace.
pub(crate) fn read() -> Result<Vec<Call>, String> {
    let error = |error: &dyn Display| format!("cannot read `{}`: {error}", Path::new(TRACE).display());
    let bytes = std::fs::read(TRACE).map_err(|e| error(&e))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|e| error(&e))?;
    let numbers = |name| -> Result<Vec<f32>, String> {
        let (numbers, _) = file.tensor(name).map_err(|e| error(&e))?.data().as_chunks();
        Ok(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    };
    let (inputs, outputs) = (numbers("inputs")?, numbers("outputs")?);
    let (calls, _) = inputs.as_chunks().0.as_chunks();
    let calls = calls.iter().zip(outputs.as_chunks().0);
    Ok(calls.map(|(frames, scores)| Call { frames: *frames, scores: *scores }).collect())
}

/// `count` calls, the next one as soon as a line is free; at a time a share `load` of the callers sends a frame.
pub(crate) fn schedule(recordings: &[Call], count: usize, load: f64) -> Vec<Tick> {
    let mut seed = 1_u64;
    let mut chance = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 32) as f64 / (1_u64 << 32) as f64
    };
    // Of each busy line: which recording, and how many frames of it were sent.
    let mut lines: [Option<(usize, usize)>; LINES] = [None; LINES];
    let mut calls = (0..recordings.len()).cycle().take(count);
    let mut ticks = Vec::new();
    loop {
        let mut tick = Tick::default();
        for (line, busy) in lines.iter_mut().enumerate() {
            if busy.is_none() {
                *busy = calls.next().map(|recording| (recording, 0));
                tick.opened.extend(busy.map(|_| line));
            }
            let Some((recording, sent)) = busy else {
                continue;
            };
            if chance() >= load {
                continue;
            }
            tick.frames[line] = Some(recordings[*recording].frames[*sent]);
            *sent += 1;
            if *sent == STEPS {
                tick.closed.push((line, *recording));
                *busy = None;
            }
        }
        if lines.iter().all(Option::is_none) && tick.closed.is_empty() {
            return ticks;
        }
        ticks.push(tick);
    }
}

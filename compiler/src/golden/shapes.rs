//! What the shapes of a trace's tensors mean.

use crate::model::{Input, Model};
use crate::spec::Output;

/// For which steps a trace has outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outputs {
    EveryStep,
    LastStep,
}

/// How many numbers the shape of one sequence has.
pub(super) fn steps_rank(input: Input) -> usize {
    match input {
        Input::Features(_) => 2,
        Input::Tokens(_) => 1,
    }
}

/// Sequences, and steps of each; what is expected if the shape has none.
pub(super) fn sequences(input: Input, shape: &[usize]) -> Result<(usize, usize), String> {
    // Lists of sequences are as long as the shape says, so it has to stand for data.
    if shape.contains(&0) {
        return Err("at least one step".to_owned());
    }
    match (input, shape) {
        (Input::Features(size), &[steps, width]) if width == size => Ok((1, steps)),
        (Input::Features(size), &[count, steps, width]) if width == size => Ok((count, steps)),
        (Input::Tokens(_), &[steps]) => Ok((1, steps)),
        (Input::Tokens(_), &[count, steps]) => Ok((count, steps)),
        (Input::Features(size), _) => Err(format!("[steps, {size}] or [sequences, steps, {size}]")),
        (Input::Tokens(_), _) => Err("[steps] or [sequences, steps]".to_owned()),
    }
}

/// For which steps the outputs of this shape are; what is expected if for none.
pub(super) fn kind(
    model: &Model,
    batched: bool,
    count: usize,
    steps: usize,
    shape: &[usize],
) -> Result<Outputs, String> {
    let size = model.output_size();
    let both_ways = model.is_bidirectional();
    let every = if batched { vec![count, steps, size] } else { vec![steps, size] };
    let last = if batched { vec![count, size] } else { vec![1, size] };
    let may_be_every = !both_ways || model.output == Output::Every;
    let may_be_last = !both_ways || model.output == Output::Last;
    if may_be_every && shape == every {
        return Ok(Outputs::EveryStep);
    }
    if may_be_last && (shape == last || !batched && shape == [size]) {
        return Ok(Outputs::LastStep);
    }
    Err(match (may_be_every, may_be_last) {
        (true, true) => format!("{every:?} or {last:?}"),
        (true, false) => format!("{every:?}"),
        _ => format!("{last:?}, the final states of both directions,"),
    })
}

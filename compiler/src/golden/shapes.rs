//! What the shapes of a trace's tensors mean.

use crate::model::Model;
use crate::spec::Output;

/// For which steps a trace has outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outputs {
    EveryStep,
    LastStep,
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

//! Ids of a trace that no row of an embedding stands for.

use crate::diagnostic::Code;
use crate::model::Input;
use crate::sequences::{Fault, Sequences, Steps};

/// Whether the vocabulary has all ids of the sequences.
///
/// A deployed network reads other ids as zeros, which no framework does.
pub(super) fn check(sequences: &Sequences) -> Result<(), Fault> {
    let Input::Tokens(tokens) = sequences.input() else {
        return Ok(());
    };
    for (sequence, &length) in sequences.lengths().iter().enumerate() {
        let Steps::Tokens(ids) = sequences.inputs(sequence, length)? else {
            continue;
        };
        let beyond = |id: &u32| usize::try_from(*id).map_or(true, |id| id >= tokens);
        if let Some(step) = ids.iter().position(beyond) {
            let what = format!(
                "step {step} of sequence {sequence} of the trace's `inputs` is the id {}, and `tokens: {tokens}` has \
                 the ids 0 to {}",
                ids[step],
                tokens.saturating_sub(1)
            );
            let help = "the embedding has no row for it: `tokens` is the number of its rows; steps after the end of a \
                        sequence are left out where `lengths` says how many there are";
            return Err(Fault { code: Code::UnknownId, what, help: Some(help) });
        }
    }
    Ok(())
}

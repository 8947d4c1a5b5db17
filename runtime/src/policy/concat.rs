//! The two ends of a sequence: `Concat(n)`, a baseline of Tao et al. 2019.

use super::Count;

/// How many inputs are read at each end of a sequence.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    /// Inputs at the start.
    pub first: usize,
    /// Inputs at the end.
    pub last: usize,
}

impl Ends {
    /// The inputs that are read, in order: those at the start, then those at the end that are not among them.
    #[inline]
    pub fn of<'a, T>(&self, inputs: &'a [T], count: &mut Count) -> [&'a [T]; 2] {
        let (first, rest) = inputs.split_at_checked(self.first).unwrap_or((inputs, &[]));
        let last = rest.get(rest.len().saturating_sub(self.last)..).unwrap_or_default();
        count.steps = count.steps.wrapping_add(inputs.len() as u64);
        count.updates = count.updates.wrapping_add((first.len() + last.len()) as u64);
        [first, last]
    }
}

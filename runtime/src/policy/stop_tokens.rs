//! Leaving out words that carry little: a baseline of Tao et al. 2019.

use super::Count;

/// Ids that are never read, in ascending order.
#[derive(Debug, Clone, Copy)]
pub struct StopTokens<const COUNT: usize>(pub [u32; COUNT]);

impl<const COUNT: usize> StopTokens<COUNT> {
    /// Whether the id is to be read.
    #[inline(always)]
    pub fn feeds(&self, id: u32, count: &mut Count) -> bool {
        let update = self.0.binary_search(&id).is_err();
        count.step(update);
        update
    }
}

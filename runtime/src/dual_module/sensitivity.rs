//! The thresholds of a layer, and the choice of rows that follows from them.

use crate::simd::{LANES, Simd};

/// What separates sums that need the big module from those that do not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Of sums before a sigmoid (in a linear layer a softmax or `max(x, 0)`): those above are sensitive.
    pub sigmoid: f32,
    /// Of sums before a tanh: those of a smaller magnitude are sensitive.
    pub tanh: f32,
}

/// Beyond every sum that matters: how far a threshold is at most where a budget ranks the rows.
const FARTHEST: f32 = 100.0;

/// The thresholds of a layer as they stand, and what they led to.
// Its alignment is the same on every target, so that the size of a model is.
#[repr(C, align(8))]
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sensitivity {
    pub(super) thresholds: Thresholds,
    pub(super) row_budget: u32,
    pub(super) steps: u64,
    pub(super) rows: u64,
}

impl Sensitivity {
    /// Before the first step: the thresholds, and the budget.
    pub const fn new(thresholds: Thresholds, row_budget: u32) -> Self {
        Sensitivity { thresholds, row_budget, steps: 0, rows: 0 }
    }

    /// Steps so far.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// The thresholds of a step of `rows` rows.
    #[inline(always)]
    pub(super) fn thresholds(&self, rows: usize) -> Thresholds {
        if self.row_budget as usize >= rows {
            return self.thresholds;
        }
        // Where every row is infinitely sensitive, none is more so than another.
        let Thresholds { sigmoid, tanh } = self.thresholds;
        Thresholds {
            sigmoid: if sigmoid < -FARTHEST { -FARTHEST } else { sigmoid },
            tanh: if tanh > FARTHEST { FARTHEST } else { tanh },
        }
    }

    /// The rows with a score above zero, and no more of them than the budget allows: those of the highest scores,
    /// and of more that are infinite the first ones.
    #[inline(always)]
    pub(super) fn choose<S: Simd, const ROWS: usize>(
        &mut self,
        simd: S,
        scores: &[f32; ROWS],
        choice: &mut Choice<ROWS>,
    ) {
        let budget = self.row_budget as usize;
        let mut above = 0.0;
        if budget < ROWS && count(simd, scores, above) > budget {
            above = cut(simd, scores, budget);
        }
        let above = simd.splat(above);
        let (full, last) = scores.as_chunks::<LANES>();
        for lanes in full {
            choice.note(simd.positive(simd.sub(simd.load(lanes), above)));
        }
        if const { !ROWS.is_multiple_of(LANES) } {
            choice.note(
                simd.positive(simd.sub(simd.load(&crate::simd::padded(last, f32::NEG_INFINITY)), above)),
            );
        }
        choice.count = choice.count.min(budget);
        self.steps = self.steps.wrapping_add(1);
        self.rows = self.rows.wrapping_add(choice.count as u64);
    }
}

/// How many scores are above `above`.
#[inline(always)]
fn count<S: Simd, const ROWS: usize>(simd: S, scores: &[f32; ROWS], above: f32) -> usize {
    let above = simd.splat(above);
    let (full, last) = scores.as_chunks::<LANES>();
    let mut count = 0;
    for lanes in full {
        count += simd.positive(simd.sub(simd.load(lanes), above)).count_ones();
    }
    let last = crate::simd::padded(last, f32::NEG_INFINITY);
    count += simd.positive(simd.sub(simd.load(&last), above)).count_ones();
    count as usize
}

/// The least number above which there are no more scores than `budget`, but for infinite ones: the next score in
/// their order.
#[inline(always)]
fn cut<S: Simd, const ROWS: usize>(simd: S, scores: &[f32; ROWS], budget: usize) -> f32 {
    // Positive numbers are in the order of their bits.
    let (mut too_few, mut enough) = (0, f32::MAX.to_bits());
    while enough - too_few > 1 {
        let middle = too_few.midpoint(enough);
        if count(simd, scores, f32::from_bits(middle)) > budget {
            too_few = middle;
        } else {
            enough = middle;
        }
    }
    f32::from_bits(enough)
}

/// The rows of a step that are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice<const ROWS: usize> {
    rows: [u32; ROWS],
    count: usize,
    /// Rows decided on so far.
    seen: u32,
}

impl<const ROWS: usize> Choice<ROWS> {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Choice { rows: [0; ROWS], count: 0, seen: 0 }
    }

    /// Adds those of the next 16 rows whose bit is set.
    #[inline(always)]
    fn note(&mut self, mut bits: u16) {
        while bits != 0 {
            if let Some(slot) = self.rows.get_mut(self.count) {
                *slot = self.seen + bits.trailing_zeros();
                self.count += 1;
            }
            bits &= bits - 1;
        }
        self.seen += LANES as u32;
    }

    /// The rows.
    #[inline(always)]
    pub(super) fn rows(&self) -> &[u32] {
        self.rows.get(..self.count).unwrap_or_default()
    }
}

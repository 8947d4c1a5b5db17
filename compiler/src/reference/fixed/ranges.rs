//! Which numbers of a layer in `int16x8` are beyond their range, and stay at its end.

use super::{CELL, INNER, LARGEST, SUM, UNIT};

/// A kind of numbers that has a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeKind {
    /// Elements of a vector that a matrix multiplies.
    Input,
    /// Numbers between the two factors of a matrix.
    Inner,
    /// Products of a row, before bias and activation.
    Sum,
    /// Elements of a hidden vector.
    Hidden,
    /// Elements of the cell state of an LSTM.
    Cell,
}

impl RangeKind {
    /// All of them.
    pub const ALL: [RangeKind; 5] =
        [RangeKind::Input, RangeKind::Inner, RangeKind::Sum, RangeKind::Hidden, RangeKind::Cell];

    /// The end of the range.
    pub fn limit(self) -> f64 {
        match self {
            RangeKind::Input => 65536.0,
            RangeKind::Inner => f64::from((1 << 28) >> INNER),
            RangeKind::Sum => f64::from((1 << 28) >> SUM),
            RangeKind::Hidden => f64::from(((LARGEST + 1) >> UNIT) as i32),
            RangeKind::Cell => f64::from((1 << 15) >> CELL),
        }
    }

    /// The word for many of them.
    pub fn plural(self) -> &'static str {
        match self {
            RangeKind::Input => "inputs",
            RangeKind::Inner => "products with the first factor",
            RangeKind::Sum => "sums",
            RangeKind::Hidden => "hidden values",
            RangeKind::Cell => "cell states",
        }
    }
}

/// Numbers of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RangeCount {
    /// How many there are.
    pub numbers: u64,
    /// How many of them are beyond the range.
    pub beyond: u64,
    /// The largest magnitude of those that are beyond it.
    pub largest: f64,
}

/// The numbers of a layer, counted by kind; all zeros for layers that are not computed in `int16x8`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Ranges([RangeCount; RangeKind::ALL.len()]);

impl Ranges {
    /// The numbers of one kind.
    pub fn of(&self, kind: RangeKind) -> RangeCount {
        self.0[kind as usize]
    }

    /// The kinds that have numbers beyond their range.
    pub fn beyond(&self) -> impl Iterator<Item = (RangeKind, RangeCount)> + '_ {
        RangeKind::ALL.into_iter().map(|kind| (kind, self.of(kind))).filter(|(_, count)| count.beyond > 0)
    }

    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Ranges) {
        for (count, other) in self.0.iter_mut().zip(&other.0) {
            count.numbers += other.numbers;
            count.beyond += other.beyond;
            count.largest = count.largest.max(other.largest);
        }
    }

    /// Counts a number; `is_beyond` where it does not fit.
    pub(super) fn see(&mut self, kind: RangeKind, number: f64, is_beyond: bool) {
        let count = &mut self.0[kind as usize];
        count.numbers += 1;
        if is_beyond {
            count.beyond += 1;
            count.largest = count.largest.max(number.abs());
        }
    }
}

//! The big module: dense matrices whose rows are read one by one.
//!
//! A row has the numbers that multiply the input, filled up with zeros, and behind them those that multiply the
//! state, filled up too. Several rows are read side by side, since one alone leaves the memory waiting.

use crate::simd::{LANES, LINE, Simd};

/// Rows whose products are formed at once.
pub const AT_ONCE: usize = 8;

/// Rows of matrices of `INPUT` and `HIDDEN` columns.
pub trait Big<const INPUT: usize, const HIDDEN: usize>: Copy {
    /// An input and a state as the rows want them.
    type Vector;

    /// The input and the state of a step.
    fn vector<S: Simd>(simd: S, input: &[f32; INPUT], state: &[f32; HIDDEN]) -> Self::Vector;

    /// The products of up to 8 `rows` with the input and with the state; those of rows that do not exist are not
    /// defined. The rows `behind` are wanted next.
    fn products<S: Simd>(
        &self,
        simd: S,
        vector: &Self::Vector,
        rows: &[u32],
        behind: &[u32],
    ) -> [[f32; 2]; AT_ONCE];

    /// The products of all of `rows` with the input and with the state, as far as `products` goes.
    #[inline(always)]
    fn all_products<S: Simd>(&self, simd: S, vector: &Self::Vector, rows: &[u32], products: &mut [[f32; 2]]) {
        let mut left = rows;
        for products in products.chunks_mut(AT_ONCE) {
            let (here, behind) = left.split_at_checked(AT_ONCE).unwrap_or((left, &[]));
            if here.is_empty() {
                break;
            }
            let found = self.products(simd, vector, here, behind);
            for (to, from) in products.iter_mut().zip(found) {
                *to = from;
            }
            left = behind;
        }
    }
}

/// A group of numbers that is multiplied with another, lane by lane.
pub(super) trait Group: Copy + 'static {
    /// What it is multiplied with.
    type With: Copy;
    /// Sums of products.
    type Sum<S: Simd>: Copy;

    fn zero<S: Simd>(simd: S) -> Self::Sum<S>;
    fn multiply<S: Simd>(&self, simd: S, with: &Self::With, sum: Self::Sum<S>) -> Self::Sum<S>;
}

/// The row of number `at`; of those that are not there the last one.
#[inline(always)]
fn row<G: Group, const X: usize, const H: usize>(
    groups: &'static [G],
    rows: &[u32],
    at: usize,
) -> Option<(&'static [G; X], &'static [G; H])> {
    let row = *rows.get(at).or(rows.last())? as usize;
    let (x, rest) = groups.get(row * (X + H)..)?.split_first_chunk()?;
    Some((x, rest.first_chunk()?))
}

/// The sums of the products of `N` rows from number `first` on with `input`, and with `state`.
#[inline(always)]
fn sums<S: Simd, G: Group, const X: usize, const H: usize, const N: usize>(
    simd: S,
    groups: &'static [G],
    (input, state): (&[G::With; X], &[G::With; H]),
    [rows, behind]: [&[u32]; 2],
    first: usize,
) -> [[G::Sum<S>; N]; 2] {
    let zero = G::zero(simd);
    let (mut of_input, mut of_state) = ([zero; N], [zero; N]);
    let Some(start) = row::<G, X, H>(groups, rows, first) else {
        return [of_input, of_state];
    };
    let (mut xs, mut hs) = ([start.0; N], [start.1; N]);
    let (mut next_xs, mut next_hs) = (xs, hs);
    for n in 0..N {
        if let Some((x, h)) = row(groups, rows, first + n) {
            (xs[n], hs[n]) = (x, h);
        }
        if let Some((x, h)) = row(groups, behind, first + n) {
            (next_xs[n], next_hs[n]) = (x, h);
        }
    }
    part(simd, &xs, &next_xs, input, &mut of_input);
    part(simd, &hs, &next_hs, state, &mut of_state);
    [of_input, of_state]
}

/// Adds the products of a part of `N` rows to `sums`; asks for the same part of the `next` rows, which there is
/// room for in the second level of cache.
#[inline(always)]
fn part<S: Simd, G: Group, const LENGTH: usize, const N: usize>(
    simd: S,
    rows: &[&[G; LENGTH]; N],
    next: &[&[G; LENGTH]; N],
    with: &[G::With; LENGTH],
    sums: &mut [G::Sum<S>; N],
) {
    for group in 0..LENGTH {
        if const { size_of::<G>() >= LINE } || group % 2 == 0 {
            for next in next {
                simd.prefetch_l2(&next[group], 0);
            }
        }
        for n in 0..N {
            sums[n] = rows[n][group].multiply(simd, &with[group], sums[n]);
        }
    }
}

/// [`sums`] of 8 rows, as many at once as there are registers for.
#[inline(always)]
pub(super) fn all_sums<S: Simd, G: Group, const X: usize, const H: usize>(
    simd: S,
    groups: &'static [G],
    vector: (&[G::With; X], &[G::With; H]),
    rows: [&[u32]; 2],
) -> [[G::Sum<S>; AT_ONCE]; 2] {
    if const { S::ACCUMULATORS >= 8 } {
        return sums::<S, G, X, H, AT_ONCE>(simd, groups, vector, rows, 0);
    }
    let mut all = [[G::zero(simd); AT_ONCE]; 2];
    let [of_input, of_state] = &mut all;
    if const { S::ACCUMULATORS >= 4 } {
        let parts = of_input.as_chunks_mut::<4>().0.iter_mut().zip(of_state.as_chunks_mut::<4>().0);
        for (part, (of_input, of_state)) in parts.enumerate() {
            [*of_input, *of_state] = sums::<S, G, X, H, 4>(simd, groups, vector, rows, 4 * part);
        }
    } else {
        let parts = of_input.as_chunks_mut::<2>().0.iter_mut().zip(of_state.as_chunks_mut::<2>().0);
        for (part, (of_input, of_state)) in parts.enumerate() {
            [*of_input, *of_state] = sums::<S, G, X, H, 2>(simd, groups, vector, rows, 2 * part);
        }
    }
    all
}

/// The sum of the lanes of each.
#[inline(always)]
pub(super) fn totals<S: Simd>(simd: S, [first, second]: [[S::F32; AT_ONCE]; 2]) -> [[f32; AT_ONCE]; 2] {
    let mut both = [simd.splat(0.0); LANES];
    for ((to, first), second) in both.as_chunks_mut::<2>().0.iter_mut().zip(first).zip(second) {
        *to = [first, second];
    }
    let mut lanes = [0.0; LANES];
    simd.store(simd.totals(both), &mut lanes);
    let (mut of_input, mut of_state) = ([0.0; AT_ONCE], [0.0; AT_ONCE]);
    let pairs = of_input.iter_mut().zip(&mut of_state).zip(lanes.as_chunks().0);
    for ((of_input, of_state), [first, second]) in pairs {
        (*of_input, *of_state) = (*first, *second);
    }
    [of_input, of_state]
}

//! Rows of integers of 8 bits, multiplied in integers.

use super::rows::{AT_ONCE, Big, Group, all_sums, totals};
use crate::matrix::steps;
use crate::simd::{LANES, Quads, Simd, padded};

/// Integers of 8 bits: of each row `X` groups of 64 for the input, then `H` for the state, with a scale for each
/// of the two. Products are formed in integers, of a vector that is rounded to multiples of a 127th of its
/// largest magnitude.
#[derive(Debug, Clone, Copy)]
pub struct IntegerRows<const X: usize, const H: usize> {
    groups: &'static [Quads],
    scales: &'static [[f32; 2]],
}

impl<const X: usize, const H: usize> IntegerRows<X, H> {
    /// Rows whose numbers are `numbers`, one behind the other, and their scales.
    ///
    /// # Panics
    /// Where they are no whole rows, or have not two scales each: an error at compile time in generated code.
    pub const fn new(numbers: &'static [[i8; 4]], scales: &'static [f32]) -> Self {
        let (groups, scales) = (numbers.as_chunks::<LANES>().0, scales.as_chunks().0);
        assert!(X > 0 && numbers.len() == scales.len() * (X + H) * LANES);
        IntegerRows { groups, scales }
    }
}

impl Group for Quads {
    type With = Quads;
    type Sum<S: Simd> = S::I32;

    #[inline(always)]
    fn zero<S: Simd>(simd: S) -> S::I32 {
        simd.splat_i32(0)
    }

    #[inline(always)]
    fn multiply<S: Simd>(&self, simd: S, with: &Quads, sum: S::I32) -> S::I32 {
        simd.dot_each(self, with, sum)
    }
}

/// A vector in small integers.
#[derive(Debug, Clone, Copy)]
pub struct Rounded<const GROUPS: usize> {
    groups: [Quads; GROUPS],
    /// What the integers are to be multiplied with.
    step: f32,
    /// How much more than the products each lane has.
    excess: [f32; LANES],
}

impl<const GROUPS: usize> Rounded<GROUPS> {
    #[inline(always)]
    fn new<S: Simd>(simd: S, numbers: &[f32]) -> Self {
        let mut largest = simd.splat_i32(0);
        let (full, last) = numbers.as_chunks::<LANES>();
        let last = padded(last, 0.0);
        for lanes in full.iter().chain([&last]) {
            largest = simd.max_i32(largest, simd.magnitude(simd.load(lanes)));
        }
        let (inverse, step) = steps(f32::from_bits(simd.largest(largest).cast_unsigned()));
        let inverse = simd.splat(inverse);
        let mut groups = [[[0; 4]; LANES]; GROUPS];
        let integers = groups.as_flattened_mut().as_flattened_mut().as_chunks_mut::<LANES>().0;
        for (to, lanes) in integers.iter_mut().zip(full.iter().chain([&last])) {
            *to = simd.narrow(simd.round(simd.mul(simd.load(lanes), inverse)));
        }
        let mut excess = [0.0; LANES];
        if const { S::DOT_EXCESS != 0 } {
            let mut sum = simd.splat_i32(0);
            for group in &groups {
                sum = simd.dot_each(&[[0; 4]; LANES], group, sum);
            }
            simd.store(simd.to_f32(sum), &mut excess);
        }
        Rounded { groups, step, excess }
    }
}

impl<const X: usize, const H: usize, const INPUT: usize, const HIDDEN: usize> Big<INPUT, HIDDEN>
    for IntegerRows<X, H>
{
    type Vector = (Rounded<X>, Rounded<H>);

    #[inline(always)]
    fn vector<S: Simd>(simd: S, input: &[f32; INPUT], state: &[f32; HIDDEN]) -> Self::Vector {
        const { assert!(X == INPUT.div_ceil(4 * LANES) && H == HIDDEN.div_ceil(4 * LANES)) }
        (Rounded::new(simd, input), Rounded::new(simd, state))
    }

    #[inline(always)]
    fn products<S: Simd>(
        &self,
        simd: S,
        (input, state): &Self::Vector,
        rows: &[u32],
        behind: &[u32],
    ) -> [[f32; 2]; AT_ONCE] {
        let vector = (&input.groups, &state.groups);
        let integers = all_sums::<S, Quads, X, H>(simd, self.groups, vector, [rows, behind]);
        let mut sums = [[simd.splat(0.0); AT_ONCE]; 2];
        for ((sums, integers), excess) in sums.iter_mut().zip(integers).zip([&input.excess, &state.excess]) {
            let excess = simd.load(excess);
            for (sum, integer) in sums.iter_mut().zip(integers) {
                *sum = simd.sub(simd.to_f32(integer), excess);
            }
        }
        let [of_input, of_state] = totals(simd, sums);
        let mut products = [[0.0; 2]; AT_ONCE];
        let sums = of_input.into_iter().zip(of_state);
        for ((product, row), (of_input, of_state)) in products.iter_mut().zip(rows).zip(sums) {
            if let Some([x, h]) = self.scales.get(*row as usize) {
                *product = [x * input.step * of_input, h * state.step * of_state];
            }
        }
        products
    }
}

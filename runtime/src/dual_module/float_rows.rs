//! Rows of `f32`, `F16` or `Bf16`.

use super::rows::{AT_ONCE, Big, Group, all_sums, totals};
use crate::matrix::Element;
use crate::simd::{LANES, Simd};

/// Numbers of one type: of each row `X` groups of 16 for the input, then `H` for the state.
#[derive(Debug, Clone, Copy)]
pub struct FloatRows<const X: usize, const H: usize, E: 'static = f32> {
    groups: &'static [[E; LANES]],
}

impl<const X: usize, const H: usize, E: Element> FloatRows<X, H, E> {
    /// Rows whose numbers are `numbers`, one behind the other.
    ///
    /// # Panics
    /// Where they are no whole rows, or of integers: an error at compile time in generated code.
    pub const fn new(numbers: &'static [E]) -> Self {
        assert!(X > 0 && !E::SCALED && numbers.len().is_multiple_of((X + H) * LANES));
        FloatRows { groups: numbers.as_chunks().0 }
    }
}

impl<E: Element> Group for [E; LANES] {
    type With = [f32; LANES];
    type Sum<S: Simd> = S::F32;

    #[inline(always)]
    fn zero<S: Simd>(simd: S) -> S::F32 {
        simd.splat(0.0)
    }

    #[inline(always)]
    fn multiply<S: Simd>(&self, simd: S, with: &[f32; LANES], sum: S::F32) -> S::F32 {
        simd.mul_add(E::load(simd, self), simd.load(with), sum)
    }
}

impl<const X: usize, const H: usize, E: Element, const INPUT: usize, const HIDDEN: usize> Big<INPUT, HIDDEN>
    for FloatRows<X, H, E>
{
    type Vector = ([[f32; LANES]; X], [[f32; LANES]; H]);

    #[inline(always)]
    fn vector<S: Simd>(_: S, input: &[f32; INPUT], state: &[f32; HIDDEN]) -> Self::Vector {
        const { assert!(X == INPUT.div_ceil(LANES) && H == HIDDEN.div_ceil(LANES)) }
        (groups(input), groups(state))
    }

    #[inline(always)]
    fn products<S: Simd>(
        &self,
        simd: S,
        (input, state): &Self::Vector,
        rows: &[u32],
        behind: &[u32],
    ) -> [[f32; 2]; AT_ONCE] {
        let [of_input, of_state] =
            totals(simd, all_sums::<S, [E; LANES], X, H>(simd, self.groups, (input, state), [rows, behind]));
        let mut products = [[0.0; 2]; AT_ONCE];
        for ((product, of_input), of_state) in products.iter_mut().zip(of_input).zip(of_state) {
            *product = [of_input, of_state];
        }
        products
    }
}

/// Numbers in groups, with zeros behind them.
#[inline(always)]
fn groups<const LENGTH: usize, const GROUPS: usize>(numbers: &[f32; LENGTH]) -> [[f32; LANES]; GROUPS] {
    let mut groups = [[0.0; LANES]; GROUPS];
    for (to, number) in groups.as_flattened_mut().iter_mut().zip(numbers) {
        *to = *number;
    }
    groups
}

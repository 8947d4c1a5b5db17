//! Four small integers, one after the other.

/// Four small integers that are multiplied with four others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quad([i8; 4]);

impl Quad {
    #[inline(always)]
    pub(super) fn new(quad: [i8; 4]) -> Quad {
        Quad(quad)
    }

    /// `sum` and the four products.
    #[inline(always)]
    pub(super) fn dot(self, x: Quad, sum: i32) -> i32 {
        let products = self.0.iter().zip(x.0).map(|(w, x)| i32::from(*w) * i32::from(x));
        products.fold(sum, i32::wrapping_add)
    }
}

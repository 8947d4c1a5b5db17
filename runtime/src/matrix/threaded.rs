//! Matrices above one another, each multiplied on a thread of its own.

use std::vec::Vec;

use super::{Matrix, Rows};
use crate::simd::{Kernel, Simd, dispatch};
use crate::threads::both;

/// `top` of `TOP x COLUMNS` above `bottom` of `BOTTOM x COLUMNS`, which another thread multiplies.
#[derive(Debug, Clone, Copy)]
pub struct Threaded<T, B, const TOP: usize, const BOTTOM: usize> {
    top: T,
    bottom: B,
}

impl<T, B, const TOP: usize, const BOTTOM: usize> Threaded<T, B, TOP, BOTTOM> {
    /// `top` above `bottom`.
    pub const fn new(top: T, bottom: B) -> Self {
        Threaded { top, bottom }
    }
}

/// The products of a matrix with some vectors.
struct Products<'a, M, const ROWS: usize, const COLUMNS: usize> {
    matrix: M,
    xs: &'a [[f32; COLUMNS]],
    ys: &'a mut [[f32; ROWS]],
}

impl<M: Matrix<ROWS, COLUMNS>, const ROWS: usize, const COLUMNS: usize> Kernel
    for Products<'_, M, ROWS, COLUMNS>
{
    type Output = ();

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) {
        self.matrix.mul_add_each(simd, self.xs, self.ys);
    }
}

impl<T, B, const TOP: usize, const BOTTOM: usize> Threaded<T, B, TOP, BOTTOM> {
    fn each<const ROWS: usize, const COLUMNS: usize>(&self, xs: &[[f32; COLUMNS]], ys: &mut [[f32; ROWS]])
    where
        T: Matrix<TOP, COLUMNS>,
        B: Matrix<BOTTOM, COLUMNS> + Send + 'static,
    {
        const { assert!(ROWS == TOP + BOTTOM) }
        let (matrix, theirs) = (self.bottom, xs.to_vec());
        let mut tops = Vec::with_capacity(ys.len());
        let mut bottoms = Vec::with_capacity(ys.len());
        for y in ys.iter() {
            if let (Some(top), Some(bottom)) = (y.first_chunk::<TOP>(), y.last_chunk::<BOTTOM>()) {
                tops.push(*top);
                bottoms.push(*bottom);
            }
        }
        let ((), bottoms) = both(
            // A closure is compiled without the instructions that its caller has.
            || dispatch(Products { matrix: self.top, xs, ys: &mut tops }),
            move || {
                dispatch(Products { matrix, xs: &theirs, ys: &mut bottoms });
                bottoms
            },
        );
        for ((y, top), bottom) in ys.iter_mut().zip(tops).zip(bottoms) {
            if let Some(to) = y.first_chunk_mut() {
                *to = top;
            }
            if let Some(to) = y.last_chunk_mut() {
                *to = bottom;
            }
        }
    }
}

impl<T, B, const ROWS: usize, const COLUMNS: usize, const TOP: usize, const BOTTOM: usize>
    Matrix<ROWS, COLUMNS> for Threaded<T, B, TOP, BOTTOM>
where
    T: Matrix<TOP, COLUMNS>,
    B: Matrix<BOTTOM, COLUMNS> + Send + 'static,
{
    const BYTES: usize = T::BYTES + B::BYTES;

    #[inline(always)]
    fn mul_add<S: Simd>(&self, _: S, x: &[f32; COLUMNS], y: &mut [f32; ROWS]) {
        self.each(core::slice::from_ref(x), core::slice::from_mut(y));
    }

    #[inline(always)]
    fn mul_add_each<S: Simd>(&self, _: S, xs: &[[f32; COLUMNS]], ys: &mut [[f32; ROWS]]) {
        self.each(xs, ys);
    }
}

impl<T, B, const ROWS: usize, const COLUMNS: usize, const TOP: usize, const BOTTOM: usize> Rows<ROWS, COLUMNS>
    for Threaded<T, B, TOP, BOTTOM>
where
    T: Rows<TOP, COLUMNS>,
    B: Rows<BOTTOM, COLUMNS>,
{
    #[inline(always)]
    fn row<'a, S: Simd>(&self, simd: S, row: usize, room: &'a mut [f32; COLUMNS]) -> &'a [f32; COLUMNS] {
        match row.checked_sub(TOP) {
            None => self.top.row(simd, row, room),
            Some(row) => self.bottom.row(simd, row, room),
        }
    }
}

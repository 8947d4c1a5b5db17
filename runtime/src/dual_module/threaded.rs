//! Rows that several threads read.

use std::boxed::Box;
use std::vec;
use std::vec::Vec;

use super::rows::Big;
use crate::simd::{Kernel, Simd, dispatch};
use crate::threads::both;

/// The rows of `B`, which `THREADS` threads share.
#[derive(Debug, Clone, Copy)]
pub struct ThreadedRows<B, const THREADS: usize>(pub B);

/// The products of some rows.
struct Products<'a, B, V, const INPUT: usize, const HIDDEN: usize> {
    big: B,
    vector: &'a V,
    rows: &'a [u32],
    products: &'a mut [[f32; 2]],
}

impl<B, const INPUT: usize, const HIDDEN: usize> Kernel for Products<'_, B, B::Vector, INPUT, HIDDEN>
where
    B: Big<INPUT, HIDDEN>,
{
    type Output = ();

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) {
        self.big.all_products(simd, self.vector, self.rows, self.products);
    }
}

impl<B, const THREADS: usize, const INPUT: usize, const HIDDEN: usize> Big<INPUT, HIDDEN>
    for ThreadedRows<B, THREADS>
where
    B: Big<INPUT, HIDDEN> + Send + 'static,
    B::Vector: Clone + Send + 'static,
{
    type Vector = B::Vector;

    #[inline(always)]
    fn vector<S: Simd>(simd: S, input: &[f32; INPUT], state: &[f32; HIDDEN]) -> B::Vector {
        B::vector(simd, input, state)
    }

    #[inline(always)]
    fn products<S: Simd>(
        &self,
        simd: S,
        vector: &B::Vector,
        rows: &[u32],
        behind: &[u32],
    ) -> [[f32; 2]; super::AT_ONCE] {
        self.0.products(simd, vector, rows, behind)
    }

    #[inline(always)]
    fn all_products<S: Simd>(&self, _: S, vector: &B::Vector, rows: &[u32], products: &mut [[f32; 2]]) {
        share::<B, INPUT, HIDDEN>(self.0, vector, rows, products, THREADS);
    }
}

/// Halves rows and threads until one thread is left.
fn share<B, const INPUT: usize, const HIDDEN: usize>(
    big: B,
    vector: &B::Vector,
    rows: &[u32],
    products: &mut [[f32; 2]],
    threads: usize,
) where
    B: Big<INPUT, HIDDEN> + Send + 'static,
    B::Vector: Clone + Send + 'static,
{
    let here = threads - threads / 2;
    let (first, second) = rows.split_at(if threads > 1 { rows.len() * here / threads } else { rows.len() });
    let Some((to_first, to_second)) = products.split_at_mut_checked(first.len()) else {
        return;
    };
    if second.is_empty() {
        return dispatch(Products { big, vector, rows: first, products: to_first });
    }
    let (theirs, its): (Box<B::Vector>, Vec<u32>) = (Box::new(vector.clone()), second.to_vec());
    let ((), found) = both(
        || share(big, vector, first, to_first, here),
        move || {
            let mut found = vec![[0.0; 2]; its.len()];
            share(big, &theirs, &its, &mut found, threads - here);
            found
        },
    );
    for (to, from) in to_second.iter_mut().zip(found) {
        *to = from;
    }
}

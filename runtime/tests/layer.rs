//! Layers without a state.

mod common;

use common::on_each_level;
use recurve::activation::{Exact, Fast};
use recurve::layer::{Activation, Embedding, Softmax, flush, join};
use recurve::matrix::Table;
use recurve::simd::{Kernel, Simd};

struct Softmaxes([f32; 21]);

impl Kernel for Softmaxes {
    type Output = [[f32; 21]; 2];

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Self::Output {
        let mut y = [self.0; 2];
        Softmax::apply_all(simd, Fast, &mut y[0]);
        Softmax::apply_all(simd, Exact, &mut y[1]);
        y
    }
}

#[test]
fn a_softmax_sums_to_one_however_large_its_inputs() {
    for scale in [0.0, 1.0, 1e4, 1e38] {
        let inputs: [f32; 21] = std::array::from_fn(|n| (n as f32 - 7.0) * (scale / 20.0));
        let largest = f64::from(inputs[20]);
        let sum: f64 = inputs.iter().map(|x| (f64::from(*x) - largest).exp()).sum();
        for (level, results) in on_each_level(|| Softmaxes(inputs)) {
            for result in results {
                let total: f32 = result.iter().sum();
                assert!((total - 1.0).abs() < 1e-5, "{level:?}: {total}");
                for (x, y) in inputs.iter().zip(result) {
                    let exact = (f64::from(*x) - largest).exp() / sum;
                    assert!((f64::from(y) - exact).abs() < 1e-6, "{level:?}: {y}, exactly {exact}");
                }
            }
        }
    }
}

struct Rows<'a>(&'a [u32]);

impl Kernel for Rows<'_> {
    type Output = [[f32; 2]; 4];

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Self::Output {
        static TABLE: [[f32; 2]; 3] = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]];
        const EMBEDDING: Embedding<Table<3, 2>, 3, 2> = Embedding(Table::new(&TABLE));
        let mut rows = [[9.0; 2]; 4];
        let written = EMBEDDING.row_each(simd, self.0, &mut rows).len();
        assert_eq!(written, self.0.len().min(4));
        rows
    }
}

#[test]
fn an_id_outside_the_table_reads_as_zeros() {
    for (level, rows) in on_each_level(|| Rows(&[2, 3, u32::MAX])) {
        assert_eq!(rows, [[5.0, 6.0], [0.0, 0.0], [0.0, 0.0], [9.0, 9.0]], "{level:?}");
    }
}

struct Flush([f32; 18]);

impl Kernel for Flush {
    type Output = [f32; 18];

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Self::Output {
        flush(simd, &self.0)
    }
}

#[test]
fn what_fades_becomes_zero_before_it_becomes_denormal() {
    let mut x = [0.25; 18];
    (x[0], x[5], x[16], x[17]) = (1e-30, f32::from_bits(1), -1e-25, f32::NAN);
    for (_, y) in on_each_level(|| Flush(x)) {
        assert_eq!((y[0], y[5], y[16], y[1]), (0.0, 0.0, 0.0, 0.25));
        assert!(y[17].is_nan());
    }
}

#[test]
fn both_directions_stand_one_behind_the_other() {
    let both: [f32; 4] = join(&[1.0, 2.0], &[3.0, 4.0]);
    assert_eq!(both, [1.0, 2.0, 3.0, 4.0]);
}

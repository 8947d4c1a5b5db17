//! Numbers of 16 bits.

use crate::common::{BEYOND_CACHE, numbers};
use crate::{check, check_rows, panels, sums};
use recurve::matrix::Dense;
use recurve::simd::{Bf16, F16};

/// Numbers that a binary16 or bfloat16 holds, with their bits.
pub(crate) fn halves(count: usize) -> (Vec<f32>, Vec<F16>, Vec<Bf16>) {
    let numbers: Vec<f32> = numbers(count, 3).iter().map(|number| (number * 100.0).round() / 128.0).collect();
    let f16 = |number: &f32| {
        let bits = (number.abs() * f32::from_bits((127 - 112) << 23)).to_bits() >> 13;
        F16(bits as u16 | (number.to_bits() >> 16) as u16 & 0x8000)
    };
    let f16s: Vec<F16> = numbers.iter().map(f16).collect();
    let bf16s: Vec<Bf16> = numbers.iter().map(|number| Bf16((number.to_bits() >> 16) as u16)).collect();
    assert!(numbers.iter().zip(&f16s).all(|(number, bits)| *number == bits.to_f32()));
    assert!(numbers.iter().zip(&bf16s).all(|(number, bits)| *number == bits.to_f32()));
    (numbers, f16s, bf16s)
}

fn half_dense<const ROWS: usize, const COLUMNS: usize>() {
    let (values, f16s, bf16s) = halves(ROWS * COLUMNS);
    let f16 = Dense::<ROWS, COLUMNS, F16>::new(panels(&f16s, COLUMNS));
    let bf16 = Dense::<ROWS, COLUMNS, Bf16>::new(panels(&bf16s, COLUMNS));
    check(f16, &values, sums);
    check(bf16, &values, sums);
    check_rows::<_, ROWS, COLUMNS>(f16, &values);
    check_rows::<_, ROWS, COLUMNS>(bf16, &values);
}

#[test]
fn halves_are_widened() {
    half_dense::<1, 1>();
    half_dense::<19, 7>();
    half_dense::<64, 5>();
    half_dense::<85, 9>();
    half_dense::<27, 67>();
}

#[test]
#[cfg_attr(miri, ignore = "too much arithmetic to interpret")]
fn large_matrices_of_halves_are_right() {
    half_dense::<516, 21>();
    if BEYOND_CACHE {
        half_dense::<516, 521>();
    }
}

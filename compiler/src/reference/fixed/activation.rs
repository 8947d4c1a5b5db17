//! Activations from tables, with straight lines between the entries.

use super::{LARGEST, ONE, RangeKind, Ranges, SUM, UNIT};
use crate::spec::Nonlinearity;

/// Bits of a sum between two entries: the entries are a 32nd apart.
const STEP: i32 = SUM - 5;
/// From here on a sigmoid is 1.
const RANGE: i64 = 12 << SUM;

/// The entry behind `at` steps, with 16 bits behind the point.
fn entry(at: i64, of: fn(f64) -> f64) -> i64 {
    (65536.0 * of(at as f64 / 32.0)).round() as i64
}

/// What lies between the entries on both sides of `x`, and how far `x` is from the first.
fn between(x: i64, of: fn(f64) -> f64) -> (i64, i64, i64) {
    let at = x >> STEP;
    (entry(at, of), entry(at + 1, of), x & ((1 << STEP) - 1))
}

/// `2^16 (sigmoid(x) - 1/2)`
fn centred(x: i64) -> i64 {
    let y = if x.abs() >= RANGE {
        1 << 15
    } else {
        let (from, to, part) = between(x.abs(), |x| 1.0 / (1.0 + (-x).exp()) - 0.5);
        from + super::shifted((to - from) * part, STEP)
    };
    if x < 0 { -y } else { y }
}

pub(super) fn sigmoid(x: i64) -> i64 {
    super::shifted(ONE + centred(x), 1)
}

pub(super) fn tanh(x: i64) -> i64 {
    centred(2 * x)
}

/// `2^16 exp(-x)`
pub(super) fn exp(x: i64) -> i64 {
    let halvings = (x.min(RANGE) * 23637) >> 14;
    let (from, to, part) = between(halvings & ((1 << SUM) - 1), |x| (-x).exp2());
    (from - super::shifted((from - to) * part, STEP)) >> (halvings >> SUM)
}

pub(super) fn apply(nonlinearity: Nonlinearity, x: i64, ranges: &mut Ranges) -> i64 {
    let most = (LARGEST + 1) >> (UNIT - SUM);
    let unit = |x: i64| x.clamp(-most, most - 1) << (UNIT - SUM);
    match nonlinearity {
        Nonlinearity::Sigmoid => sigmoid(x),
        Nonlinearity::Tanh => tanh(x),
        Nonlinearity::Relu => {
            ranges.see(RangeKind::Hidden, x as f64 / f64::from(1 << SUM), x >= most);
            unit(x).max(0)
        }
        Nonlinearity::QuantTanh => unit(x).clamp(-ONE, ONE),
        Nonlinearity::QuantSigm => ((unit(x) + ONE) / 2).clamp(0, ONE),
        Nonlinearity::QuantSigm4 => ((unit(x) + 2 * ONE) / 4).clamp(0, ONE),
    }
}

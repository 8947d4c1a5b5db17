//! Activations from tables, with straight lines between the entries.

use super::bits::{to_f32, to_f32_cut};
use super::{ONE, SUM, UNIT};
use crate::activation::{Identity, QuantSigm, QuantSigm4, QuantTanh, Relu, Sigmoid, Tanh};

/// Bits of a sum between two entries: the entries are a 32nd apart.
const STEP: u32 = SUM - 5;
/// From here on a sigmoid is 1 to less than half of the last bit.
const RANGE: usize = 12;
const ENTRIES: usize = (RANGE << (SUM - STEP)) + 1;

/// `2^16 (sigmoid(x) - 1/2)`, from 0 on.
static SIGMOID: [u16; ENTRIES] = sigmoids();
/// `2^16 2^-x`, from 0 to 1.
static POWERS: [u32; (1 << (SUM - STEP)) + 1] = powers();

const fn sigmoids() -> [u16; ENTRIES] {
    /// `exp(-1/32)`
    const RATIO: f64 = 0.969_233_234_476_344_1;
    let mut table = [0; ENTRIES];
    let (mut at, mut power) = (0, 1.0);
    while at < ENTRIES {
        table[at] = (65536.0 * (1.0 / (1.0 + power) - 0.5) + 0.5) as u16;
        power *= RATIO;
        at += 1;
    }
    table
}

const fn powers() -> [u32; (1 << (SUM - STEP)) + 1] {
    /// `2^(-1/32)`
    const RATIO: f64 = 0.978_572_062_087_700_1;
    let mut table = [0; (1 << (SUM - STEP)) + 1];
    let (mut at, mut power) = (0, 1.0);
    while at < table.len() {
        table[at] = (65536.0 * power + 0.5) as u32;
        power *= RATIO;
        at += 1;
    }
    table
}

/// `2^16 (sigmoid(2^doublings x) - 1/2)` of a sum below `2^30`.
#[inline(always)]
fn centred(x: i32, doublings: u32) -> i32 {
    let magnitude = x.unsigned_abs() << doublings;
    let at = (magnitude >> STEP) as usize;
    let y = match SIGMOID.get(at..at + 2) {
        Some(&[from, to]) => {
            let (from, to) = (i32::from(from), i32::from(to));
            let part = (magnitude & ((1 << STEP) - 1)).cast_signed();
            from + (((to - from) * part + (1 << (STEP - 1))) >> STEP)
        }
        _ => 1 << 15,
    };
    if x < 0 { -y } else { y }
}

/// `sigmoid(x)` of a sum, a unit.
#[inline(always)]
pub(super) fn sigmoid(x: i32) -> i32 {
    (ONE + centred(x, 0) + 1) >> 1
}

/// `tanh(x)` of a sum, a unit.
#[inline(always)]
pub(super) fn tanh(x: i32) -> i32 {
    centred(x, 1)
}

/// What a cell or a linear layer applies to a sum.
pub trait Nonlinearity: Copy + 'static {
    /// The [unit](super::UNIT) of a [sum](super::SUM).
    fn unit(sum: i32) -> i32;
}

impl Nonlinearity for Sigmoid {
    #[inline(always)]
    fn unit(sum: i32) -> i32 {
        sigmoid(sum)
    }
}

impl Nonlinearity for Tanh {
    #[inline(always)]
    fn unit(sum: i32) -> i32 {
        tanh(sum)
    }
}

impl Nonlinearity for Relu {
    #[inline(always)]
    fn unit(sum: i32) -> i32 {
        limited(sum).max(0) << (UNIT - SUM)
    }
}

impl Nonlinearity for QuantTanh {
    #[inline(always)]
    fn unit(sum: i32) -> i32 {
        (limited(sum) << (UNIT - SUM)).clamp(-ONE, ONE)
    }
}

impl Nonlinearity for QuantSigm {
    #[inline(always)]
    fn unit(sum: i32) -> i32 {
        ((limited(sum) + (1 << SUM)) << (UNIT - SUM - 1)).clamp(0, ONE)
    }
}

impl Nonlinearity for QuantSigm4 {
    #[inline(always)]
    fn unit(sum: i32) -> i32 {
        ((limited(sum) + (2 << SUM)) << (UNIT - SUM - 2)).clamp(0, ONE)
    }
}

/// A sum that is a unit within 24 bits.
#[inline(always)]
fn limited(sum: i32) -> i32 {
    super::within(sum, 1 << (24 + SUM - UNIT))
}

/// What a linear layer gives for its sums.
pub trait Output: Copy + 'static {
    /// The outputs of `sums`, to `y`.
    fn outputs<const N: usize>(sums: &[i32; N], y: &mut [f32; N]);
}

macro_rules! outputs {
    ($($nonlinearity:ty),+) => {
        $(impl Output for $nonlinearity {
            #[inline(always)]
            fn outputs<const N: usize>(sums: &[i32; N], y: &mut [f32; N]) {
                for (y, sum) in y.iter_mut().zip(sums) {
                    *y = to_f32(Self::unit(*sum), UNIT);
                }
            }
        })+
    };
}

outputs!(Sigmoid, Tanh);

impl Output for Identity {
    #[inline(always)]
    fn outputs<const N: usize>(sums: &[i32; N], y: &mut [f32; N]) {
        for (y, sum) in y.iter_mut().zip(sums) {
            *y = to_f32_cut(*sum, SUM);
        }
    }
}

impl Output for Relu {
    #[inline(always)]
    fn outputs<const N: usize>(sums: &[i32; N], y: &mut [f32; N]) {
        for (y, sum) in y.iter_mut().zip(sums) {
            *y = to_f32_cut((*sum).max(0), SUM);
        }
    }
}

impl Output for crate::layer::Softmax {
    #[inline(always)]
    fn outputs<const N: usize>(sums: &[i32; N], y: &mut [f32; N]) {
        const { assert!(N <= 1 << 15) }
        let largest = sums.iter().fold(i32::MIN, |largest, sum| largest.max(*sum));
        let mut powers = [0; N];
        let mut total = 0;
        for (power, sum) in powers.iter_mut().zip(sums) {
            *power = exp(largest - *sum);
            total += *power;
        }
        for (y, power) in y.iter_mut().zip(powers) {
            // The largest power is 2^16, so that the total is above 0.
            let unit = ((power << UNIT) + total / 2).checked_div(total).unwrap_or(0);
            *y = to_f32(unit.cast_signed(), UNIT);
        }
    }
}

/// `2^16 exp(-x)` of a sum that is not negative.
#[inline(always)]
fn exp(x: i32) -> u32 {
    /// `2^14 / ln 2`
    const FACTOR: u32 = 23637;
    // From 12 on it is 0 to the precision of the result.
    let x = x.clamp(0, 12 << SUM).cast_unsigned();
    let halvings = (x * FACTOR) >> 14;
    let (whole, part) = (halvings >> SUM, halvings & ((1 << SUM) - 1));
    let (at, part) = ((part >> STEP) as usize, part & ((1 << STEP) - 1));
    let &[from, to] = POWERS.get(at..at + 2).and_then(|entries| entries.first_chunk()).unwrap_or(&[0; 2]);
    (from - (((from - to) * part + (1 << (STEP - 1))) >> STEP)) >> whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::Softmax;

    fn sums() -> impl Iterator<Item = (i32, f64)> {
        let step = if cfg!(miri) { 997 } else { 1 };
        let sums =
            (-60_000..60_000).step_by(step).chain([-(1 << 30) + 1, -70_000_000, 70_000_000, (1 << 30) - 1]);
        sums.map(|sum| (sum, f64::from(sum) / f64::from(1 << SUM)))
    }

    /// The largest difference, in units.
    fn worst(unit: fn(i32) -> i32, exact: impl Fn(f64) -> f64) -> f64 {
        let difference = |(sum, x)| (f64::from(unit(sum)) - f64::from(ONE) * exact(x)).abs();
        sums().map(difference).fold(0.0, f64::max)
    }

    #[test]
    fn tables_are_within_a_unit_and_a_half() {
        let sigmoid = worst(Sigmoid::unit, |x| 1.0 / (1.0 + libm::exp(-x)));
        let tanh = worst(Tanh::unit, libm::tanh);
        assert!(sigmoid < 1.3 && tanh < 1.6, "{sigmoid} {tanh}");
    }

    #[test]
    fn straight_lines_are_exact() {
        assert_eq!(worst(Relu::unit, |x| x.clamp(0.0, 512.0 - 1.0 / 4096.0)), 0.0);
        assert_eq!(worst(QuantTanh::unit, |x| x.clamp(-1.0, 1.0)), 0.0);
        assert_eq!(worst(QuantSigm::unit, |x| ((x + 1.0) / 2.0).clamp(0.0, 1.0)), 0.0);
        assert_eq!(worst(QuantSigm4::unit, |x| ((x + 2.0) / 4.0).clamp(0.0, 1.0)), 0.0);
    }

    #[test]
    fn outputs_without_a_table_have_the_range_of_sums() {
        let sums = [5000 << SUM, -(20_000 << SUM), (65_535 << SUM) + 1, -3];
        let (mut plain, mut relu) = ([0.0; 4], [0.0; 4]);
        Identity::outputs(&sums, &mut plain);
        Relu::outputs(&sums, &mut relu);
        assert_eq!(plain, [5000.0, -20_000.0, 65_535.0, -3.0 / 4096.0]);
        assert_eq!(relu, [5000.0, 0.0, 65_535.0, 0.0]);
    }

    #[test]
    fn the_tables_are_those_of_a_library() {
        for (at, entry) in SIGMOID.iter().enumerate() {
            let exact = 65536.0 * (1.0 / (1.0 + libm::exp(at as f64 / -32.0)) - 0.5);
            assert_eq!(f64::from(*entry), libm::round(exact));
        }
        for (at, entry) in POWERS.iter().enumerate() {
            assert_eq!(f64::from(*entry), libm::round(65536.0 * libm::exp2(at as f64 / -32.0)));
        }
    }

    #[test]
    fn a_softmax_adds_up_to_one() {
        let x = [-3.0f64, 0.0, 2.5, 2.6, -40.0, 1.0];
        let mut y = [0.0; 6];
        Softmax::outputs(&x.map(|x| (x * 4096.0) as i32), &mut y);
        let total: f64 = x.iter().map(|x| libm::exp(*x)).sum();
        for (x, y) in x.iter().zip(y) {
            assert!((libm::exp(*x) / total - f64::from(y)).abs() < 1e-4, "{x} {y}");
        }
    }
}

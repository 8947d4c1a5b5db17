//! The operations on integers and on stored numbers of every instruction set against their definitions.

mod common;

use common::{numbers, on_each_level};
use recurve::simd::{Bf16, Bytes, F16, Kernel, LANES, Quads, Simd};

/// Vectors of random integers, fewer for the slow interpreter.
const SEEDS: u64 = if cfg!(miri) { 5 } else { 50 };

/// Integers in -127..=127, the same in every run.
fn integers<const COUNT: usize>(seed: u64) -> [i8; COUNT] {
    let numbers = numbers(COUNT, seed);
    core::array::from_fn(|at| (numbers[at] * 127.9) as i8)
}

struct Dot {
    w: Quads,
    x: [i8; 4],
    sum: i32,
}

impl Kernel for Dot {
    type Output = ([f32; LANES], i32, i32);

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Self::Output {
        let sum: i32 = self.x.iter().map(|x| i32::from(*x)).sum();
        let start = simd.splat_i32(self.sum - S::DOT_EXCESS * sum);
        let dot = simd.add_i32(simd.dot(&self.w, self.x, start), simd.splat_i32(1));
        let mut lanes = [0.0; LANES];
        simd.store(simd.to_f32(dot), &mut lanes);
        (lanes, simd.largest(dot), simd.total(dot))
    }
}

#[test]
fn dot_products_are_exact() {
    let extremes = [[127, -127, 127, -127]; LANES];
    let flat = [[127; 4]; LANES];
    let mut cases = vec![(extremes, [127, -127, 127, -127], 5), (flat, [127; 4], 0), (flat, [-127; 4], -9)];
    for seed in 0..SEEDS {
        let w = integers::<64>(seed);
        let quads = core::array::from_fn(|lane| core::array::from_fn(|at| w[4 * lane + at]));
        cases.push((quads, integers(seed + 100), seed as i32 * 1000 - 20_000));
    }
    for (w, x, sum) in cases {
        let product = |quad: [i8; 4]| -> i32 {
            quad.iter().zip(x).map(|(w, x)| i32::from(*w) * i32::from(x)).sum::<i32>() + sum + 1
        };
        let expected = w.map(product);
        for (level, (lanes, largest, total)) in on_each_level(|| Dot { w, x, sum }) {
            assert_eq!(lanes, expected.map(|sum| sum as f32), "{level:?}");
            assert_eq!(Some(largest), expected.into_iter().max(), "{level:?}");
            assert_eq!(total, expected.iter().sum::<i32>(), "{level:?}");
        }
    }
}

struct DotEach {
    w: Quads,
    x: Quads,
    sum: i32,
}

impl Kernel for DotEach {
    type Output = [f32; LANES];

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Self::Output {
        let start = self.x.map(|x| {
            let excess = x.iter().map(|x| i32::from(*x)).sum::<i32>() * S::DOT_EXCESS;
            (self.sum - excess) as f32
        });
        let dot = simd.dot_each(&self.w, &self.x, simd.round(simd.load(&start)));
        let mut lanes = [0.0; LANES];
        simd.store(simd.to_f32(dot), &mut lanes);
        lanes
    }
}

#[test]
fn dot_products_of_each_lane_are_exact() {
    let alternating = [[127, -127, 127, -127]; LANES];
    let (most, least) = ([[127; 4]; LANES], [[-127; 4]; LANES]);
    let zeros = [[0; 4]; LANES];
    let mut cases = Vec::new();
    for w in [alternating, most, least, zeros] {
        cases.extend([alternating, most, least, zeros].map(|x| (w, x, 5)));
    }
    let quads = |seed| {
        let integers = integers::<64>(seed);
        core::array::from_fn(|lane| core::array::from_fn(|at| integers[4 * lane + at]))
    };
    for seed in 0..SEEDS {
        cases.push((quads(seed), quads(seed + 100), seed as i32 * 1000 - 20_000));
    }
    for (w, x, sum) in cases {
        let expected: [f32; LANES] = core::array::from_fn(|lane| {
            let products = w[lane].iter().zip(x[lane]).map(|(w, x)| i32::from(*w) * i32::from(x));
            (products.sum::<i32>() + sum) as f32
        });
        for (level, lanes) in on_each_level(|| DotEach { w, x, sum }) {
            assert_eq!(lanes, expected, "{level:?}");
        }
    }
}

struct DotFields {
    w: Bytes,
    x: [[i8; 4]; 4],
    sum: i32,
}

impl Kernel for DotFields {
    type Output = [[f32; LANES]; 2];

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Self::Output {
        let start = simd.splat_i32(self.sum);
        let [first, second, ..] = self.x;
        let dots = [simd.dot_u4(&self.w, [first, second], start), simd.dot_u2(&self.w, self.x, start)];
        let mut lanes = [[0.0; LANES]; 2];
        for (dot, lanes) in dots.into_iter().zip(&mut lanes) {
            simd.store(simd.to_f32(dot), lanes);
        }
        lanes
    }
}

#[test]
fn dot_products_of_parts_of_bytes_are_exact() {
    let mixed = [[127, -127, 127, -127], [-127, 127, -127, 127], [0, 1, -1, 0], [127; 4]];
    let mut cases = Vec::new();
    for byte in [0, 0xff, 0x0f, 0xf0, 0x1b, 0xe4] {
        cases.extend([[[127; 4]; 4], [[-127; 4]; 4], mixed].map(|x| ([[byte; 4]; LANES], x, 9)));
    }
    // Each place of a byte by itself, so that none is taken for another.
    for place in 0..16 {
        let mut x = [[0; 4]; 4];
        x[place / 4][place % 4] = 101;
        let w = core::array::from_fn(|lane| core::array::from_fn(|at| (lane * 59 + at * 83 + place) as u8));
        cases.push((w, x, -3));
    }
    for seed in 0..SEEDS {
        let (w, x) = (integers::<64>(seed), integers::<16>(seed + 100));
        let w = core::array::from_fn(|lane| core::array::from_fn(|at| w[4 * lane + at].cast_unsigned()));
        let x = core::array::from_fn(|part| core::array::from_fn(|at| x[4 * part + at]));
        cases.push((w, x, seed as i32 * 1000 - 20_000));
    }
    for (w, x, sum) in cases {
        let products = |bits: usize| {
            w.map(|bytes| {
                let mut total = sum;
                for (part, x) in x.iter().take(8 / bits).enumerate() {
                    for (byte, x) in bytes.iter().zip(x) {
                        total += i32::from(byte >> (bits * part) & ((1 << bits) - 1)) * i32::from(*x);
                    }
                }
                total as f32
            })
        };
        let expected = [products(4), products(2)];
        for (level, lanes) in on_each_level(|| DotFields { w, x, sum }) {
            assert_eq!(lanes, expected, "{level:?} {:?} {x:?}", w[0]);
        }
    }
}

struct Round<'a>(&'a [f32; LANES]);

impl Kernel for Round<'_> {
    type Output = ([i8; LANES], i32);

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Self::Output {
        let value = simd.load(self.0);
        let magnitude = simd.max_i32(simd.magnitude(value), simd.splat_i32(7));
        (simd.narrow(simd.round(value)), simd.largest(magnitude))
    }
}

#[test]
fn numbers_round_to_the_nearest_integer_and_between_two_to_the_even_one() {
    let halves = core::array::from_fn(|lane| lane as f32 - 7.5);
    let mut cases = vec![halves, [-0.5; LANES], [126.5; LANES], [127.0; LANES], [-127.0; LANES]];
    for seed in 0..20 {
        let numbers = numbers(LANES, seed);
        cases.push(core::array::from_fn(|lane| numbers[lane] * 127.0));
    }
    for case in cases {
        for (level, (rounded, largest)) in on_each_level(|| Round(&case)) {
            assert_eq!(rounded, case.map(|number| number.round_ties_even() as i8), "{level:?}");
            let magnitude = case.iter().fold(0.0, |largest: f32, number| largest.max(number.abs()));
            assert_eq!(largest, magnitude.to_bits() as i32, "{level:?}");
        }
    }
    let mut broken = halves;
    for special in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        broken[3] = special;
        for (level, (_, largest)) in on_each_level(|| Round(&broken)) {
            assert!(largest >= f32::INFINITY.to_bits() as i32, "{level:?} {special}");
        }
    }
}

struct Load<'a> {
    halves: &'a [F16; LANES],
    upper: &'a [Bf16; LANES],
    bytes: &'a [i8; LANES],
    pairs: &'a [u8; LANES],
}

impl Kernel for Load<'_> {
    type Output = [[f32; LANES]; 5];

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Self::Output {
        let [low, high] = simd.load_i4(self.pairs);
        let values =
            [simd.load_f16(self.halves), simd.load_bf16(self.upper), simd.load_i8(self.bytes), low, high];
        let mut stored = [[0.0; LANES]; 5];
        for (value, stored) in values.into_iter().zip(&mut stored) {
            simd.store(value, stored);
        }
        stored
    }
}

#[test]
#[cfg_attr(miri, ignore = "too many numbers to interpret")]
fn every_stored_number_is_read_as_it_is() {
    for first in (0..=u16::MAX).step_by(LANES) {
        let bits: [u16; LANES] = core::array::from_fn(|lane| first + lane as u16);
        let halves = bits.map(|bits| F16(if bits & 0x7c00 == 0x7c00 { bits & !0x4000 } else { bits }));
        let upper = bits.map(Bf16);
        let bytes = bits.map(|bits| bits as u8 as i8);
        let pairs = bits.map(|bits| bits as u8);
        let load = || Load { halves: &halves, upper: &upper, bytes: &bytes, pairs: &pairs };
        for (level, [half, upper, byte, low, high]) in on_each_level(load) {
            for lane in 0..LANES {
                assert_eq!(half[lane].to_bits(), halves[lane].to_f32().to_bits(), "{level:?} {bits:?}");
                assert_eq!(upper[lane].to_bits(), u32::from(bits[lane]) << 16, "{level:?} {bits:?}");
                assert_eq!(byte[lane], f32::from(bytes[lane]), "{level:?}");
                assert_eq!(low[lane], f32::from(pairs[lane] & 15) - 8.0, "{level:?}");
                assert_eq!(high[lane], f32::from(pairs[lane] >> 4) - 8.0, "{level:?}");
            }
        }
    }
}

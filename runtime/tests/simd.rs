//! Every operation of every instruction set against its scalar twin.

mod common;

use common::{numbers, on_each_level};
use recurve::simd::{Blob, Kernel, LANES, POWER, Simd, TINY};

/// All operations on one set of operands.
struct Operations<'a> {
    a: &'a [f32; LANES],
    b: &'a [f32; LANES],
    c: &'a [f32; LANES],
}

type Results = [(&'static str, [f32; LANES]); 11];

impl Kernel for Operations<'_> {
    type Output = Results;

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Results {
        let (a, b, c) = (simd.load(self.a), simd.load(self.b), simd.load(self.c));
        // Asking for memory that is not there is allowed.
        simd.prefetch(self.a, usize::MAX);
        let exponent = simd.splat(self.a[0].clamp(-100.0, 100.0).round());
        let results = [
            ("splat", simd.splat(self.a[3])),
            ("add", simd.add(a, b)),
            ("sub", simd.sub(a, b)),
            ("mul", simd.mul(a, b)),
            ("div", simd.div(a, b)),
            ("mul_add", simd.mul_add(a, b, c)),
            ("min", simd.min(a, b)),
            ("max", simd.max(a, b)),
            ("flush", simd.flush(a)),
            ("scale", simd.scale(b, exponent)),
            ("power", simd.power(simd.add(exponent, simd.splat(POWER)))),
        ];
        let mut stored = results.map(|(name, _)| (name, [0.0; LANES]));
        for (stored, (_, result)) in stored.iter_mut().zip(results) {
            simd.store(result, &mut stored.1);
        }
        stored
    }
}

fn same(name: &str, twin: f32, found: f32) -> bool {
    let close = || name == "mul_add" && (twin - found).abs() <= 2e-7 * twin.abs().max(1.0);
    twin.to_bits() == found.to_bits() || (twin.is_nan() && found.is_nan()) || close()
}

fn compare(a: &[f32; LANES], b: &[f32; LANES], c: &[f32; LANES]) {
    let results = on_each_level(|| Operations { a, b, c });
    let (_, twins) = &results[0];
    for (level, found) in &results[1..] {
        for ((name, twin), (_, found)) in twins.iter().zip(found) {
            for (lane, (twin, found)) in twin.iter().zip(found).enumerate() {
                assert!(
                    same(name, *twin, *found),
                    "{level:?} {name} {twin} {found}, lane {lane} of {a:?} {b:?}"
                );
            }
        }
    }
}

#[test]
fn operations_agree_with_their_scalar_twins() {
    let numbers = numbers(48 * 200, 1);
    for operands in numbers.as_chunks::<LANES>().0.as_chunks::<3>().0 {
        let [a, b, c] = operands;
        compare(&a.map(|a| a * 100.0), b, c);
    }
}

#[test]
fn operations_agree_on_numbers_out_of_the_ordinary() {
    let special = [
        0.0,
        -0.0,
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::MIN_POSITIVE,
        f32::from_bits(1),
        TINY,
        -TINY,
        TINY * 0.999,
        1.0,
        -1.0,
        f32::MAX,
        f32::MIN,
        3.5,
        -88.0,
    ];
    for shift in 0..LANES {
        let mut b = special;
        b.rotate_left(shift);
        // A sum of zeros has another sign where it is rounded once; the other operations keep theirs.
        compare(&special, &b, &[1.0; LANES]);
    }
}

#[test]
fn min_and_max_give_the_second_where_a_number_is_missing() {
    let (nan, one) = ([f32::NAN; LANES], [1.0; LANES]);
    for (level, results) in on_each_level(|| Operations { a: &one, b: &nan, c: &one }) {
        assert!(results[6].1[0].is_nan() && results[7].1[0].is_nan(), "{level:?}");
    }
    for (level, results) in on_each_level(|| Operations { a: &nan, b: &one, c: &one }) {
        assert_eq!((results[6].1[0], results[7].1[0]), (1.0, 1.0), "{level:?}");
    }
}

#[test]
fn a_power_is_that_of_the_added_number() {
    for n in [-100_i32, -1, 0, 1, 40, 100] {
        let a = [n as f32; LANES];
        for (level, results) in on_each_level(|| Operations { a: &a, b: &a, c: &a }) {
            let power = f32::from_bits((127 + n).cast_unsigned() << 23);
            assert_eq!(results[10].1[0], power, "{level:?}");
        }
    }
}

#[test]
fn a_blob_reads_as_the_numbers_that_were_put_in() {
    const fn bytes() -> [u8; 72] {
        let mut bytes = [0; 72];
        let (_, numbers) = bytes.split_at_mut(64);
        let (first, second) = numbers.split_at_mut(4);
        first.copy_from_slice(&1.5_f32.to_le_bytes());
        second.copy_from_slice(&(-2.0_f32).to_le_bytes());
        bytes
    }
    static BYTES: Blob<72> = Blob::new(bytes());
    const NUMBERS: &[f32; 2] = BYTES.read::<f32, 2>(64);
    assert_eq!(NUMBERS, &[1.5, -2.0]);
    assert!((&raw const BYTES).addr().is_multiple_of(64));
}

/// The first `count` lanes of constants, and a vector whose lanes are the sums of those of 16.
struct Parts<'a> {
    numbers: &'a [f32],
    integers: &'a [i8],
    rows: &'a [[f32; LANES]; LANES],
}

impl Kernel for Parts<'_> {
    type Output = [[f32; LANES]; 3];

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Self::Output {
        let mut rows = [simd.splat(0.0); LANES];
        for (row, numbers) in rows.iter_mut().zip(self.rows) {
            *row = simd.load(numbers);
        }
        let results = [simd.load_part(self.numbers), simd.load_part_i8(self.integers), simd.totals(rows)];
        let mut stored = [[0.0; LANES]; 3];
        for (stored, result) in stored.iter_mut().zip(results) {
            simd.store(result, stored);
        }
        stored
    }
}

#[test]
fn parts_are_read_and_lanes_added_up() {
    let integers: [i8; 20] = core::array::from_fn(|at| (at as i8 - 9) * 12);
    let numbers = integers.map(f32::from);
    let rows = core::array::from_fn(|row| core::array::from_fn(|lane| (row * 100 + lane * lane) as f32));
    for count in 0..=numbers.len() {
        let mut first = [0.0; LANES];
        for (lane, number) in first.iter_mut().zip(&numbers[..count]) {
            *lane = *number;
        }
        let totals = rows.map(|row: [f32; LANES]| row.iter().sum::<f32>());
        let parts = || Parts { numbers: &numbers[..count], integers: &integers[..count], rows: &rows };
        for (level, results) in on_each_level(parts) {
            assert_eq!(results, [first, first, totals], "{level:?} {count}");
        }
    }
}

struct KeepFirst<'a> {
    numbers: &'a [f32; LANES],
    count: usize,
}

impl Kernel for KeepFirst<'_> {
    type Output = [f32; LANES];

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> [f32; LANES] {
        let mut kept = [0.0; LANES];
        simd.store(simd.keep_first(simd.load(self.numbers), self.count), &mut kept);
        kept
    }
}

#[test]
fn the_first_lanes_are_kept_and_nothing_is_left_of_the_others() {
    let mut numbers: [f32; LANES] = core::array::from_fn(|lane| lane as f32 - 7.5);
    numbers[LANES - 1] = f32::NAN;
    numbers[LANES - 2] = f32::INFINITY;
    for count in 0..=LANES {
        let expected: [u32; LANES] =
            core::array::from_fn(|lane| if lane < count { numbers[lane].to_bits() } else { 0 });
        for (level, kept) in on_each_level(|| KeepFirst { numbers: &numbers, count }) {
            assert_eq!(kept.map(f32::to_bits), expected, "{level:?} {count}");
        }
    }
}

struct Positive<'a>(&'a [f32; LANES]);

impl Kernel for Positive<'_> {
    type Output = u16;

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> u16 {
        simd.positive(simd.load(self.0))
    }
}

#[test]
fn a_lane_above_zero_has_its_bit() {
    let special = [
        0.0,
        -0.0,
        f32::NAN,
        -f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::from_bits(1),
        -f32::from_bits(1),
        f32::MIN_POSITIVE,
        -f32::MIN_POSITIVE,
        f32::MAX,
        f32::MIN,
        1.0,
        -1.0,
        TINY,
        -TINY,
    ];
    let mut cases: Vec<[f32; LANES]> = numbers(LANES * 20, 5).as_chunks().0.to_vec();
    for shift in 0..LANES {
        let mut case = special;
        case.rotate_left(shift);
        cases.push(case);
        cases.push(core::array::from_fn(|lane| if lane == shift { 1.0 } else { -1.0 }));
    }
    for case in cases {
        let expected = (0..LANES).filter(|lane| case[*lane] > 0.0).fold(0, |bits, lane| bits | 1 << lane);
        for (level, found) in on_each_level(|| Positive(&case)) {
            assert_eq!(found, expected, "{level:?} {found:016b} of {case:?}");
        }
    }
}

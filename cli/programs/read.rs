//! The limit: how fast one thread reads memory.

use std::hint::black_box;

use recurve::simd::{self, Kernel, LANES, Simd};

/// A way to read, of which the best one counts: which it is depends on the memory, and on what LLVM makes
/// of it.
#[derive(Clone, Copy)]
pub enum Way {
    /// As many sums as the instruction set has room for.
    Plain,
    /// The same, asking for memory that many bytes ahead.
    Ahead(usize),
    /// Two sums.
    Narrow,
    /// The same, asking for memory that many bytes ahead.
    NarrowAhead(usize),
    /// Three parts side by side, asking for memory that many bytes ahead.
    Beside(usize),
}

pub const WAYS: [Way; 6] =
    [Way::Plain, Way::Ahead(1024), Way::Ahead(4096), Way::Narrow, Way::NarrowAhead(1024), Way::Beside(4096)];

/// Reads all of `memory`, `times` times.
pub fn read(memory: &[f32], way: Way, times: usize) {
    for _ in 0..times {
        let memory = black_box(memory);
        black_box(match way {
            Way::Plain => simd::dispatch(Sum::<false, 8> { memory, ahead: 0 }),
            Way::Ahead(ahead) => simd::dispatch(Sum::<true, 8> { memory, ahead }),
            Way::Narrow => simd::dispatch(Sum::<false, 2> { memory, ahead: 0 }),
            Way::NarrowAhead(ahead) => simd::dispatch(Sum::<true, 2> { memory, ahead }),
            Way::Beside(ahead) => simd::dispatch(Beside { memory, ahead }),
        });
    }
}

/// The sum of all numbers, which has to read them, in up to `MOST` sums.
struct Sum<'a, const PREFETCH: bool, const MOST: usize> {
    memory: &'a [f32],
    ahead: usize,
}

impl<const PREFETCH: bool, const MOST: usize> Kernel for Sum<'_, PREFETCH, MOST> {
    type Output = [f32; LANES];

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> [f32; LANES] {
        match S::ACCUMULATORS.min(MOST) {
            8.. => self.sum::<S, 8>(simd),
            4.. => self.sum::<S, 4>(simd),
            2.. => self.sum::<S, 2>(simd),
            _ => self.sum::<S, 1>(simd),
        }
    }
}

impl<const PREFETCH: bool, const MOST: usize> Sum<'_, PREFETCH, MOST> {
    #[inline(always)]
    fn sum<S: Simd, const N: usize>(self, simd: S) -> [f32; LANES] {
        let mut sums = [simd.splat(0.0); N];
        let (groups, rest): (&[[[f32; LANES]; N]], _) = self.memory.as_chunks().0.as_chunks();
        for group in groups {
            for (sum, line) in sums.iter_mut().zip(group) {
                if PREFETCH {
                    simd.prefetch(line, self.ahead);
                }
                *sum = simd.add(*sum, simd.load(line));
            }
        }
        for line in rest {
            sums[0] = simd.add(sums[0], simd.load(line));
        }
        let mut total = simd.splat(0.0);
        for sum in sums {
            total = simd.add(total, sum);
        }
        let mut lanes = [0.0; LANES];
        simd.store(total, &mut lanes);
        lanes
    }
}

/// The sum of all numbers, of three parts at once.
struct Beside<'a> {
    memory: &'a [f32],
    ahead: usize,
}

impl Kernel for Beside<'_> {
    type Output = [f32; LANES];

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> [f32; LANES] {
        let (lines, _): (&[[f32; LANES]], _) = self.memory.as_chunks();
        let third = lines.len() / 3;
        let (first, others) = lines.split_at(third);
        let (second, last) = others.split_at(third);
        let mut sums = [simd.splat(0.0); 3];
        for ((a, b), c) in first.iter().zip(second).zip(last) {
            for (sum, line) in sums.iter_mut().zip([a, b, c]) {
                simd.prefetch(line, self.ahead);
                *sum = simd.add(*sum, simd.load(line));
            }
        }
        for line in &last[third..] {
            sums[0] = simd.add(sums[0], simd.load(line));
        }
        let [a, b, c] = sums;
        let mut lanes = [0.0; LANES];
        simd.store(simd.add(simd.add(a, b), c), &mut lanes);
        lanes
    }
}

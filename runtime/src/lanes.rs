//! Element-wise work on vectors whose length is not a multiple of 16.

use crate::simd::{Function, LANES, One, Simd};

/// Repeats a body for each group of up to 16 of `$count` elements, from `$start` on.
///
/// `$length` is 16 but for the last group, and a constant in both copies of the body. A closure would be
/// compiled without the instructions that its caller has.
macro_rules! groups {
    ($count:expr, |$start:ident, $length:ident| $body:block) => {
        for group in 0..$count / $crate::simd::LANES {
            let ($start, $length) = (group * $crate::simd::LANES, $crate::simd::LANES);
            $body
        }
        if $count % $crate::simd::LANES != 0 {
            let $length = $count % $crate::simd::LANES;
            let $start = $count - $length;
            $body
        }
    };
}

pub(crate) use groups;

/// Writes the value of a body for each group of up to 16 of `$count` elements, from `$start` on, to the same
/// elements of `$to`, which the body may read.
///
/// Where there are 16 elements, the last of them are a whole group that overlaps with the one before: what
/// comes in parts has to wait until it has left for the cache. It is formed first, of elements that nothing was
/// written to, and waits for nobody at the end.
macro_rules! fill {
    ($simd:expr, $count:expr, $to:expr, |$start:ident, $length:ident| $body:expr) => {{
        let from = if $count < $crate::simd::LANES { 0 } else { $count - $crate::simd::LANES };
        let last = if $count % $crate::simd::LANES != 0 {
            let ($start, $length) = (from, $count - from);
            Some($body)
        } else {
            None
        };
        for group in 0..$count / $crate::simd::LANES {
            let ($start, $length) = (group * $crate::simd::LANES, $crate::simd::LANES);
            $crate::lanes::store($simd, $body, $to, $start, $length);
        }
        if let Some(last) = last {
            $crate::lanes::store($simd, last, $to, from, $count - from);
        }
    }};
}

pub(crate) use fill;

/// Replaces each of the `$count` elements of `$to` by a [`Function`] of those of `$from` and of itself. `$before` is done
/// before each group of up to 16.
macro_rules! map {
    ($simd:expr, $count:expr, $function:expr, [$($from:expr),*] => $to:expr) => {
        $crate::lanes::map!($simd, $count, $function, [$($from),*] => $to, |group| {
            let _ = group;
        })
    };
    ($simd:expr, $count:expr, $function:expr, [$($from:expr),*] => $to:expr, |$group:ident| $before:block) => {{
        let function = $function;
        if $crate::lanes::is_one_by_one($simd) {
            $crate::lanes::one_by_one(function, [$($from),*], $to);
        } else {
            $crate::lanes::fill!($simd, $count, $to, |start, length| {
                let $group = start.div_ceil($crate::simd::LANES);
                $before
                let xs = [$($crate::lanes::load($simd, $from, start, length)),*];
                let old = $crate::lanes::load($simd, $to, start, length);
                $crate::simd::Function::call(function, $simd, xs, old)
            });
        }
    }};
}

pub(crate) use map;

#[inline(always)]
pub(crate) fn is_one_by_one<S: Simd>(_: S) -> bool {
    S::ONE_BY_ONE
}

#[inline(always)]
pub(crate) fn one_by_one<F: Function<N>, const N: usize, const COUNT: usize>(
    function: F,
    from: [&[f32; COUNT]; N],
    to: &mut [f32; COUNT],
) {
    for (at, to) in to.iter_mut().enumerate() {
        *to = function.call(One, from.map(|from| from[at]), *to);
    }
}

/// Elements `start..start + length`, the other lanes zero.
#[inline(always)]
pub(crate) fn load<S: Simd>(simd: S, from: &[f32], start: usize, length: usize) -> S::F32 {
    if length == LANES
        && let Some(lanes) = from.get(start..).and_then(|from| from.first_chunk())
    {
        return simd.load(lanes);
    }
    let mut lanes = [0.0; LANES];
    if let Some(from) = from.get(start..start + length) {
        for (lane, value) in lanes.iter_mut().zip(from) {
            *lane = *value;
        }
    }
    simd.load(&lanes)
}

/// 16 elements from `start` on, zeros behind the end of `from`.
#[inline(always)]
pub(crate) fn load_from<S: Simd>(simd: S, from: &[f32], start: usize) -> S::F32 {
    let from = from.get(start..).unwrap_or_default();
    if let Some(lanes) = from.first_chunk() {
        return simd.load(lanes);
    }
    let mut lanes = [0.0; LANES];
    for (lane, value) in lanes.iter_mut().zip(from) {
        *lane = *value;
    }
    simd.load(&lanes)
}

/// Writes the first `length` lanes to elements `start..start + length`.
#[inline(always)]
pub(crate) fn store<S: Simd>(simd: S, value: S::F32, to: &mut [f32], start: usize, length: usize) {
    if length == LANES
        && let Some(lanes) = to.get_mut(start..).and_then(|to| to.first_chunk_mut())
    {
        return simd.store(value, lanes);
    }
    let mut lanes = [0.0; LANES];
    simd.store(value, &mut lanes);
    if let Some(to) = to.get_mut(start..start + length) {
        for (to, lane) in to.iter_mut().zip(&lanes) {
            *to = *lane;
        }
    }
}

/// `*to = *from`, without a call.
#[inline(always)]
pub(crate) fn copy<S: Simd, const N: usize>(simd: S, from: &[f32; N], to: &mut [f32; N]) {
    if N < LANES {
        *to = *from;
    } else {
        fill!(simd, N, to, |start, length| load(simd, from, start, length));
    }
}

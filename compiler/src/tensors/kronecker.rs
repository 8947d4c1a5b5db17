//! The shapes of the two matrices of a Kronecker product.

use crate::diagnostic::{Code, Diagnostic, Span, Spanned};
use crate::spec::Factors;

/// The shapes that multiply to `rows x columns`: those the spec gives, or the published choice for the
/// compression that stands at `at`.
pub(super) fn choose(
    rows: usize,
    columns: usize,
    given: Option<Spanned<Factors>>,
    at: Span,
) -> Result<Factors, Diagnostic> {
    let Some(given) = given else {
        for (what, size) in [("rows", rows), ("columns", columns)] {
            if is_prime(size) {
                let Factors { b, c } = published(rows, columns);
                let message = format!("a matrix of {rows} x {columns} has a prime number of {what}");
                return Err(Diagnostic::error(Code::CompressionShape, at, message)
                    .help(format!("choose `factors`; `{}` would fit", written(b, c))));
            }
        }
        return Ok(published(rows, columns));
    };
    let Factors { b, c } = given.value;
    if b[0].checked_mul(c[0]) == Some(rows) && b[1].checked_mul(c[1]) == Some(columns) {
        return Ok(given.value);
    }
    let message =
        format!("factors {}x{} and {}x{} do not multiply to {rows}x{columns}", b[0], b[1], c[0], c[1]);
    let near = [nearest_divisor(rows, b[0]), nearest_divisor(columns, b[1])];
    let other = [rows / near[0], columns / near[1]];
    Err(Diagnostic::error(Code::CompressionShape, given.span, message)
        .help(format!("the nearest that do: `{}`", written(near, other))))
}

/// The shapes that multiply to `rows x columns` with the most numbers up to `most`; where all have more, the
/// fewest that there can be. Of equally many those whose sizes are nearest to each other.
pub(super) fn largest_below(rows: usize, columns: usize, most: usize) -> Result<Factors, Option<usize>> {
    let mut best: Option<(usize, usize, Factors)> = None;
    let mut fewest: Option<usize> = None;
    let of_columns = divisors(columns);
    for m1 in divisors(rows) {
        for &n1 in &of_columns {
            let factors = Factors { b: [m1, n1], c: [rows / m1, columns / n1] };
            let (b, c) = (m1 * n1, factors.c[0] * factors.c[1]);
            if b == 1 || c == 1 {
                continue;
            }
            fewest = Some(fewest.map_or(b + c, |fewest| fewest.min(b + c)));
            let better = |(numbers, apart, _): &(usize, usize, Factors)| {
                b + c > *numbers || b + c == *numbers && b.abs_diff(c) < *apart
            };
            if b + c <= most && best.as_ref().is_none_or(better) {
                best = Some((b + c, b.abs_diff(c), factors));
            }
        }
    }
    best.map(|(.., factors)| factors).ok_or(fewest)
}

/// The published choice, where neither number is prime.
pub(super) fn published_or_none(rows: usize, columns: usize) -> Option<Factors> {
    (!is_prime(rows) && !is_prime(columns)).then(|| published(rows, columns))
}

/// In ascending order.
fn divisors(number: usize) -> Vec<usize> {
    let small: Vec<usize> = (1..=number.isqrt()).filter(|divisor| number.is_multiple_of(*divisor)).collect();
    let large = small.iter().rev().map(|divisor| number / divisor).filter(|large| large * large != number);
    small.iter().copied().chain(large).collect()
}

fn written(b: [usize; 2], c: [usize; 2]) -> String {
    format!("factors: [[{}, {}], [{}, {}]]", b[0], b[1], c[0], c[1])
}

/// Thakker et al. 2019: the prime factors are merged, the smallest first, until two are left; `B` has the
/// smaller number of rows and the larger number of columns.
fn published(rows: usize, columns: usize) -> Factors {
    let ([few, many], [narrow, wide]) = (two_factors(rows), two_factors(columns));
    Factors { b: [few, wide], c: [many, narrow] }
}

/// The smaller first.
fn two_factors(number: usize) -> [usize; 2] {
    let mut factors = primes(number);
    while factors.len() > 2 {
        let smallest = factors.remove(0);
        factors[0] *= smallest;
        factors.sort_unstable();
    }
    match factors[..] {
        [one, other] => [one, other],
        _ => [1, number],
    }
}

/// In ascending order.
fn primes(mut number: usize) -> Vec<usize> {
    let mut primes = Vec::new();
    let mut candidate = 2;
    while candidate * candidate <= number {
        while number.is_multiple_of(candidate) {
            primes.push(candidate);
            number /= candidate;
        }
        candidate += 1;
    }
    if number > 1 {
        primes.push(number);
    }
    primes
}

fn is_prime(number: usize) -> bool {
    primes(number).len() == 1
}

fn nearest_divisor(number: usize, wanted: usize) -> usize {
    divisors(number).into_iter().min_by_key(|divisor| divisor.abs_diff(wanted)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_shapes() {
        for (rows, columns, b, c) in [
            (118, 128, [2, 16], [59, 8]),
            (154, 164, [11, 41], [14, 4]),
            (40, 68, [5, 17], [8, 4]),
            (650, 1300, [13, 65], [50, 20]),
        ] {
            assert_eq!(choose(rows, columns, None, Span::default()).ok(), Some(Factors { b, c }));
        }
    }

    #[test]
    fn every_number_has_two_factors() {
        for number in 1..2000 {
            let [one, other] = two_factors(number);
            assert_eq!(one * other, number);
            assert!(one <= other);
        }
        assert_eq!(nearest_divisor(118, 30), 2);
        assert_eq!(divisors(36), [1, 2, 3, 4, 6, 9, 12, 18, 36]);
        assert_eq!(divisors(7), [1, 7]);
    }

    #[test]
    fn a_ratio_takes_the_most_numbers_that_it_allows() {
        let all = |rows: usize, columns: usize| {
            let pairs = divisors(rows)
                .into_iter()
                .flat_map(move |m| divisors(columns).into_iter().map(move |n| (m, n)));
            let sizes = pairs.map(move |(m, n)| (m * n, rows / m * (columns / n)));
            sizes.filter(|(b, c)| *b > 1 && *c > 1).map(|(b, c)| b + c).collect::<Vec<_>>()
        };
        for (rows, columns) in [(118, 128), (40, 68), (179, 256), (12, 12)] {
            for most in [30, 100, 500, 2000] {
                let expected = all(rows, columns).into_iter().filter(|numbers| *numbers <= most).max();
                let found = largest_below(rows, columns, most).ok();
                assert_eq!(found.map(|Factors { b, c }| b[0] * b[1] + c[0] * c[1]), expected);
            }
        }
    }
}

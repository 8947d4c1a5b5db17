//! The ratio of compression that makes the weights fit into a number of bytes.

use recurve_compiler::diagnostic::{Code, Diagnostics, Span};
use recurve_compiler::files::{Beside, Files, Memory};
use recurve_compiler::golden::Work;
use recurve_compiler::{compile, spec, unfitted};

use crate::{Error, Silent, learn};

/// Halvings of the interval in which the ratio lies.
const STEPS: usize = 14;
const LARGEST: f64 = 4096.0;

/// The spec with every `ratio` set to the smallest one, in steps of a hundredth, for which the weights take at most
/// `bytes`, and that ratio.
///
/// # Errors
/// A spec without `ratio`, one that does not compile, or one that does not get that small.
pub fn for_bytes(text: &str, files: &dyn Files, bytes: usize) -> Result<(String, f64), Error> {
    let places = ratios(text);
    if places.is_empty() {
        return Err(Error::new("a size is reached by choosing `ratio`, and no layer of the spec has one")
            .help("write `ratio: 2` in place of the parameters of `compression`"));
    }
    let fits = |ratio: f64| {
        weight_bytes(&with_ratio(text, &places, ratio), files)
            .map(|found| found.is_some_and(|found| found <= bytes))
    };
    let (mut below, mut above) = (1.0_f64, None);
    let mut ratio = 2.0;
    let mut last = None;
    while ratio <= LARGEST && above.is_none() {
        match fits(ratio) {
            Ok(true) => above = Some(ratio),
            Ok(false) => below = ratio,
            Err(error) => {
                last = Some(error);
                break;
            }
        }
        ratio *= 2.0;
    }
    let Some(mut above) = above.or_else(|| largest_that_fits(below, ratio.min(LARGEST), &fits)) else {
        let message = match weight_bytes(&with_ratio(text, &places, below.max(1.01)), files)? {
            Some(found) => format!("the weights take {found} bytes with `ratio: {below}`, more than {bytes}"),
            None => format!("no `ratio` up to {below} keeps the weights within the spec's `target`"),
        };
        let error = Error::new(message);
        return Err(match last {
            Some(last) => error.help(last.message),
            None => error,
        });
    };
    for _ in 0..STEPS {
        let middle = (below + above) / 2.0;
        match fits(middle) {
            Ok(true) => above = middle,
            _ => below = middle,
        }
    }
    let rounded = (above * 100.0).ceil() / 100.0;
    let ratio = if fits(rounded).unwrap_or(false) { rounded } else { above };
    Ok((with_ratio(text, &places, ratio), ratio))
}

/// A ratio above `works`, which is possible and too small, and below `fails`, which is impossible.
fn largest_that_fits(
    mut works: f64,
    mut fails: f64,
    fits: &dyn Fn(f64) -> Result<bool, Error>,
) -> Option<f64> {
    for _ in 0..STEPS {
        let middle = (works + fails) / 2.0;
        match fits(middle) {
            Ok(true) => return Some(middle),
            Ok(false) => works = middle,
            Err(_) => fails = middle,
        }
    }
    None
}

/// Where the ratios stand in the spec.
fn ratios(text: &str) -> Vec<Span> {
    let Some(spec) = spec::read(text, &mut Diagnostics::new()) else {
        return Vec::new();
    };
    let compressions = spec.layers.iter().flatten().filter_map(|layer| layer.value.compression());
    let mut spans: Vec<Span> =
        compressions.filter_map(|how| how.value.ratio()).map(|ratio| ratio.span).collect();
    spans.sort_by_key(|span| span.start);
    spans.dedup();
    spans
}

fn with_ratio(text: &str, places: &[Span], ratio: f64) -> String {
    let mut edited = text.to_owned();
    for span in places.iter().rev() {
        edited.replace_range(span.start..span.end, &format!("{ratio}"));
    }
    edited
}

/// Bytes of the weights that the spec compiles to; `None` where they break a limit of its `target`.
fn weight_bytes(text: &str, files: &dyn Files) -> Result<Option<usize>, Error> {
    let first = |found: Diagnostics| {
        let message = found.iter().next().map_or_else(String::new, |found| found.message.clone());
        Error::new(message)
    };
    let unfitted = unfitted(text, files).map_err(first)?;
    let learned = learn(&unfitted, None, &mut Silent)?;
    let path = unfitted.fit.unwrap_or_default();
    let fit = Memory([(path, learned.file)].into_iter().collect());
    match compile(text, &Beside(&fit, files), Work::None) {
        Ok(compiled) => Ok(Some(compiled.plan.weights.bytes().len())),
        Err(found) if found.iter().all(|found| found.code == Code::OverBudget) => Ok(None),
        Err(found) => Err(first(found)),
    }
}

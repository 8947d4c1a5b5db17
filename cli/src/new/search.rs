//! Which readings of the tensors compute what the golden trace says.

use std::collections::BTreeSet;

use recurve_compiler::diagnostic::{Code, Diagnostic};
use recurve_compiler::files::Memory;
use recurve_compiler::golden::Work;
use recurve_compiler::{Compiled, compile};

use super::judge::Judge;
use super::proposal::{Proposal, Reading, Reasons};

/// Readings that are listed at most.
const MOST: usize = 4096;
/// Multiply-accumulates that are spent on finding a reading that matches.
const FIND: u64 = 4_000_000_000;
/// Multiply-accumulates that are spent on one reading, before the compiler compares the whole trace.
const SCREEN: u64 = 100_000_000;
/// Multiply-accumulates that are spent on the others, once one was found.
const OTHERS: u64 = 4_000_000_000;

/// Readings that do not match of which the compiler is asked what would.
const EXPLAINED: usize = 12;

/// Result of the search.
pub(super) enum Search {
    /// A reading that computes the trace.
    Found(Box<Compiled>, Reading, Reasons),
    /// One does, and does not compile all the same: its trace proves nothing.
    Refused(Reading),
    /// None does; how many of how many were tried, and the one about which the compiler has most to say.
    Nothing { tried: usize, of: Count, shown: Reading },
}

/// A number of readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    Exactly(usize),
    MoreThan(usize),
}

pub(super) fn search(proposal: &Proposal, files: &Memory) -> Search {
    let (readings, of) = readings(proposal);
    let mut judge = Judge::new(files);
    let text = |reading: &Reading| proposal.spec(reading, &Reasons::default());

    judge.left = FIND;
    let mut tried = BTreeSet::new();
    for reading in &readings {
        if judge.left == 0 {
            break;
        }
        tried.insert(reading.clone());
        if judge.agrees(&text(reading), SCREEN) {
            let compiled = match compile(&text(reading), files, Work::All) {
                Ok(compiled) => compiled,
                Err(found) if found.iter().any(|finding| finding.code == Code::GoldenMismatch) => continue,
                Err(_) => return Search::Refused(reading.clone()),
            };
            judge.left = OTHERS;
            let others = others(proposal, &readings, reading, &mut tried, &mut judge);
            let reasons = reasons(proposal, reading, &others, tried.len(), of);
            return Search::Found(Box::new(compiled), reading.clone(), reasons);
        }
    }
    let shown = readings.iter().take(EXPLAINED).find(|reading| {
        compile(&text(reading), files, Work::QUICK).is_err_and(|found| found.iter().any(explains))
    });
    Search::Nothing { tried: tried.len(), of, shown: shown.cloned().unwrap_or_else(|| proposal.first()) }
}

/// Whether the compiler found what it would take to match.
fn explains(found: &Diagnostic) -> bool {
    found.code == Code::GoldenMismatch
        && found
            .help
            .iter()
            .any(|help| help.starts_with("it matches with") || help.starts_with("the differences are small"))
}

/// The other readings that match: those that differ in one choice are tried first, then all.
fn others(
    proposal: &Proposal,
    readings: &[Reading],
    found: &Reading,
    tried: &mut BTreeSet<Reading>,
    judge: &mut Judge<'_>,
) -> Vec<Reading> {
    let near = readings.iter().filter(|reading| distance(reading, found) == 1);
    let far = readings.iter().filter(|reading| distance(reading, found) != 1);
    let mut matching = Vec::new();
    for reading in near.chain(far) {
        if judge.left == 0 {
            break;
        }
        if !tried.insert(reading.clone()) {
            continue;
        }
        let most = judge.left;
        if judge.agrees(&proposal.spec(reading, &Reasons::default()), most) {
            matching.push(reading.clone());
        }
    }
    matching
}

/// Choices that differ; another order is one.
fn distance(one: &Reading, other: &Reading) -> usize {
    match one.chain == other.chain {
        true => one.chosen.iter().zip(&other.chosen).filter(|(one, other)| one != other).count(),
        false => 1 + one.chosen.iter().filter(|chosen| **chosen > 0).count(),
    }
}

/// Readings, the likeliest first, and how many there are.
fn readings(proposal: &Proposal) -> (Vec<Reading>, Count) {
    let sizes = |chain: usize| proposal.chains[chain].open.iter().map(|open| open.choices.len());
    let most: usize = (0..proposal.chains.len())
        .map(|chain| chain + sizes(chain).map(|size| size - 1).sum::<usize>())
        .max()
        .unwrap_or(0);
    let mut readings = Vec::new();
    for unlikely in 0..=most {
        for chain in 0..proposal.chains.len().min(unlikely + 1) {
            let sizes: Vec<usize> = sizes(chain).collect();
            with_sum(&sizes, unlikely - chain, &mut Vec::new(), &mut |chosen| {
                readings.push(Reading { chain, chosen: chosen.to_vec() });
                readings.len() <= MOST
            });
        }
        if readings.len() > MOST {
            break;
        }
    }
    let all = proposal.all_chains && readings.len() <= MOST;
    readings.truncate(MOST);
    let count = readings.len();
    (readings, if all { Count::Exactly(count) } else { Count::MoreThan(count) })
}

/// Calls `each` with the lists of numbers below `sizes` whose sum is `sum`, the first number largest first, until it is `false`.
fn with_sum(
    sizes: &[usize],
    sum: usize,
    chosen: &mut Vec<usize>,
    each: &mut dyn FnMut(&[usize]) -> bool,
) -> bool {
    let Some((first, rest)) = sizes.split_first() else {
        return sum > 0 || each(chosen);
    };
    let room: usize = rest.iter().map(|size| size - 1).sum();
    for number in (sum.saturating_sub(room)..=sum.min(first - 1)).rev() {
        chosen.push(number);
        let goes_on = with_sum(rest, sum - number, chosen, each);
        chosen.pop();
        if !goes_on {
            return false;
        }
    }
    true
}

/// Verdict of the trace on each choice.
fn reasons(proposal: &Proposal, found: &Reading, others: &[Reading], tried: usize, of: Count) -> Reasons {
    let chain = &proposal.chains[found.chain];
    let settled = match of {
        Count::Exactly(all) if all <= tried => "as the golden trace says".to_owned(),
        _ => format!("as the golden trace says, of the {tried} readings that were tried"),
    };
    let mut orders: Vec<usize> =
        others.iter().map(|other| other.chain).filter(|chain| *chain != found.chain).collect();
    orders.dedup();
    orders.sort_unstable();
    orders.dedup();
    let order = match orders.as_slice() {
        [] if proposal.chains.len() == 1 => None,
        [] => Some(settled.clone()),
        orders => Some(format!(
            "a guess, as others match the golden trace too: {}; a trace of other inputs would tell",
            proposal.orders(orders)
        )),
    };
    let open = chain.open.iter().enumerate().map(|(at, open)| {
        let places = others.iter().filter(|other| other.chain == found.chain).map(|other| other.chosen[at]);
        let places: BTreeSet<usize> = places.filter(|place| *place != found.chosen[at]).collect();
        let words: Vec<&str> = places.iter().map(|place| open.choices[*place]).collect();
        match words.as_slice() {
            [] if open.default == Some(open.choices[found.chosen[at]]) && tried_all(tried, of) => None,
            [] => Some(settled.clone()),
            [word] => Some(format!("a guess, as {word} matches the golden trace too; {}", open.telling)),
            words => {
                Some(format!("a guess, as {} match the golden trace too; {}", words.join(", "), open.telling))
            }
        }
    });
    Reasons { order, open: open.collect() }
}

fn tried_all(tried: usize, of: Count) -> bool {
    matches!(of, Count::Exactly(all) if all <= tried)
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Count::Exactly(count) => write!(f, "{count}"),
            Count::MoreThan(count) => write!(f, "more than {count}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likely_choices_are_listed_first_and_each_once() {
        let sizes = [3, 1, 2];
        let mut lists = Vec::new();
        for sum in 0..=4 {
            with_sum(&sizes, sum, &mut Vec::new(), &mut |chosen| {
                assert_eq!(chosen.iter().sum::<usize>(), sum);
                lists.push(chosen.to_vec());
                true
            });
        }
        let unique: BTreeSet<Vec<usize>> = lists.iter().cloned().collect();
        assert_eq!((lists.len(), unique.len()), (6, 6));
        assert_eq!(lists[0], [0, 0, 0]);
    }
}

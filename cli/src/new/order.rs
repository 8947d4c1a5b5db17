//! Orders in which each layer reads what the one before gives.

use super::file::Trace;
use super::layers::{Found, Kind};

/// Orders that are proposed at most.
const MOST: usize = 32;
/// Layers that are put somewhere while looking for them, at most.
const LOOKED: usize = 50_000;

/// The orders that fit, the likeliest first, and whether those are all.
pub(super) struct Orders {
    pub(super) orders: Vec<Vec<Found>>,
    pub(super) all: bool,
}

/// The orders in which the layers fit one another and the trace; where none fits the trace, those in which they fit one
/// another.
pub(super) fn orders(found: &[Found], trace: Option<&Trace>) -> Orders {
    let fitting = search(found, trace);
    if trace.is_some() && fitting.orders.is_empty() { search(found, None) } else { fitting }
}

fn search(found: &[Found], trace: Option<&Trace>) -> Orders {
    let mut left = found.to_vec();
    // Recurrent layers first: linear ones most often follow them.
    left.sort_by_key(|layer| (layer.kind == Kind::Linear, natural(&layer.name)));
    let mut search = Search { trace, numbered: true, orders: Vec::new(), left: LOOKED };
    // Layers whose names have numbers are most often in the order of these.
    search.extend(&mut Vec::new(), &mut left);
    search.numbered = false;
    search.extend(&mut Vec::new(), &mut left);
    let all = search.left > 0 && search.orders.len() < MOST;
    let mut orders = search.orders;
    orders.sort_by_cached_key(|order| unlikely(order));
    Orders { orders, all }
}

struct Search<'a> {
    trace: Option<&'a Trace>,
    numbered: bool,
    orders: Vec<Vec<Found>>,
    left: usize,
}

impl Search<'_> {
    fn extend(&mut self, order: &mut Vec<Found>, left: &mut Vec<Found>) {
        if left.is_empty() {
            let ends = self.trace.and_then(Trace::output_width);
            let fits = order.last().is_some_and(|last| ends.is_none_or(|width| width == last.output));
            if fits && !self.orders.contains(order) {
                self.orders.push(order.clone());
            }
            return;
        }
        for at in 0..left.len() {
            if self.left == 0 || self.orders.len() >= MOST {
                return;
            }
            self.left -= 1;
            if self.numbered && left.iter().any(|other| is_before(&other.name, &left[at].name)) {
                continue;
            }
            let layer = left.remove(at);
            for reading in readings(&layer) {
                if self.fits(&reading, order.last()) {
                    order.push(reading);
                    self.extend(order, left);
                    order.pop();
                }
            }
            left.insert(at, layer);
        }
    }

    fn fits(&self, layer: &Found, before: Option<&Found>) -> bool {
        match (before, self.trace) {
            // Nothing gives ids.
            (Some(before), _) => layer.kind != Kind::Embedding && before.output == layer.input,
            (None, None) => true,
            (None, Some(trace)) => {
                let is_table = layer.kind == Kind::Embedding;
                trace.ids == is_table && (is_table || trace.input_width() == Some(layer.input))
            }
        }
    }
}

/// Possible kinds of the layer.
fn readings(layer: &Found) -> Vec<Found> {
    match layer.kind {
        Kind::Table => vec![
            Found { kind: Kind::Embedding, ..layer.clone() },
            Found { kind: Kind::Linear, input: layer.output, output: layer.input, ..layer.clone() },
        ],
        _ => vec![layer.clone()],
    }
}

/// Pairs of layers that are most often the other way round: by their numbers, by their roles, among layers of one kind by
/// their names, by their kinds, and by their names.
fn unlikely(order: &[Found]) -> [usize; 5] {
    let count = |is_turned: &dyn Fn(&Found, &Found) -> bool| {
        let pairs = order.iter().enumerate();
        pairs
            .map(|(at, first)| order[at + 1..].iter().filter(|second| is_turned(first, second)).count())
            .sum()
    };
    let is_linear = |layer: &Found| layer.kind == Kind::Linear;
    [
        count(&|first, second| is_before(&second.name, &first.name)),
        count(&|first, second| role(&first.name) > role(&second.name)),
        count(&|first, second| {
            is_linear(first) == is_linear(second) && natural(&first.name) > natural(&second.name)
        }),
        count(&|first, second| is_linear(first) && !is_linear(second)),
        count(&|first, second| natural(&first.name) > natural(&second.name)),
    ]
}

/// Whether the names differ in a number alone, which is smaller in the first.
fn is_before(first: &str, second: &str) -> bool {
    let stem = |name: &str| {
        let letters: String = name.chars().filter(|c| !c.is_ascii_digit()).collect();
        letters.trim_end_matches(['_', '.', '-']).to_owned()
    };
    first != second && stem(first) == stem(second) && natural(first) < natural(second)
}

/// -1 where the name is one for layers at the input, 1 at the output.
fn role(name: &str) -> i8 {
    let lower = name.to_ascii_lowercase();
    let any = |starts: &[&str], words: &[&str]| {
        lower
            .split(|c: char| !c.is_ascii_alphabetic())
            .any(|word| words.contains(&word) || starts.iter().any(|start| word.starts_with(start)))
    };
    if any(&["emb", "enc", "input", "prenet", "stem"], &["in", "pre"]) {
        -1
    } else if any(&["class", "dec", "head", "logit", "output", "post", "pred"], &["out", "final"]) {
        1
    } else {
        0
    }
}

/// `fc10` behind `fc2`.
fn natural(name: &str) -> Vec<(bool, u64, String)> {
    let mut words: Vec<(bool, u64, String)> = Vec::new();
    for c in name.chars() {
        match (c.to_digit(10), words.last_mut()) {
            (Some(digit), Some((true, number, _))) => *number = number.saturating_mul(10) + u64::from(digit),
            (Some(digit), _) => words.push((true, digit.into(), String::new())),
            (None, Some((false, _, word))) => word.push(c),
            (None, _) => words.push((false, 0, c.into())),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(name: &str, kind: Kind, input: usize, output: usize) -> Found {
        Found { name: name.to_owned(), kind, input, output }
    }

    fn lstm(name: &str, input: usize, hidden: usize) -> Found {
        let kind = Kind::Recurrent {
            key: "lstm",
            hidden,
            levels: 1,
            bidirectional: false,
            more: Vec::new(),
            reset: &[],
            reset_is_named: false,
        };
        layer(name, kind, input, hidden)
    }

    /// The first order, and how many there are.
    fn first(found: &[Found]) -> (String, usize) {
        let orders = orders(found, None).orders;
        let names =
            |order: &Vec<Found>| order.iter().map(|layer| layer.name.clone()).collect::<Vec<_>>().join(" ");
        (orders.first().map(names).unwrap_or_default(), orders.len())
    }

    #[test]
    fn names_say_which_order_is_likely() {
        let linear = |name: &str| layer(name, Kind::Linear, 8, 8);
        for (found, expected) in [
            (vec![linear("fc"), lstm("rnn", 8, 8)], "rnn fc"),
            (vec![linear("dense"), lstm("lstm", 8, 8), linear("dense_1")], "lstm dense dense_1"),
            (vec![linear("out"), lstm("lstm", 8, 8), linear("input_layer")], "input_layer lstm out"),
            (vec![lstm("rnn.10", 8, 8), lstm("rnn.2", 8, 8), lstm("rnn.1", 8, 8)], "rnn.1 rnn.2 rnn.10"),
            (vec![lstm("decoder", 8, 8), lstm("encoder", 8, 8), linear("head")], "encoder decoder head"),
        ] {
            assert_eq!(first(&found).0, expected);
        }
    }

    #[test]
    fn an_embedding_is_first_and_a_table_may_be_a_linear_layer() {
        let table = |name: &str, rows, columns| layer(name, Kind::Table, rows, columns);
        assert_eq!(first(&[table("a", 20, 8), lstm("b", 8, 4)]), ("a b".to_owned(), 1));
        assert_eq!(first(&[table("a", 20, 4), lstm("b", 8, 4)]), ("b a".to_owned(), 1));
        assert_eq!(first(&[layer("a", Kind::Embedding, 4, 9), lstm("b", 8, 4)]), (String::new(), 0));
    }

    #[test]
    fn many_layers_of_one_size_are_bounded() {
        let many: Vec<Found> = (0..40).map(|number| lstm(&format!("rnn{number}"), 8, 8)).collect();
        let found = orders(&many, None);
        assert!(!found.all && found.orders.len() == MOST);
        assert!(found.orders[0].iter().zip(&many).all(|(found, layer)| found.name == layer.name));
    }
}

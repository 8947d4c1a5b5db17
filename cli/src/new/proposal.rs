//! Specs for the tensors of a file.

use super::convention::Convention;
use super::file::{Tensor, Tensors, Trace};
use super::folded::folded;
use super::ignored::Ignored;
use super::layers::{Found, Kind, layers};
use super::open::{Open, open, outputs};
use super::order::orders;
use super::quote::{named, one_line, text};
use super::{GOLDEN, SCHEMA, WEIGHTS};

/// Layers in an order, and what is open in them.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) layers: Vec<Found>,
    pub(super) open: Vec<Open>,
}

/// A choice for everything that is open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reading {
    /// The place of the order.
    pub(super) chain: usize,
    /// The places of the choices.
    pub(super) chosen: Vec<usize>,
}

/// Why a reading is what it is, in a few words for each choice.
#[derive(Debug, Default)]
pub(super) struct Reasons {
    pub(super) order: Option<String>,
    /// `None` where nothing has to be said, nor a default to be written.
    pub(super) open: Vec<Option<String>>,
}

/// A spec, but for what is open.
#[derive(Debug)]
pub(super) struct Proposal {
    name: String,
    convention: Convention,
    /// The likeliest first.
    pub(super) chains: Vec<Chain>,
    /// Whether these are all orders that fit.
    pub(super) all_chains: bool,
    pub(super) ignored: Ignored,
    trace: Option<Trace>,
    golden: bool,
}

/// Steps of a sequence, where there is no trace.
const STEPS: usize = 256;
/// Other orders that a comment names.
const SHOWN: usize = 3;

impl Proposal {
    pub(super) fn new(
        name: &str,
        convention: Convention,
        tensors: &Tensors,
        ignore: &[String],
        golden: Option<Option<Trace>>,
    ) -> Result<Proposal, String> {
        let (mut ignored, tensors) = Ignored::new(tensors, ignore)?;
        let (matrices, pairs) = folded(&tensors);
        let (found, unknown) = layers(&matrices, convention);
        if !found.iter().any(|layer| matches!(layer.kind, Kind::Recurrent { .. })) {
            return Err(no_recurrent_layer(&tensors));
        }
        let in_file = |name: String| pairs.get(&name).map_or(vec![name], |pair| pair.to_vec());
        ignored.add_unknown(&tensors, unknown.into_iter().flat_map(in_file));
        let (is_golden, trace) = (golden.is_some(), golden.flatten());
        let found_orders = orders(&found, trace.as_ref());
        if found_orders.orders.is_empty() {
            let sizes: Vec<String> = found.iter().map(size).collect();
            let message = format!(
                "no order of the layers fits: each reads as many numbers as the one before gives, an embedding is the first, and \
                 they are {}",
                sizes.join(", ")
            );
            return Err(message + &ignored.also());
        }
        let chain = |layers: Vec<Found>| Chain { open: open(&layers, trace.as_ref()), layers };
        Ok(Proposal {
            name: name.to_owned(),
            convention,
            chains: found_orders.orders.into_iter().map(chain).collect(),
            all_chains: found_orders.all,
            ignored,
            trace,
            golden: is_golden,
        })
    }

    /// The likeliest choices.
    pub(super) fn first(&self) -> Reading {
        Reading { chain: 0, chosen: vec![0; self.chains[0].open.len()] }
    }

    /// Reasons for choices that nothing decided.
    pub(super) fn guesses(&self, reading: &Reading) -> Reasons {
        let chain = &self.chains[reading.chain];
        let why = match self.golden {
            true => "a guess: nothing that was tried computes the golden trace",
            false => "a guess: the tensors do not tell",
        };
        let guess = |(open, &chosen): (&Open, &usize)| {
            if open.default == Some(open.choices[chosen]) {
                return None;
            }
            let others = open.choices.iter().enumerate().filter(|(at, _)| *at != chosen);
            let others: Vec<&str> = others.map(|(_, choice)| *choice).collect();
            Some(format!("{why}; or {}", others.join(", ")))
        };
        let others: Vec<usize> = (0..self.chains.len()).filter(|at| *at != reading.chain).collect();
        let order = (!others.is_empty()).then(|| format!("{why}; or {}", self.orders(&others)));
        Reasons { order, open: chain.open.iter().zip(&reading.chosen).map(guess).collect() }
    }

    /// The orders with these places, in words.
    pub(super) fn orders(&self, places: &[usize]) -> String {
        let shown = places.iter().take(SHOWN).filter_map(|at| self.chains.get(*at));
        let shown: Vec<String> = shown.map(Chain::label).collect();
        let more = if places.len() > SHOWN || !self.all_chains { ", .." } else { "" };
        format!("{}{more}", shown.join(", "))
    }

    pub(super) fn spec(&self, reading: &Reading, reasons: &Reasons) -> String {
        let chain = &self.chains[reading.chain];
        let mut spec = format!("# yaml-language-server: $schema={SCHEMA}\n");
        spec += &format!("recurve: 1\nname: {}\nweights: {WEIGHTS}\n", self.name);
        if self.golden {
            spec += &format!(
                "golden: {GOLDEN}   # the network compiles only if it computes what was recorded here\n"
            );
        } else {
            spec += "# golden: golden.safetensors   # `inputs` and `outputs` of the trained network would prove that this is it\n";
        }
        spec += &format!("convention: {}\n", self.convention.name());
        spec += &self.ignored.lines(self.golden);
        let size = chain.layers.first().map_or(0, |layer| layer.input);
        let kind = match chain.layers.first() {
            Some(Found { kind: Kind::Embedding, .. }) => "tokens",
            _ => "features",
        };
        spec += &format!("\ninput:\n  {kind}: {size}\n");
        if chain.keeps_sequences() {
            let steps = self.trace.as_ref().map_or(STEPS, Trace::steps).max(1);
            spec +=
                &format!("  max_steps: {steps}   # a guess: the longest sequence, which stays in memory\n");
        }
        spec += &match &reasons.order {
            Some(why) => format!("\nlayers:   # the order: {why}\n"),
            None => "\nlayers:\n".to_owned(),
        };
        let chosen = |open: &'_ Open, at: usize| open.choices[reading.chosen[at]];
        for (place, layer) in chain.layers.iter().enumerate() {
            let mut keys = layer_keys(layer);
            let mut why = Vec::new();
            let is_open = |key| chain.open.iter().any(|open| open.layer == Some(place) && open.key == key);
            if let Kind::Recurrent { reset: [reset, ..], .. } = layer.kind
                && !is_open("reset")
            {
                keys.push(format!("reset: {reset}"));
            }
            for (at, open) in chain.open.iter().enumerate().filter(|(_, open)| open.layer == Some(place)) {
                let reason = reasons.open.get(at).and_then(Option::as_ref);
                if reason.is_none() && open.default == Some(chosen(open, at)) {
                    continue;
                }
                keys.push(format!("{}: {}", open.key, chosen(open, at)));
                why.extend(reason.map(|reason| format!("{}: {reason}", open.key)));
            }
            let key = layer_key(layer);
            let line = format!("  - {key}: {{name: {}, {}}}", text(&layer.name), keys.join(", "));
            spec += &if why.is_empty() { line + "\n" } else { format!("{line}   # {}\n", why.join("; ")) };
        }
        let open = chain.open.iter().position(|open| open.layer.is_none());
        spec += &match open {
            Some(at) => {
                let why = reasons.open.get(at).and_then(Option::as_ref);
                let why = why.map_or(String::new(), |why| format!("   # {why}"));
                format!("\noutput: {}{why}\n", chosen(&chain.open[at], at))
            }
            None => {
                let word = outputs(&chain.layers, self.trace.as_ref()).first().unwrap_or(&"last");
                format!("\noutput: {word}   # as the golden trace has them\n")
            }
        };
        spec
    }

    /// The choice and its reason.
    pub(super) fn summary(&self, reading: &Reading, reasons: &Reasons) -> String {
        let chain = &self.chains[reading.chain];
        let layers: Vec<String> = chain.layers.iter().map(size).collect();
        let mut summary =
            format!("{}, as {} names it: {}", self.name, self.convention.name(), layers.join(", "));
        if let Some(why) = &reasons.order {
            summary += &format!("\n  order of the layers: {} ({why})", chain.label());
        }
        for (at, open) in chain.open.iter().enumerate() {
            let why = reasons.open.get(at).and_then(Option::as_ref);
            if why.is_some() || open.default.is_none() {
                let why = why.map_or(String::new(), |why| format!(" ({why})"));
                summary += &format!("\n  {}: {}{why}", open.question, open.choices[reading.chosen[at]]);
            }
        }
        summary + &self.ignored.summary(self.golden)
    }
}

impl Chain {
    /// `fc1 -> lstm -> fc2`.
    pub(super) fn label(&self) -> String {
        let name = |layer: &Found| {
            let name = if layer.name.is_empty() { "\"\"".to_owned() } else { one_line(&layer.name) };
            if layer.kind == Kind::Embedding { format!("{name} (embedding)") } else { name }
        };
        self.layers.iter().map(name).collect::<Vec<_>>().join(" -> ")
    }

    /// Whether a layer reads both ways beside other recurrent ones, so that whole sequences stay in memory.
    fn keeps_sequences(&self) -> bool {
        let levels = |layer: &Found| match layer.kind {
            Kind::Recurrent { levels, .. } => levels,
            _ => 0,
        };
        let both =
            self.layers.iter().any(|layer| matches!(layer.kind, Kind::Recurrent { bidirectional: true, .. }));
        both && self.layers.iter().map(levels).sum::<usize>() > 1
    }
}

fn no_recurrent_layer(tensors: &Tensors) -> String {
    let with_shape = |(name, shape): &Tensor| format!("{} {shape:?}", named(name));
    let shown: Vec<String> = tensors.iter().take(8).map(with_shape).collect();
    let more = if tensors.len() > 8 { ", .." } else { "" };
    let mut message = format!("no recurrent layer is among the tensors {}{more}", shown.join(", "));
    let deep = tensors.iter().find(|(name, shape)| {
        let part = name.rsplit(['.', '/']).next().unwrap_or(name);
        let is_matrix =
            part.starts_with("weight_ih") || part.starts_with("weight_hh") || part.contains("kernel");
        is_matrix && shape.len() != 2
    });
    if let Some((name, shape)) = deep {
        message += &format!(
            "\n  help: `{}` has {} dimensions, and a matrix has 2: remove those of length 1 when saving, as `tensor.squeeze()` does",
            one_line(name),
            shape.len()
        );
    }
    message
        + "\n  help: names are understood as PyTorch (`lstm.weight_ih_l0`), Keras (`lstm/kernel`), ONNX (`lstm.W`) and EdgeML \
           (`fastgrnn.W`) have them, with the name of the layer in front; `docs/spec.md` has all"
}

fn size(layer: &Found) -> String {
    format!("{} {} -> {}", named(&layer.name), layer.input, layer.output)
}

fn layer_key(layer: &Found) -> &'static str {
    match layer.kind {
        Kind::Embedding | Kind::Table => "embedding",
        Kind::Linear => "linear",
        Kind::Recurrent { key, .. } => key,
    }
}

/// Keys of the layer that its tensors determine.
fn layer_keys(layer: &Found) -> Vec<String> {
    match &layer.kind {
        Kind::Embedding | Kind::Table => vec![format!("dim: {}", layer.output)],
        Kind::Linear => vec![format!("units: {}", layer.output)],
        Kind::Recurrent { hidden, levels, bidirectional, more, .. } => {
            let mut keys = vec![format!("hidden_size: {hidden}")];
            keys.extend((*levels > 1).then(|| format!("num_layers: {levels}")));
            keys.extend(bidirectional.then(|| "bidirectional: true".to_owned()));
            keys.extend(more.iter().cloned());
            keys
        }
    }
}

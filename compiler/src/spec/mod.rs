//! What the user wrote: the spec, value by value, each with its place in the file.
//!
//! Nothing is resolved here and no default is filled in; an absent key is a `None`. Each map of the
//! language is declared once, with `read::map!`: the declaration is its struct, its reader, its
//! part of the reference page and of the JSON schema.

mod choice;
mod compression;
mod dual_module;
mod golden;
mod input;
mod json;
mod layer;
mod read;
mod reference;
mod schema;
mod skip;
mod table;
#[cfg(test)]
mod tests;
mod tree;

pub use choice::{Activation, Activations, Convention, Nonlinearity, Output, Precision, Reset};
pub use compression::{Compression, DopedKp, Factors, Hkp, Hmd, Kp, LowRank, On, Pattern, Pruned};
pub use dual_module::{DualModule, LittlePrecision, Thresholds};
pub use golden::{Golden, TraceCheck};
pub use input::{Input, InputKind};
pub use layer::{Embedding, FastGrnn, FastRnn, Gru, Layer, Linear, Lstm, Rnn};
pub use read::bytes_with_unit;
pub use reference::reference;
pub use schema::schema;
pub use skip::{
    Change, Concat, Forest, Logistic, Mlp, Predictor, PredictorForms, Skip, SkipRnn, StopTokens, ThrRnn,
    Time, Tree, Window,
};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, Spanned, quoted};
use golden::GoldenReader;
use input::InputReader;
use read::{
    Bytes, Expected, Integer, Kind, ListOf, Located, MapOf, OneKeyOf, OneOf, OneOrMore, Optional, OrDefault,
    Required, Text, TypeName, Value, Version, map,
};
use std::collections::BTreeMap;
use tree::{Content, Entry, Node};

/// The version of the language that this compiler reads.
pub const VERSION: u64 = 1;

const LONGEST: usize = 1 << 20;
const SIZE: Integer<usize> = Integer::new(1, 1 << 20);
const PATH: Text = Text { what: "a path", end: None };
const PATTERN: Text = Text { what: "a pattern of tensor names", end: None };

map! {
    /// A whole spec file.
    pub struct Spec: "spec" => {
        /// Version of the language.
        recurve: Spanned<u64> = Required(Version(VERSION)), example "1",
            missing "write `recurve: 1` on the first line: the version of the language";
        /// Name of the generated type: a capital letter, then letters and digits.
        name: Spanned<String> = Required(TypeName), example "KeywordSpotter";
        /// The safetensors file with the trained weights, or a list of them. Paths are relative to
        /// the spec.
        weights: Vec<Spanned<String>> = Required(OneOrMore(PATH)), example "kws.safetensors";
        /// What `recurve fit` learned, where something in the spec has to be learned: a safetensors file
        /// that it writes and that becomes stale with the weights and the parameters it was learned from.
        fit: Option<Spanned<String>> = Optional(PATH), example "kws.fit.safetensors";
        /// A trace of the trained model, computed by the framework that trained it: a safetensors
        /// file with `inputs` and `outputs`, and where a policy trained with the network skips steps with
        /// `updates`, which of them are executed, or where little modules leave out rows with `rows`, how
        /// many are read. The spec compiles only if the model computes the same, before what `recurve fit`
        /// learned is added and numbers are rounded.
        golden: Option<Golden> = Optional(GoldenReader), example "kws.golden.safetensors";
        /// Whose tensor names, gate orders and transposes the weights follow.
        convention: Option<Spanned<Convention>> = Optional(OneOf::all()),
            default "pytorch", example "keras";
        /// Pattern, or list of patterns, of tensors that may stay unused; `*` matches any run of
        /// characters.
        ignore: Vec<Spanned<String>> = OrDefault(OneOrMore(PATTERN)), example "\"optimizer.*\"";
        /// What a step takes.
        input: Input = Required(InputReader), example "{features: 10}";
        /// The layers, in the order of execution. Each is a map with one key, the kind of layer.
        layers: Vec<Option<Spanned<Layer>>> = Required(ListOf(OneKeyOf::new())),
            example "[{lstm: {name: lstm, hidden_size: 128}}]";
        /// What a sequence gives.
        output: Option<Spanned<Output>> = Expected(OneOf::all()), example "last",
            missing "`output: last` gives one vector for a whole sequence\n\
                     `output: every` gives a vector every step";
        /// How the model runs.
        runtime: Runtime = OrDefault(MapOf::new()), example "{activations: exact}";
        /// What the device has. Compiling fails where a limit is broken.
        target: Target = OrDefault(MapOf::new()), example "{flash: 256 KiB, ram: 8 KiB}";
    }
}

map! {
    /// How the model runs.
    pub struct Runtime: "runtime", derive Default => {
        /// How `tanh`, `sigmoid` and the like are computed.
        activations: Option<Spanned<Activations>> = Optional(OneOf::all()),
            default "fast", example "exact";
        /// Threads that share the matrices of 1 MiB and more. What is generated then needs the standard library: the
        /// feature `std` of the crate `recurve`.
        threads: Option<Spanned<usize>> = Optional(Integer::new(1, 64)), default "1", example "2";
        /// Which time steps are executed; the others leave the state and the last output as they are, and cost
        /// next to nothing. Not for bidirectional networks.
        skip: Option<Spanned<Skip>> = Optional(OneKeyOf::new()),
            example "{window: {name: skip, length: 10, budget: 5}}";
        /// Which rows of big matrices are read, of each layer that is named here: a little module decides on it
        /// anew in each step.
        dual_module: Vec<Option<Spanned<DualModule>>> = OrDefault(ListOf(Located(MapOf::new()))),
            example "[{layer: lstm, insensitive_ratio: 0.5}]";
    }
}

map! {
    /// Limits that fail the compilation where they are broken.
    pub struct Target: "target", derive Default => {
        /// Bytes of weights.
        flash: Option<Spanned<u64>> = Optional(Bytes), example "256 KiB";
        /// Bytes of state and working memory of a step.
        ram: Option<Spanned<u64>> = Optional(Bytes), example "8 KiB";
        /// Multiply-accumulate operations of a step.
        macs_per_step: Option<Spanned<u64>> = Optional(Integer::new(1, u64::MAX)), example "70000";
    }
}

impl Spec {
    /// Whether the network that runs has other numbers than the trained one: it is fitted, or a layer is rounded.
    pub fn alters(&self) -> bool {
        let precisions = self.layers.iter().flatten().filter_map(|layer| layer.value.precision());
        self.fit.is_some() || precisions.into_iter().any(|precision| precision.value != Precision::F32)
    }
}

/// Reads a spec. All that is wrong with it is added to `diagnostics`.
///
/// Returns what could be read, for further checks, unless too little is left of it; a spec without
/// errors is always returned.
pub fn read(text: &str, diagnostics: &mut Diagnostics) -> Option<Spec> {
    if text.len() > LONGEST {
        let message = format!("the spec has {} bytes, more than {LONGEST}", text.len());
        let error = Diagnostic::error(Code::TooLarge, Span::new(0, 0), message);
        diagnostics.push(error.help("weights go to a safetensors file"));
        return None;
    }
    let before = diagnostics.len();
    let root = tree::parse(text, diagnostics);
    let entries = match root.as_ref().map(|root| &*root.content) {
        Some(Content::Mapping(entries)) => entries.as_slice(),
        _ => {
            if diagnostics.len() == before {
                diagnostics.push(no_map(root.as_ref()));
            }
            return None;
        }
    };
    let root = root.as_ref()?;
    if let Some(error) = other_version(entries) {
        diagnostics.push(error);
        return None;
    }
    let start = entries.first().map_or(root.span.start, |entry| entry.key.span.start);
    let value = Value { key: "spec", at: Span::new(start, start), node: root };
    let spec = MapOf::<Spec>::new().read(value, diagnostics)?;
    check_names(&spec, diagnostics);
    Some(spec)
}

fn no_map(root: Option<&Node>) -> Diagnostic {
    let found = root.and_then(|root| match &*root.content {
        Content::Scalar(scalar) if !scalar.text.is_empty() => Some((root.span, "a text")),
        Content::Sequence(_) => Some((root.span, "a list")),
        Content::Scalar(_) | Content::Mapping(_) | Content::Invalid => None,
    });
    let error = match found {
        Some((span, found)) => {
            let message = format!("expected a map of keys, found {found}");
            Diagnostic::error(Code::WrongType, span, message)
        }
        None => Diagnostic::error(Code::Empty, Span::new(0, 0), "the spec is empty"),
    };
    error.help("a spec is a map of keys; it starts with `recurve: 1`")
}

/// Nothing else can be said about a spec in another version of the language.
fn other_version(entries: &[Entry]) -> Option<Diagnostic> {
    let entry = entries.iter().find(|entry| entry.key.value == "recurve")?;
    let mut diagnostics = Diagnostics::new();
    let value = Value { key: "recurve", at: entry.key.span, node: &entry.value };
    Version(VERSION).read(value, &mut diagnostics);
    diagnostics.into_iter().find(|diagnostic| diagnostic.code == Code::UnsupportedVersion)
}

fn check_names(spec: &Spec, diagnostics: &mut Diagnostics) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let policy = spec.runtime.skip.as_ref().and_then(|skip| skip.value.name());
    for (name, what) in spec
        .layers
        .iter()
        .flatten()
        .map(|layer| (layer.name(), "two layers"))
        .chain(policy.map(|name| (name, "a layer and the policy")))
    {
        if let Some(&first) = seen.get(name.as_str()) {
            let message = format!("{what} have the name {}", quoted(name));
            let error =
                Diagnostic::error(Code::DuplicateName, name.span, message).related(first, "first here");
            diagnostics
                .push(error.help("a name is the prefix of a layer's tensors, and each layer has its own"));
        } else {
            seen.insert(name, name.span);
        }
    }
}

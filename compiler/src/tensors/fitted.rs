//! What `recurve fit` learns: the matrices it has to decompose, and whether what it wrote is still right.
//!
//! The fit file has the tensors that trained factors would have, under the same names. Its metadata has a line
//! for each matrix, with the form it was given and a fingerprint of the numbers it was learned from.

use super::bind::Binder;
use super::compressed::{Gates, Source};
use super::dual_module::Part;
use super::form::Form;
use super::name::full_name;
use super::pruned::dense_gates;
use super::safetensors::read_file;
use super::store::Store;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, Spanned, quoted};
use crate::files::Files;
use crate::model::{Dense, Matrix};
use crate::spec::{self, Change, LittlePrecision, Spec};

/// The key of the fit file's metadata under which the records are.
pub const RECORDS: &str = "recurve.fit";

/// A matrix that is trained dense and deployed in another form.
#[derive(Debug, Clone)]
pub struct Target {
    /// The layer's name in the spec.
    pub layer: String,
    /// The matrix' name, which its factors have in front of theirs: `lstm.weight_l0`.
    pub name: String,
    /// The form it is to have.
    pub form: Form,
    /// The gates' matrices, in the order in which the file has them.
    pub gates: Vec<Dense>,
    at: Span,
}

impl Target {
    /// The line of the fit file's metadata about this matrix.
    pub fn record(&self) -> String {
        self.expected().record()
    }

    fn expected(&self) -> Expected {
        let (name, form) = (self.name.clone(), self.form.to_string());
        Expected { name, form, fingerprint: self.fingerprint(), at: self.at }
    }

    /// A number that changes with the matrix.
    fn fingerprint(&self) -> u64 {
        self.gates.iter().fold(0, |hash, gate| fingerprint(hash, &gate.data))
    }
}

/// A predictor that is learned beside a network that was trained without.
#[derive(Debug, Clone)]
pub struct PredictorTarget {
    /// The prefix of its tensors.
    pub name: String,
    /// What it is, and how its labels are made.
    pub predictor: spec::Predictor,
    /// Numbers that it reads: those of an input, then those of the hidden vector.
    pub columns: usize,
    fingerprint: u64,
    at: Span,
}

impl PredictorTarget {
    pub(crate) fn new(predictor: &spec::Predictor, columns: usize, at: Span) -> Self {
        let name = predictor.name().value.clone();
        PredictorTarget { name, predictor: predictor.clone(), columns, fingerprint: 0, at }
    }

    /// The line of the fit file's metadata about the predictor.
    pub fn record(&self) -> String {
        self.expected(self.fingerprint).record()
    }

    fn expected(&self, fingerprint: u64) -> Expected {
        let (change, quantile) = self.predictor.labels();
        let form = match &self.predictor {
            spec::Predictor::Logistic(_) => "logistic".to_owned(),
            spec::Predictor::Mlp(_) => format!("mlp of {}", self.predictor.hidden_size()),
            spec::Predictor::Tree(_) => format!("tree of depth {}", self.predictor.depth()),
            spec::Predictor::Forest(_) => {
                format!("forest of {} of depth {}", self.predictor.trees(), self.predictor.depth())
            }
        };
        let change = match change {
            Change::L2 => "l2",
            Change::Cosine => "cosine",
        };
        let form = format!("{form}, {quantile} by {change}");
        Expected { name: self.name.clone(), form, fingerprint, at: self.at }
    }
}

/// A little module that is learned beside a layer.
#[derive(Debug, Clone)]
pub struct DualTarget {
    /// The layer's name in the spec.
    pub layer: String,
    /// What follows the tensors' names: the level and the direction, `_l0_reverse`.
    pub end: String,
    /// Rows of the layer's matrices.
    pub rows: usize,
    /// The matrices that it approximates.
    pub parts: Vec<Part>,
    /// How its numbers will be stored.
    pub precision: LittlePrecision,
    fingerprint: u64,
    at: Span,
}

impl DualTarget {
    pub(crate) fn new(module: &Spanned<spec::DualModule>, end: &str, rows: usize, parts: &[Part]) -> Self {
        DualTarget {
            layer: module.value.layer.value.clone(),
            end: end.to_owned(),
            rows,
            parts: parts.to_vec(),
            precision: module.value.little_precision(),
            fingerprint: 0,
            at: module.span,
        }
    }

    /// The prefix of its tensors.
    pub fn prefix(&self) -> String {
        full_name(&self.layer, "dual_module")
    }

    /// The line of the fit file's metadata about the little module.
    pub fn record(&self) -> String {
        self.expected(self.fingerprint).record()
    }

    fn expected(&self, fingerprint: u64) -> Expected {
        let dims: Vec<String> = self.parts.iter().map(|part| part.dim.to_string()).collect();
        // What is stored in more bits is as it was learned.
        let rounded = match self.precision {
            LittlePrecision::F32 | LittlePrecision::Int8 => "",
            LittlePrecision::Int4 => ", rounded to int4",
            LittlePrecision::Int2 => ", rounded to int2",
        };
        let form = format!("projections to {}{rounded}", dims.join(" and "));
        Expected { name: format!("{}{}", self.prefix(), self.end), form, fingerprint, at: self.at }
    }
}

/// What a line of the fit file's metadata says.
struct Expected {
    name: String,
    form: String,
    fingerprint: u64,
    at: Span,
}

impl Expected {
    fn record(&self) -> String {
        format!("{}: {}; learned from {:016x}", self.name, self.form, self.fingerprint)
    }
}

/// Carries on a hash: multiplication spreads each number over the higher bits, rotation brings them back.
fn fingerprint(mut hash: u64, numbers: &[f32]) -> u64 {
    let mut i = 0;
    while i < numbers.len() {
        hash = (hash.rotate_left(23) ^ u64::from(numbers[i].to_bits())).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        i += 1;
    }
    hash.rotate_left(23) ^ numbers.len() as u64
}

/// The dense gates of a matrix, noted for `recurve fit`; `None` where the matrix cannot be decomposed.
pub(super) fn target(
    binder: &mut Binder<'_>,
    gates: Gates<'_>,
    form: Form,
    source: &Source<'_>,
    at: Span,
) -> Option<Matrix> {
    if let Form::Pruned { sparsity: None, .. } | Form::DopedKp { sparsity: None, .. } = form {
        let message = "dense weights are pruned to a `sparsity` or a `ratio`, and the spec gives neither";
        binder.fail(Diagnostic::error(Code::MissingKey, at, message).help("for example `sparsity: 0.9`"));
        return None;
    }
    let canonical = dense_gates(binder, gates, source.dense)?;
    let mut of_file = canonical.clone();
    for (gate, &place) in canonical.iter().zip(gates.order) {
        of_file[place] = gate.clone();
    }
    binder.store.targets.push(Target {
        layer: binder.name.value.clone(),
        name: source.name.to_owned(),
        form,
        gates: of_file,
        at,
    });
    Some(Matrix::Gates(canonical.into_iter().map(Matrix::Dense).collect()))
}

/// Reports a `fit` that is a file which the spec reads: `recurve fit` would overwrite it.
pub(crate) fn check_fit(spec: &Spec, files: &dyn Files, diagnostics: &mut Diagnostics) {
    let Some(fit) = &spec.fit else {
        return;
    };
    let golden = spec.golden.as_ref().map(|golden| (&golden.file, "the golden trace"));
    let weights = spec.weights.iter().map(|path| (path, "the trained weights"));
    for (input, what) in weights.chain(golden) {
        if files.is_same(&fit.value, &input.value) {
            diagnostics.push(fit_is_input(fit, what).related(input.span, "read here"));
        }
    }
}

/// The error of a `fit` that is the same file as `what`.
pub fn fit_is_input(fit: &Spanned<String>, what: &str) -> Diagnostic {
    let message = format!("{} is {what}, and `recurve fit` would overwrite it", quoted(fit));
    Diagnostic::error(Code::FitIsInput, fit.span, message)
        .label("written by `recurve fit`")
        .help("name a file that does not exist yet, such as `fit: fit.safetensors`")
}

impl Store {
    /// A number that changes with the weights.
    fn fingerprint(&self) -> u64 {
        self.data().fold(0, |hash, bytes| {
            let words: Vec<f32> = bytes
                .chunks(4)
                .map(|word| word.iter().rev().fold(0, |bits, byte| bits << 8 | u32::from(*byte)))
                .map(f32::from_bits)
                .collect();
            fingerprint(hash, &words)
        })
    }

    /// Notes with the predictor and the little modules to learn the weights that they are learned beside.
    pub(crate) fn seal(&mut self) {
        let fingerprint = self.fingerprint();
        if let Some(predictor) = &mut self.predictor {
            predictor.fingerprint = fingerprint;
        }
        for dual in &mut self.duals {
            dual.fingerprint = fingerprint;
        }
    }

    /// Takes in the fit file, if the spec names one, and checks that it was learned from this spec and these
    /// weights; `None` where it cannot be used.
    pub(crate) fn use_fit(
        &mut self,
        spec: &Spec,
        files: &dyn Files,
        diagnostics: &mut Diagnostics,
    ) -> Option<()> {
        let Some(path) = &spec.fit else {
            return Some(());
        };
        self.learning = false;
        if self.targets.is_empty() && self.predictor.is_none() && self.duals.is_empty() {
            let message = "nothing in this spec is learned by `recurve fit`";
            diagnostics
                .push(Diagnostic::warning(Code::UnusedFit, path.span, message).help("remove the key `fit`"));
            return Some(());
        }
        let file = match read_file(files, path) {
            Ok(file) => file,
            Err(error) if error.code == Code::UnreadableFile => {
                let message = format!("cannot read {}, which `recurve fit` makes", quoted(path));
                diagnostics.push(run_fit(Diagnostic::error(Code::MissingFit, path.span, message)));
                return None;
            }
            Err(error) => {
                diagnostics.push(run_fit(error));
                return None;
            }
        };
        let records = file.metadata.get(RECORDS).map_or("", String::as_str);
        let predictor = self.predictor.take().map(|predictor| predictor.expected(self.fingerprint()));
        let fingerprint = if self.duals.is_empty() { 0 } else { self.fingerprint() };
        let duals: Vec<Expected> = self.duals.drain(..).map(|dual| dual.expected(fingerprint)).collect();
        let expected = self.targets.iter().map(Target::expected).chain(predictor).chain(duals);
        let stale = expected.into_iter().find_map(|expected| stale(&expected, records, path));
        if let Some(stale) = stale {
            diagnostics.push(run_fit(stale));
            return None;
        }
        self.add(spec, file, diagnostics);
        Some(())
    }
}

/// How the records differ from what is expected.
fn stale(target: &Expected, records: &str, path: &Spanned<String>) -> Option<Diagnostic> {
    let error = |message| Some(Diagnostic::error(Code::StaleFit, path.span, message));
    let name = quoted(&target.name);
    let expected = target.record();
    let after_name = |record: &str| {
        let rest = record.strip_prefix(&target.name)?.strip_prefix(": ")?;
        Some(rest.split_once("; ").map_or(rest, |(form, _)| form).to_owned())
    };
    let Some((found, form)) = records.lines().find_map(|record| Some((record, after_name(record)?))) else {
        return error(format!("{} has nothing for {name}", quoted(path)));
    };
    if found == expected {
        return None;
    }
    let expected = target.form.clone();
    if form == expected {
        return error(format!("{} was learned from other weights: {name} has changed", quoted(path)));
    }
    let message =
        format!("{} has {name} as {}, and the spec says {}", quoted(path), quoted(&form), quoted(&expected));
    Diagnostic::error(Code::StaleFit, target.at, message).related(path.span, "what was learned").into()
}

fn run_fit(error: Diagnostic) -> Diagnostic {
    error.help("run `recurve fit` on this spec")
}

//! All tensors of a spec's weights files, and who uses them.

use std::collections::BTreeMap;

use safetensors::Dtype;

use super::fitted::{DualTarget, PredictorTarget, Target};
use super::gates::Orders;
use super::safetensors::{File, read_file};
use super::unused::matches;
use super::weight_norm::Pair;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, quoted};
use crate::files::Files;
use crate::spec::Spec;

/// All tensors of a spec's weights files, and who uses them.
#[derive(Debug)]
pub struct Store {
    files: Vec<File>,
    tensors: BTreeMap<String, Entry>,
    /// Keras' paths, folded to one spelling, and the names they stand for.
    paths: BTreeMap<String, String>,
    /// Matrices under weight normalization, by their names without it.
    pairs: BTreeMap<String, Pair>,
    /// Gate orders to read instead of those of the convention.
    pub(crate) orders: Option<Orders>,
    /// Tensors whose bytes are in column-major order.
    pub(crate) column_major: Vec<String>,
    /// Whether matrices that `recurve fit` decomposes are read as they were trained.
    pub(super) learning: bool,
    /// Those matrices.
    pub(super) targets: Vec<Target>,
    /// The predictor that it learns.
    pub(super) predictor: Option<PredictorTarget>,
    /// The little modules that it learns.
    pub(super) duals: Vec<DualTarget>,
}

#[derive(Debug)]
struct Entry {
    file: usize,
    tensor: usize,
    user: Option<User>,
}

/// The layer that uses a tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    pub(super) layer: Span,
    pub(super) name: String,
}

/// A tensor, still encoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stored<'a> {
    pub(super) dtype: Dtype,
    pub(super) shape: &'a [usize],
    pub(super) bytes: &'a [u8],
}

impl Store {
    /// Reads every file under `weights`. Nothing is decoded; `None` where a file cannot be used.
    pub fn read(spec: &Spec, files: &dyn Files, diagnostics: &mut Diagnostics) -> Option<Store> {
        let mut read = Vec::with_capacity(spec.weights.len());
        for path in &spec.weights {
            match read_file(files, path) {
                Ok(file) => read.push(file),
                Err(error) => diagnostics.push(error),
            }
        }
        if read.len() < spec.weights.len() {
            return None;
        }
        let mut store = Store {
            files: Vec::with_capacity(read.len() + 1),
            tensors: BTreeMap::new(),
            paths: BTreeMap::new(),
            pairs: BTreeMap::new(),
            orders: None,
            column_major: Vec::new(),
            learning: spec.fit.is_some(),
            targets: Vec::new(),
            predictor: None,
            duals: Vec::new(),
        };
        for file in read {
            store.add(spec, file, diagnostics);
        }
        diagnostics.extend(store.rounded(spec));
        Some(store)
    }

    /// Takes in one more of the spec's files.
    pub(super) fn add(&mut self, spec: &Spec, file: File, diagnostics: &mut Diagnostics) {
        let place = self.files.len();
        for (tensor, info) in file.tensors.iter().enumerate() {
            let name = &info.name;
            if let Some(first) = self.tensors.get(name) {
                if !is_ignored(spec, name) {
                    diagnostics.push(duplicate(spec, name, first.file, place));
                }
                continue;
            }
            self.paths.entry(fold(name)).or_insert_with(|| name.clone());
            self.tensors.insert(name.clone(), Entry { file: place, tensor, user: None });
        }
        self.files.push(file);
        for pair in self.tensors.keys().filter_map(|name| Pair::of(name)) {
            let is_there = |name: &String| self.tensors.contains_key(name);
            if !is_there(&pair.matrix) && pair.halves().into_iter().all(is_there) {
                self.pairs.insert(pair.matrix.clone(), pair);
            }
        }
    }

    /// Says once that `float64` tensors lose digits.
    fn rounded(&self, spec: &Spec) -> Option<Diagnostic> {
        let wide = |name: &&str| self.get(name).is_some_and(|tensor| tensor.dtype == Dtype::F64);
        let mut names = self.names().filter(wide).filter(|name| !is_ignored(spec, name));
        let first = names.next()?;
        let (what, verb) = match names.count() {
            0 => (format!("tensor {}", quoted(first)), "is"),
            more => (format!("{} tensors", more + 1), "are"),
        };
        let message = format!("{what} of the weights {verb} float64 and {verb} rounded to float32");
        let weights = spec.weights.first()?;
        Some(
            Diagnostic::warning(Code::TensorRounded, weights.span, message).help(
                "to round when saving: `tensor.float()` in PyTorch, `array.astype(\"float32\")` in numpy",
            ),
        )
    }

    /// What `recurve fit` learns, once everything is bound: the matrices that it decomposes, the predictor, and the
    /// little modules.
    pub(crate) fn into_targets(self) -> (Vec<Target>, Option<PredictorTarget>, Vec<DualTarget>) {
        (self.targets, self.predictor, self.duals)
    }

    /// The bytes of all tensors, file after file.
    pub(super) fn data(&self) -> impl Iterator<Item = &[u8]> {
        self.files.iter().flat_map(|file| file.tensors.iter().map(|tensor| file.data(tensor)))
    }

    /// Whether there is a tensor or a matrix under weight normalization of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name) || self.pairs.contains_key(name)
    }

    /// The shape of what [`has`](Store::has) finds.
    pub(super) fn shape(&self, name: &str) -> Option<&[usize]> {
        let name = self.pair(name).map_or(name, |pair| &pair.direction);
        Some(self.get(name)?.shape)
    }

    /// The two tensors of a matrix under weight normalization.
    pub(super) fn pair(&self, matrix: &str) -> Option<&Pair> {
        self.pairs.get(matrix)
    }

    /// Where one tensor of a matrix under weight normalization is there and the other is not: the one that is there,
    /// and the other.
    pub(super) fn half(&self, matrix: &str) -> Option<(&str, String)> {
        let (layer, last) = matrix.rsplit_once('.').unwrap_or(("", matrix));
        let dot = if layer.is_empty() { "" } else { "." };
        [format!("{matrix}_g"), format!("{layer}{dot}parametrizations.{last}.original0")]
            .iter()
            .filter_map(|name| Pair::of(name))
            .find_map(|Pair { magnitude, direction, .. }| {
                // `weight_orig`, `weight_u` and `weight_v` are of spectral normalization.
                if self.tensors.contains_key(&format!("{matrix}_orig")) {
                    return None;
                }
                let there = |name: &String| self.tensors.get_key_value(name).map(|(name, _)| name.as_str());
                match (there(&magnitude), there(&direction)) {
                    (Some(found), None) => Some((found, direction)),
                    (None, Some(found)) => Some((found, magnitude)),
                    _ => None,
                }
            })
    }

    pub(super) fn get(&self, name: &str) -> Option<Stored<'_>> {
        let entry = self.tensors.get(name)?;
        let file = self.files.get(entry.file)?;
        let tensor = file.tensors.get(entry.tensor)?;
        Some(Stored { dtype: tensor.dtype, shape: &tensor.shape, bytes: file.data(tensor) })
    }

    /// All names, sorted.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// The names that something uses, sorted, each with its user.
    pub(super) fn used(&self) -> impl Iterator<Item = (&str, &User)> {
        self.tensors.iter().filter_map(|(name, entry)| Some((name.as_str(), entry.user.as_ref()?)))
    }

    /// The names that no layer uses, sorted.
    pub(super) fn unused(&self) -> impl Iterator<Item = &str> {
        self.tensors.iter().filter(|(_, entry)| entry.user.is_none()).map(|(name, _)| name.as_str())
    }

    /// The names whose folded path starts with `prefix`, with what follows it.
    pub(super) fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> + 'a {
        self.paths
            .range(prefix.to_owned()..)
            .map_while(move |(path, name)| Some((path.strip_prefix(prefix)?, name.as_str())))
    }

    /// Forgets who uses what.
    pub(crate) fn release(&mut self) {
        self.targets.clear();
        self.predictor = None;
        self.duals.clear();
        for entry in self.tensors.values_mut() {
            entry.user = None;
        }
    }

    /// Notes that `user` takes a tensor; the layer that took it before is the error.
    pub(super) fn take(&mut self, name: &str, user: User) -> Result<(), User> {
        if let Some(Pair { magnitude, direction, .. }) = self.pairs.get(name).cloned() {
            self.take(&magnitude, user.clone())?;
            return self.take(&direction, user);
        }
        match self.tensors.get_mut(name) {
            Some(Entry { user: Some(first), .. }) if *first != user => Err(first.clone()),
            Some(entry) => {
                entry.user = Some(user);
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// Keras' path in one spelling: `lstm/lstm_cell/kernel:0` is `lstm.lstm_cell.kernel`.
pub(super) fn fold(name: &str) -> String {
    name.strip_suffix(":0").unwrap_or(name).replace('/', ".")
}

fn is_ignored(spec: &Spec, name: &str) -> bool {
    spec.ignore.iter().any(|pattern| matches(pattern, name))
}

fn duplicate(spec: &Spec, name: &str, first: usize, second: usize) -> Diagnostic {
    let fit = spec.fit.as_ref();
    let path = |place: usize| spec.weights.get(place).or(fit).unwrap_or(&spec.weights[0]);
    let (first, second) = (path(first), path(second));
    let message = format!("tensor {} is in both {} and {}", quoted(name), quoted(first), quoted(second));
    Diagnostic::error(Code::TensorBoundTwice, second.span, message)
        .label("the second one")
        .related(first.span, "the first one")
        .help("which of them is meant cannot be told: rename or remove one")
}

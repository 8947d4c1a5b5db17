//! Whether a key may be absent.

use super::{Entries, Kind, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::spec::table::Rule;

/// A key of a map: what it takes, and what its absence means.
pub(in crate::spec) trait Field {
    type Out;

    /// `None` where the map cannot do without the value.
    fn read(&self, key: &str, entries: &Entries<'_>, diagnostics: &mut Diagnostics) -> Option<Self::Out>;

    fn rule(&self) -> Rule;
}

/// The rule of a field of type `T`.
pub(in crate::spec) fn rule_of<T, F: Field<Out = T>>(field: &F) -> Rule {
    field.rule()
}

/// The map makes no sense without it.
pub(in crate::spec) struct Required<K>(pub(in crate::spec) K);

/// Needed, but the rest of the map can be checked without it.
pub(in crate::spec) struct Expected<K>(pub(in crate::spec) K);

/// May be absent.
pub(in crate::spec) struct Optional<K>(pub(in crate::spec) K);

/// May be absent; where it is there and wrong, the rest of the map says nothing.
pub(in crate::spec) struct IfThere<K>(pub(in crate::spec) K);

/// May be absent, which is the same as empty.
pub(in crate::spec) struct OrDefault<K>(pub(in crate::spec) K);

impl<K: Kind> Field for Required<K> {
    type Out = K::Out;

    fn read(&self, key: &str, entries: &Entries<'_>, diagnostics: &mut Diagnostics) -> Option<K::Out> {
        match entries.value(key) {
            Some(value) => read(&self.0, value, diagnostics),
            None => {
                say_missing(key, &self.0, entries, diagnostics);
                None
            }
        }
    }

    fn rule(&self) -> Rule {
        Rule { required: true, shape: self.0.shape() }
    }
}

impl<K: Kind> Field for Expected<K> {
    type Out = Option<K::Out>;

    fn read(
        &self,
        key: &str,
        entries: &Entries<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Option<K::Out>> {
        match entries.value(key) {
            Some(value) => Some(read(&self.0, value, diagnostics)),
            None => {
                say_missing(key, &self.0, entries, diagnostics);
                Some(None)
            }
        }
    }

    fn rule(&self) -> Rule {
        Rule { required: true, shape: self.0.shape() }
    }
}

impl<K: Kind> Field for Optional<K> {
    type Out = Option<K::Out>;

    fn read(
        &self,
        key: &str,
        entries: &Entries<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Option<K::Out>> {
        Some(entries.value(key).and_then(|value| read(&self.0, value, diagnostics)))
    }

    fn rule(&self) -> Rule {
        Rule { required: false, shape: self.0.shape() }
    }
}

impl<K: Kind> Field for IfThere<K> {
    type Out = Option<K::Out>;

    fn read(
        &self,
        key: &str,
        entries: &Entries<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Option<K::Out>> {
        match entries.value(key) {
            Some(value) => read(&self.0, value, diagnostics).map(Some),
            None => Some(None),
        }
    }

    fn rule(&self) -> Rule {
        Rule { required: false, shape: self.0.shape() }
    }
}

impl<K: Kind<Out: Default>> Field for OrDefault<K> {
    type Out = K::Out;

    fn read(&self, key: &str, entries: &Entries<'_>, diagnostics: &mut Diagnostics) -> Option<K::Out> {
        let read = entries.value(key).and_then(|value| read(&self.0, value, diagnostics));
        Some(read.unwrap_or_default())
    }

    fn rule(&self) -> Rule {
        Rule { required: false, shape: self.0.shape() }
    }
}

fn read<K: Kind>(kind: &K, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<K::Out> {
    if value.is_invalid() { None } else { kind.read(value, diagnostics) }
}

fn say_missing<K: Kind>(name: &str, kind: &K, entries: &Entries<'_>, diagnostics: &mut Diagnostics) {
    if entries.is_misspelt(name) {
        return;
    }
    let message = format!("{} needs the key `{name}`", entries.table.title());
    let error = Diagnostic::error(Code::MissingKey, entries.at, message);
    let key = entries.table.key(name);
    diagnostics.push(match key.map(|key| (key.missing, key.example)) {
        Some((Some(missing), _)) => missing.lines().fold(error, Diagnostic::help),
        Some((None, example)) => {
            error.help(format!("write {}, for example `{name}: {example}`", kind.shape().what()))
        }
        None => error,
    });
}

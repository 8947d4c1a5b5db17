//! Maps with a fixed set of keys.

use super::{Field, Kind, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, nearest, quoted};
use crate::spec::Spec;
use crate::spec::table::{Exclusive, Key, Shape, Table, choice};
use crate::spec::tree::{Content, Entry};
use std::marker::PhantomData;

/// Unknown keys of one map that are said one by one.
const UNKNOWN: usize = 16;

/// A struct that is read from a map; see [`map!`].
pub(in crate::spec) trait Map: Sized {
    fn table() -> &'static Table;

    fn read(entries: &Entries<'_>, diagnostics: &mut Diagnostics) -> Option<Self>;
}

/// Declares a struct, its reader and its table from one list of fields.
///
/// A field's name is its key, its doc comment the key's description. After `=` comes what the key
/// takes; after that another name that is read too, its default, if it has one, and an example, all as a spec
/// has them. An example that is `apart` contradicts those of other keys. Groups of keys that exclude each other
/// stand beside the map's name: `one_of` where the map needs one of them, `at_most_one_of` where it does not.
macro_rules! map {
    (
        $(#[doc = $doc:literal])+
        $vis:vis struct $name:ident: $table:literal
        $(, derive $derive:ident)? $(, one_of $one_of:expr)* $(, at_most_one_of $at_most:expr)* => {
            $(
                $(#[doc = $field_doc:literal])+
                $field:ident: $type:ty = $rule:expr,
                $(also $also:literal,)?
                $(default $default:literal,)?
                example $example:literal $(, apart $apart:literal)? $(, missing $missing:literal)?;
            )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone $(, $derive)?)]
        $vis struct $name {
            $($(#[doc = $field_doc])+ pub $field: $type,)+
        }

        impl $crate::spec::read::Map for $name {
            fn table() -> &'static $crate::spec::table::Table {
                static TABLE: $crate::spec::table::Table = $crate::spec::table::Table {
                    name: $table,
                    doc: &[$($doc),+],
                    keys: &[$($crate::spec::table::Key {
                        name: stringify!($field),
                        names: $crate::spec::read::map!(@option $([stringify!($field), $also])?),
                        doc: &[$($field_doc),+],
                        default: $crate::spec::read::map!(@option $($default)?),
                        example: $example,
                        apart: $crate::spec::read::map!(@flag $($apart)?),
                        missing: $crate::spec::read::map!(@option $($missing)?),
                        rule: || $crate::spec::read::rule_of::<$type, _>(&$rule),
                    }),+],
                    exclusive: &[
                        $($crate::spec::table::Exclusive { keys: &$one_of, needed: true },)*
                        $($crate::spec::table::Exclusive { keys: &$at_most, needed: false },)*
                    ],
                };
                &TABLE
            }

            fn read(
                entries: &$crate::spec::read::Entries<'_>,
                diagnostics: &mut $crate::diagnostic::Diagnostics,
            ) -> Option<Self> {
                // All fields are read before the first `?`, so that one run finds all errors.
                $(let $field = entries.field(&$rule, stringify!($field), diagnostics);)+
                Some($name { $($field: $field?),+ })
            }
        }
    };
    (@option) => { None };
    (@option $value:expr) => { Some($value) };
    (@flag) => { false };
    (@flag $value:literal) => { $value };
}
pub(in crate::spec) use map;

/// The entries of a map that is being read.
pub(in crate::spec) struct Entries<'a> {
    pub(super) table: &'static Table,
    /// Where to say that a key is missing.
    pub(super) at: Span,
    list: &'a [Entry],
}

impl<'a> Entries<'a> {
    pub(in crate::spec) fn field<F: Field>(
        &self,
        field: &F,
        key: &str,
        diagnostics: &mut Diagnostics,
    ) -> Option<F::Out> {
        field.read(key, self, diagnostics)
    }

    pub(super) fn value(&self, key: &str) -> Option<Value<'a>> {
        let also = self.table.key(key).and_then(Key::also);
        let is_it = |entry: &&Entry| entry.key.value == key || also == Some(entry.key.value.as_str());
        let entry = self.list.iter().find(is_it)?;
        Some(Value { key: &entry.key.value, at: entry.key.span, node: &entry.value })
    }

    /// Whether one of the unknown keys was probably meant to be this one.
    pub(super) fn is_misspelt(&self, key: &str) -> bool {
        let keys = || self.table.keys.iter().map(|key| key.name);
        let unknown = self.list.iter().filter(|entry| self.table.key(&entry.key.value).is_none());
        unknown.take(UNKNOWN).any(|entry| nearest(&entry.key.value, keys()) == Some(key))
    }

    fn check_unknown(&self, diagnostics: &mut Diagnostics) {
        let unknown = || self.list.iter().filter(|entry| self.table.key(&entry.key.value).is_none());
        let more = unknown().count().saturating_sub(UNKNOWN);
        for (index, entry) in unknown().take(UNKNOWN).enumerate() {
            let mut error = self.unknown(&entry.key.value, entry.key.span);
            if index + 1 == UNKNOWN && more > 0 {
                error = error.help(format!("{more} more unknown keys follow in this map"));
            }
            diagnostics.push(error);
        }
    }

    fn unknown(&self, key: &str, span: Span) -> Diagnostic {
        let known = || self.table.keys.iter().map(|key| key.name);
        let message = format!("unknown key {}", quoted(key));
        let error = Diagnostic::error(Code::UnknownKey, span, message);
        if key == "true"
            && let Some(meant) = self.table.key("on")
        {
            let help = format!("YAML 1.1 reads the key `on` as `true`: write `{}`", meant.name);
            return error.help(help);
        }
        if let Some(nearest) = nearest(key, known()) {
            return error.help(format!("did you mean `{nearest}`?"));
        }
        let homes = elsewhere(key);
        let error = match homes.is_empty() {
            true => error,
            false => {
                error.help(format!("it is a key of {}: check the indentation", choice(homes.into_iter())))
            }
        };
        let keys: Vec<String> = known().map(|key| format!("`{key}`")).collect();
        error.help(format!("{} takes {}", self.table.title(), keys.join(", ")))
    }

    /// Whether each group of keys that exclude each other has one, or none where none is needed.
    fn check_exclusive(&self, diagnostics: &mut Diagnostics) -> bool {
        let mut are_right = true;
        for group in self.table.groups() {
            are_right &= self.check_group(group, diagnostics);
        }
        are_right
    }

    fn check_group(&self, group: Exclusive, diagnostics: &mut Diagnostics) -> bool {
        let is_one = |entry: &&Entry| group.keys.contains(&entry.key.value.as_str());
        let mut there = self.list.iter().filter(is_one);
        let title = self.table.title();
        let words = || choice(group.keys.iter().copied());
        match (there.next(), there.next()) {
            (Some(first), Some(second)) => {
                let how_many = if group.keys.len() == 2 { "not both" } else { "only one of them" };
                let message = format!("{title} takes {}, {how_many}", words());
                diagnostics.push(
                    Diagnostic::error(Code::ConflictingKeys, second.key.span, message)
                        .related(first.key.span, "first here")
                        .help("keep one of them"),
                );
                false
            }
            (None, _) if !group.needed => true,
            (None, _) if group.keys.iter().any(|key| self.is_misspelt(key)) => false,
            (None, _) => {
                let example =
                    |name: &&str| self.table.key(name).map(|key: &Key| format!("`{name}: {}`", key.example));
                let examples: Vec<String> = group.keys.iter().filter_map(example).collect();
                diagnostics.push(
                    Diagnostic::error(
                        Code::MissingKey,
                        self.at,
                        format!("{title} needs the key {}", words()),
                    )
                    .help(format!("write {}", examples.join(" or "))),
                );
                false
            }
            (Some(_), None) => true,
        }
    }
}

/// The maps that have such a key.
fn elsewhere(key: &str) -> Vec<&'static str> {
    let family = Spec::table().family();
    family.into_iter().filter(|table| table.key(key).is_some()).map(|table| table.name).collect()
}

/// A map that is read as `M`.
pub(in crate::spec) struct MapOf<M>(PhantomData<M>);

impl<M> MapOf<M> {
    pub(in crate::spec) const fn new() -> Self {
        MapOf(PhantomData)
    }
}

impl<M: Map> Kind for MapOf<M> {
    type Out = M;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<M> {
        let Content::Mapping(list) = &*value.node.content else {
            let keys: Vec<_> = M::table().keys.iter().map(|key| format!("`{}`", key.name)).collect();
            diagnostics.push(self.mismatch(value).help(format!("its keys are {}", keys.join(", "))));
            return None;
        };
        let entries = Entries { table: M::table(), at: value.at, list };
        entries.check_unknown(diagnostics);
        let exclusive = entries.check_exclusive(diagnostics);
        M::read(&entries, diagnostics).filter(|_| exclusive)
    }

    fn shape(&self) -> Shape {
        Shape::Map(M::table())
    }
}

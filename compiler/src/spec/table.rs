//! What a spec may say, as data: the reader, the reference page and the JSON schema all follow it.

/// A map of the language.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// A line of the doc comment per item.
    pub(super) doc: &'static [&'static str],
    pub(super) keys: &'static [Key],
    /// Groups of keys that exclude each other.
    pub(super) exclusive: &'static [Exclusive],
}

/// Keys that exclude each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exclusive {
    pub(super) keys: &'static [&'static str],
    /// Whether a map needs one of them.
    pub(super) needed: bool,
}

/// A key of a map.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    /// The key and its other name, where it has two. A map takes one of them.
    pub(super) names: Option<[&'static str; 2]>,
    pub(super) doc: &'static [&'static str],
    /// What an absent key stands for, where it may be absent.
    pub(super) default: Option<&'static str>,
    pub(super) example: &'static str,
    /// Whether the example of the whole map leaves it out, since it contradicts another key's.
    pub(super) apart: bool,
    /// Said where the key is needed and absent, if an example is not enough.
    pub(super) missing: Option<&'static str>,
    pub(super) rule: fn() -> Rule,
}

/// What a key takes.
pub(super) struct Rule {
    pub(super) required: bool,
    pub(super) shape: Shape,
}

/// The form of a value.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// One number, known beforehand.
    Version(u64),
    Integer {
        min: u64,
        max: u64,
    },
    Number {
        positive: bool,
    },
    /// A number between 0 and 1, neither of the two.
    Share,
    /// A number from 0 to 1, both included.
    Fraction,
    /// A number above 1.
    Ratio,
    /// A number above 0, up to [`MOST_TOLERANCE`].
    Tolerance,
    Boolean,
    Bytes,
    Text {
        /// How sentences call it, with its article.
        what: &'static str,
        /// A regular expression that every good text matches.
        pattern: &'static str,
    },
    Choice(&'static [Word]),
    /// One, or a list of them.
    OneOrMore(Box<Shape>),
    List(Box<Shape>),
    /// A list of two.
    Pair(Box<Shape>),
    Map(&'static Table),
    /// A map with one of these keys, each a map in turn.
    OneKey(fn() -> Vec<&'static Table>),
    Either(Box<Shape>, Box<Shape>),
}

/// The largest tolerance of a golden trace. Beyond it a trace says little of a network.
pub(super) const MOST_TOLERANCE: f64 = 0.1;

/// A word that a key takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) text: &'static str,
    pub(super) doc: &'static [&'static str],
}

impl Table {
    /// All groups of keys that exclude each other, the two names of a key included.
    pub(super) fn groups(&self) -> impl Iterator<Item = Exclusive> {
        let names = self.keys.iter().filter_map(|key| key.names.as_ref());
        self.exclusive.iter().copied().chain(names.map(|keys| Exclusive { keys, needed: false }))
    }

    /// The key with this name, or with this other name.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name || key.also() == Some(name))
    }

    /// How sentences call it.
    pub(super) fn title(&self) -> String {
        match self.name {
            "spec" => "a spec".to_owned(),
            name => format!("`{name}`"),
        }
    }

    /// This map and those within it, each once, in the order of their keys.
    pub(super) fn family(&'static self) -> Vec<&'static Table> {
        let mut tables = vec![self];
        let mut next = 0;
        while let Some(table) = tables.get(next) {
            let within: Vec<_> = table.keys.iter().flat_map(|key| (key.rule)().shape.tables()).collect();
            for table in within {
                if !tables.iter().any(|known| known.name == table.name) {
                    tables.push(table);
                }
            }
            next += 1;
        }
        tables
    }
}

impl Key {
    /// Its other name, which is read as well.
    pub(super) fn also(&self) -> Option<&'static str> {
        self.names.map(|[_, also]| also)
    }
}

impl Shape {
    fn tables(&self) -> Vec<&'static Table> {
        match self {
            Shape::OneOrMore(item) | Shape::List(item) | Shape::Pair(item) => item.tables(),
            Shape::Map(table) => vec![table],
            Shape::OneKey(tables) => tables(),
            Shape::Either(one, other) => [one.tables(), other.tables()].concat(),
            Shape::Version(_)
            | Shape::Integer { .. }
            | Shape::Number { .. }
            | Shape::Share
            | Shape::Fraction
            | Shape::Ratio
            | Shape::Tolerance
            | Shape::Boolean
            | Shape::Bytes
            | Shape::Text { .. }
            | Shape::Choice(_) => Vec::new(),
        }
    }

    /// How sentences call it, with its article.
    pub(super) fn what(&self) -> String {
        match self {
            Shape::Version(number) => format!("`{number}`"),
            Shape::Integer { .. } => "an integer".into(),
            Shape::Number { .. } | Shape::Share | Shape::Fraction | Shape::Ratio | Shape::Tolerance => {
                "a number".into()
            }
            Shape::Boolean => "`true` or `false`".into(),
            Shape::Bytes => "a size in bytes".into(),
            Shape::Text { what, .. } => (*what).into(),
            Shape::Choice(words) => choice(words.iter().map(|word| word.text)),
            Shape::OneOrMore(item) => format!("{} or a list", item.what()),
            Shape::List(_) | Shape::Pair(_) => "a list".into(),
            Shape::Map(_) => "a map".into(),
            Shape::OneKey(_) => "a map with one key".into(),
            Shape::Either(one, other) => format!("{} or {}", one.what(), other.what()),
        }
    }
}

/// "`a`, `b` or `c`".
pub(super) fn choice<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

//! What a spec may say, as data: the reader, the reference page and the JSON schema all follow it.

/// A map of the language.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// A line of the doc comment per item.
    pub(super) doc: &'static [&'static str],
    pub(super) keys: &'static [Key],
    /// Keys of which a map has exactly one; may be empty.
    pub(super) one_of: &'static [&'static str],
    /// Keys of which a map has at most one; may be empty.
    pub(super) at_most_one_of: &'static [&'static str],
}

/// A key of a map.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) doc: &'static [&'static str],
    /// What an absent key stands for, where it may be absent.
    pub(super) default: Option<&'static str>,
    pub(super) example: &'static str,
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
    /// The keys that exclude each other.
    pub(super) fn exclusive(&self) -> &'static [&'static str] {
        if self.one_of.is_empty() { self.at_most_one_of } else { self.one_of }
    }

    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
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

impl Shape {
    fn tables(&self) -> Vec<&'static Table> {
        match self {
            Shape::OneOrMore(item) | Shape::List(item) => item.tables(),
            Shape::Map(table) => vec![table],
            Shape::OneKey(tables) => tables(),
            Shape::Either(one, other) => [one.tables(), other.tables()].concat(),
            _ => Vec::new(),
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
            Shape::List(_) => "a list".into(),
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

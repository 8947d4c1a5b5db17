//! Whole numbers.

use super::{Kind, Resolved, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Spanned, quoted};
use crate::spec::table::Shape;
use crate::spec::tree::Content;
use std::marker::PhantomData;

/// An integer from `min` to `max`.
pub(in crate::spec) struct Integer<T> {
    min: u64,
    max: u64,
    number: PhantomData<T>,
}

impl<T> Integer<T> {
    pub(in crate::spec) const fn new(min: u64, max: u64) -> Self {
        Integer { min, max, number: PhantomData }
    }
}

impl<T: TryFrom<u64>> Kind for Integer<T> {
    type Out = Spanned<T>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<T>> {
        match integer(value) {
            Ok(Some(number)) if (self.min..=self.max).contains(&number) => {
                let number = T::try_from(number).ok()?;
                return Some(Spanned::new(number, value.span()));
            }
            Ok(number) => diagnostics.push(out_of_range(value, number, self.min, self.max)),
            Err(repair) => diagnostics.push(repair.into_iter().fold(self.mismatch(value), Diagnostic::help)),
        }
        None
    }

    fn shape(&self) -> Shape {
        Shape::Integer { min: self.min, max: self.max }
    }
}

/// The integer, `None` if it is negative or beyond 64 bits, or how to turn what is there into one.
fn integer(value: Value<'_>) -> Result<Option<u64>, Option<String>> {
    match value.scalar() {
        Some(Resolved::Integer { negative: false, size }) => Ok(size),
        Some(Resolved::Integer { negative: true, size: Some(0) }) => Ok(Some(0)),
        Some(Resolved::Integer { .. }) => Ok(None),
        Some(Resolved::Float(number)) if number.fract() == 0.0 && (0.0..1e15).contains(&number) => {
            Err(Some(format!("write `{number:.0}`")))
        }
        Some(Resolved::Text(text)) => {
            Err(as_integer(text).map(|number| match text.bytes().all(|byte| byte.is_ascii_digit()) {
                true => format!("remove the quotes: `{number}`"),
                false => format!("write `{number}`"),
            }))
        }
        _ => Err(None),
    }
}

/// What texts like `1_000` and `'10'` mean.
fn as_integer(text: &str) -> Option<u64> {
    let digits: String = text.chars().filter(|c| !matches!(c, '_' | ',' | '\'' | ' ')).collect();
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(digits)?.parse().ok()
}

fn out_of_range(value: Value<'_>, number: Option<u64>, min: u64, max: u64) -> Diagnostic {
    let key = value.key;
    let found = match &*value.node.content {
        Content::Scalar(scalar) => scalar.text.as_str(),
        Content::Sequence(_) | Content::Mapping(_) | Content::Invalid => "",
    };
    let expected = match max {
        u64::MAX if number.is_none() && !found.starts_with('-') => format!("at most {max}"),
        u64::MAX => format!("at least {min}"),
        _ => format!("{min} to {max}"),
    };
    if number == Some(0) {
        let error = Diagnostic::error(Code::OutOfRange, value.span(), format!("`{key}` cannot be 0"));
        return error.help(format!("expected {expected}"));
    }
    let message = format!("`{key}` is {}, expected {expected}", quoted(found));
    Diagnostic::error(Code::OutOfRange, value.span(), message)
}

/// A number of bytes, with or without a unit.
pub(in crate::spec) struct Bytes;

const UNITS: [(&str, u64); 7] = [
    ("B", 1),
    ("kB", 1000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
];

impl Kind for Bytes {
    type Out = Spanned<u64>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<u64>> {
        let error = match value.scalar() {
            Some(Resolved::Integer { .. }) => match integer(value) {
                Ok(Some(number)) if number > 0 => return Some(Spanned::new(number, value.span())),
                number => out_of_range(value, number.ok().flatten(), 1, u64::MAX),
            },
            Some(Resolved::Text(text)) => match with_unit(text) {
                Ok(Some(number)) if number > 0 => return Some(Spanned::new(number, value.span())),
                Ok(number) => out_of_range(value, number, 1, u64::MAX),
                Err(help) => self.mismatch(value).help(help),
            },
            _ => self.mismatch(value).help("for example `64 KiB`"),
        };
        diagnostics.push(error);
        None
    }

    fn shape(&self) -> Shape {
        Shape::Bytes
    }
}

/// The number of bytes that a text such as `64 KiB` stands for, `None` if it is beyond 64 bits.
///
/// # Errors
/// How to mend a text that is no whole number with a unit.
pub fn with_unit(text: &str) -> Result<Option<u64>, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    if number.is_empty() || unit.starts_with(['.', '_', ',', 'e']) {
        return Err("a size is a whole number and a unit, for example `64 KiB`".into());
    }
    let number = number.parse::<u64>().ok();
    if let Some((_, bytes)) = UNITS.iter().find(|(name, _)| *name == unit) {
        return Ok(number.and_then(|number| number.checked_mul(*bytes)));
    }
    Err(match unit.to_ascii_lowercase().as_str() {
        "k" | "kb" | "kib" => "write `kB` for 1000 bytes or `KiB` for 1024".into(),
        "m" | "mb" | "mib" => "write `MB` for 1000000 bytes or `MiB` for 1048576".into(),
        "g" | "gb" | "gib" => "write `GB` for 10^9 bytes or `GiB` for 2^30".into(),
        _ => "the units are `B`, `kB`, `KiB`, `MB`, `MiB`, `GB` and `GiB`".into(),
    })
}

/// The version of the language.
pub(in crate::spec) struct Version(pub(in crate::spec) u64);

impl Kind for Version {
    type Out = Spanned<u64>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<u64>> {
        let known = self.0;
        let error = match integer(value) {
            Ok(Some(number)) if number == known => return Some(Spanned::new(number, value.span())),
            Ok(Some(number)) if number > known => {
                let message =
                    format!("the spec is in version {number} of the language, this recurve reads {known}");
                Diagnostic::error(Code::UnsupportedVersion, value.span(), message).help("use a newer recurve")
            }
            Ok(_) => Diagnostic::error(
                Code::UnsupportedVersion,
                value.span(),
                "there is no such version of the language",
            )
            .help(format!("write `recurve: {known}`")),
            Err(repair) => repair.into_iter().fold(self.mismatch(value), Diagnostic::help),
        };
        diagnostics.push(error);
        None
    }

    fn shape(&self) -> Shape {
        Shape::Version(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units() {
        for (text, bytes) in [("64 KiB", 65536), ("8kB", 8000), ("1 MiB", 1 << 20), ("3 B", 3), ("0 B", 0)] {
            assert_eq!(with_unit(text), Ok(Some(bytes)), "{text}");
        }
        assert_eq!(with_unit("99999999999 GiB"), Ok(None));
        assert_eq!(with_unit("99999999999999999999999 B"), Ok(None));
        for text in ["64 KB", "64k", "1.5 MiB", "KiB", "", "-1 KiB", "64  KiB", "1_000 B", "64 bits"] {
            assert!(with_unit(text).is_err(), "{text}");
        }
    }
}

//! What a scalar is, by the core schema of YAML 1.2.

use crate::spec::tree::Scalar;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Resolved<'a> {
    Null,
    Bool(bool),
    /// Its size, unless that is beyond 64 bits.
    Integer {
        negative: bool,
        size: Option<u64>,
    },
    Float(f64),
    Text(&'a str),
}

pub(super) fn resolve(scalar: &Scalar) -> Resolved<'_> {
    let text = scalar.text.as_str();
    if scalar.quoted {
        return Resolved::Text(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        _ => integer(text).or_else(|| float(text)).unwrap_or(Resolved::Text(text)),
    }
}

fn integer(text: &str) -> Option<Resolved<'_>> {
    let (negative, digits, radix) = if let Some(digits) = text.strip_prefix("0x") {
        (false, digits, 16)
    } else if let Some(digits) = text.strip_prefix("0o") {
        (false, digits, 8)
    } else {
        let (negative, digits) = sign(text);
        (negative, digits, 10)
    };
    let whole = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    whole.then(|| Resolved::Integer { negative, size: u64::from_str_radix(digits, radix).ok() })
}

fn float(text: &str) -> Option<Resolved<'_>> {
    let (negative, size) = sign(text);
    let size = match size {
        ".inf" | ".Inf" | ".INF" => f64::INFINITY,
        ".nan" | ".NaN" | ".NAN" if size == text => f64::NAN,
        // Rust also takes `inf`, `nan` and `infinity`.
        _ if size.starts_with(|c: char| c.is_ascii_digit() || c == '.') => size.parse().ok()?,
        _ => return None,
    };
    Some(Resolved::Float(if negative { -size } else { size }))
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(text: &str, quoted: bool) -> Scalar {
        let text = text.to_owned();
        Scalar { text, quoted }
    }

    #[test]
    fn follows_the_core_schema() {
        let integer = |negative, size| Resolved::Integer { negative, size };
        for (text, expected) in [
            ("", Resolved::Null),
            ("~", Resolved::Null),
            ("True", Resolved::Bool(true)),
            ("tRue", Resolved::Text("tRue")),
            ("yes", Resolved::Text("yes")),
            ("10", integer(false, Some(10))),
            ("+010", integer(false, Some(10))),
            ("-3", integer(true, Some(3))),
            ("0x1F", integer(false, Some(31))),
            ("0o17", integer(false, Some(15))),
            ("99999999999999999999", integer(false, None)),
            ("1e3", Resolved::Float(1000.0)),
            ("-1.5", Resolved::Float(-1.5)),
            (".5", Resolved::Float(0.5)),
            ("5.", Resolved::Float(5.0)),
            ("-.inf", Resolved::Float(f64::NEG_INFINITY)),
            ("1_000", Resolved::Text("1_000")),
            ("0x", Resolved::Text("0x")),
            ("-", Resolved::Text("-")),
            (".", Resolved::Text(".")),
            ("nan", Resolved::Text("nan")),
            ("infinity", Resolved::Text("infinity")),
            ("1.2.3", Resolved::Text("1.2.3")),
        ] {
            assert_eq!(resolve(&scalar(text, false)), expected, "{text}");
        }
        let nan = scalar(".nan", false);
        assert!(matches!(resolve(&nan), Resolved::Float(nan) if nan.is_nan()));
        assert_eq!(resolve(&scalar("10", true)), Resolved::Text("10"));
    }
}

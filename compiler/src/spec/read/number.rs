//! Numbers with a fraction, and booleans.

use super::{Kind, Resolved, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Spanned, quoted};
use crate::spec::table::Shape;
use crate::spec::tree::Content;

/// A finite number.
pub(in crate::spec) struct Number {
    /// Whether it must be above 0.
    pub(in crate::spec) positive: bool,
}

impl Kind for Number {
    type Out = Spanned<f64>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<f64>> {
        let (Some(Resolved::Integer { .. } | Resolved::Float(_)), Content::Scalar(scalar)) =
            (value.scalar(), &*value.node.content)
        else {
            let error = self.mismatch(value);
            let quoted = matches!(value.scalar(), Some(Resolved::Text(text)) if text.parse::<f64>().is_ok());
            diagnostics.push(if quoted { error.help("remove the quotes") } else { error });
            return None;
        };
        let number = match value.scalar() {
            Some(Resolved::Float(number)) => number,
            // Of integers beyond 2^53 the nearest `f64` is meant.
            Some(Resolved::Integer { negative: false, size: Some(size) }) => size as f64,
            Some(Resolved::Integer { negative: true, size: Some(size) }) => -(size as f64),
            _ => f64::INFINITY,
        };
        let expected = match self.positive {
            true => "a finite number above 0",
            false => "a finite number",
        };
        if number.is_finite() && (number > 0.0 || !self.positive) {
            return Some(Spanned::new(number, value.span()));
        }
        let message = format!("`{}` is {}, expected {expected}", value.key, quoted(&scalar.text));
        diagnostics.push(Diagnostic::error(Code::OutOfRange, value.span(), message));
        None
    }

    fn shape(&self) -> Shape {
        Shape::Number { positive: self.positive }
    }
}

/// A number that is stored in `f32`.
pub(in crate::spec) struct Single;

impl Kind for Single {
    type Out = Spanned<f64>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<f64>> {
        let number = Number { positive: false }.read(value, diagnostics)?;
        if (number.value as f32).is_finite() {
            return Some(number);
        }
        let message = format!(
            "`{}` is `{:e}`, expected a number that `f32` holds, at most {:e} away from 0",
            value.key,
            number.value,
            f32::MAX
        );
        diagnostics.push(Diagnostic::error(Code::OutOfRange, value.span(), message));
        None
    }

    fn shape(&self) -> Shape {
        Shape::Number { positive: false }
    }
}

/// A number between 0 and 1, neither of the two.
pub(in crate::spec) struct Share;

impl Kind for Share {
    type Out = Spanned<f64>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<f64>> {
        let share = Number { positive: true }.read(value, diagnostics)?;
        if share.value < 1.0 {
            return Some(share);
        }
        let message = format!("`{}` is `{}`, expected a number between 0 and 1", value.key, share.value);
        diagnostics.push(Diagnostic::error(Code::OutOfRange, value.span(), message));
        None
    }

    fn shape(&self) -> Shape {
        Shape::Share
    }
}

/// A number from 0 to 1, both included.
pub(in crate::spec) struct Fraction;

impl Kind for Fraction {
    type Out = Spanned<f64>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<f64>> {
        let fraction = Number { positive: false }.read(value, diagnostics)?;
        if (0.0..=1.0).contains(&fraction.value) {
            return Some(fraction);
        }
        let message = format!("`{}` is `{}`, expected a number from 0 to 1", value.key, fraction.value);
        diagnostics.push(Diagnostic::error(Code::OutOfRange, value.span(), message));
        None
    }

    fn shape(&self) -> Shape {
        Shape::Fraction
    }
}

/// A number above 1.
pub(in crate::spec) struct Ratio;

impl Kind for Ratio {
    type Out = Spanned<f64>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<f64>> {
        let ratio = Number { positive: true }.read(value, diagnostics)?;
        if ratio.value > 1.0 {
            return Some(ratio);
        }
        let message = format!("`{}` is `{}`, expected a number above 1", value.key, ratio.value);
        diagnostics.push(Diagnostic::error(Code::OutOfRange, value.span(), message));
        None
    }

    fn shape(&self) -> Shape {
        Shape::Ratio
    }
}

/// `true` or `false`.
pub(in crate::spec) struct Bool;

impl Kind for Bool {
    type Out = Spanned<bool>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<bool>> {
        let scalar = value.scalar();
        if let Some(Resolved::Bool(found)) = scalar {
            return Some(Spanned::new(found, value.span()));
        }
        let mut error = self.mismatch(value);
        if let Some(Resolved::Text(text)) = scalar {
            let text = text.to_ascii_lowercase();
            error = match text.as_str() {
                "true" | "false" => error.help(format!("write `{text}`, without quotes")),
                "yes" | "y" | "on" => {
                    error.help(format!("{} is a text in YAML 1.2: write `true`", quoted(&text)))
                }
                "no" | "n" | "off" => {
                    error.help(format!("{} is a text in YAML 1.2: write `false`", quoted(&text)))
                }
                _ => error,
            };
        }
        diagnostics.push(error);
        None
    }

    fn shape(&self) -> Shape {
        Shape::Boolean
    }
}

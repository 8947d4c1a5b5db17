//! The shapes that a layer's tensors need, and who decided on each number.

use std::fmt;

use crate::diagnostic::Span;

/// A number that the spec gives, or that the layers before this one give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) value: usize,
    /// The key in the spec: `hidden_size`.
    pub(crate) key: &'static str,
    pub(crate) span: Span,
    /// The layer that gives it, where that is one before the layer at hand.
    pub(crate) before: Option<String>,
}

/// One number of a shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dim {
    Exactly(usize),
    /// A multiple of a size, as in `4 * hidden_size`.
    Of(usize, Size),
    /// Unknown, because a layer before this one is broken.
    Any,
}

impl Dim {
    /// `None` where it is unknown, or beyond any tensor.
    pub(crate) fn value(&self) -> Option<usize> {
        match self {
            Dim::Exactly(value) => Some(*value),
            Dim::Of(factor, size) => factor.checked_mul(size.value),
            Dim::Any => None,
        }
    }

    fn accepts(&self, found: usize) -> bool {
        found > 0 && (matches!(self, Dim::Any) || self.value() == Some(found))
    }

    /// This many of it, one after the other.
    pub(crate) fn times(&self, count: usize) -> Dim {
        match self {
            Dim::Exactly(value) => Dim::Exactly(value.saturating_mul(count)),
            Dim::Of(factor, size) => Dim::Of(factor.saturating_mul(count), size.clone()),
            Dim::Any => Dim::Any,
        }
    }

    /// The same number, as the layers behind `layer` see it.
    pub(crate) fn after(&self, layer: &str) -> Dim {
        match self {
            Dim::Of(factor, size) => {
                Dim::Of(*factor, Size { before: Some(layer.to_owned()), ..size.clone() })
            }
            Dim::Exactly(_) | Dim::Any => self.clone(),
        }
    }
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value() {
            Some(value) => write!(f, "{value}"),
            None => f.write_str("_"),
        }
    }
}

pub(super) fn fits(expected: &[Dim], found: &[usize]) -> bool {
    expected.len() == found.len() && expected.iter().zip(found).all(|(dim, &number)| dim.accepts(number))
}

/// `[472, 10]`.
pub(crate) fn list<T: fmt::Display>(shape: &[T]) -> String {
    const SHOWN: usize = 8;
    let mut numbers: Vec<String> = shape.iter().take(SHOWN).map(T::to_string).collect();
    if shape.len() > SHOWN {
        numbers.push("..".to_owned());
    }
    format!("[{}]", numbers.join(", "))
}

/// What would make a tensor of another shape fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mend {
    /// The tensor was stored columns first.
    Transpose,
    /// The size under this key would have to be another.
    Size(Size, usize),
    /// None: another tensor of the layer has this size.
    Confirmed(Size),
    /// The tensor has this many gates instead of that many.
    Gates(usize, usize),
    Unknown,
}

impl Mend {
    /// Whether it would make this tensor fit too.
    pub(super) fn mends(&self, expected: &[Dim], found: &[usize]) -> bool {
        match *self {
            Mend::Unknown | Mend::Confirmed(_) => false,
            Mend::Gates(has, wants) => {
                expected.len() == found.len()
                    && expected.iter().zip(found).all(|(dim, &number)| match dim {
                        Dim::Of(factor, size) if *factor > 0 && factor.is_multiple_of(wants) => {
                            (factor / wants * has).checked_mul(size.value) == Some(number)
                        }
                        Dim::Of(..) | Dim::Exactly(_) | Dim::Any => dim.accepts(number),
                    })
            }
            Mend::Transpose | Mend::Size(..) => mend(expected, found) == *self,
        }
    }
}

pub(super) fn mend(expected: &[Dim], found: &[usize]) -> Mend {
    if let Some((found, expected)) = gates(expected, found) {
        return Mend::Gates(found, expected);
    }
    let reversed: Vec<usize> = found.iter().rev().copied().collect();
    if fits(expected, &reversed) && !expected.contains(&Dim::Any) {
        return Mend::Transpose;
    }
    if expected.len() != found.len() {
        return Mend::Unknown;
    }
    other_size(expected, found).unwrap_or(Mend::Unknown)
}

/// Of a recurrent matrix, `[gates * hidden, hidden]` or its transpose, the gates found and expected.
fn gates(expected: &[Dim], found: &[usize]) -> Option<(usize, usize)> {
    let ([Dim::Of(a, one), Dim::Of(b, other)], &[rows, columns]) = (expected, found) else {
        return None;
    };
    let (long, short) = (rows.max(columns), rows.min(columns));
    if one != other || short != one.value || short == 0 || long % short != 0 {
        return None;
    }
    let (found, expected) = (long / short, *a.max(b));
    (found != expected && found <= 4).then_some((found, expected))
}

/// The one size that, changed, would make the shape fit.
fn other_size(expected: &[Dim], found: &[usize]) -> Option<Mend> {
    let mut change: Option<(&Size, usize)> = None;
    for (dim, &number) in expected.iter().zip(found) {
        if dim.accepts(number) {
            continue;
        }
        let Dim::Of(factor, size) = dim else {
            return None;
        };
        if *factor == 0 || number % factor != 0 || number == 0 {
            return None;
        }
        match change {
            Some(other) if other != (size, number / factor) => return None,
            _ => change = Some((size, number / factor)),
        }
    }
    let (size, value) = change?;
    let agrees = expected.iter().zip(found).all(|(dim, &number)| match dim {
        Dim::Of(factor, other) if other == size => factor.checked_mul(value) == Some(number),
        Dim::Of(..) | Dim::Exactly(_) | Dim::Any => true,
    });
    agrees.then(|| Mend::Size(size.clone(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(key: &'static str, value: usize) -> Size {
        Size { value, key, span: Span::default(), before: None }
    }

    #[test]
    fn what_would_make_it_fit() {
        let (hidden, input) = (size("hidden_size", 8), size("features", 3));
        let shape = [Dim::Of(4, hidden.clone()), Dim::Of(1, input.clone())];
        let square = [Dim::Of(4, hidden.clone()), Dim::Of(1, hidden.clone())];
        assert!(fits(&shape, &[32, 3]));
        assert_eq!(mend(&shape, &[3, 32]), Mend::Transpose);
        assert_eq!(mend(&shape, &[32, 5]), Mend::Size(input, 5));
        assert_eq!(mend(&shape, &[48, 3]), Mend::Size(hidden.clone(), 12));
        assert_eq!(mend(&shape, &[47, 3]), Mend::Unknown);
        assert_eq!(mend(&shape, &[48, 5]), Mend::Unknown);
        assert_eq!(mend(&square, &[48, 12]), Mend::Size(hidden, 12));
        assert_eq!(mend(&square, &[24, 8]), Mend::Gates(3, 4));
        assert!(Mend::Gates(3, 4).mends(&shape, &[24, 3]) && !Mend::Gates(3, 4).mends(&shape, &[24, 4]));
        assert_eq!(mend(&square, &[32, 16]), Mend::Unknown);
        assert_eq!(mend(&square, &[8]), Mend::Unknown);
    }

    #[test]
    fn sizes_beyond_any_tensor_fit_none() {
        let dim = Dim::Of(4, size("hidden_size", usize::MAX));
        assert_eq!(dim.value(), None);
        assert!(!fits(&[dim], &[usize::MAX - 3]));
        assert!(fits(&[Dim::Any], &[7]));
    }
}

//! Weight normalization: a matrix `w` that was saved as its direction `v` and its magnitude `g`, `w = g v / norm(v)`.
//! Salimans & Kingma 2016.
//!
//! PyTorch saves `weight_hh_l0_g` and `weight_hh_l0_v`, or, with `torch.nn.utils.parametrizations`,
//! `parametrizations.weight_hh_l0.original0` and `.original1`.

/// The names of a matrix under weight normalization, and of its two tensors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    /// The matrix, as it is named without weight normalization.
    pub(super) matrix: String,
    pub(super) magnitude: String,
    pub(super) direction: String,
}

impl Pair {
    /// The pair that a tensor of this name may be one half of.
    pub(super) fn of(name: &str) -> Option<Pair> {
        if let Some(matrix) = name.strip_suffix("_g").or_else(|| name.strip_suffix("_v")) {
            let (magnitude, direction) = (format!("{matrix}_g"), format!("{matrix}_v"));
            return Some(Pair { matrix: matrix.to_owned(), magnitude, direction });
        }
        let stem = name.strip_suffix(".original0").or_else(|| name.strip_suffix(".original1"))?;
        let (layer, matrix) = match stem.rsplit_once("parametrizations.") {
            Some((layer, matrix)) if layer.is_empty() || layer.ends_with('.') => (layer, matrix),
            _ => return None,
        };
        Some(Pair {
            matrix: format!("{layer}{matrix}"),
            magnitude: format!("{stem}.original0"),
            direction: format!("{stem}.original1"),
        })
    }

    pub(super) fn halves(&self) -> [&String; 2] {
        [&self.magnitude, &self.direction]
    }
}

/// The name of the matrix that a tensor belongs to: without what weight normalization adds.
pub(super) fn matrix_name(name: &str) -> String {
    Pair::of(name).map_or_else(|| name.to_owned(), |pair| pair.matrix)
}

/// The dimension of `v` along which there is one magnitude for each index, `None` in a magnitude of the whole matrix;
/// `Err` where the shapes do not belong together.
pub(super) fn kept(magnitude: &[usize], direction: &[usize]) -> Result<Option<usize>, ()> {
    if magnitude.is_empty() {
        return Ok(None);
    }
    let keeps = |kept: usize| {
        let dims = magnitude.iter().zip(direction).enumerate();
        dims.into_iter().all(|(at, (magnitude, dim))| *magnitude == if at == kept { *dim } else { 1 })
    };
    if magnitude.len() != direction.len() {
        return Err(());
    }
    (0..direction.len()).find(|dim| keeps(*dim)).map(Some).ok_or(())
}

/// `g v / norm(v)`, where the norm is taken over all dimensions of `v` but `kept`; the index along `kept` whose norm is
/// zero where there is one.
pub(super) fn fold(g: &[f64], v: &[f64], shape: &[usize], kept: Option<usize>) -> Result<Vec<f64>, usize> {
    let count = kept.map_or(1, |kept| shape[kept]);
    let behind: usize = kept.map_or(v.len(), |kept| shape[kept + 1..].iter().product());
    let index = |at: usize| at / behind.max(1) % count.max(1);
    let mut largest = vec![0.0_f64; count];
    for (at, number) in v.iter().enumerate() {
        let largest = &mut largest[index(at)];
        *largest = largest.max(number.abs());
    }
    if let Some(zero) = largest.iter().position(|largest| *largest == 0.0) {
        return Err(zero);
    }
    // Relative to the largest, so that no square is too small or too large for an `f64`.
    let mut squares = vec![0.0_f64; count];
    for (at, number) in v.iter().enumerate() {
        squares[index(at)] += (number / largest[index(at)]).powi(2);
    }
    let folded = |(at, number): (usize, &f64)| {
        let row = index(at);
        g[row] * (number / largest[row]) / squares[row].sqrt()
    };
    Ok(v.iter().enumerate().map(folded).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_name_the_matrix() {
        for (name, matrix, other) in [
            ("a.lstm.weight_hh_l0_g", "a.lstm.weight_hh_l0", "a.lstm.weight_hh_l0_v"),
            ("weight_v", "weight", "weight_g"),
            (
                "a.parametrizations.weight_hh_l0.original0",
                "a.weight_hh_l0",
                "a.parametrizations.weight_hh_l0.original1",
            ),
            ("parametrizations.weight.original1", "weight", "parametrizations.weight.original0"),
        ] {
            let pair = Pair::of(name).expect("a pair");
            assert_eq!(pair.matrix, matrix);
            assert!(pair.halves().into_iter().any(|half| half == name));
            assert!(pair.halves().into_iter().any(|half| half == other), "{pair:?}");
        }
        for name in ["weight", "a.original0", "myparametrizations.w.original0", "lstm.g"] {
            assert_eq!(Pair::of(name), None, "{name}");
        }
    }

    #[test]
    fn shapes_tell_which_norm_was_taken() {
        for (magnitude, direction, expected) in [
            (&[][..], &[3, 4][..], Ok(None)),
            (&[3, 1], &[3, 4], Ok(Some(0))),
            (&[1, 4], &[3, 4], Ok(Some(1))),
            (&[3], &[3], Ok(Some(0))),
            (&[1, 1], &[1, 4], Ok(Some(0))),
            (&[1, 1], &[3, 4], Err(())),
            (&[3, 4], &[3, 4], Err(())),
            (&[3], &[3, 4], Err(())),
            (&[4, 1], &[3, 4], Err(())),
        ] {
            assert_eq!(kept(magnitude, direction), expected, "{magnitude:?} {direction:?}");
        }
    }

    #[test]
    fn a_row_gets_the_length_of_its_magnitude() {
        let v = [3.0, 4.0, 0.0, 1e-200];
        assert_eq!(fold(&[10.0, 2.0], &v, &[2, 2], Some(0)), Ok(vec![6.0, 8.0, 0.0, 2.0]));
        assert_eq!(fold(&[3.0, 8.0], &v, &[2, 2], Some(1)), Ok(vec![3.0, 8.0, 0.0, 8.0 * 1e-200 / 4.0]));
        assert_eq!(fold(&[10.0], &v, &[2, 2], None), Ok(vec![6.0, 8.0, 0.0, 10.0 * 1e-200 / 5.0]));
        assert_eq!(fold(&[1.0, 1.0], &[1.0, 0.0, 1.0, 0.0], &[2, 2], Some(1)), Err(1));
    }
}

//! The parameters of compressed matrices: what the spec gives, and what follows from a ratio.

use std::fmt;

use super::kronecker::{choose, largest_below, published_or_none};
use crate::diagnostic::{Code, Diagnostic, Span, Spanned};
use crate::spec::{Compression, Factors, Pattern};

/// The form of a matrix of one size, with all its parameters.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// `B (x) C`.
    Kp(Factors),
    /// Dense rows above `B (x) C`.
    Hkp {
        /// Dense rows.
        rows: usize,
        /// The shapes of `B` and `C`.
        factors: Factors,
    },
    /// Dense rows above two matrices of rank one.
    Hmd {
        /// Dense rows.
        rows: usize,
    },
    /// `U V`.
    LowRank {
        /// Columns of `U`.
        rank: usize,
    },
    /// The matrix without its zeros.
    Pruned {
        /// Which numbers are zero together.
        pattern: Pattern,
        /// The share of zeros that is asked for.
        sparsity: Option<Spanned<f64>>,
    },
    /// `B (x) C + S`.
    DopedKp {
        /// The shapes of `B` and `C`.
        factors: Factors,
        /// The share of zeros of `S` that is asked for.
        sparsity: Option<Spanned<f64>>,
    },
}

impl Form {
    /// The form of a matrix of `rows x columns`, or why it cannot have it.
    pub(super) fn resolve(
        compression: &Spanned<Compression>,
        rows: usize,
        columns: usize,
    ) -> Result<Form, Diagnostic> {
        let at = compression.span;
        let size = Size { rows, columns };
        match &compression.value {
            Compression::Kp(kp) => match kp.ratio {
                Some(ratio) => size.kronecker_of_ratio(ratio).map(Form::Kp),
                None => choose(rows, columns, kp.factors, at).map(Form::Kp),
            },
            Compression::Hkp(hkp) => match (hkp.rows, hkp.ratio) {
                (Some(dense), _) => {
                    let factors = choose(size.other_rows(dense)?, columns, hkp.factors, at)?;
                    Ok(Form::Hkp { rows: dense.value, factors })
                }
                (None, Some(ratio)) => size.hybrid_of_ratio(ratio),
                (None, None) => Err(neither(at, "hkp", "rows")),
            },
            Compression::Hmd(hmd) => {
                let dense = match (hmd.rows, hmd.ratio) {
                    (Some(dense), _) => dense,
                    (None, Some(ratio)) => Spanned::new(size.hmd_rows(ratio)?, ratio.span),
                    (None, None) => return Err(neither(at, "hmd", "rows")),
                };
                size.other_rows(dense)?;
                if columns < 2 {
                    let message = format!("a matrix of {columns} column has no halves");
                    return Err(misfit(dense.span, message));
                }
                Ok(Form::Hmd { rows: dense.value })
            }
            Compression::LowRank(low_rank) => match (low_rank.rank, low_rank.ratio) {
                (Some(rank), _) if rank.value > rows.min(columns) => {
                    let message = format!(
                        "a matrix of {rows} x {columns} has at most rank {}, and `rank` is {}",
                        rows.min(columns),
                        rank.value
                    );
                    Err(misfit(rank.span, message))
                }
                (Some(rank), _) => Ok(Form::LowRank { rank: rank.value }),
                (None, Some(ratio)) => {
                    let rank = (size.stored(ratio) / (rows + columns) as f64) as usize;
                    match rank {
                        0 => Err(size.beyond(ratio, "low_rank", rows + columns)),
                        rank => Ok(Form::LowRank { rank: rank.min(rows.min(columns)) }),
                    }
                }
                (None, None) => Err(neither(at, "low_rank", "rank")),
            },
            Compression::Pruned(pruned) => {
                let of_ratio = pruned.ratio.map(|ratio| Spanned::new(1.0 - 1.0 / ratio.value, ratio.span));
                let pattern = pruned.pattern.map_or(Pattern::Unstructured, |pattern| pattern.value);
                Ok(Form::Pruned { pattern, sparsity: pruned.sparsity.or(of_ratio) })
            }
            Compression::DopedKp(doped) => {
                let factors = choose(rows, columns, doped.factors, at)?;
                let of_ratio = match doped.ratio {
                    Some(ratio) => {
                        let kept = size.stored(ratio) - numbers(&factors) as f64;
                        if kept < 1.0 {
                            return Err(size.beyond(ratio, "doped_kp", numbers(&factors) + 1));
                        }
                        Some(Spanned::new(1.0 - kept / size.numbers(), ratio.span))
                    }
                    None => None,
                };
                Ok(Form::DopedKp { factors, sparsity: doped.sparsity.or(of_ratio) })
            }
        }
    }

    /// The last parts of the names of its tensors, where it has tensors of its own.
    pub(super) fn parts(&self) -> &'static [&'static str] {
        match self {
            Form::Kp(_) => &["b", "c"],
            Form::Hkp { .. } => &["a", "b", "c"],
            Form::Hmd { .. } => &["a", "b", "c", "d", "e"],
            Form::LowRank { .. } => &["u", "v"],
            Form::Pruned { .. } => &[],
            Form::DopedKp { .. } => &["b", "c", "s"],
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shapes = |Factors { b, c }: &Factors| format!("{}x{}, {}x{}", b[0], b[1], c[0], c[1]);
        let share = |sparsity: &Option<Spanned<f64>>| {
            sparsity.map_or(String::new(), |share| format!(", sparsity {:.4}", share.value))
        };
        match self {
            Form::Kp(factors) => write!(f, "kp {}", shapes(factors)),
            Form::Hkp { rows, factors } => write!(f, "hkp {rows} rows, {}", shapes(factors)),
            Form::Hmd { rows } => write!(f, "hmd {rows} rows"),
            Form::LowRank { rank } => write!(f, "low_rank {rank}"),
            Form::Pruned { pattern: Pattern::Unstructured, sparsity } => {
                write!(f, "pruned{}", share(sparsity))
            }
            Form::Pruned { pattern: Pattern::Blocks, sparsity } => {
                write!(f, "pruned in blocks{}", share(sparsity))
            }
            Form::DopedKp { factors, sparsity } => {
                write!(f, "doped_kp {}{}", shapes(factors), share(sparsity))
            }
        }
    }
}

/// The size of a matrix.
#[derive(Clone, Copy)]
struct Size {
    rows: usize,
    columns: usize,
}

impl Size {
    fn numbers(self) -> f64 {
        self.rows as f64 * self.columns as f64
    }

    /// Numbers that may be stored.
    fn stored(self, ratio: Spanned<f64>) -> f64 {
        self.numbers() / ratio.value
    }

    fn kronecker_of_ratio(self, ratio: Spanned<f64>) -> Result<Factors, Diagnostic> {
        let most = self.stored(ratio) as usize;
        largest_below(self.rows, self.columns, most).map_err(|fewest| match fewest {
            Some(fewest) => self.beyond(ratio, "kp", fewest),
            None => {
                let message = format!("a matrix of {} x {} has no factors", self.rows, self.columns);
                misfit(ratio.span, message)
            }
        })
    }

    /// The most dense rows above a product of the published factors.
    fn hybrid_of_ratio(self, ratio: Spanned<f64>) -> Result<Form, Diagnostic> {
        /// Numbers of rows that are tried; nearly every second one has factors.
        const TRIED: usize = 4096;
        let stored = |rows: usize| {
            let factors = published_or_none(self.rows - rows, self.columns)?;
            Some((rows.saturating_mul(self.columns).saturating_add(numbers(&factors)), rows, factors))
        };
        let most = ((self.stored(ratio) / self.columns as f64) as usize).min(self.rows.saturating_sub(1));
        let fits = |(numbers, ..): &(usize, usize, Factors)| *numbers as f64 <= self.stored(ratio);
        if let Some((_, rows, factors)) = (1..=most).rev().take(TRIED).filter_map(stored).find(fits) {
            return Ok(Form::Hkp { rows, factors });
        }
        match (1..self.rows).take(TRIED).filter_map(stored).map(|(stored, ..)| stored).min() {
            Some(fewest) => Err(self.beyond(ratio, "hkp", fewest)),
            None => {
                let message = format!("no rows of {} x {} have factors", self.rows, self.columns);
                Err(misfit(ratio.span, message))
            }
        }
    }

    /// `r` of `r n + 2 (m - r) + n` numbers.
    fn hmd_rows(self, ratio: Spanned<f64>) -> Result<usize, Diagnostic> {
        let (m, n) = (self.rows as f64, self.columns as f64);
        let rows = ((self.stored(ratio) - n - 2.0 * m) / (n - 2.0).max(1.0)).floor();
        if rows >= 1.0 {
            return Ok((rows as usize).min(self.rows.saturating_sub(1)));
        }
        let fewest = 2 * self.columns + 2 * self.rows.saturating_sub(1);
        Err(self.beyond(ratio, "hmd", fewest))
    }

    /// Rows that are not dense.
    fn other_rows(self, dense: Spanned<usize>) -> Result<usize, Diagnostic> {
        if dense.value < self.rows {
            return Ok(self.rows - dense.value);
        }
        let message = format!(
            "a gate has {} rows, and `rows: {}` leaves none that could be compressed",
            self.rows, dense.value
        );
        Err(misfit(dense.span, message))
    }

    /// Of the form `key` at least `fewest` numbers are stored.
    fn beyond(self, ratio: Spanned<f64>, key: &str, fewest: usize) -> Diagnostic {
        let message = format!(
            "`{key}` of a matrix of {} x {} has a ratio of at most {:.1}, and `ratio` is {}",
            self.rows,
            self.columns,
            self.numbers() / fewest as f64,
            ratio.value
        );
        misfit(ratio.span, message)
    }
}

fn numbers(Factors { b, c }: &Factors) -> usize {
    b[0] * b[1] + c[0] * c[1]
}

fn neither(at: Span, form: &str, key: &str) -> Diagnostic {
    Diagnostic::error(Code::MissingKey, at, format!("`{form}` needs the key `{key}` or `ratio`"))
}

fn misfit(span: Span, message: String) -> Diagnostic {
    Diagnostic::error(Code::CompressionShape, span, message)
}

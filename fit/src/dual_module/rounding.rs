//! Rounds a little module's matrices to the few integers that they will be stored in.
//!
//! What rounding a column takes from a sum, the columns that are still to be rounded give back as far as the data lets
//! them: column after column each row goes to the nearest plane of the lattice of its integers (Babai 1986), in the
//! metric of the projected numbers, which is what GPTQ does (Frantar et al. 2022; Chen et al. 2025).

use std::ops::Range;

use nalgebra::DMatrix;
use recurve_compiler::model::INT4_GROUP;
use recurve_compiler::quantize::nearest_f16;
use recurve_compiler::spec::LittlePrecision;
use recurve_compiler::tensors::projection_scale;

use super::squares::cholesky;
use crate::Error;

/// Scales of a group that are tried, as shares of the one that holds its largest number, from `1` down.
const SCALES: usize = 16;
const STEP: f64 = 1.0 / 24.0;

/// The integers of a precision, and the metric that says which of them are nearest.
pub(super) struct Lattice {
    /// The largest integer.
    largest: f64,
    /// What each column is multiplied by, since its projected number is divided by it.
    columns: Vec<f64>,
    /// Columns that share a scale.
    groups: Vec<Range<usize>>,
    /// Lower triangular, times its transpose the products of the projected numbers.
    factor: DMatrix<f64>,
}

impl Lattice {
    /// Of matrices beside each other, of so many columns each, that multiply numbers with these products; `None` where
    /// the precision is as good as none.
    pub(super) fn new(
        precision: LittlePrecision,
        dims: &[usize],
        gram: &DMatrix<f64>,
    ) -> Result<Option<Lattice>, Error> {
        let largest = match precision {
            LittlePrecision::F32 | LittlePrecision::Int8 => return Ok(None),
            LittlePrecision::Int4 => 7.0,
            LittlePrecision::Int2 => 1.0,
        };
        let columns: Vec<f64> =
            dims.iter().flat_map(|dim| (0..*dim).map(|row| f64::from(projection_scale(row)))).collect();
        let mut groups = Vec::new();
        let mut start = 0;
        for dim in dims {
            let starts = (start..start + dim).step_by(INT4_GROUP);
            groups.extend(starts.map(|from| from..(from + INT4_GROUP).min(start + dim)));
            start += dim;
        }
        let scaled =
            DMatrix::from_fn(gram.nrows(), gram.ncols(), |i, j| gram[(i, j)] * columns[i] * columns[j]);
        Ok(Some(Lattice { largest, columns, groups, factor: cholesky(&scaled)?.unpack() }))
    }

    /// Rounds the rows of a matrix that lie in the columns of `rows`.
    pub(super) fn round_columns(&self, rows: &mut DMatrix<f64>) {
        for mut row in rows.column_iter_mut() {
            self.round(row.as_mut_slice());
        }
    }

    /// Rounds the numbers of a row; those that no scale can hold stay as they are.
    fn round(&self, row: &mut [f64]) {
        let mut numbers: Vec<f64> =
            row.iter().zip(&self.columns).map(|(number, scale)| number / scale).collect();
        let mut lost = vec![0.0; numbers.len()];
        for group in self.groups.iter().rev() {
            self.round_group(group, &mut numbers, &mut lost);
        }
        for ((to, number), scale) in row.iter_mut().zip(numbers).zip(&self.columns) {
            *to = number * scale;
        }
    }

    /// Rounds `numbers` of a group with the scale that leaves the least error, and notes what they `lost`.
    fn round_group(&self, group: &Range<usize>, numbers: &mut [f64], lost: &mut [f64]) {
        let missing: Vec<f64> =
            group.clone().map(|column| self.product(column, group.end..numbers.len(), lost)).collect();
        // What they would best be if they had not to be integers.
        for column in group.clone().rev() {
            let from_group = self.product(column, column + 1..group.end, lost);
            lost[column] = -(missing[column - group.start] + from_group) / self.factor[(column, column)];
        }
        let best = group.clone().map(|column| (numbers[column] - lost[column]).abs()).fold(0.0, f64::max);
        let mut least = f64::INFINITY;
        let mut rounded = None;
        for place in 0..SCALES {
            let share = 1.0 - place as f64 * STEP;
            let Some(scale) = nearest_f16((best / self.largest * share) as f32).map(f64::from) else {
                continue;
            };
            let mut error = 0.0;
            for column in group.clone().rev() {
                let diagonal = self.factor[(column, column)];
                let owed = missing[column - group.start] + self.product(column, column + 1..group.end, lost);
                let wanted = numbers[column] + owed / diagonal;
                let integer = if scale == 0.0 { 0.0 } else { (wanted / scale).round_ties_even() };
                let nearest = integer.clamp(-self.largest, self.largest) * scale;
                lost[column] = numbers[column] - nearest;
                error += (diagonal * (wanted - nearest)).powi(2);
            }
            if error < least {
                least = error;
                rounded = Some(lost[group.clone()].to_vec());
            }
        }
        let rounded = rounded.unwrap_or_else(|| vec![0.0; group.len()]);
        for (column, its) in group.clone().zip(rounded) {
            numbers[column] -= its;
            lost[column] = its;
        }
    }

    /// What the numbers that columns `of` lost owe `column`.
    fn product(&self, column: usize, of: Range<usize>, lost: &[f64]) -> f64 {
        let factor = &self.factor.column(column);
        of.map(|other| factor[other] * lost[other]).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recurve_compiler::diagnostic::{Span, Spanned};
    use recurve_compiler::model::Dense;
    use recurve_compiler::quantize::little;

    /// Always the same, around zero.
    fn numbers(count: usize, seed: u64) -> Vec<f64> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / f64::from(1_u32 << 31) - 0.5
        };
        (0..count).map(|_| next()).collect()
    }

    /// Products of numbers that go together, as those of a state do.
    fn gram(columns: usize) -> DMatrix<f64> {
        let few = DMatrix::from_vec(300, columns / 4, numbers(300 * (columns / 4), 1));
        let spread = DMatrix::from_vec(columns / 4, columns, numbers(columns / 4 * columns, 2));
        let own = DMatrix::from_vec(300, columns, numbers(300 * columns, 3));
        let all = few * spread + own * 0.2;
        all.tr_mul(&all)
    }

    fn error(gram: &DMatrix<f64>, before: &[f64], after: &[f64]) -> f64 {
        let lost = DMatrix::from_iterator(before.len(), 1, before.iter().zip(after).map(|(a, b)| a - b));
        (lost.transpose() * gram * lost)[(0, 0)]
    }

    /// As the compiler stores a row of two matrices, without the scales of their projections.
    fn stored(precision: LittlePrecision, row: &[f64], dims: &[usize]) -> Vec<f64> {
        let mut start = 0;
        let mut all = Vec::new();
        for dim in dims {
            let scales: Vec<f32> = (0..*dim).map(projection_scale).collect();
            let part = row[start..start + dim].iter().zip(&scales).map(|(x, scale)| *x as f32 / scale);
            let mut dense = Dense::new(1, *dim, part.collect());
            little(&mut dense, Spanned::new(precision, Span::default()), "lstm").expect("numbers that fit");
            all.extend(dense.data.iter().zip(&scales).map(|(x, scale)| f64::from(x * scale)));
            start += dim;
        }
        all
    }

    #[test]
    fn rounded_numbers_are_stored_as_they_are_and_lose_less() {
        let dims = [40, 72];
        let gram = gram(112);
        for (precision, most) in [(LittlePrecision::Int4, 0.25), (LittlePrecision::Int2, 0.35)] {
            let lattice = Lattice::new(precision, &dims, &gram).expect("a factor").expect("a lattice");
            let (mut plain, mut compensated) = (0.0, 0.0);
            for row in 0..20 {
                let before = numbers(112, 10 + row);
                let mut after = before.clone();
                lattice.round(&mut after);
                for (rounded, stored) in after.iter().zip(stored(precision, &after, &dims)) {
                    assert!(
                        (rounded - stored).abs() < 1e-6,
                        "{precision:?}: {rounded} is stored as {stored}"
                    );
                }
                plain += error(&gram, &before, &stored(precision, &before, &dims));
                compensated += error(&gram, &before, &after);
            }
            let share = compensated / plain;
            assert!(share < most, "{precision:?}: {share} of the error that rounding each leaves");
        }
    }

    #[test]
    fn nothing_stays_nothing_and_what_is_too_large_stays_as_it_is() {
        let lattice =
            Lattice::new(LittlePrecision::Int4, &[33], &gram(33)).expect("a factor").expect("a lattice");
        let mut row = vec![0.0; 33];
        lattice.round(&mut row);
        assert_eq!(row, [0.0; 33]);
        let mut row = vec![1e9; 33];
        lattice.round(&mut row);
        assert!(row.iter().all(|x| (x - 1e9).abs() < 1.0), "{row:?}");
        assert!(Lattice::new(LittlePrecision::Int8, &[33], &gram(33)).expect("a factor").is_none());
    }
}

//! -1, 0 and 1 with a scale in binary16 for each 32 columns of a row: the one of the least squared error.

use super::f16;
use crate::model::{Dense, INT4_GROUP};

/// Rounds each group to -1, 0 and 1 times its scale, and gives the scales, row after row; `None` where one is too
/// large for a binary16.
pub(super) fn round(dense: &mut Dense) -> Option<Vec<f32>> {
    let mut scales = Vec::with_capacity(dense.rows * dense.columns.div_ceil(INT4_GROUP));
    for row in dense.data.chunks_mut(dense.columns.max(1)) {
        for group in row.chunks_mut(INT4_GROUP) {
            let scale = f16::nearest(scale(group))?;
            for number in group {
                *number = if number.abs() > scale / 2.0 { scale.copysign(*number) } else { 0.0 };
            }
            scales.push(scale);
        }
    }
    Some(scales)
}

/// The mean of the `m` largest magnitudes, for the `m` that leaves the least squared error: it takes
/// `sum^2 / m` away from the squares of all.
fn scale(group: &[f32]) -> f32 {
    let mut magnitudes: Vec<f32> = group.iter().map(|number| number.abs()).collect();
    magnitudes.sort_by(|a, b| b.total_cmp(a));
    let (mut sum, mut most, mut scale) = (0.0, 0.0, 0.0);
    for (magnitude, count) in magnitudes.into_iter().zip(1..) {
        sum += f64::from(magnitude);
        let gain = sum * sum / f64::from(count);
        if gain > most {
            (most, scale) = (gain, sum / f64::from(count));
        }
    }
    scale as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_other_scale_leaves_a_smaller_error() {
        let data: Vec<f32> = (0..40).map(|n| ((n * 37 % 101) as f32 - 50.0) * 0.01).collect();
        let mut dense = Dense::new(1, 40, data.clone());
        let scales = round(&mut dense).unwrap_or_default();
        assert_eq!(scales.len(), 2);
        let error = |group: &[f32], scale: f32| -> f32 {
            let nearest = |x: f32| if x.abs() > scale / 2.0 { scale.copysign(x) } else { 0.0 };
            group.iter().map(|x| (x - nearest(*x)).powi(2)).sum()
        };
        for (group, scale) in data.chunks(32).zip(scales) {
            let found = error(group, scale);
            for step in 1..100 {
                assert!(found <= error(group, 0.01 * step as f32) + 1e-4);
            }
        }
        assert!(round(&mut Dense::new(1, 1, vec![1e6])).is_none());
    }
}

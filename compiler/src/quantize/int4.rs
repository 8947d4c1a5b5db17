//! Integers of 4 bits, symmetric, a scale in binary16 for each 32 columns of a row: an error of at most half a
//! scale, which is a fourteenth of the largest magnitude in the group, and its rounding to binary16.

use super::f16;
use crate::model::{Dense, INT4_GROUP};

/// The largest integer; -8 is not used.
const LARGEST: f32 = 7.0;

/// Rounds each group to multiples of its scale, and gives the scales, row after row; `None` where one is too
/// large for a binary16.
pub(super) fn round(dense: &mut Dense) -> Option<Vec<f32>> {
    let mut scales = Vec::with_capacity(dense.rows * dense.columns.div_ceil(INT4_GROUP));
    for row in dense.data.chunks_mut(dense.columns.max(1)) {
        for group in row.chunks_mut(INT4_GROUP) {
            let largest = group.iter().fold(0.0, |largest: f32, number| largest.max(number.abs()));
            let scale = f16::nearest(largest / LARGEST)?;
            for number in group {
                let integer = if scale == 0.0 { 0.0 } else { (*number / scale).round_ties_even() };
                *number = integer.clamp(-LARGEST, LARGEST) * scale;
            }
            scales.push(scale);
        }
    }
    Some(scales)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_off_by_half_a_scale_at_most() {
        let data: Vec<f32> = (0..120).map(|n| ((n * 37 % 101) as f32 - 50.0) * 0.01).collect();
        let mut dense = Dense::new(3, 40, data.clone());
        let scales = round(&mut dense).unwrap_or_default();
        assert_eq!(scales.len(), 6);
        for (index, (before, after)) in data.iter().zip(&dense.data).enumerate() {
            let scale = scales[index / 40 * 2 + index % 40 / 32];
            // The largest number is off by what the scale lost.
            assert!(
                (before - after).abs() <= scale * 0.5 + before.abs() / 2048.0,
                "{before} {after} {scale}"
            );
        }
        assert!(round(&mut Dense::new(1, 1, vec![1e6])).is_none());
    }
}

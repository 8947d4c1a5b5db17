//! Integers of 4 bits, symmetric, a scale in binary16 for each 32 columns of a row: an error of at most half a
//! scale, which is a fourteenth of the largest magnitude in the group, and its rounding to binary16. What was
//! rounded so before stays as it is.

use super::f16;
use crate::model::{Dense, INT4_GROUP};

/// The largest integer; -8 is not used.
const LARGEST: f32 = 7.0;
/// Of a scale: how far the numbers of a group may be from its multiples that was rounded before.
const NEAR: f32 = 1e-4;

/// Rounds each group to multiples of its scale, and gives the scales, row after row; `None` where one is too
/// large for a binary16.
pub(super) fn round(dense: &mut Dense) -> Option<Vec<f32>> {
    let mut scales = Vec::with_capacity(dense.rows * dense.columns.div_ceil(INT4_GROUP));
    for row in dense.data.chunks_mut(dense.columns.max(1)) {
        for group in row.chunks_mut(INT4_GROUP) {
            let scale = scale(group)?;
            for number in group {
                let integer = if scale == 0.0 { 0.0 } else { (*number / scale).round_ties_even() };
                *number = integer.clamp(-LARGEST, LARGEST) * scale;
            }
            scales.push(scale);
        }
    }
    Some(scales)
}

/// A seventh of the largest magnitude; of a group that was rounded before, the scale whose multiples it has.
fn scale(group: &[f32]) -> Option<f32> {
    let largest = group.iter().fold(0.0, |largest: f32, number| largest.max(number.abs()));
    let widest = f16::nearest(largest / LARGEST)?;
    let is_of = |scale: &f32| {
        let from_multiple = |number: f32| (number / scale - (number / scale).round_ties_even()).abs();
        *scale > 0.0 && group.iter().all(|number| from_multiple(*number) < NEAR)
    };
    let integers = (1..=LARGEST as u8).rev().map(f32::from);
    Some(integers.filter_map(|integer| f16::nearest(largest / integer)).find(is_of).unwrap_or(widest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_rounded_before_stays_as_it_is() {
        for largest in 1..=7 {
            let scale = f16::nearest(0.0123 * largest as f32).unwrap_or_default();
            let data: Vec<f32> =
                (0..80).map(|n| (n * 37 % (2 * largest + 1) - largest) as f32 * scale).collect();
            let mut dense = Dense::new(2, 40, data.clone());
            assert!(round(&mut dense).is_some());
            assert_eq!(dense.data, data, "{largest}");
        }
    }

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

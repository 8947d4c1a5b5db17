//! Integers of 8 bits, symmetric, a scale for each row: an error of at most half a scale, which is a 254th of the
//! largest magnitude in the row.

use crate::model::Dense;

/// The largest integer; -128 is not used.
const LARGEST: f32 = 127.0;

/// Rounds each row to multiples of its scale, and gives the scales.
pub(super) fn round(dense: &mut Dense) -> Vec<f32> {
    let mut scales = Vec::with_capacity(dense.rows);
    for row in dense.data.chunks_mut(dense.columns.max(1)) {
        let largest = row.iter().fold(0.0, |largest: f32, number| largest.max(number.abs()));
        // Below this the scale would lose bits.
        let scale = if largest < f32::MIN_POSITIVE * LARGEST { 0.0 } else { largest / LARGEST };
        for number in &mut *row {
            let integer = if scale == 0.0 { 0.0 } else { (*number / scale).round_ties_even() };
            *number = integer.clamp(-LARGEST, LARGEST) * scale;
        }
        scales.push(scale);
    }
    scales.resize(dense.rows, 0.0);
    scales
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_off_by_half_a_scale_at_most() {
        let data: Vec<f32> = (0..60).map(|n| ((n * 37 % 101) as f32 - 50.0) * 0.01).collect();
        let mut dense = Dense::new(3, 20, data.clone());
        let scales = round(&mut dense);
        for (index, (before, after)) in data.iter().zip(&dense.data).enumerate() {
            let scale = scales[index / 20];
            assert!((before - after).abs() <= scale * 0.500_01);
            assert!((after / scale).fract().abs() < 1e-3 || (after / scale).fract().abs() > 0.999);
        }
        let mut zeros = Dense::new(1, 3, vec![0.0, 1e-44, 0.0]);
        assert_eq!(round(&mut zeros), [0.0]);
        assert_eq!(zeros.data, [0.0; 3]);
    }
}

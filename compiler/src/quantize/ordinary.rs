//! Rounding as it would be if no number were much larger than the others that share its scale: the error that a
//! precision makes by itself.

use crate::model::{Cell, Dense, INT4_GROUP, Layer, Model};
use crate::spec::{Precision, Spec};

/// The largest number is ordinary up to this many medians of those that share its scale.
const ORDINARY: f32 = 8.0;

/// The number that is the furthest from the others of its row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outlier {
    /// The layer's name.
    pub(crate) layer: String,
    /// Its magnitude.
    pub(crate) largest: f32,
    /// The median of the magnitudes, zeros left out.
    pub(crate) median: f32,
}

impl Outlier {
    fn ratio(&self) -> f32 {
        self.largest / self.median
    }
}

/// Rounds the matrices of `model`, the storage aside; returns the largest outlier, where there is one.
pub(crate) fn ordinary(model: &mut Model, spec: &Spec) -> Option<Outlier> {
    let mut worst: Option<Outlier> = None;
    for layer in &mut model.layers {
        let asked = spec.layers.iter().flatten().find(|asked| asked.value.name().value == layer.name());
        let Some(precision) = asked.and_then(|layer| layer.value.precision()) else {
            continue;
        };
        let name = layer.name().to_owned();
        for dense in dense_mut(layer) {
            let (rows, most) = match precision.value {
                Precision::F32 => continue,
                Precision::F16 => {
                    significant(dense, 13);
                    continue;
                }
                Precision::Bf16 => {
                    significant(dense, 16);
                    continue;
                }
                Precision::Int8 | Precision::Int16x8 => (dense.columns, 127.0),
                Precision::Int4 => (INT4_GROUP, 7.0),
            };
            let columns = dense.columns.max(1);
            for group in dense.data.chunks_mut(columns).flat_map(|row| row.chunks_mut(rows.max(1))) {
                let (largest, median) = sizes(group);
                let step = largest.min(ORDINARY * median) / most;
                if step == 0.0 {
                    continue;
                }
                for number in group {
                    *number = (*number / step).round_ties_even() * step;
                }
                if largest > ORDINARY * median {
                    let found = Outlier { layer: name.clone(), largest, median };
                    if worst.as_ref().is_none_or(|worst| found.ratio() > worst.ratio()) {
                        worst = Some(found);
                    }
                }
            }
        }
    }
    worst
}

fn dense_mut(layer: &mut Layer) -> Vec<&mut Dense> {
    match layer {
        Layer::Embedding(embedding) => vec![&mut embedding.table],
        Layer::Linear(linear) => linear.weight.dense_mut(),
        Layer::Recurrent(level) => {
            let cells = std::iter::once(&mut level.forward).chain(&mut level.backward);
            cells.flat_map(Cell::matrices_mut).flat_map(|matrix| matrix.dense_mut()).collect()
        }
    }
}

/// The largest magnitude, and the median of those that are not zero.
fn sizes(group: &[f32]) -> (f32, f32) {
    let mut magnitudes: Vec<f32> = group.iter().map(|x| x.abs()).filter(|x| *x > 0.0).collect();
    magnitudes.sort_by(f32::total_cmp);
    let median = magnitudes.get(magnitudes.len() / 2).copied().unwrap_or(0.0);
    (magnitudes.last().copied().unwrap_or(0.0), median)
}

/// Rounds to the nearest, of two the even one, cutting the last `bits` of a significand, whatever the exponent.
fn significant(dense: &mut Dense, bits: u32) {
    for number in &mut dense.data {
        let pattern = number.to_bits();
        let odd = pattern >> bits & 1;
        let rounded = f32::from_bits((pattern + (1 << (bits - 1)) - 1 + odd) & !((1 << bits) - 1));
        if rounded.is_finite() {
            *number = rounded;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensors::fixtures;

    fn rounded(precision: &str, weights: &[f32]) -> (Vec<f32>, Option<Outlier>) {
        let columns = weights.len();
        let yaml = |precision: &str| {
            format!(
                "input: {{features: {columns}}}\noutput: every\nlayers: [{{linear: {{name: fc, units: 1, precision: {precision}}}}}]"
            )
        };
        let tensors =
            fixtures::Tensors::new().floats("fc.weight", &[1, columns], weights).filled("fc.bias", &[1]);
        let mut model = fixtures::model(&yaml(precision), &tensors);
        let outlier = ordinary(&mut model, &fixtures::spec(&yaml(precision)));
        let data = model.matrices().flat_map(|matrix| matrix.to_dense().data).collect();
        (data, outlier)
    }

    #[test]
    fn an_outlier_leaves_the_other_weights_their_bits() {
        let mut weights = fixtures::noise(3, 64);
        let off = |found: &[f32], weights: &[f32]| {
            found.iter().zip(weights).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
        };
        let (found, outlier) = rounded("int8", &weights);
        assert!(outlier.is_none() && (1e-4..=0.5 / 254.0).contains(&off(&found, &weights)));
        weights[7] = 1000.0;
        let (found, outlier) = rounded("int8", &weights);
        assert!(off(&found, &weights) < 8.0 * 0.5 / 254.0, "{}", off(&found, &weights));
        let outlier = outlier.expect("the weight");
        assert_eq!((outlier.layer.as_str(), outlier.largest), ("fc", 1000.0));
        assert!((0.2..0.3).contains(&outlier.median));
    }

    #[test]
    fn f16_and_bf16_keep_their_bits_at_every_magnitude() {
        let weights = [1.0e-7, 3.3e-5, -0.1, 70_000.0];
        for (precision, bits) in [("f16", 11), ("bf16", 8)] {
            let (found, outlier) = rounded(precision, &weights);
            assert!(outlier.is_none());
            for (found, weight) in found.iter().zip(weights) {
                let off = ((found - weight) / weight).abs();
                assert!(off <= 2f32.powi(-bits), "{precision}: {found} {weight}");
            }
        }
    }
}

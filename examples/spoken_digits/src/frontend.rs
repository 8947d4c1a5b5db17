//! What training leaves behind of the front end: `specs/spoken_digits/frontend.safetensors`.

use safetensors::SafeTensors;

use crate::mfcc::{COEFFICIENTS, Coefficients, Mfcc};

const FILE: &[u8] = include_bytes!("../../../specs/spoken_digits/frontend.safetensors");

/// The front end that the networks were trained with, and a signal with its features.
pub(crate) struct Frontend {
    pub(crate) mfcc: Mfcc,
    /// Samples in -1..1: a tone that rises.
    pub(crate) signal: Vec<f32>,
    /// What a network reads of them, as Python computed it.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares it"))]
    pub(crate) features: Vec<Coefficients>,
}

impl Frontend {
    pub(crate) fn read() -> Result<Frontend, String> {
        let error = |error| format!("`frontend.safetensors`: {error}");
        let file = SafeTensors::deserialize(FILE).map_err(error)?;
        let floats = |name: &str| -> Result<Vec<f32>, String> {
            let tensor = file.tensor(name).map_err(error)?;
            Ok(tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
        };
        let one = |name: &str| -> Result<Coefficients, String> {
            floats(name)?.try_into().map_err(|_| format!("`{name}` has not {COEFFICIENTS} numbers"))
        };
        Ok(Frontend {
            mfcc: Mfcc::new(one("mean")?, one("std")?),
            signal: floats("signal")?,
            features: floats("features")?.as_chunks().0.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mfcc::frames;

    #[test]
    fn features_are_those_of_training() {
        let frontend = Frontend::read().expect("a file");
        let frames = frames(&frontend.signal);
        assert_eq!(frames.len(), frontend.features.len());
        for (frame, expected) in frames.iter().zip(&frontend.features) {
            for (found, expected) in frontend.mfcc.features(frame).iter().zip(expected) {
                assert!((found - expected).abs() < 1e-3, "{found} {expected}");
            }
        }
    }
}

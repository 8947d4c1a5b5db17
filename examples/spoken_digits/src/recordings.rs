//! Recordings: wav files, and the archive of the Free Spoken Digit Dataset.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use crate::mfcc::RATE;

/// A recording, and which digit it is of.
pub(crate) struct Recording {
    pub(crate) samples: Vec<f32>,
    pub(crate) label: usize,
}

/// The samples of a wav file, in -1..1.
pub(crate) fn read(path: &Path) -> Result<Vec<f32>, String> {
    let error = |error: &dyn std::fmt::Display| format!("cannot read `{}`: {error}", path.display());
    samples(File::open(path).map_err(|e| error(&e))?).map_err(|e| error(&e))
}

fn samples(file: impl Read) -> Result<Vec<f32>, String> {
    let wav = hound::WavReader::new(file).map_err(|error| error.to_string())?;
    let format = wav.spec();
    if (format.channels, format.sample_rate, format.bits_per_sample) != (1, RATE, 16) {
        return Err(format!(
            "{} channels of {} bits at {} Hz, and one of 16 bits at {RATE} Hz is expected",
            format.channels, format.bits_per_sample, format.sample_rate
        ));
    }
    let samples = wav.into_samples::<i16>();
    samples
        .map(|sample| sample.map(|sample| f32::from(sample) / 32768.0).map_err(|e| e.to_string()))
        .collect()
}

/// The recordings 0 to 4 of each speaker and digit, which no network was trained on.
pub(crate) fn test_split(archive: &Path) -> Result<Vec<Recording>, String> {
    let error = |error: std::io::Error| format!("cannot read `{}`: {error}", archive.display());
    let mut archive = tar::Archive::new(File::open(archive).map_err(error)?);
    let mut recordings = Vec::new();
    for entry in archive.entries().map_err(error)? {
        let mut entry = entry.map_err(error)?;
        let path = entry.path().map_err(error)?.into_owned();
        let Some(label) = path.file_stem().and_then(|name| label_of_test(&name.to_string_lossy())) else {
            continue;
        };
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(error)?;
        recordings.push(Recording { samples: samples(Cursor::new(bytes))?, label });
    }
    Ok(recordings)
}

/// The digit of `7_jackson_3`, if that is in the test split.
fn label_of_test(name: &str) -> Option<usize> {
    let (digit, rest) = name.split_once('_')?;
    let (_, index) = rest.rsplit_once('_')?;
    let index: usize = index.parse().ok()?;
    (index < 5).then(|| digit.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_in_them() {
        assert_eq!(label_of_test("7_jackson_3"), Some(7));
        assert_eq!(label_of_test("0_theo_4"), Some(0));
        assert_eq!(label_of_test("7_jackson_5"), None);
        assert_eq!(label_of_test("readme"), None);
    }
}

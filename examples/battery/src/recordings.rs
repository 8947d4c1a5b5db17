//! What a smartphone at the waist measures: nine channels, 50 times a second.

use std::collections::HashMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use safetensors::SafeTensors;

pub(crate) const STEPS: usize = 128;
const CHANNELS: usize = 9;
pub(crate) type Sample = [f32; CHANNELS];

/// In the order of training.
const NAMES: [&str; 3] = ["body_acc", "body_gyro", "total_acc"];
const GOLDEN: &[u8] = include_bytes!("../../../specs/har_skipping/window.golden.safetensors");
const FRONTEND: &[u8] = include_bytes!("../../../specs/har_skipping/frontend.safetensors");
/// How often the noise is repeated.
const REPEATED: usize = 40;

/// 2.56 s, as the sensor gives them, and what the wearer did where that is known.
pub(crate) struct Recording {
    pub(crate) samples: Vec<Sample>,
    pub(crate) activity: Option<usize>,
}

/// Mean and standard deviation of the training data.
pub(crate) struct Frontend([Sample; 2]);

impl Frontend {
    pub(crate) fn read() -> Result<Frontend, Box<dyn Error>> {
        let read = |name| Ok::<Sample, Box<dyn Error>>(floats(FRONTEND, name)?.as_slice().try_into()?);
        Ok(Frontend([read("mean")?, read("std")?]))
    }

    /// What the network reads of a sample.
    pub(crate) fn scale(&self, sample: &Sample) -> Sample {
        let Frontend([mean, std]) = self;
        std::array::from_fn(|at| (sample[at] - mean[at]) / std[at])
    }
}

/// Smooth noise, which stands for recordings where there are none.
pub(crate) fn noise() -> Result<Vec<Recording>, Box<dyn Error>> {
    let samples: Vec<Sample> = floats(GOLDEN, "inputs")?.as_chunks().0.repeat(REPEATED);
    let recording = |samples: &[Sample]| Recording { samples: samples.to_vec(), activity: None };
    Ok(samples.chunks_exact(STEPS).map(recording).collect())
}

/// The test part of *Human Activity Recognition Using Smartphones*.
pub(crate) fn test_part(archive: &Path) -> Result<Vec<Recording>, Box<dyn Error>> {
    let file = BufReader::new(File::open(archive)?);
    let mut archive = tar::Archive::new(lzma_rust2::XzReader::new(file, true));
    let mut files = HashMap::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.display().to_string();
        if path.starts_with("test/") && path.ends_with(".txt") {
            let mut text = String::new();
            entry.read_to_string(&mut text)?;
            files.insert(path, text.split_whitespace().map(str::parse).collect::<Result<Vec<f32>, _>>()?);
        }
    }
    let mut take = |path: String| files.remove(&path).ok_or(format!("the archive has no `{path}`"));
    let activities = take("test/y_test.txt".into())?;
    let mut samples = vec![[0.0; CHANNELS]; activities.len() * STEPS];
    for (channel, name) in
        NAMES.iter().flat_map(|name| ["x", "y", "z"].map(|axis| format!("{name}_{axis}"))).enumerate()
    {
        let numbers = take(format!("test/Inertial Signals/{name}_test.txt"))?;
        samples.iter_mut().zip(numbers).for_each(|(sample, number)| sample[channel] = number);
    }
    let recordings = samples.chunks_exact(STEPS).zip(activities);
    let recording = |(samples, activity): (&[Sample], f32)| Recording {
        samples: samples.to_vec(),
        activity: (activity as usize).checked_sub(1),
    };
    Ok(recordings.map(recording).collect())
}

fn floats(file: &[u8], name: &str) -> Result<Vec<f32>, Box<dyn Error>> {
    let file = SafeTensors::deserialize(file)?;
    Ok(file.tensor(name)?.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

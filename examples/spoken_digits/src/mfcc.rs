//! Ten mel-frequency cepstral coefficients for each 16 ms of 8 kHz speech: `train/mfcc.py` in Rust.

use std::f32::consts::PI;

/// Samples a second.
pub(crate) const RATE: u32 = 8000;
/// Samples that a frame looks at.
pub(crate) const FRAME: usize = 256;
/// Samples from one frame to the next.
pub(crate) const HOP: usize = 128;
/// Numbers of a frame.
pub(crate) const COEFFICIENTS: usize = 10;

/// The coefficients of a frame.
pub(crate) type Coefficients = [f32; COEFFICIENTS];

const BINS: usize = FRAME / 2 + 1;
const FILTERS: usize = 24;
const LOWEST: f64 = 100.0;
const HIGHEST: f64 = 4000.0;
const FLOOR: f32 = 1e-6;

/// The tables that turn samples into coefficients.
pub(crate) struct Mfcc {
    window: [f32; FRAME],
    filters: [[f32; BINS]; FILTERS],
    cosines: [[f32; FILTERS]; COEFFICIENTS],
    /// Of the training data; a network reads coefficients less their mean, over their deviation.
    mean: Coefficients,
    deviation: Coefficients,
}

impl Mfcc {
    /// With the training data's mean and standard deviation.
    pub(crate) fn new(mean: Coefficients, deviation: Coefficients) -> Mfcc {
        Mfcc {
            window: std::array::from_fn(|at| 0.5 - 0.5 * (2.0 * PI * at as f32 / FRAME as f32).cos()),
            filters: filters(),
            cosines: std::array::from_fn(|k| std::array::from_fn(|n| cosine(k, n))),
            mean,
            deviation,
        }
    }

    /// What a network reads of one frame of samples in -1..1.
    pub(crate) fn features(&self, samples: &[f32; FRAME]) -> Coefficients {
        let mut coefficients = self.coefficients(samples);
        for (number, (mean, deviation)) in coefficients.iter_mut().zip(self.mean.iter().zip(&self.deviation))
        {
            *number = (*number - mean) / deviation;
        }
        coefficients
    }

    fn coefficients(&self, samples: &[f32; FRAME]) -> Coefficients {
        let mut windowed: [f32; FRAME] = std::array::from_fn(|at| samples[at] * self.window[at]);
        let spectrum = microfft::real::rfft_256(&mut windowed);
        // The transform of real samples is real at both ends, and the last one stands beside the first.
        let mut power: [f32; BINS] =
            std::array::from_fn(|bin| spectrum.get(bin).map_or(0.0, |z| z.re * z.re + z.im * z.im));
        power[0] = spectrum[0].re * spectrum[0].re;
        power[BINS - 1] = spectrum[0].im * spectrum[0].im;
        let energies = self.filters.map(|filter| (dot(&filter, &power) + FLOOR).ln());
        self.cosines.map(|cosine| dot(&cosine, &energies))
    }
}

fn dot<const N: usize>(a: &[f32; N], b: &[f32; N]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Triangles that are equally wide on HTK's mel scale.
fn filters() -> [[f32; BINS]; FILTERS] {
    let mel = |hertz: f64| 2595.0 * (1.0 + hertz / 700.0).log10();
    let width = (mel(HIGHEST) - mel(LOWEST)) / (FILTERS + 1) as f64;
    let centre = |place: usize| 700.0 * (10f64.powf((mel(LOWEST) + place as f64 * width) / 2595.0) - 1.0);
    let weight = |filter: usize, bin: usize| {
        let hertz = bin as f64 * f64::from(RATE) / FRAME as f64;
        let (below, at, above) = (centre(filter), centre(filter + 1), centre(filter + 2));
        ((hertz - below) / (at - below)).min((above - hertz) / (above - at)).max(0.0) as f32
    };
    std::array::from_fn(|filter| std::array::from_fn(|bin| weight(filter, bin)))
}

/// Of the orthonormal DCT-II.
fn cosine(k: usize, n: usize) -> f32 {
    let scale = if k == 0 { 1.0 } else { 2.0 } / FILTERS as f32;
    scale.sqrt() * (PI * (k * (2 * n + 1)) as f32 / (2 * FILTERS) as f32).cos()
}

/// The frames of a recording; one that is shorter than a frame is filled up with silence.
pub(crate) fn frames(samples: &[f32]) -> Vec<[f32; FRAME]> {
    let mut filled = samples.to_vec();
    filled.resize(samples.len().max(FRAME), 0.0);
    filled.windows(FRAME).step_by(HOP).filter_map(|frame| frame.try_into().ok()).collect()
}

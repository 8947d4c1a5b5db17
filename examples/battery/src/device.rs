//! A wearable that is simulated: what things cost it, and how it sets the network's knobs.

/// Joules of a step's time, in which all sleeps.
const IDLE: f64 = 2e-6;
/// Joules of waking the sensor, reading a sample and scaling it.
const CAPTURE: f64 = 30e-6;
/// Joules of a multiply-accumulate.
const MAC: f64 = 1e-9;

/// A battery, and a processor that does other things too.
pub(crate) struct Device {
    capacity: f64,
    charge: f64,
    /// Steps that this is to last for.
    steps: u64,
    at: u64,
}

impl Device {
    /// With a battery that would last for a fifth of the `steps` if each were captured and cost `macs`.
    pub(crate) fn new(steps: u64, macs: usize) -> Device {
        let capacity = 0.2 * steps as f64 * (IDLE + CAPTURE + macs as f64 * MAC);
        Device { capacity, charge: capacity, steps, at: 0 }
    }

    pub(crate) fn sleep(&mut self, steps: u32) {
        self.at += u64::from(steps);
        self.drain(f64::from(steps) * IDLE);
    }

    pub(crate) fn capture(&mut self) {
        self.at += 1;
        self.drain(IDLE + CAPTURE);
    }

    pub(crate) fn compute(&mut self, macs: u64) {
        self.drain(macs as f64 * MAC);
    }

    fn drain(&mut self, joules: f64) {
        self.charge = (self.charge - joules).max(0.0);
    }

    /// At 50 steps a second.
    pub(crate) fn minute(&self) -> f64 {
        self.at as f64 / (50.0 * 60.0)
    }

    /// What is left of the battery, in 0..=1.
    pub(crate) fn charge(&self) -> f64 {
        self.charge / self.capacity
    }

    /// How busy others keep the processor, in 0..=1: a call comes in, and later a file is sent.
    pub(crate) fn load(&self) -> f64 {
        match self.at as f64 / self.steps as f64 {
            0.3..0.4 => 0.85,
            0.65..0.8 => 0.6,
            _ => 0.1,
        }
    }

    /// Steps that may be executed of each `window`.
    pub(crate) fn budget(&self, window: usize) -> usize {
        ((window as f64 * self.charge() * (1.0 - self.load())).round() as usize).max(1)
    }

    /// How important a step has to be.
    pub(crate) fn threshold(&self) -> f32 {
        0.6 - 0.3 * self.charge() as f32
    }
}

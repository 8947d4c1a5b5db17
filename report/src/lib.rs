//! What a model costs: where every byte and multiply-accumulate goes, what crosses the boundary of the cache, what each
//! compression and policy would cost instead, and which devices it fits.
//!
//! Everything follows from the spec and the shapes of its tensors; nothing runs. [`Report::new`] works it out,
//! [`Report::text`] and [`Report::html`] show it, and it serializes for programs.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod alternative;
mod bytes;
mod column;
mod device;
mod html;
mod layer;
mod plot;
mod text;
mod traffic;

pub use alternative::{Alternative, Change, Costs, Needs, Outcome};
pub use bytes::parse as parse_bytes;
pub use device::{Devices, Error, Fit, Microcontroller, Server, Verdict};
pub use layer::Layer;
pub use traffic::{Boundary, Traffic};

use recurve_compiler::diagnostic::Diagnostics;
use recurve_compiler::files::Files;
use recurve_compiler::golden::Work;
use recurve_compiler::spec::{self, Spec};
use recurve_compiler::{Compiled, compile_spec};
use recurve_predict::Machine;
use serde::Serialize;

/// Caches, by the binary logarithm of their bytes.
const CACHES: std::ops::RangeInclusive<u32> = 14..=28;

/// What a report is made for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Steps of a sequence.
    pub steps: usize,
    /// Bytes of the last level of cache.
    pub cache: usize,
    /// The machine that times are predicted for.
    pub machine: Option<Machine>,
    /// The devices that it may fit.
    pub devices: Devices,
}

/// What a model costs.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The name of its type.
    pub name: String,
    /// The layers, and what decides which steps are executed.
    pub layers: Vec<Layer>,
    /// All of them, with everything that belongs to none.
    pub total: Layer,
    /// Bytes of a value of its type.
    pub state_bytes: usize,
    /// Bytes of the arrays of a step on the stack; of a bidirectional model, of a run.
    pub scratch_bytes: usize,
    /// The machine of the predicted times.
    pub processor: Option<String>,
    /// What crosses the boundary of the cache in a sequence.
    pub traffic: Traffic,
    /// The same for caches from 16 KiB to 256 MiB.
    pub traffic_by_cache: Vec<Traffic>,
    /// What it costs.
    pub costs: Costs,
    /// What it would cost otherwise.
    pub alternatives: Vec<Alternative>,
    /// The devices, and whether it fits them.
    pub devices: Vec<Verdict>,
}

impl Report {
    /// Works out what the model of the spec `text` costs. Its golden trace is not compared, and no limit of its `target`
    /// stops it.
    ///
    /// # Errors
    /// Every finding of a spec that does not compile.
    pub fn new(text: &str, files: &dyn Files, options: &Options) -> Result<Report, Diagnostics> {
        let mut diagnostics = Diagnostics::new();
        let spec = spec::read(text, &mut diagnostics).filter(|_| !diagnostics.has_errors());
        let spec = unbound(spec.ok_or(diagnostics)?);
        let compiled = compile_spec(&spec, files, Work::None)?;
        let plan = &compiled.plan;
        let layers = layer::all(&compiled);
        let total = layer::total(&layers, &compiled);
        let reading = traffic::Reading::new(&spec, &compiled);
        Ok(Report {
            name: plan.name.clone(),
            state_bytes: plan.state_bytes(),
            scratch_bytes: plan.memory.scratch_bytes,
            processor: options.machine.as_ref().map(|machine| machine.processor.clone()),
            traffic: Traffic::new(&reading, options.steps, options.cache),
            traffic_by_cache: CACHES.map(|log| Traffic::new(&reading, options.steps, 1 << log)).collect(),
            costs: Costs::new(&spec, &compiled, options.machine.as_ref()),
            alternatives: alternative::all(&spec, files, &compiled, options.machine.as_ref()),
            devices: options.devices.judge(&compiled),
            layers,
            total,
        })
    }

    /// Bytes of memory: state and stack.
    pub fn ram(&self) -> usize {
        self.costs.ram_bytes
    }
}

/// The spec without what only stops a compilation.
fn unbound(spec: Spec) -> Spec {
    Spec { golden: None, target: spec::Target::default(), ..spec }
}

/// Bytes that have to be there: state and stack.
fn ram(compiled: &Compiled) -> usize {
    compiled.plan.state_bytes() + compiled.plan.memory.scratch_bytes
}

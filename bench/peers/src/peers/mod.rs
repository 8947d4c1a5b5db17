//! What can execute the networks.

pub mod burn;
pub mod candle;
pub mod python;
pub mod recurve;
pub mod rten;
pub mod tract;

use crate::Fault;
use crate::shapes::Shape;

/// A network that keeps its state between steps.
pub trait Peer {
    /// Takes a step of an input, which is what a stream gives; gives the output.
    fn step(&mut self, input: &[f32]) -> Result<Vec<f32>, Fault>;

    /// Back to rest.
    fn reset(&mut self) -> Result<(), Fault>;

    /// Reads a sequence of [`STEPS`](crate::STEPS) inputs from the state at rest; gives all outputs.
    fn run(&mut self, inputs: &[f32]) -> Result<Vec<f32>, Fault>;

    /// Seconds that `times` steps take, each of the next of `inputs`.
    fn time_steps(&mut self, inputs: &[Vec<f32>], times: usize) -> Result<f64, Fault> {
        let start = std::time::Instant::now();
        for input in inputs.iter().cycle().take(times) {
            std::hint::black_box(self.step(std::hint::black_box(input))?);
        }
        Ok(start.elapsed().as_secs_f64())
    }

    /// Seconds that `times` runs take.
    fn time_runs(&mut self, inputs: &[f32], times: usize) -> Result<f64, Fault> {
        let start = std::time::Instant::now();
        for _ in 0..times {
            std::hint::black_box(self.run(std::hint::black_box(inputs))?);
        }
        Ok(start.elapsed().as_secs_f64())
    }
}

/// What makes a network for a task.
pub type Make = fn(&Shape, Task) -> Result<Box<dyn Peer>, Fault>;

/// A way to make a peer.
#[derive(Clone, Copy)]
pub struct Maker {
    pub name: &'static str,
    /// Whether it is a Rust crate.
    pub is_rust: bool,
    pub make: Make,
}

/// What a network is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    Step,
    Run,
}

impl Task {
    /// Inputs of a call.
    pub fn steps(self) -> usize {
        match self {
            Task::Step => 1,
            Task::Run => crate::STEPS,
        }
    }

    /// Calls that bring the weights to stay in a cache that has room for them.
    pub fn passes(self) -> usize {
        match self {
            Task::Step => 8,
            // It reads them once for each of its steps.
            Task::Run => 1,
        }
    }
}

/// Everything but recurve itself.
pub const PEERS: [Maker; 7] = [
    Maker { name: "tract", is_rust: true, make: |shape, task| Ok(Box::new(tract::Tract::new(shape, task)?)) },
    Maker { name: "rten", is_rust: true, make: |shape, task| Ok(Box::new(rten::Rten::new(shape, task)?)) },
    Maker { name: "candle", is_rust: true, make: |shape, _| Ok(Box::new(candle::Candle::new(shape)?)) },
    Maker { name: "burn", is_rust: true, make: |shape, _| Ok(Box::new(burn::Burn::new(shape)?)) },
    Maker {
        name: "ONNX Runtime",
        is_rust: false,
        make: |shape, task| Ok(Box::new(python::Python::new("onnxruntime", shape, task)?)),
    },
    Maker {
        name: "LiteRT",
        is_rust: false,
        make: |shape, task| Ok(Box::new(python::Python::new("ai_edge_litert", shape, task)?)),
    },
    Maker {
        name: "PyTorch",
        is_rust: false,
        make: |shape, task| Ok(Box::new(python::Python::new("torch", shape, task)?)),
    },
];

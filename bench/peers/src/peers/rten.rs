//! rten: an ONNX file on one thread, with the states handed on.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use rten::{Model, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;

use super::{Peer, Task};
use crate::onnx::{self, Names};
use crate::shapes::Shape;
use crate::{Fault, boxed};

pub struct Rten {
    model: Model,
    pool: Arc<ThreadPool>,
    options: RunOptions,
    x: NodeId,
    state_ids: Vec<NodeId>,
    outputs: Vec<NodeId>,
    input: [usize; 3],
    state: [usize; 3],
    states: Vec<Value>,
}

impl Rten {
    pub fn new(shape: &Shape, task: Task) -> Result<Self, Fault> {
        Rten::read(onnx::model(shape, task.steps())?, shape, task)
    }

    pub fn read(file: Vec<u8>, shape: &Shape, task: Task) -> Result<Self, Fault> {
        let model = Model::load(file).map_err(boxed)?;
        let names = Names::of(shape);
        let id = |name: &str| model.node_id(name).map_err(boxed);
        let ids = |names: &[String]| names.iter().map(|name| id(name)).collect::<Result<Vec<_>, Fault>>();
        let mut outputs = vec![id("y")?];
        outputs.extend(ids(&names.new_states)?);
        let (x, state_ids) = (id("x")?, ids(&names.states)?);
        let pool = Arc::new(ThreadPool::with_num_threads(1));
        let options = RunOptions::default().with_thread_pool(Some(pool.clone()));
        let mut rten = Rten {
            model,
            pool,
            options,
            x,
            state_ids,
            outputs,
            input: [task.steps(), 1, shape.input],
            state: [shape.directions(), 1, shape.hidden],
            states: Vec::new(),
        };
        rten.rest();
        Ok(rten)
    }

    fn rest(&mut self) {
        self.states = self.state_ids.iter().map(|_| NdTensor::<f32, 3>::zeros(self.state).into()).collect();
    }

    fn call(&mut self, inputs: &[f32]) -> Result<Vec<f32>, Fault> {
        let x = NdTensor::from_data(self.input, inputs.to_vec());
        let mut values: Vec<(NodeId, ValueOrView)> = vec![(self.x, x.into())];
        let states = std::mem::take(&mut self.states);
        values.extend(self.state_ids.iter().copied().zip(states.into_iter().map(ValueOrView::from)));
        let mut outputs = self.model.run(values, &self.outputs, Some(self.options.clone())).map_err(boxed)?;
        self.states = outputs.split_off(1);
        let y: rten_tensor::Tensor<f32> = outputs.remove(0).try_into().map_err(boxed)?;
        Ok(y.to_vec())
    }
}

impl Peer for Rten {
    fn step(&mut self, input: &[f32]) -> Result<Vec<f32>, Fault> {
        self.call(input)
    }

    fn reset(&mut self) -> Result<(), Fault> {
        self.rest();
        Ok(())
    }

    fn run(&mut self, inputs: &[f32]) -> Result<Vec<f32>, Fault> {
        self.rest();
        self.call(inputs)
    }

    /// On the thread of the pool: a call from another one waits for that to wake up.
    fn time_steps(&mut self, inputs: &[Vec<f32>], times: usize) -> Result<f64, Fault> {
        let pool = self.pool.clone();
        pool.run(|| {
            let start = Instant::now();
            for input in inputs.iter().cycle().take(times) {
                black_box(self.call(black_box(input))?);
            }
            Ok(start.elapsed().as_secs_f64())
        })
    }

    fn time_runs(&mut self, inputs: &[f32], times: usize) -> Result<f64, Fault> {
        let pool = self.pool.clone();
        pool.run(|| {
            let start = Instant::now();
            for _ in 0..times {
                self.rest();
                black_box(self.call(black_box(inputs))?);
            }
            Ok(start.elapsed().as_secs_f64())
        })
    }
}

//! tract: an optimised plan of an ONNX file, with the states handed on.

use std::sync::Arc;

use tract_onnx::prelude::*;

use super::{Peer, Task};
use crate::onnx::{self, Names};
use crate::shapes::Shape;
use crate::{Fault, boxed};

pub struct Tract {
    plan: Arc<TypedRunnableModel>,
    input: [usize; 3],
    states: TVec<TValue>,
    rest: TVec<TValue>,
}

impl Tract {
    pub fn new(shape: &Shape, task: Task) -> Result<Self, Fault> {
        Tract::read(&onnx::model(shape, task.steps())?, shape, task)
    }

    pub fn read(file: &[u8], shape: &Shape, task: Task) -> Result<Self, Fault> {
        let model = tract_onnx::onnx().model_for_read(&mut &file[..]).map_err(boxed)?;
        let plan = model.into_optimized().and_then(|model| model.into_runnable()).map_err(boxed)?;
        let zeros = Tensor::zero::<f32>(&[shape.directions(), 1, shape.hidden]).map_err(boxed)?;
        let zeros: TValue = zeros.into();
        let states: TVec<TValue> = Names::of(shape).states.iter().map(|_| zeros.clone()).collect();
        Ok(Tract { plan, input: [task.steps(), 1, shape.input], rest: states.clone(), states })
    }

    fn call(&mut self, inputs: &[f32]) -> Result<Vec<f32>, Fault> {
        let x = Tensor::from_shape(&self.input, inputs).map_err(boxed)?;
        let mut values: TVec<TValue> = tvec!(x.into());
        values.extend(self.states.drain(..));
        let mut outputs = self.plan.run(values).map_err(boxed)?;
        self.states = outputs.drain(1..).collect();
        Ok(outputs[0].view().as_slice::<f32>().map_err(boxed)?.to_vec())
    }
}

impl Peer for Tract {
    fn step(&mut self, input: &[f32]) -> Result<Vec<f32>, Fault> {
        self.call(input)
    }

    fn reset(&mut self) -> Result<(), Fault> {
        self.states = self.rest.clone();
        Ok(())
    }

    fn run(&mut self, inputs: &[f32]) -> Result<Vec<f32>, Fault> {
        self.reset()?;
        self.call(inputs)
    }
}

//! burn: its recurrent layers on Flex, the backend for processors.

use burn::module::Param;
use burn::nn::{GateController, Gru, GruConfig, Lstm, LstmConfig, LstmState};
use burn::tensor::{Device, Tensor, TensorData};

use super::Peer;
use crate::shapes::{Cell, Shape};
use crate::weights::{self, Direction};
use crate::{Fault, STEPS, boxed};

pub struct Burn {
    levels: Vec<Level>,
    backward: Option<Level>,
    device: Device,
    input: usize,
}

#[expect(clippy::large_enum_variant, reason = "a network has a handful of levels")]
enum Level {
    Lstm(Lstm, Option<LstmState<2>>),
    Gru(Gru, Option<Tensor<2>>),
}

impl Burn {
    pub fn new(shape: &Shape) -> Result<Self, Fault> {
        let device = Device::flex();
        let mut levels = Vec::new();
        let mut backward = None;
        for (level, directions) in weights::read(shape)?.into_iter().enumerate() {
            for (at, direction) in directions.iter().enumerate() {
                let made = Level::new(shape, shape.input_of(level), direction, at == 1, &device);
                if at == 0 { levels.push(made) } else { backward = Some(made) }
            }
        }
        Ok(Burn { levels, backward, device, input: shape.input })
    }
}

impl Level {
    fn new(shape: &Shape, input: usize, from: &Direction, is_backward: bool, device: &Device) -> Level {
        let hidden = shape.hidden;
        let fill = |controller: &mut GateController, gate: usize| {
            let rows = |numbers: &[f32], columns: usize| -> Tensor<2> {
                let gate = &numbers[gate * hidden * columns..(gate + 1) * hidden * columns];
                let data = TensorData::new(gate.to_vec(), [hidden, columns]);
                // Its layers multiply from the right.
                let columns_first = Tensor::<2>::from_data(data, device).transpose();
                Tensor::from_data(columns_first.into_data(), device)
            };
            let bias = |numbers: &[f32]| -> Tensor<1> {
                let gate = numbers[gate * hidden..(gate + 1) * hidden].to_vec();
                Tensor::from_data(TensorData::new(gate, [hidden]), device)
            };
            controller.input_transform.weight = Param::from_tensor(rows(&from.weight_ih, input));
            controller.input_transform.bias = Some(Param::from_tensor(bias(&from.bias_ih)));
            controller.hidden_transform.weight = Param::from_tensor(rows(&from.weight_hh, hidden));
            controller.hidden_transform.bias = Some(Param::from_tensor(bias(&from.bias_hh)));
        };
        match shape.cell {
            Cell::Lstm => {
                let mut lstm = LstmConfig::new(input, hidden, true).with_reverse(is_backward).init(device);
                fill(&mut lstm.input_gate, 0);
                if let Some(forget) = &mut lstm.forget_gate {
                    fill(forget, 1);
                }
                fill(&mut lstm.cell_gate, 2);
                fill(&mut lstm.output_gate, 3);
                Level::Lstm(lstm, None)
            }
            Cell::Gru => {
                let mut gru = GruConfig::new(input, hidden, true).with_reset_after(true).init(device);
                fill(&mut gru.reset_gate, 0);
                fill(&mut gru.update_gate, 1);
                fill(&mut gru.new_gate, 2);
                Level::Gru(gru, None)
            }
        }
    }

    fn call(&mut self, x: Tensor<3>) -> Tensor<3> {
        match self {
            Level::Lstm(lstm, state) => {
                let (y, new) = lstm.forward(x, state.take());
                *state = Some(new);
                y
            }
            Level::Gru(gru, state) => {
                let [_, steps, _] = x.dims();
                let y = gru.forward(x, state.take());
                let last = y.clone().narrow(1, steps - 1, 1).squeeze_dim(1);
                *state = Some(last);
                y
            }
        }
    }

    fn rest(&mut self) {
        match self {
            Level::Lstm(_, state) => *state = None,
            Level::Gru(_, state) => *state = None,
        }
    }
}

impl Burn {
    fn tensor(&self, inputs: &[f32], steps: usize) -> Tensor<3> {
        Tensor::from_data(TensorData::new(inputs.to_vec(), [1, steps, self.input]), &self.device)
    }
}

fn numbers(y: Tensor<3>) -> Result<Vec<f32>, Fault> {
    y.into_data().try_to_vec().map_err(boxed)
}

impl Peer for Burn {
    fn step(&mut self, input: &[f32]) -> Result<Vec<f32>, Fault> {
        let mut x = self.tensor(input, 1);
        for level in &mut self.levels {
            x = level.call(x);
        }
        numbers(x)
    }

    fn reset(&mut self) -> Result<(), Fault> {
        self.levels.iter_mut().for_each(Level::rest);
        Ok(())
    }

    fn run(&mut self, inputs: &[f32]) -> Result<Vec<f32>, Fault> {
        self.reset()?;
        let whole = self.tensor(inputs, STEPS);
        let mut x = whole.clone();
        for level in &mut self.levels {
            x = level.call(x);
        }
        if let Some(backward) = &mut self.backward {
            backward.rest();
            x = Tensor::cat(vec![x, backward.call(whole)], 2);
        }
        numbers(x)
    }
}

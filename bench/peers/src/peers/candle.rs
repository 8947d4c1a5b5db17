//! candle: the recurrent layers of `candle-nn`, level after level.

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_nn::rnn::{Direction, GRU, GRUConfig, GRUState, LSTM, LSTMConfig, LSTMState, RNN};

use super::Peer;
use crate::shapes::{Cell, Shape};
use crate::{Fault, STEPS, weights};

pub struct Candle {
    levels: Vec<Level>,
    /// Reads from the last step to the first.
    backward: Option<Level>,
    input: usize,
}

enum Level {
    Lstm(LSTM, LSTMState),
    Gru(GRU, GRUState),
}

impl Candle {
    pub fn new(shape: &Shape) -> Result<Self, Fault> {
        Candle::read(std::fs::read(weights::path(shape))?, shape)
    }

    pub fn read(file: Vec<u8>, shape: &Shape) -> Result<Self, Fault> {
        let tensors = VarBuilder::from_buffered_safetensors(file, DType::F32, &Device::Cpu)?.pp("rnn");
        let level = |level: usize, direction: Direction| -> Result<Level, Fault> {
            let (input, hidden) = (shape.input_of(level), shape.hidden);
            Ok(match shape.cell {
                Cell::Lstm => {
                    let config = LSTMConfig { layer_idx: level, direction, ..Default::default() };
                    let lstm = LSTM::new(input, hidden, config, tensors.clone())?;
                    let state = lstm.zero_state(1)?;
                    Level::Lstm(lstm, state)
                }
                Cell::Gru => {
                    let gru = GRU::new(input, hidden, GRUConfig::default(), tensors.clone())?;
                    let state = gru.zero_state(1)?;
                    Level::Gru(gru, state)
                }
            })
        };
        let levels = (0..shape.levels).map(|at| level(at, Direction::Forward)).collect::<Result<_, _>>()?;
        let backward = if shape.bidirectional { Some(level(0, Direction::Backward)?) } else { None };
        Ok(Candle { levels, backward, input: shape.input })
    }
}

impl Level {
    fn rest(&mut self) -> Result<(), Fault> {
        match self {
            Level::Lstm(lstm, state) => *state = lstm.zero_state(1)?,
            Level::Gru(gru, state) => *state = gru.zero_state(1)?,
        }
        Ok(())
    }

    fn step(&mut self, x: &Tensor) -> Result<Tensor, Fault> {
        Ok(match self {
            Level::Lstm(lstm, state) => {
                *state = lstm.step(x, state)?;
                state.h().clone()
            }
            Level::Gru(gru, state) => {
                *state = gru.step(x, state)?;
                state.h().clone()
            }
        })
    }

    /// The outputs over `[1, steps, input]`, one a step.
    fn run(&mut self, x: &Tensor) -> Result<Tensor, Fault> {
        Ok(match self {
            Level::Lstm(lstm, _) => lstm.states_to_tensor(&lstm.seq(x)?)?,
            // `states_to_tensor` of a GRU sets the steps side by side.
            Level::Gru(gru, _) => {
                let states: Vec<Tensor> = gru.seq(x)?.iter().map(|state| state.h().clone()).collect();
                Tensor::stack(&states, 1)?
            }
        })
    }
}

impl Peer for Candle {
    fn step(&mut self, input: &[f32]) -> Result<Vec<f32>, Fault> {
        let mut x = Tensor::from_slice(input, (1, self.input), &Device::Cpu)?;
        for level in &mut self.levels {
            x = level.step(&x)?;
        }
        Ok(x.flatten_all()?.to_vec1()?)
    }

    fn reset(&mut self) -> Result<(), Fault> {
        self.levels.iter_mut().try_for_each(Level::rest)
    }

    fn run(&mut self, inputs: &[f32]) -> Result<Vec<f32>, Fault> {
        self.reset()?;
        let whole = Tensor::from_slice(inputs, (1, STEPS, self.input), &Device::Cpu)?;
        let mut x = whole.clone();
        for level in &mut self.levels {
            x = level.run(&x)?;
        }
        if let Some(backward) = &mut self.backward {
            let y = backward.run(&whole.flip(&[1])?)?.flip(&[1])?;
            x = Tensor::cat(&[x, y], 2)?;
        }
        Ok(x.flatten_all()?.to_vec1()?)
    }
}

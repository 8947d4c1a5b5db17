//! The weights of a network, as the build script wrote them.

use std::path::PathBuf;

use safetensors::SafeTensors;

use crate::Fault;
use crate::shapes::Shape;

/// A level's direction, as PyTorch has it: `[gates * hidden, columns]`, gates in PyTorch's order.
pub struct Direction {
    pub weight_ih: Vec<f32>,
    pub weight_hh: Vec<f32>,
    pub bias_ih: Vec<f32>,
    pub bias_hh: Vec<f32>,
}

/// Where the build script wrote them.
pub fn path(shape: &Shape) -> PathBuf {
    PathBuf::from(env!("OUT_DIR")).join(format!("{}.safetensors", shape.type_name))
}

/// Weights and biases of the linear layer behind the others.
pub fn head(shape: &Shape) -> Result<[Vec<f32>; 2], Fault> {
    let bytes = std::fs::read(path(shape))?;
    let file = SafeTensors::deserialize(&bytes)?;
    Ok([numbers(&file, "head.weight")?, numbers(&file, "head.bias")?])
}

fn numbers(file: &SafeTensors<'_>, name: &str) -> Result<Vec<f32>, Fault> {
    let tensor = file.tensor(name)?;
    Ok(tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

/// For each level its directions.
pub fn read(shape: &Shape) -> Result<Vec<Vec<Direction>>, Fault> {
    let bytes = std::fs::read(path(shape))?;
    let file = SafeTensors::deserialize(&bytes)?;
    let numbers = |name: &str| numbers(&file, &format!("rnn.{name}"));
    let direction = |level: usize, direction: usize| -> Result<Direction, Fault> {
        let [weight_ih, weight_hh, bias_ih, bias_hh] =
            shape.tensors_of(level, direction).map(|(name, _)| name);
        Ok(Direction {
            weight_ih: numbers(&weight_ih)?,
            weight_hh: numbers(&weight_hh)?,
            bias_ih: numbers(&bias_ih)?,
            bias_hh: numbers(&bias_hh)?,
        })
    };
    (0..shape.levels).map(|level| (0..shape.directions()).map(|it| direction(level, it)).collect()).collect()
}

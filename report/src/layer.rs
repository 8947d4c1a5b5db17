//! What each layer costs.

use recurve_compiler::Compiled;
use recurve_compiler::model::{self, Cell, Matrix};
use recurve_compiler::plan::LayerCost;
use serde::Serialize;

/// What a layer costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Layer {
    /// `lstm`, or `lstm, level 1`.
    pub title: String,
    /// `LSTM 10 -> 118`.
    pub shape: String,
    /// Trained numbers.
    pub parameters: u64,
    /// Bytes of its weights, which lie in flash.
    pub flash_bytes: usize,
    /// Bytes of what it keeps from step to step.
    pub state_bytes: usize,
    /// Multiply-accumulates in matrices, an executed step; of a policy, a decision.
    pub macs: u64,
    /// Bytes of weights that an executed step reads with all its rows.
    pub bytes_per_step: usize,
    /// Bytes that dense matrices and vectors in `f32` would take, over those of its weights.
    pub ratio: f64,
}

/// Every layer, and the policy behind them.
pub(crate) fn all(compiled: &Compiled) -> Vec<Layer> {
    let plan = &compiled.plan;
    let states = plan.layer_state_bytes();
    let layers = plan.cost.layers.iter().zip(states).zip(&compiled.model.layers);
    let of_layer = |((cost, state), layer): ((&LayerCost, usize), &model::Layer)| {
        let dense = size_of::<f32>() as f64 * dense_numbers(layer) as f64;
        row(cost, state, dense)
    };
    let policy = plan.cost.policy.as_ref().map(|cost| {
        let state = plan.skip.as_ref().map_or(0, |skip| skip.state_bytes());
        row(cost, state, cost.bytes as f64)
    });
    layers.map(of_layer).chain(policy).collect()
}

fn row(cost: &LayerCost, state_bytes: usize, dense: f64) -> Layer {
    Layer {
        title: cost.title.clone(),
        shape: cost.shape.clone(),
        parameters: cost.parameters,
        flash_bytes: cost.bytes,
        state_bytes,
        macs: cost.macs,
        bytes_per_step: cost.bytes_per_step,
        ratio: dense / cost.bytes.max(1) as f64,
    }
}

/// The sum, with the output and what else belongs to no layer in the state.
pub(crate) fn total(layers: &[Layer], compiled: &Compiled) -> Layer {
    let flash_bytes = compiled.plan.weights.bytes().len();
    let dense: f64 = layers.iter().map(|layer| layer.ratio * layer.flash_bytes as f64).sum();
    Layer {
        title: "total".into(),
        shape: String::new(),
        parameters: compiled.plan.cost.parameters(),
        flash_bytes,
        state_bytes: compiled.plan.state_bytes(),
        macs: compiled.plan.cost.macs() + compiled.plan.cost.macs_per_decision(),
        bytes_per_step: compiled.plan.cost.bytes_per_step(),
        ratio: dense / flash_bytes.max(1) as f64,
    }
}

/// Numbers of the layer with dense matrices.
fn dense_numbers(layer: &model::Layer) -> usize {
    // A matrix of zeros stands for columns of another one.
    let of_matrix = |matrix: &Matrix| {
        let is_zero = matches!(matrix, Matrix::Zero { .. });
        if is_zero { 0 } else { matrix.rows() * matrix.columns() }
    };
    let of_cell = |cell: &Cell| {
        let biases = match cell {
            Cell::Lstm(cell) => cell.bias.len(),
            Cell::Gru(cell) => cell.bias.len() + cell.candidate_bias.len(),
            Cell::Rnn(cell) => cell.bias.len(),
            Cell::FastRnn(cell) => cell.bias.len(),
            Cell::FastGrnn(cell) => cell.bias_gate.len() + cell.bias_update.len(),
        };
        cell.matrices().map(of_matrix).sum::<usize>() + biases
    };
    match layer {
        model::Layer::Embedding(embedding) => embedding.table.data.len(),
        model::Layer::Linear(linear) if linear.is_tied => linear.bias.len(),
        model::Layer::Linear(linear) => of_matrix(&linear.weight) + linear.bias.len(),
        model::Layer::Recurrent(level) => level.cells().map(of_cell).sum(),
    }
}

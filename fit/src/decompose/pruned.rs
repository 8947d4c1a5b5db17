//! Magnitude pruning. Han et al. 2015; of blocks, Narang et al. 2017.

use nalgebra::DMatrix;
use recurve_compiler::model::BLOCK_ROWS;
use recurve_compiler::spec::Pattern;

use super::{Gate, Part};

/// All gates without their smallest numbers or blocks, `sparsity` of all of them together.
pub(super) fn decompose(gates: &[DMatrix<f64>], pattern: Pattern, sparsity: f64) -> Vec<Gate> {
    let rows = match pattern {
        Pattern::Unstructured => 1,
        Pattern::Blocks => BLOCK_ROWS,
    };
    let mut blocks = Vec::new();
    for (place, gate) in gates.iter().enumerate() {
        for first in (0..gate.nrows()).step_by(rows) {
            let rows = rows.min(gate.nrows() - first);
            for column in 0..gate.ncols() {
                let block = gate.view((first, column), (rows, 1));
                blocks.push(Block {
                    gate: place,
                    first,
                    rows,
                    column,
                    norm: block.norm_squared() / rows as f64,
                });
            }
        }
    }
    // Of equal ones the later go first, which is as good as any other order, and always the same.
    blocks.sort_by(|a, b| b.norm.total_cmp(&a.norm));
    let numbers: usize = gates.iter().map(|gate| gate.len()).sum();
    let mut left = most(numbers, sparsity);
    let mut kept: Vec<DMatrix<f64>> =
        gates.iter().map(|gate| DMatrix::zeros(gate.nrows(), gate.ncols())).collect();
    for block in &blocks {
        if block.norm == 0.0 || block.rows > left {
            break;
        }
        left -= block.rows;
        let at = ((block.first, block.column), (block.rows, 1));
        kept[block.gate].view_mut(at.0, at.1).copy_from(&gates[block.gate].view(at.0, at.1));
    }
    kept.into_iter().map(|product| Gate { parts: vec![Part::matrix("s", &product)], product }).collect()
}

struct Block {
    gate: usize,
    first: usize,
    rows: usize,
    column: usize,
    norm: f64,
}

/// Numbers that are kept of so many.
pub(super) fn most(numbers: usize, sparsity: f64) -> usize {
    // A share such as 0.9 is a little less than it says.
    (numbers as f64 * (1.0 - sparsity) + 1e-6).floor() as usize
}

//! What layers read while the network runs over the data.

use nalgebra::DMatrix;
use recurve_compiler::model::Model;
use recurve_compiler::reference::run_visiting;
use recurve_compiler::sequences::Sequences;

use crate::parallel::each;
use crate::{Error, Progress};

/// Steps that a little module learns from, spread over all sequences.
const MOST: usize = 24_000;
/// Multiply-accumulates that running the network may take.
const WORK: u64 = 80_000_000_000;

/// The steps of one layer, a row for each.
pub(super) struct Samples {
    x: DMatrix<f32>,
    /// The hidden vector and, of an LSTM, the cell state before the step; without columns of a linear layer.
    h: DMatrix<f32>,
    c: DMatrix<f32>,
}

/// A layer's steps of one sequence, one behind the other.
#[derive(Default, Clone)]
struct Steps {
    count: usize,
    x: Vec<f32>,
    h: Vec<f32>,
    c: Vec<f32>,
}

impl Samples {
    /// Of each of the layers at `places`, forward or backward.
    pub(super) fn collect(
        model: &Model,
        data: &Sequences,
        sequences: &[usize],
        places: &[(usize, bool)],
        progress: &mut dyn Progress,
    ) -> Result<Vec<Samples>, Error> {
        let layers = places.iter().map(|(place, _)| place + 1).max().unwrap_or(0);
        let macs: u64 = model.layers.iter().take(layers).map(|layer| layer.macs()).sum();
        let most = (WORK / macs.max(1)).min(MOST as u64) as usize;
        let total: usize = sequences.iter().map(|sequence| data.length(*sequence)).sum();
        // Whole sequences, evenly spread, as many as there is time for.
        let every = total.div_ceil(most.max(1)).max(1);
        let chosen: Vec<usize> = sequences.iter().copied().step_by(every).collect();
        progress.begin("running the network", chosen.len() as u64);
        let runs = each(&chosen, progress, |sequence| {
            let inputs = data.inputs(sequence, data.length(sequence))?;
            let mut found = vec![Steps::default(); places.len()];
            run_visiting(model, &inputs.as_inputs(), layers, &mut |visit| {
                for (steps, place) in found.iter_mut().zip(places) {
                    if *place == (visit.layer, visit.backward) {
                        steps.count += 1;
                        steps.x.extend(visit.x.iter().map(|x| *x as f32));
                        steps.h.extend(visit.h.iter().map(|h| *h as f32));
                        steps.c.extend(visit.c.iter().map(|c| *c as f32));
                    }
                }
            });
            Ok(found)
        })?;
        progress.end();
        let of_place = |place: usize| {
            let mut all = Steps::default();
            for run in &runs {
                all.count += run[place].count;
                all.x.extend(&run[place].x);
                all.h.extend(&run[place].h);
                all.c.extend(&run[place].c);
            }
            let matrix = |numbers: &[f32]| {
                DMatrix::from_row_slice(all.count, numbers.len() / all.count.max(1), numbers)
            };
            Samples { x: matrix(&all.x), h: matrix(&all.h), c: matrix(&all.c) }
        };
        Ok((0..places.len()).map(of_place).collect())
    }

    pub(super) fn steps(&self) -> usize {
        self.x.nrows()
    }

    /// What the layer's matrices multiply: the input and, of a cell, the state.
    pub(super) fn parts(&self) -> Vec<&DMatrix<f32>> {
        if self.h.ncols() == 0 { vec![&self.x] } else { vec![&self.x, &self.h] }
    }

    /// The cell state before each step.
    pub(super) fn c(&self) -> &DMatrix<f32> {
        &self.c
    }
}

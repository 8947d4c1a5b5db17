//! Whether the models compute what they should.

use std::path::Path;

use recurve::Streaming;
use recurve_compiler::diagnostic::{Diagnostics, render};
use recurve_compiler::files::Directory;
use recurve_compiler::model::{self, Model};
use recurve_compiler::quantize::quantize;
use recurve_compiler::reference::{self, Inputs};
use recurve_compiler::{spec, tensors};

use crate::random::Random;

const STEPS: usize = 8;
/// What rounding may do.
pub const TOLERANCE: f64 = 1e-4;
/// What rounding may do where vectors become integers, which a number between two may do either way.
#[allow(dead_code, reason = "not every benchmark rounds vectors")]
pub const ROUNDED_TOLERANCE: f64 = 5e-3;

/// The largest difference between `M`, step by step, and the reference executor.
pub fn largest_difference<M, const INPUT: usize, const OUTPUT: usize>() -> Result<f64, String>
where
    M: Streaming<Input = [f32; INPUT], Output = [f32; OUTPUT]>,
{
    let name = std::any::type_name::<M>();
    let reference = read(name.rsplit("::").next().unwrap_or(name))?;
    let mut random = Random::new(1);
    let inputs: Vec<[f32; INPUT]> = (0..STEPS).map(|_| std::array::from_fn(|_| random.within(1.0))).collect();
    let steps: Vec<Vec<f32>> = inputs.iter().map(|input| input.to_vec()).collect();
    let expected = reference::run(&reference, &Inputs::Features(&steps));
    let mut model = M::new();
    let mut largest: f64 = 0.0;
    for (input, expected) in inputs.iter().zip(expected) {
        for (found, expected) in model.step(input).iter().zip(expected) {
            let difference = (f64::from(*found) - expected).abs();
            // `max` would drop a NaN.
            if difference > largest || difference.is_nan() {
                largest = difference;
            }
        }
    }
    Ok(largest)
}

/// The model of that name, as the build script wrote it.
fn read(name: &str) -> Result<Model, String> {
    let folder = Path::new(env!("OUT_DIR"));
    let path = folder.join(format!("{name}.yaml"));
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    let mut found = Diagnostics::default();
    let model = spec::read(&text, &mut found).and_then(|spec| {
        let mut store = tensors::Store::read(&spec, &Directory(folder.into()), &mut found)?;
        let mut model = model::resolve(&spec, &mut store, &mut found)?;
        quantize(&mut model, &spec, &mut found);
        Some(model)
    });
    model.ok_or_else(|| render(name, &text, &found, false))
}

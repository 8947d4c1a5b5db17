//! What a spec's model computes, by the reference executor, and inputs to feed both.

use std::path::Path;

use recurve_compiler::diagnostic::{Diagnostics, render};
use recurve_compiler::files::Directory;
use recurve_compiler::model::{self, Model};
use recurve_compiler::quantize::quantize;
use recurve_compiler::{spec, tensors};

/// The model of the spec at `path`, with the numbers that run.
pub fn model(path: &str) -> Model {
    let path = Path::new(path);
    let text = std::fs::read_to_string(path).expect("the spec is readable");
    let files = Directory(path.parent().expect("a file has a folder").to_owned());
    let mut diagnostics = Diagnostics::default();
    let model = spec::read(&text, &mut diagnostics).and_then(|spec| {
        let mut store = tensors::Store::read(&spec, &files, &mut diagnostics)?;
        let mut model = model::resolve(&spec, &mut store, &mut diagnostics)?;
        quantize(&mut model, &spec, &mut diagnostics);
        Some(model)
    });
    assert!(!diagnostics.has_errors(), "{}", render("spec", &text, &diagnostics, false));
    model.expect("a spec without errors gives a model")
}

/// `count` vectors of size `N` in -1..1, the same in every run.
pub fn inputs<const N: usize>(count: usize) -> Vec<[f32; N]> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| std::array::from_fn(|_| next())).collect()
}

/// Asserts that `found` is `expected` within `tolerance`, relative where numbers are larger than 1.
pub fn assert_close(found: &[f32], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let difference = (f64::from(*found) - expected).abs();
        assert!(
            difference <= tolerance * expected.abs().max(1.0),
            "{what}: number {index} is {found}, expected {expected}"
        );
    }
}

//! A spec in the source code: for a network that is small, or made by a macro. Paths are relative to the
//! package, and the type has the visibility and the name that the call gives it.

mod reader {
    recurve::rnn_model! {
        pub(crate) struct Reader = r#"
            recurve: 1
            name: DigitsGru
            weights: ../../specs/digits/gru.safetensors
            input: {features: 8}
            layers:
              - gru: {name: gru, hidden_size: 40, reset: after}
              - linear: {name: classifier, units: 10, activation: softmax}
            output: last
            target: {flash: 32 KiB, ram: 4 KiB}
        "#
    }
}

use reader::Reader;

/// A seven.
const ROWS: [[f32; 8]; 8] = [
    [0.0, 0.0, 0.5, 1.0, 1.0, 0.7, 0.0, 0.0],
    [0.0, 0.2, 1.0, 0.9, 0.8, 1.0, 0.0, 0.0],
    [0.0, 0.0, 0.2, 0.0, 0.6, 1.0, 0.0, 0.0],
    [0.0, 0.0, 0.2, 0.5, 0.9, 1.0, 0.6, 0.0],
    [0.0, 0.0, 0.9, 1.0, 1.0, 0.7, 0.2, 0.0],
    [0.0, 0.0, 0.3, 0.9, 0.6, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.5, 1.0, 0.2, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.7, 0.9, 0.0, 0.0, 0.0, 0.0],
];

fn main() {
    for (digit, score) in Reader::new().run(&ROWS).iter().enumerate() {
        let bar = "#".repeat((score * 40.0).round() as usize);
        println!("{digit} {:5.1} % {bar}", score * 100.0);
    }
}

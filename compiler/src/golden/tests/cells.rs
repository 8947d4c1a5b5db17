//! Cells with other gates, and with matrices in another order of memory.

use super::network::{Network, Outputs, WIDTH, alone, linear};
use crate::sequences::Steps;
use crate::tensors::fixtures::{Tensors, assert_says, filling};

/// The weights with the bytes of these matrices column after column.
fn column_major(weights: &Tensors, shapes: &[(&str, [usize; 2])]) -> Tensors {
    shapes.iter().fold(weights.clone(), |weights, (name, [rows, columns])| {
        let right: Vec<f32> = filling(name, rows * columns).iter().map(|x| 2.5 * x).collect();
        let turned: Vec<f32> = (0..columns * rows).map(|at| right[at % rows * columns + at / rows]).collect();
        weights.floats(name, &[*rows, *columns], &turned)
    })
}

#[test]
fn matrices_in_fortran_order() {
    let input = ("a.weight_ih_l0", [12, WIDTH]);
    let recurrent = ("a.weight_hh_l0", [12, WIDTH]);
    let head = ("b.weight", [WIDTH, WIDTH]);
    let network = Network::lstm().with_head("none");
    for (turned, expected) in [
        (&[input, recurrent, head][..], "`a.weight_hh_l0`, `a.weight_ih_l0` and `b.weight` in Fortran order"),
        (&[input, recurrent], "`a.weight_hh_l0` and `a.weight_ih_l0` in Fortran order"),
        (&[input], "it matches with `a.weight_ih_l0` in Fortran order"),
        (&[head], "it matches with `b.weight` in Fortran order, column after column, or transposed"),
    ] {
        let inputs = network.inputs();
        let outputs = network.outputs(&inputs);
        let wrong = Network { weights: column_major(&network.weights, turned), ..network.clone() };
        for output in ["every", "last"] {
            assert_says(&wrong.told(output, &inputs, &outputs), &[expected, "numpy.ascontiguousarray"]);
        }
    }
    let network = Network::gru("before").of_tokens();
    let inputs = network.inputs();
    let outputs = network.outputs(&inputs);
    let weights = column_major(&network.weights, &[("e.weight", [8, WIDTH])]);
    let wrong = Network { weights, ..network };
    assert_says(
        &wrong.told("every", &inputs, &outputs),
        &["`e.weight` in Fortran order, column after column |"],
    );
}

/// An LSTM or a GRU with other gates, as a textbook has it.
fn hard(cell: &str, gate: fn(f64) -> f64, sequence: &Steps) -> Outputs {
    let gates = if cell == "lstm" { 4 } else { 3 };
    let tensor = |name: &str, count: usize| -> Vec<f64> {
        filling(&format!("a.{name}_l0"), count).iter().map(|x| f64::from(2.5 * x)).collect()
    };
    let rows = gates * WIDTH;
    let (w, u) = (tensor("weight_ih", rows * WIDTH), tensor("weight_hh", rows * WIDTH));
    let (bw, bu) = (tensor("bias_ih", rows), tensor("bias_hh", rows));
    let product = |matrix: &[f64], row: usize, x: &[f64]| -> f64 {
        matrix[row * WIDTH..(row + 1) * WIDTH].iter().zip(x).map(|(w, x)| w * x).sum()
    };
    let Steps::Features(steps) = sequence else {
        panic!("no features");
    };
    let (mut h, mut c) = (vec![0.0; WIDTH], [0.0; WIDTH]);
    let mut outputs = Outputs::new();
    for x in steps {
        let x: Vec<f64> = x.iter().map(|&x| x.into()).collect();
        let of_x = |gate: usize, unit: usize| product(&w, gate * WIDTH + unit, &x) + bw[gate * WIDTH + unit];
        let of_h = |gate: usize, unit: usize, h: &[f64]| {
            product(&u, gate * WIDTH + unit, h) + bu[gate * WIDTH + unit]
        };
        let open = |which: usize, unit: usize| gate(of_x(which, unit) + of_h(which, unit, &h));
        let reset: Vec<f64> = (0..WIDTH).map(|unit| open(0, unit) * h[unit]).collect();
        let mut next = Vec::new();
        for unit in 0..WIDTH {
            next.push(match cell {
                "lstm" => {
                    let g = (of_x(2, unit) + of_h(2, unit, &h)).tanh();
                    c[unit] = open(1, unit) * c[unit] + open(0, unit) * g;
                    open(3, unit) * c[unit].tanh()
                }
                variant => {
                    let n = match variant {
                        "after" => of_x(2, unit) + open(0, unit) * of_h(2, unit, &h),
                        _ => of_x(2, unit) + of_h(2, unit, &reset),
                    };
                    let z = open(1, unit);
                    (1.0 - z) * n.tanh() + z * h[unit]
                }
            });
        }
        h = next;
        outputs.push(h.clone());
    }
    outputs
}

#[test]
fn hard_gates() {
    let fifths: fn(f64) -> f64 = |x| (0.2 * x + 0.5).clamp(0.0, 1.0);
    let sixths: fn(f64) -> f64 = |x| (x / 6.0 + 0.5).clamp(0.0, 1.0);
    for (gate, slope) in [(fifths, "0.2 x + 0.5"), (sixths, "x / 6 + 0.5")] {
        for cell in ["lstm", "after", "before"] {
            let network = if cell == "lstm" { Network::lstm() } else { Network::gru(cell) };
            let inputs = network.inputs();
            let states: Vec<Outputs> = inputs.iter().map(|steps| hard(cell, gate, steps)).collect();
            let head = linear(Tensors::new(), "b");
            let heads: Vec<Outputs> =
                states.iter().map(|steps| alone("linear: {name: b, units: 3}", &head, steps)).collect();
            for output in ["every", "last"] {
                assert_says(&network.told(output, &inputs, &states), &["`hard_sigmoid` gates", slope]);
                let network = network.clone().with_head("none");
                assert_says(&network.told(output, &inputs, &heads), &["`hard_sigmoid` gates", slope]);
            }
        }
    }
}

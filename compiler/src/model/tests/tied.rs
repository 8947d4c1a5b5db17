//! Linear layers that have the table of the embedding.

use super::lstm_at;
use crate::model::{Layer, Model};
use crate::plan::{self, Plan};
use crate::tensors::fixtures::{Tensors, assert_says, faults, filling, model};

const TIED: &str = "input: {tokens: 11}\noutput: every\nlayers:\n  - embedding: {name: e, dim: 2}\n  - lstm: {name: lstm, \
                    hidden_size: 2}\n  - linear: {name: d, units: 11, tied: e}";

fn network() -> Tensors {
    lstm_at(Tensors::new(), "lstm", "_l0", 2).filled("d.bias", &[11])
}

fn tied() -> Tensors {
    network().filled("e.weight", &[11, 2])
}

fn weights(model: &Model) -> [Vec<f32>; 2] {
    match model.layers.as_slice() {
        [Layer::Embedding(embedding), _, Layer::Linear(linear)] => {
            [embedding.table.data.clone(), linear.weight.to_dense().data]
        }
        layers => panic!("{layers:?}"),
    }
}

#[test]
fn a_tied_layer_has_the_table_from_wherever_the_file_has_it() {
    let table = filling("e.weight", 22);
    let copy = tied().floats("d.weight", &[11, 2], &table);
    let only_there = network().floats("d.weight", &[11, 2], &table);
    for tensors in [tied(), copy, only_there] {
        let model = model(TIED, &tensors);
        assert_eq!(weights(&model), [table.clone(), table.clone()]);
        let Layer::Linear(linear) = &model.layers[2] else { panic!() };
        assert_eq!(linear.bias, filling("d.bias", 11));
        assert!(linear.is_tied);
    }
    let turned: Vec<f32> = (0..2).flat_map(|column| table.iter().skip(column).step_by(2).copied()).collect();
    let keras = Tensors::new()
        .filled("lstm.kernel", &[2, 8])
        .filled("lstm.recurrent_kernel", &[2, 8])
        .floats("d.kernel", &[2, 11], &turned);
    let yaml = format!("convention: keras\n{TIED}");
    assert_eq!(weights(&model(&yaml, &keras)), [table.clone(), table.clone()]);
    let keras = keras.floats("e.embeddings", &[11, 2], &table);
    assert_eq!(weights(&model(&yaml, &keras)), [table.clone(), table.clone()]);
}

#[test]
fn a_table_of_two_layers_is_stored_and_counted_once() {
    let apart = TIED.replace(", tied: e", "");
    let copy = tied().floats("d.weight", &[11, 2], &filling("e.weight", 22));
    let (tied, apart) = (Plan::new(&model(TIED, &tied())), Plan::new(&model(&apart, &copy)));
    assert_eq!(tied.weights.bytes().len() + 22 * 4, apart.weights.bytes().len());
    assert_eq!(tied.cost.parameters() + 22, apart.cost.parameters());
    assert_eq!(tied.cost.macs(), apart.cost.macs());
    assert_eq!(tied.cost.bytes_per_step(), apart.cost.bytes_per_step());
    let bytes: Vec<usize> = tied.cost.layers.iter().map(|layer| layer.bytes).collect();
    assert_eq!(bytes.iter().sum::<usize>(), tied.weights.bytes().len());
    let plan::Layer::Embedding(embedding) = &tied.body[0] else { panic!() };
    assert!(matches!(embedding.lookup, plan::Lookup::Tied(_)));
}

#[test]
fn a_matrix_that_differs_from_the_table_is_not_tied() {
    let found = faults(TIED, &tied().filled("d.weight", &[11, 2]));
    assert_says(&found, &["tied-weight", "`d.weight` differs from the table of `e`", "remove `tied`"]);
}

#[test]
fn a_missing_matrix_may_be_the_table() {
    let apart = TIED.replace(", tied: e", "");
    let found = faults(&apart, &tied());
    assert_says(&found, &["needs tensor `d.weight`", "if the two are tied, write `tied: e` in `d`"]);
    let found = faults(&apart, &network().filled("d.weight", &[11, 2]));
    assert_says(&found, &["needs tensor `e.weight`", "the matrix of `d` has this shape", "`tied: e` in `d`"]);
    // A matrix of another shape is none.
    let other = network().filled("e.weight", &[11, 2]).without("d.bias").filled("d.bias", &[12]);
    let found = faults(&apart.replace("units: 11", "units: 12"), &other);
    assert!(!found.contains("tied"), "{found}");
}

#[test]
fn what_a_layer_can_be_tied_to() {
    for (old, new, expected) in [
        ("tied: e", "tied: f", "there is no layer `f` | did you mean `e`?"),
        ("tied: e", "tied: lstm", "`lstm` is no `embedding`"),
        ("tied: e", "tied: d", "`d` is no `embedding`"),
        ("units: 11", "units: 12", "shape [12, 2], and the table of `e` has the shape [11, 2]"),
        ("units: 11", "units: 11, precision: f16", "numbers in `f16`, and the table of `e` is in `f32`"),
        (
            "dim: 2",
            "dim: 2, precision: int8",
            "`d` has its numbers in `f32`, and the table of `e` is in `int8`",
        ),
        ("units: 11", "units: 11, precision: int16x8", "`d` is `int16x8`, and no table is"),
    ] {
        let found = faults(&TIED.replace(old, new), &tied());
        assert_says(&found, &["tied-weight", expected]);
        assert_eq!(found.lines().count(), 1, "{found}");
    }
    let wide = TIED.replace("hidden_size: 2", "hidden_size: 3");
    let tensors = Tensors::new()
        .filled("e.weight", &[11, 2])
        .filled("lstm.weight_ih_l0", &[12, 2])
        .filled("lstm.weight_hh_l0", &[12, 3]);
    assert_says(&faults(&wide, &tensors), &["shape [11, 3]", "has to give 2 numbers"]);
    let dual = format!(
        "{}\nruntime: {{dual_module: [{{layer: d}}]}}",
        TIED.replace("tied: e", "tied: e, activation: relu")
    );
    assert_says(&faults(&dual, &tied()), &["dual-module-misplaced", "`d` has the table of `e`"]);
}

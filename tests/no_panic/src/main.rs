//! A program that runs models and nothing else; the test `no_panic` says what it is for.
#![no_std]
#![no_main]

#[cfg(feature = "allocate")]
extern crate alloc;

#[cfg(not(feature = "panic"))]
mod large;
mod machine;

use core::hint::black_box;

use recurve::{
    Budgeted, DualModule, Foreseeing, SequenceToSequence, SequenceToVector, Streaming, Thresholded,
};

macro_rules! models {
    ($($name:ident $spec:literal)*) => {
        $(
            mod $name {
                recurve::rnn_model!(pub struct Model = $spec);
            }
        )*
    };
}

models! {
    gru_after "../traces/gru_after.yaml"
}

#[cfg(not(feature = "panic"))]
models! {
    concat "../traces/concat.yaml"
    dual_bidirectional "../traces/dual_lstm_bidirectional.yaml"
    dual_budget "../traces/dual_lstm_budget.yaml"
    dual_cross_gate "../traces/dual_lstm_cross_gate.yaml"
    dual_gru "../traces/dual_gru.yaml"
    dual_int8 "../traces/dual_lstm_int8.yaml"
    dual_softmax "../traces/dual_softmax.yaml"
    dual_tanh "../traces/dual_tanh.yaml"
    predictor_forest "../traces/predictor_forest.yaml"
    predictor_mlp "../traces/predictor_mlp.yaml"
    predictor_tokens "../traces/predictor_tokens.yaml"
    skip_rnn "../traces/skip_rnn_lstm.yaml"
    stop_tokens "../traces/stop_tokens.yaml"
    thr_rnn "../traces/thr_rnn_gru.yaml"
    window "../traces/window_lstm_stack.yaml"
    bidirectional_last "../traces/lstm_bidirectional_last.yaml"
    bidirectional_stack "../traces/gru_bidirectional_stacked_linear.yaml"
    fastgrnn_low_rank "../traces/fastgrnn_low_rank.yaml"
    fastrnn_low_rank "../traces/fastrnn_low_rank.yaml"
    gru_before "../traces/keras_gru_before.yaml"
    gru_before_hmd "../traces/gru_before_hmd.yaml"
    lstm_hkp "../traces/lstm_hkp.yaml"
    lstm_kp "../traces/lstm_kp.yaml"
    lstm_residual "../traces/lstm_residual.yaml"
    lstm_wide "../traces/lstm_wide.yaml"
    rnn "../traces/rnn_tanh.yaml"
    tokens "../traces/keras_tokens_gru.yaml"
}

/// Every method of a streaming model, on inputs that the optimiser knows nothing about.
#[inline(never)]
fn stream<M: Streaming>(inputs: &[M::Input], outputs: &mut [M::Output]) {
    let mut model = black_box(M::new());
    for input in black_box(inputs) {
        black_box(model.step(black_box(input)));
    }
    black_box(model.run(black_box(inputs)));
    model.run_into(black_box(inputs), black_box(outputs));
    model.reset();
    black_box(&model);
}

/// What the caller of a model that knows what it will skip can do besides.
#[cfg(not(feature = "panic"))]
#[inline(never)]
fn foresee<M: Foreseeing>(inputs: &[M::Input], outputs: &mut [M::Output]) {
    stream::<M>(inputs, outputs);
    let mut model = black_box(M::new());
    black_box(model.next_update_in());
    black_box(model.pass(black_box(9)));
    black_box(model.stats());
}

/// What the caller of a model with dual modules can do besides.
#[cfg(not(feature = "panic"))]
#[inline(never)]
fn steer<M: DualModule>(model: &mut M) {
    DualModule::set_insensitive_ratio(model, black_box(0.3));
    for mut module in model.dual_modules() {
        module.set_thresholds(black_box(0.3), black_box(0.6));
        module.set_row_budget(black_box(9));
        black_box(module.rows().insensitive_ratio());
    }
    black_box(DualModule::rows(model));
}

#[cfg(not(feature = "panic"))]
#[inline(never)]
fn dual<M: Streaming + DualModule>(inputs: &[M::Input], outputs: &mut [M::Output]) {
    stream::<M>(inputs, outputs);
    let mut model = black_box(M::new());
    steer(&mut model);
    black_box(model.run(black_box(inputs)));
}

#[cfg(not(feature = "panic"))]
fn dual_all() {
    dual::<dual_budget::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    dual::<dual_cross_gate::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    dual::<dual_gru::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    dual::<dual_int8::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    dual::<dual_softmax::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    dual::<dual_tanh::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    let inputs = black_box([[0.5; _]; 40]);
    let mut outputs = black_box([[0.0; _]; 40]);
    let mut model = black_box(dual_bidirectional::Model::new());
    steer(&mut model);
    let _ = black_box(SequenceToSequence::run_into(&mut model, &inputs, &mut outputs));
    black_box(model.stats());
    black_box(&outputs);
}

#[cfg(not(feature = "panic"))]
fn skip_all() {
    stream::<predictor_forest::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<predictor_mlp::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<predictor_tokens::Model>(&[7; 40], &mut [[0.0; _]; 40]);
    stream::<stop_tokens::Model>(&[7; 40], &mut [[0.0; _]; 40]);
    foresee::<skip_rnn::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    foresee::<thr_rnn::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    foresee::<window::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);

    let mut model = black_box(window::Model::new());
    Budgeted::set_budget(&mut model, black_box(3));
    Thresholded::set_threshold(&mut model, black_box(0.3));
    black_box(&model);
    let mut model = black_box(concat::Model::new());
    let inputs = black_box([[0.5; _]; 40]);
    let _ = black_box(SequenceToVector::run(&mut model, &inputs));
}

#[cfg(not(feature = "panic"))]
fn stream_all() {
    skip_all();
    dual_all();
    large::steps();
    stream::<fastgrnn_low_rank::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<fastrnn_low_rank::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<gru_before::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<gru_before_hmd::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<lstm_hkp::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<lstm_kp::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<lstm_residual::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<lstm_wide::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<rnn::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<tokens::Model>(&[7; 40], &mut [[0.0; _]; 40]);

    let inputs = black_box([[0.5; _]; 40]);
    let mut outputs = black_box([[0.0; _]; 40]);
    let mut model = black_box(bidirectional_stack::Model::new());
    let _ = black_box(SequenceToSequence::run_into(&mut model, &inputs, &mut outputs));
    black_box(&outputs);
    let mut model = black_box(bidirectional_last::Model::new());
    let _ = black_box(SequenceToVector::run(&mut model, &inputs));
}

#[unsafe(no_mangle)]
extern "C" fn entry() -> i32 {
    stream::<gru_after::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    #[cfg(not(feature = "panic"))]
    stream_all();
    #[cfg(feature = "panic")]
    black_box([1, 2][black_box(0)]);
    0
}

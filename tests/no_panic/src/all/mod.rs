//! Every kind of model, and what can be done with it.

mod large;
mod rows;

use core::hint::black_box;

use recurve::{
    Batch, Budgeted, DualModule, Foreseeing, Lockstep, SequenceToSequence, SequenceToVector, Streaming,
    Thresholded,
};

use crate::stream;

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
    lstm_projected "../traces/lstm_projected.yaml"
    lstm_residual "../traces/lstm_residual.yaml"
    lstm_wide "../traces/lstm_wide.yaml"
    rnn "../traces/rnn_tanh.yaml"
    tokens "../traces/keras_tokens_gru.yaml"
}

/// Calls whatever there is of every kind of model.
pub(crate) fn run() {
    skip_all();
    together_all();
    dual_all();
    large::steps();
    rows::read();
    stream::<fastgrnn_low_rank::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<fastrnn_low_rank::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<gru_before::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<gru_before_hmd::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<lstm_hkp::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<lstm_kp::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    stream::<lstm_projected::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
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

/// What several streams can do.
#[inline(never)]
fn together<M: Lockstep>(input: M::Input) {
    let mut batch = black_box(Batch::<M, 5>::new());
    let inputs: [M::Input; 5] = black_box(core::array::from_fn(|_| input.clone()));
    black_box(batch.step(&inputs));
    let some = black_box([Some(input.clone()), None, Some(input.clone()), None, Some(input)]);
    black_box(batch.step_some(&some));
    batch.reset();
    black_box(&batch);
}

/// What the caller of a model that knows what it will skip can do besides.
#[inline(never)]
fn foresee<M: Foreseeing>(inputs: &[M::Input], outputs: &mut [M::Output]) {
    stream::<M>(inputs, outputs);
    let mut model = black_box(M::new());
    black_box(model.next_update_in());
    black_box(model.pass(black_box(9)));
    black_box(model.stats());
}

/// What the caller of a model with dual modules can do besides.
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

#[inline(never)]
fn dual<M: Streaming + DualModule>(inputs: &[M::Input], outputs: &mut [M::Output]) {
    stream::<M>(inputs, outputs);
    let mut model = black_box(M::new());
    steer(&mut model);
    black_box(model.run(black_box(inputs)));
}

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

fn together_all() {
    together::<crate::gru_after::Model>([0.5; _]);
    together::<gru_before_hmd::Model>([0.5; _]);
    together::<lstm_kp::Model>([0.5; _]);
    together::<lstm_projected::Model>([0.5; _]);
    together::<tokens::Model>(7);
}

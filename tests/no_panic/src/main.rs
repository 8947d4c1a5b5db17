//! A program that runs models and nothing else; the test `no_panic` says what it is for.
#![no_std]
#![no_main]

#[cfg(feature = "allocate")]
extern crate alloc;

mod machine;

use core::hint::black_box;

use recurve::{SequenceToSequence, SequenceToVector, Streaming};

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

#[cfg(not(feature = "panic"))]
fn stream_all() {
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

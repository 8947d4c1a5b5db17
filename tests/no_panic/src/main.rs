//! A program that runs models and nothing else; the test `no_panic` says what it is for.
#![no_std]
#![no_main]

#[cfg(feature = "allocate")]
extern crate alloc;

use core::hint::black_box;

use recurve::Streaming;

macro_rules! models {
    ($($name:ident $spec:literal)*) => {
        $(
            mod $name {
                recurve::rnn_model!(pub struct Model = $spec);
            }
        )*
    };
}

#[cfg(not(any(feature = "panic", feature = "allocate")))]
mod all;
mod machine;

models! {
    gru_after "../traces/gru_after.yaml"
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

#[unsafe(no_mangle)]
extern "C" fn entry() -> i32 {
    stream::<gru_after::Model>(&[[0.5; _]; 40], &mut [[0.0; _]; 40]);
    #[cfg(not(any(feature = "panic", feature = "allocate")))]
    all::run();
    #[cfg(feature = "panic")]
    black_box([1, 2][black_box(0)]);
    0
}

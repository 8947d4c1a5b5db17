//! Layers that several threads share give the same numbers, to the last bit, as on one, which reads large matrices back
//! and forth.

// Generated types are public wherever they are included.
#![allow(unreachable_pub)]

use recurve::Streaming;

include!(concat!(env!("OUT_DIR"), "/threads.rs"));

const INPUT: usize = 301;
const HIDDEN: usize = 305;
const STEPS: usize = 11;

fn inputs() -> Vec<[f32; INPUT]> {
    let number = |step: usize, at: usize| ((step * 31 + at * 17) % 23) as f32 / 11.5 - 1.0;
    (0..STEPS).map(|step| std::array::from_fn(|at| number(step, at))).collect()
}

fn outputs<M: Streaming<Input = [f32; INPUT], Output = [f32; HIDDEN]>>(by_steps: bool) -> Vec<[f32; HIDDEN]> {
    let mut model = M::new();
    if by_steps {
        return inputs().iter().map(|input| *model.step(input)).collect();
    }
    let mut outputs = vec![[0.0; HIDDEN]; STEPS];
    model.run_into(&inputs(), &mut outputs);
    outputs
}

fn agree<One, Several>()
where
    One: Streaming<Input = [f32; INPUT], Output = [f32; HIDDEN]>,
    Several: Streaming<Input = [f32; INPUT], Output = [f32; HIDDEN]>,
{
    for by_steps in [true, false] {
        let one = outputs::<One>(by_steps);
        assert!(one.as_flattened().iter().any(|number| number.abs() > 0.01));
        // Streams of several callers at once find their own threads.
        let callers: Vec<_> =
            (0..3).map(|_| std::thread::spawn(move || outputs::<Several>(by_steps))).collect();
        for caller in callers {
            assert_eq!(caller.join().expect("a thread"), one);
        }
    }
}

/// Whether the model that was written for `name` reads matrices from either end in turn.
fn is_back_and_forth(name: &str) -> bool {
    let file = format!(concat!(env!("OUT_DIR"), "/threads/{}/m.rs"), name);
    std::fs::read_to_string(file).expect("the model").contains("BackAndForth")
}

/// What lies in a cache as a whole is not, nor what several threads share.
#[test]
fn one_thread_reads_large_layers_back_and_forth() {
    for large in ["lstm/one", "gru/one"] {
        assert!(is_back_and_forth(large), "{large}");
    }
    for other in ["lstm_int8/one", "lstm/three", "gru/three", "lstm/dual"] {
        assert!(!is_back_and_forth(other), "{other}");
    }
}

#[test]
fn dense_layers_agree() {
    agree::<lstm_one::M, lstm_three::M>();
    agree::<gru_one::M, gru_three::M>();
    agree::<lstm_int8_one::M, lstm_int8_three::M>();
}

#[test]
fn dual_modules_agree() {
    agree::<lstm_dual::M, lstm_dual_three::M>();
    agree::<gru_dual::M, gru_dual_three::M>();
    agree::<lstm_int8_dual::M, lstm_int8_dual_three::M>();
    assert_ne!(outputs::<lstm_dual::M>(true), outputs::<lstm_one::M>(true), "rows are left out");
}

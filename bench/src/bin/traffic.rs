//! What `traffic.sh` counts: one model reads some steps, one by one or in a run.
//!
//! usage: traffic MODEL rest|steps|run. It prints the steps, and the bytes that any order of work has to move: every
//! weight once, and the state there and back. `rest` makes the inputs and the room for outputs and reads nothing, so that
//! what starting costs can be taken away; inputs and outputs lie in the cache from then on.

#[path = "../random.rs"]
mod random;

use std::hint::black_box;
use std::process::ExitCode;

use random::Random;
use recurve::Streaming;

recurve::include_model!("kws");
recurve::include_model!("har");
recurve::include_model!("stack");
recurve::include_model!("wide");
recurve::include_model!("large");
recurve::include_model!("large_int8");

/// In a run.
const STEPS: usize = 32;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [model, way] = arguments[..] else {
        return usage();
    };
    match model {
        "kws" => read::<Kws, _, _>(way),
        "har" => read::<Har, _, _>(way),
        "stack" => read::<Stack, _, _>(way),
        "wide" => read::<Wide, _, _>(way),
        "large" => read::<Large, _, _>(way),
        "large_int8" => read::<LargeInt8, _, _>(way),
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: traffic kws|har|stack|wide|large|large_int8 rest|steps|run");
    ExitCode::from(2)
}

fn read<M, const INPUT: usize, const OUTPUT: usize>(way: &str) -> ExitCode
where
    M: Streaming<Input = [f32; INPUT], Output = [f32; OUTPUT]>,
{
    let mut random = Random::new(0);
    let inputs: Vec<[f32; INPUT]> = (0..STEPS).map(|_| std::array::from_fn(|_| random.within(1.0))).collect();
    let mut outputs = vec![[0.0; OUTPUT]; STEPS];
    let mut model = M::new();
    match way {
        "rest" => {}
        "steps" => {
            for (input, output) in inputs.iter().zip(&mut outputs) {
                *output = *model.step(input);
            }
        }
        "run" => model.run_into(&inputs, &mut outputs),
        _ => return usage(),
    }
    black_box(&outputs);
    let once = M::WEIGHT_BYTES + 2 * M::STATE_BYTES;
    println!("{STEPS} {once}");
    ExitCode::SUCCESS
}

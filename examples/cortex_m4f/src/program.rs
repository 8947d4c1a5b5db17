//! Runs a network and says what it gave and what it cost, a fact a line.

use recurve::Streaming;

use crate::board::{self, Clock};

/// Takes `inputs` step by step, then ends the emulator.
///
/// A line is a word and numbers in hexadecimal: `step` with the ticks that it took and the bits of its outputs, `nothing` with
/// the ticks of measuring nothing, `stack` with the most bytes that were on it, `state` with those of the network's value.
pub fn run<M, const N: usize>(inputs: &[[f32; N]]) -> !
where
    M: Streaming<Input = [f32; N]>,
    M::Output: AsRef<[f32]>,
{
    let clock = Clock::start();
    let before = clock.now();
    line("nothing", [clock.ticks_since(before)]);
    let mut network = M::new();
    for input in inputs {
        let before = clock.now();
        let output = network.step(input);
        let ticks = clock.ticks_since(before);
        line("step", core::iter::once(ticks).chain(output.as_ref().iter().map(|number| number.to_bits())));
    }
    line("state", [size_of::<M>() as u32]);
    line("stack", [board::stack_bytes()]);
    board::exit()
}

fn line(word: &str, numbers: impl IntoIterator<Item = u32>) {
    board::write(word.as_bytes());
    for number in numbers {
        let digit = |at: u32| b"0123456789abcdef"[(number >> (28 - 4 * at)) as usize & 15];
        board::write(&[b' ', digit(0), digit(1), digit(2), digit(3), digit(4), digit(5), digit(6), digit(7)]);
    }
    board::write(b"\n");
}

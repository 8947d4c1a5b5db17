//! A digit as text, with what a network believes after each row.

use recurve::Streaming;

use crate::data::{Digit, Row};
use crate::measure::{Scores, guess};

/// From paper to ink, two characters a pixel.
const SHADES: [&str; 5] = ["  ", "░░", "▒▒", "▓▓", "██"];
/// Characters of a bar that stands for certainty.
const BAR: f32 = 20.0;

pub(crate) fn print<M>(digit: &Digit)
where
    M: Streaming<Input = Row, Output = Scores>,
{
    let mut model = M::new();
    for row in &digit.rows {
        let scores = model.step(row);
        let guess = guess(scores);
        let score = scores[guess];
        let pixels: String = row.iter().map(shade).collect();
        let bar = "━".repeat((score * BAR).round() as usize);
        println!("    {pixels}   {guess}  {:3.0} %  {bar}", score * 100.0);
    }
}

fn shade(pixel: &f32) -> &'static str {
    let last = SHADES.len() - 1;
    let index = (pixel * last as f32).round() as usize;
    SHADES[index.min(last)]
}

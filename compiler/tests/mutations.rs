//! Specs with random damage are read without panic, and what is said about them can be shown.
//! `RECURVE_MUTATIONS` sets how many.

use recurve_compiler::diagnostic::{Diagnostics, render};
use recurve_compiler::spec;
use std::time::{Duration, Instant};

const SEEDS: &[&str] = &[
    include_str!("../src/spec/example.yaml"),
    "recurve: 1\nname: A\nweights: [a, 'b c', \"d\\n\"]\ngolden: {file: é, tolerance: 1e-3}\ninput: {tokens: 10, max_steps: 3}\nfit: f\nignore: &p ['*']\n\
     layers:\n- embedding: {name: e, dim: &d 8}\n- gru: &g {name: 日本, hidden_size: *d, reset: after, bidirectional: true}\n\
     - fastgrnn: {name: f, hidden_size: 4, input_rank: 2, gate_nonlinearity: quant_sigm}\n- rnn: {name: r, hidden_size: 3, nonlinearity: relu, compression: {hkp: {ratio: 1.5, matrices: both}}}\n\
     - fastrnn:\n    name: x\n    hidden_size: 2\n    residual: false # so\noutput: every\nruntime: {activations: exact}\ntarget: {ram: 8 KiB}\n",
];

const PIECES: &[&str] = &[
    "[",
    "]",
    "{",
    "}",
    ": ",
    ":",
    "- ",
    "? ",
    ", ",
    "&a ",
    "*a",
    "*d",
    "!!int ",
    "!t ",
    "<<: ",
    "\"",
    "'",
    "#",
    "\n",
    "\r\n",
    "\t",
    "  ",
    "|\n",
    ">-\n",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "~",
    "null",
    "true",
    "yes",
    "0",
    "-1",
    "1e9",
    "99999999999999999999999",
    ".nan",
    ".inf",
    "1_0",
    "0x",
    "é",
    "日本",
    "𝄞",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\0",
    "\u{7}",
    "\u{1b}[31m",
    "\\",
    "name: ",
    "layers:\n- ",
    "lstm: ",
    "{features: 3}",
];

/// Marsaglia's xorshift: the same damage every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }

    fn range(&mut self, text: &str) -> std::ops::Range<usize> {
        let start = text.floor_char_boundary(self.below(text.len() + 1));
        let length = [1, 2, 5, 20, 200][self.below(5)];
        start..text.ceil_char_boundary(start + self.below(length))
    }

    fn damage(&mut self, text: &mut String) {
        let range = self.range(text);
        let piece = PIECES[self.below(PIECES.len())];
        match self.below(6) {
            0 => text.replace_range(range, ""),
            1 => text.replace_range(range, piece),
            2 => text.insert_str(range.start, piece),
            3 => text.insert_str(range.start, &piece.repeat(1 + self.below(80))),
            4 => {
                let copied = text[range].to_owned();
                let place = self.range(text).start;
                text.insert_str(place, &copied);
            }
            _ => text.truncate(range.start),
        }
    }
}

#[test]
fn damaged_specs_are_diagnosed() {
    let count = std::env::var("RECURVE_MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(2000);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..count {
        let mut text = SEEDS[random.below(SEEDS.len())].to_owned();
        for _ in 0..=random.below(4) {
            random.damage(&mut text);
        }
        let start = Instant::now();
        let mut diagnostics = Diagnostics::new();
        let spec = spec::read(&text, &mut diagnostics);
        assert!(spec.is_some() || diagnostics.has_errors(), "{text:?}");
        for diagnostic in &diagnostics {
            let span = diagnostic.span;
            assert!(text.get(span.start..span.end).is_some(), "{span:?} of {text:?}");
            assert!(!diagnostic.message.contains(char::is_control), "{diagnostic:?}");
        }
        let rendered = render("spec.yaml", &text, &diagnostics, false);
        assert_eq!(rendered.is_empty(), diagnostics.is_empty());
        assert!(!rendered.contains('\u{1b}'));
        assert!(start.elapsed() < Duration::from_secs(5), "{text:?}");
    }
}

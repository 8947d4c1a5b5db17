//! Reads digits on a microcontroller: `cargo build -p no_std --target thumbv7em-none-eabihf`.

#![no_std]
#![forbid(unsafe_code)]
#![deny(warnings)]

recurve::include_model!("digits_fast_grnn");

/// Bytes that the device has for the network.
const FLASH: usize = 8 * 1024;
const RAM: usize = 1024;

const _: () = assert!(DigitsFastGrnn::WEIGHT_BYTES <= FLASH);
const _: () = assert!(DigitsFastGrnn::STATE_BYTES + DigitsFastGrnn::SCRATCH_BYTES <= RAM);

/// Rows of a digit.
const ROWS: u8 = 8;

/// Takes rows as a scanner gives them.
#[derive(Debug, Clone)]
pub struct Reader {
    network: DigitsFastGrnn,
    rows: u8,
}

impl Reader {
    /// A reader that has seen nothing, for a `static` if need be.
    pub const fn new() -> Self {
        Reader { network: DigitsFastGrnn::new(), rows: 0 }
    }

    /// Takes the next row; gives the digit after its last one.
    pub fn row(&mut self, pixels: &[f32; 8]) -> Option<u8> {
        let scores = self.network.step(pixels);
        self.rows += 1;
        if self.rows < ROWS {
            return None;
        }
        let best = (0..).zip(scores).max_by(|a, b| a.1.total_cmp(b.1));
        let digit = best.map(|(digit, _)| digit);
        *self = Reader::new();
        digit
    }
}

impl Default for Reader {
    fn default() -> Self {
        Reader::new()
    }
}

//! A network that reads handwritten digits row by row, in functions that a page can call: they take and give single
//! numbers, so that nobody handles memory.

use std::sync::{Mutex, PoisonError};

recurve::include_model!("usps_rows_skip_rnn");

/// Pixels of a row, and rows of a digit.
pub const SIZE: usize = UspsRowsSkipRnn::INPUT_SIZE;

struct Reader {
    network: UspsRowsSkipRnn,
    row: [f32; SIZE],
    scores: [f32; UspsRowsSkipRnn::OUTPUT_SIZE],
}

static READER: Mutex<Reader> = Mutex::new(Reader {
    network: UspsRowsSkipRnn::new(),
    row: [-1.0; SIZE],
    scores: [0.0; UspsRowsSkipRnn::OUTPUT_SIZE],
});

fn with<T>(act: impl FnOnce(&mut Reader) -> T) -> T {
    act(&mut READER.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Forgets the rows that were read.
#[unsafe(no_mangle)]
pub extern "C" fn reset() {
    with(|reader| reader.network.reset());
}

/// Puts a pixel into the row that is read next: -1 is paper, 1 is ink.
#[unsafe(no_mangle)]
pub extern "C" fn put(column: u32, pixel: f32) {
    with(|reader| {
        if let Some(place) = reader.row.get_mut(column as usize) {
            *place = pixel;
        }
    });
}

/// Reads the row. 1 where it was read indeed, 0 where the network skipped it.
#[unsafe(no_mangle)]
pub extern "C" fn step() -> u32 {
    with(|reader| {
        let executed = reader.network.next_update_in() == 0;
        reader.scores = *reader.network.step(&reader.row);
        executed.into()
    })
}

/// How likely `digit` is after the rows so far, 0 to 1.
#[unsafe(no_mangle)]
pub extern "C" fn score(digit: u32) -> f32 {
    with(|reader| reader.scores.get(digit as usize).copied().unwrap_or_default())
}

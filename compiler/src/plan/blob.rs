//! The one run of bytes that holds every weight.

use std::ops::Range;

/// Every run of numbers starts at a multiple of this.
const ALIGNMENT: usize = 64;

/// Weights as they will lie in memory.
#[derive(Debug, Clone, Default)]
pub struct Blob {
    bytes: Vec<u8>,
}

/// Where a run of `f32` lies in a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Bytes from the start of the blob.
    pub offset: usize,
    /// How many numbers.
    pub length: usize,
}

impl Place {
    /// The bytes of the blob that the run covers.
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.length * size_of::<f32>()
    }
}

impl Blob {
    /// The bytes placed so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Places `numbers` behind what is there.
    pub fn f32s(&mut self, numbers: impl IntoIterator<Item = f32, IntoIter: ExactSizeIterator>) -> Place {
        let numbers = numbers.into_iter();
        let offset = self.bytes.len().next_multiple_of(ALIGNMENT);
        let place = Place { offset, length: numbers.len() };
        self.bytes.reserve_exact(place.range().end - self.bytes.len());
        self.bytes.resize(offset, 0);
        for number in numbers {
            self.bytes.extend_from_slice(&number.to_le_bytes());
        }
        place
    }
}

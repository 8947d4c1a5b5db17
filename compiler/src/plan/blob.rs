//! The one run of bytes that holds every weight.

use std::ops::Range;

/// Every run of numbers starts at a multiple of this.
const ALIGNMENT: usize = 64;

/// Weights as they will lie in memory.
#[derive(Debug, Clone, Default)]
pub struct Blob {
    bytes: Vec<u8>,
}

/// The type of a number in a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// `f32`.
    F32,
    /// `u16`.
    U16,
}

impl Number {
    const fn size(self) -> usize {
        match self {
            Number::F32 => 4,
            Number::U16 => 2,
        }
    }
}

/// Where a run of numbers lies in a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Their type.
    pub number: Number,
    /// Bytes from the start of the blob.
    pub offset: usize,
    /// How many numbers.
    pub length: usize,
}

impl Place {
    /// The bytes of the blob that the run covers.
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.length * self.number.size()
    }
}

impl Blob {
    /// The bytes placed so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Places `numbers` behind what is there.
    pub fn f32s(&mut self, numbers: impl IntoIterator<Item = f32>) -> Place {
        self.place(Number::F32, numbers.into_iter().map(f32::to_le_bytes))
    }

    /// Places `numbers` behind what is there.
    pub fn u16s(&mut self, numbers: impl IntoIterator<Item = u16>) -> Place {
        self.place(Number::U16, numbers.into_iter().map(u16::to_le_bytes))
    }

    fn place<const SIZE: usize>(
        &mut self,
        number: Number,
        numbers: impl Iterator<Item = [u8; SIZE]>,
    ) -> Place {
        let offset = self.bytes.len().next_multiple_of(ALIGNMENT);
        self.bytes.reserve_exact(offset - self.bytes.len() + SIZE * numbers.size_hint().0);
        self.bytes.resize(offset, 0);
        for number in numbers {
            self.bytes.extend_from_slice(&number);
        }
        Place { number, offset, length: (self.bytes.len() - offset) / SIZE }
    }
}

//! The one run of bytes that holds every weight.

use std::ops::Range;

/// A run of numbers starts at a multiple of this, which is a line of the cache.
const ALIGNMENT: usize = 64;
/// A run of fewer bytes than this starts at a multiple of the alignment of its numbers: there are many of them in
/// a compressed model, and the space between them would count.
const SMALL: usize = 256;

/// Weights as they will lie in memory.
#[derive(Debug, Clone, Default)]
pub struct Blob {
    bytes: Vec<u8>,
    /// Threads that share a large matrix.
    pub(super) threads: usize,
}

/// The type of a number in a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// `f32`.
    F32,
    /// `F16`.
    F16,
    /// `Bf16`.
    Bf16,
    /// `i8`.
    I8,
    /// `u16`.
    U16,
    /// `i16`.
    I16,
    /// `i32`: a sum.
    Sum,
    /// `[i32; 2]`: two sums of a unit.
    SumPair,
    /// `[i32; 3]`: three sums of a unit.
    SumTriple,
    /// `[i32; 4]`: four sums of a unit.
    SumQuad,
    /// `[i8; 4]`: four columns of a row.
    Quad,
    /// `u8`: two numbers of 4 bits.
    Nibbles,
    /// `[u8; 4]`: numbers of 2 or 4 bits of a row.
    Packed,
    /// `[u8; 16]`: two columns of a panel.
    NibblePanel,
    /// `[F16; 16]`: the scales of a panel.
    F16Panel,
}

impl Number {
    const fn size(self) -> usize {
        match self {
            Number::F32 | Number::Quad | Number::Packed | Number::Sum => 4,
            Number::SumPair => 8,
            Number::SumTriple => 12,
            Number::F16 | Number::Bf16 | Number::U16 | Number::I16 => 2,
            Number::I8 | Number::Nibbles => 1,
            Number::NibblePanel | Number::SumQuad => 16,
            Number::F16Panel => 32,
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
    /// Of a network whose large matrices so many threads share.
    pub(super) fn shared_by(threads: usize) -> Blob {
        Blob { bytes: Vec::new(), threads }
    }

    /// The bytes placed so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Places `numbers` behind what is there.
    pub fn f32s(&mut self, numbers: impl IntoIterator<Item = f32>) -> Place {
        self.place(Number::F32, numbers.into_iter().flat_map(f32::to_le_bytes))
    }

    pub(super) fn f16s(&mut self, bits: impl Iterator<Item = u16>) -> Place {
        self.place(Number::F16, bits.flat_map(u16::to_le_bytes))
    }

    pub(super) fn bf16s(&mut self, bits: impl Iterator<Item = u16>) -> Place {
        self.place(Number::Bf16, bits.flat_map(u16::to_le_bytes))
    }

    pub(super) fn i8s(&mut self, numbers: impl Iterator<Item = i8>) -> Place {
        self.place(Number::I8, numbers.map(i8::cast_unsigned))
    }

    pub(super) fn u16s(&mut self, numbers: impl Iterator<Item = u16>) -> Place {
        self.place(Number::U16, numbers.flat_map(u16::to_le_bytes))
    }

    pub(super) fn i16s(&mut self, numbers: impl Iterator<Item = i16>) -> Place {
        self.place(Number::I16, numbers.flat_map(i16::to_le_bytes))
    }

    /// `count` sums of each unit.
    pub(super) fn sums(&mut self, count: usize, sums: impl Iterator<Item = i32>) -> Place {
        let number = match count {
            2 => Number::SumPair,
            3 => Number::SumTriple,
            4 => Number::SumQuad,
            _ => Number::Sum,
        };
        self.place(number, sums.flat_map(i32::to_le_bytes))
    }

    pub(super) fn quads(&mut self, quads: Vec<[i8; 4]>) -> Place {
        self.place(Number::Quad, quads.into_iter().flatten().map(i8::cast_unsigned))
    }

    pub(super) fn bytes_of_nibbles(&mut self, pairs: Vec<u8>) -> Place {
        self.place(Number::Nibbles, pairs.into_iter())
    }

    pub(super) fn packed(&mut self, bytes: Vec<u8>) -> Place {
        self.place(Number::Packed, bytes.into_iter())
    }

    pub(super) fn nibble_panels(&mut self, pairs: Vec<u8>) -> Place {
        self.place(Number::NibblePanel, pairs.into_iter())
    }

    pub(super) fn f16_panels(&mut self, bits: impl Iterator<Item = u16>) -> Place {
        self.place(Number::F16Panel, bits.flat_map(u16::to_le_bytes))
    }

    fn place(&mut self, number: Number, bytes: impl Iterator<Item = u8>) -> Place {
        let before = self.bytes.len();
        let run: Vec<u8> = bytes.collect();
        let alignment = if run.len() < SMALL { size_of::<f32>() } else { ALIGNMENT };
        let offset = before.next_multiple_of(alignment);
        self.bytes.resize(offset, 0);
        self.bytes.extend_from_slice(&run);
        Place { number, offset, length: run.len() / number.size() }
    }
}

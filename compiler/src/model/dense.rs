//! A matrix as all its numbers, and how they are stored.

/// `rows x columns` numbers, row after row.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    /// Numbers of a product.
    pub rows: usize,
    /// Numbers it multiplies.
    pub columns: usize,
    /// `rows * columns` numbers, which `storage` can hold.
    pub data: Vec<f32>,
    /// How they are stored.
    pub storage: Storage,
}

/// How numbers are stored.
#[derive(Debug, Clone, PartialEq)]
pub enum Storage {
    /// As they are.
    F32,
    /// In IEEE 754's binary16.
    F16,
    /// In bfloat16.
    Bf16,
    /// As integers of 8 bits that are multiplied with the scale of their row.
    Int8 {
        /// `[rows]`.
        scales: Vec<f32>,
    },
    /// As integers of 8 bits that are multiplied with the scale of their row, and multiply integers of 16 bits.
    Int16x8 {
        /// `[rows]`; multiples of `2^-point`, below `2^(15 - point)`.
        scales: Vec<f32>,
        /// Bits behind the point of a scale.
        point: i32,
    },
    /// As integers of 4 bits that are multiplied with the scale of their group of columns.
    Int4 {
        /// `[rows, columns / INT4_GROUP]`, rounded up; each a binary16.
        scales: Vec<f32>,
    },
    /// As -1, 0 and 1, which are multiplied with the scale of their group of columns.
    Int2 {
        /// As in [`Storage::Int4`].
        scales: Vec<f32>,
    },
}

/// Columns of a row that share a scale in [`Storage::Int4`].
pub const INT4_GROUP: usize = 32;

/// A matrix of [`Storage::Int8`] or [`Storage::Int4`] with fewer columns is widened, not multiplied in integers: to
/// round so short a vector costs more than it saves.
const INTEGER_FROM: usize = 32;

impl Dense {
    /// `rows * columns` numbers, row after row, as they are.
    pub fn new(rows: usize, columns: usize, data: Vec<f32>) -> Dense {
        Dense { rows, columns, data, storage: Storage::F32 }
    }

    /// The number at `row` and `column`.
    pub fn at(&self, row: usize, column: usize) -> f32 {
        self.data[row * self.columns + column]
    }

    /// The numbers of one row.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.data[row * self.columns..(row + 1) * self.columns]
    }

    /// Whether a product rounds the vector too and adds up integers.
    pub fn is_integer(&self) -> bool {
        match self.storage {
            Storage::Int8 { .. } | Storage::Int4 { .. } => self.columns >= INTEGER_FROM,
            Storage::Int2 { .. } => true,
            Storage::F32 | Storage::F16 | Storage::Bf16 | Storage::Int16x8 { .. } => false,
        }
    }

    /// Numbers of `f32` size that a product keeps on the way: the rounded vector.
    pub(super) fn scratch(&self) -> usize {
        let rounded = self.columns.div_ceil(size_of::<f32>()) + 2;
        match self.storage {
            Storage::Int16x8 { .. } => self.columns.div_ceil(2) + 1,
            Storage::Int8 { .. } if self.is_integer() => rounded,
            Storage::Int4 { .. } | Storage::Int2 { .. } if self.is_integer() => rounded + self.columns,
            Storage::F32
            | Storage::F16
            | Storage::Bf16
            | Storage::Int8 { .. }
            | Storage::Int4 { .. }
            | Storage::Int2 { .. } => 0,
        }
    }

    /// Numbers of a row that is read as such, where they are not stored so.
    pub(super) fn widened(&self) -> usize {
        if self.storage == Storage::F32 { 0 } else { self.columns }
    }

    /// Bytes of the numbers as they are stored, scales left out.
    pub fn bytes(&self) -> usize {
        let bits = match self.storage {
            Storage::F32 => 32,
            Storage::F16 | Storage::Bf16 => 16,
            Storage::Int8 { .. } | Storage::Int16x8 { .. } => 8,
            Storage::Int4 { .. } => 4,
            Storage::Int2 { .. } => 2,
        };
        self.data.len().saturating_mul(bits) / 8
    }

    /// The first `rows` rows, and the others.
    pub fn split_rows(&self, rows: usize) -> (Dense, Dense) {
        let (top, bottom) = self.data.split_at(rows * self.columns);
        let groups = self.columns.div_ceil(INT4_GROUP);
        let grouped = |scales: &[f32], from: usize, to: usize| scales[from * groups..to * groups].to_vec();
        let storage = |from: usize, to: usize| match &self.storage {
            Storage::Int8 { scales } => Storage::Int8 { scales: scales[from..to].to_vec() },
            Storage::Int16x8 { scales, point } => {
                Storage::Int16x8 { scales: scales[from..to].to_vec(), point: *point }
            }
            Storage::Int4 { scales } => Storage::Int4 { scales: grouped(scales, from, to) },
            Storage::Int2 { scales } => Storage::Int2 { scales: grouped(scales, from, to) },
            Storage::F32 | Storage::F16 | Storage::Bf16 => self.storage.clone(),
        };
        let part = |from: usize, to: usize, data: &[f32]| Dense {
            rows: to - from,
            columns: self.columns,
            data: data.to_vec(),
            storage: storage(from, to),
        };
        (part(0, rows, top), part(rows, self.rows, bottom))
    }
}

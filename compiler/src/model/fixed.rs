//! Bits behind the point of the integers of `int16x8`; the runtime's `fixed` has the same.

/// Of a sum, before an activation, and of a bias.
pub const SUM: i32 = 12;
/// Of what an activation gives, of a hidden vector, and of a cell's numbers in 0 to 1.
pub const UNIT: i32 = 15;
/// Of the cell state of an LSTM.
pub const CELL: i32 = 11;

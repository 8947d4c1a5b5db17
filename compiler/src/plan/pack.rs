//! The order of a matrix' numbers in memory; the runtime's kinds of the same names describe it.

use crate::model::{Dense, INT4_GROUP, Storage};
use crate::quantize::{bf16_bits, f16_bits};

use super::{Blob, Place};

/// Rows of a full block.
pub(super) const BLOCK: usize = 64;
/// From this many columns on the last rows lie in tiles.
const TILES_FROM: usize = 64;
/// Rows of a panel, which is what a vector holds.
pub(super) const LANES: usize = 16;

/// The numbers of a matrix, and their scales where they have any.
#[derive(Debug, Clone, Copy)]
pub struct Stored {
    pub numbers: Place,
    pub scales: Option<Place>,
}

/// For products: blocks of rows, each block column after column.
pub(super) fn dense(dense: &Dense, weights: &mut Blob) -> Stored {
    match &dense.storage {
        Storage::Int8 { .. } if dense.is_integer() => in_quads(dense, weights),
        Storage::Int4 { .. } if dense.is_integer() => packed(dense, 4, weights),
        Storage::Int4 { .. } => nibble_panels(&[dense], weights),
        Storage::Int2 { .. } => packed(dense, 2, weights),
        Storage::F32 | Storage::F16 | Storage::Bf16 | Storage::Int8 { .. } | Storage::Int16x8 { .. } => {
            plain(&[dense], |dense, numbers| panels(numbers, dense.columns), weights)
        }
    }
}

/// For products in integers of 8 bits.
pub(super) fn in_quads(dense: &Dense, weights: &mut Blob) -> Stored {
    let scales = weights.f32s(scales(dense));
    Stored { numbers: weights.quads(quads(&integers(dense), dense.columns)), scales: Some(scales) }
}

/// For reading rows: row after row.
pub(super) fn table(dense: &Dense, weights: &mut Blob) -> Stored {
    match &dense.storage {
        Storage::Int4 { .. } => nibble_rows(&[dense], weights),
        Storage::F32
        | Storage::F16
        | Storage::Bf16
        | Storage::Int8 { .. }
        | Storage::Int16x8 { .. }
        | Storage::Int2 { .. } => plain(&[dense], |_, numbers| numbers.to_vec(), weights),
    }
}

/// The kept columns of each of the `panels` of a matrix without its zeros.
pub(super) fn sparse(panels: &[&Dense], has_blocks: bool, weights: &mut Blob) -> Stored {
    match panels.first().map(|panel| &panel.storage) {
        Some(Storage::Int4 { .. }) if has_blocks => nibble_panels(panels, weights),
        Some(Storage::Int4 { .. }) => nibble_rows(panels, weights),
        None
        | Some(
            Storage::F32
            | Storage::F16
            | Storage::Bf16
            | Storage::Int8 { .. }
            | Storage::Int16x8 { .. }
            | Storage::Int2 { .. },
        ) => plain(panels, |panel, numbers| blocks(numbers, panel.columns), weights),
    }
}

/// Numbers that are stored one by one, each part in an order of its own.
fn plain(parts: &[&Dense], order: impl Fn(&Dense, &[f32]) -> Vec<f32>, weights: &mut Blob) -> Stored {
    let numbers = parts.iter().flat_map(|part| order(part, &part.data));
    let unscaled = |numbers| Stored { numbers, scales: None };
    match parts.first().map(|part| &part.storage) {
        Some(Storage::F16) => unscaled(weights.f16s(numbers.map(f16_bits))),
        Some(Storage::Bf16) => unscaled(weights.bf16s(numbers.map(bf16_bits))),
        Some(Storage::Int8 { .. }) => {
            let scales = weights.f32s(parts.iter().flat_map(|part| scales(part)));
            let integers = parts.iter().flat_map(|part| {
                let integers: Vec<f32> = integers(part).into_iter().map(f32::from).collect();
                order(part, &integers)
            });
            Stored { numbers: weights.i8s(integers.map(|integer| integer as i8)), scales: Some(scales) }
        }
        None | Some(Storage::F32 | Storage::Int16x8 { .. } | Storage::Int4 { .. } | Storage::Int2 { .. }) => {
            unscaled(weights.f32s(numbers))
        }
    }
}

fn scales(dense: &Dense) -> Vec<f32> {
    match &dense.storage {
        Storage::Int8 { scales }
        | Storage::Int16x8 { scales, .. }
        | Storage::Int4 { scales }
        | Storage::Int2 { scales } => scales.clone(),
        Storage::F32 | Storage::F16 | Storage::Bf16 => Vec::new(),
    }
}

/// What the numbers are multiples of their scales by.
fn integers(dense: &Dense) -> Vec<i8> {
    let group = match dense.storage {
        Storage::Int4 { .. } | Storage::Int2 { .. } => INT4_GROUP,
        Storage::F32 | Storage::F16 | Storage::Bf16 | Storage::Int8 { .. } | Storage::Int16x8 { .. } => {
            dense.columns.max(1)
        }
    };
    let scales = scales(dense);
    let groups = dense.data.chunks(dense.columns.max(1)).flat_map(|row| row.chunks(group));
    let integers = groups.zip(scales).flat_map(|(group, scale)| {
        group.iter().map(move |number| if scale == 0.0 { 0 } else { (number / scale).round() as i8 })
    });
    integers.collect()
}

/// Blocks of rows, each block column after column, then one of the rows outside that fill vectors, then what is
/// left over: where there are many columns in tiles of 16, each row after row, and after the tiles column after
/// column.
fn panels<T: Copy>(numbers: &[T], columns: usize) -> Vec<T> {
    let columns = columns.max(1);
    let rows = numbers.len() / columns;
    let (whole, tail) = numbers.split_at(rows / LANES * LANES * columns);
    let mut packed = blocks(whole, columns);
    let tiled = if columns < TILES_FROM { 0 } else { columns / LANES * LANES };
    for first in (0..tiled).step_by(LANES) {
        packed.extend(tail.chunks(columns).flat_map(|row| &row[first..first + LANES]));
    }
    for column in tiled..columns {
        packed.extend(tail.chunks(columns).map(|row| row[column]));
    }
    packed
}

/// Blocks of rows, each block column after column.
fn blocks<T: Copy>(numbers: &[T], columns: usize) -> Vec<T> {
    let mut packed = Vec::with_capacity(numbers.len());
    for block in numbers.chunks(BLOCK * columns.max(1)) {
        for column in 0..columns {
            packed.extend(block.iter().skip(column).step_by(columns));
        }
    }
    packed
}

/// Blocks of rows, each block four columns after four.
fn quads(numbers: &[i8], columns: usize) -> Vec<[i8; 4]> {
    let mut packed = Vec::with_capacity(numbers.len().div_ceil(4));
    for block in numbers.chunks(BLOCK * columns) {
        for first in (0..columns).step_by(4) {
            packed.extend(block.chunks(columns).map(|row| {
                let mut quad = [0; 4];
                for (to, number) in quad.iter_mut().zip(&row[first..]) {
                    *to = *number;
                }
                quad
            }));
        }
    }
    packed
}

/// Numbers of a group in a row that is read as such.
pub(super) fn group_of(parts: &[&Dense]) -> usize {
    match parts.first().map(|part| &part.storage) {
        Some(Storage::Int8 { .. }) => 4 * LANES,
        None
        | Some(
            Storage::F32
            | Storage::F16
            | Storage::Bf16
            | Storage::Int16x8 { .. }
            | Storage::Int4 { .. }
            | Storage::Int2 { .. },
        ) => LANES,
    }
}

/// Row after row, of each the parts one behind the other, filled up to whole groups; scales likewise.
pub(super) fn rows(parts: &[&Dense], weights: &mut Blob) -> Stored {
    let group = group_of(parts);
    let height = parts.first().map_or(0, |part| part.rows);
    let numbers: Vec<Vec<f32>> = parts
        .iter()
        .map(|part| match part.storage {
            Storage::Int8 { .. } => integers(part).into_iter().map(f32::from).collect(),
            Storage::F32
            | Storage::F16
            | Storage::Bf16
            | Storage::Int16x8 { .. }
            | Storage::Int4 { .. }
            | Storage::Int2 { .. } => part.data.clone(),
        })
        .collect();
    let mut all = Vec::new();
    for row in 0..height {
        for (part, numbers) in parts.iter().zip(&numbers) {
            all.extend_from_slice(&numbers[row * part.columns..(row + 1) * part.columns]);
            all.resize(all.len().next_multiple_of(group), 0.0);
        }
    }
    let unscaled = |numbers| Stored { numbers, scales: None };
    match parts.first().map(|part| &part.storage) {
        Some(Storage::F16) => unscaled(weights.f16s(all.into_iter().map(f16_bits))),
        Some(Storage::Bf16) => unscaled(weights.bf16s(all.into_iter().map(bf16_bits))),
        Some(Storage::Int8 { .. }) => {
            let of_parts: Vec<Vec<f32>> = parts.iter().map(|part| scales(part)).collect();
            // One row has two scales, also where it has one part.
            let scale = |row: usize, part: usize| of_parts.get(part).map_or(0.0, |scales| scales[row]);
            let scales = weights.f32s((0..height).flat_map(|row| [scale(row, 0), scale(row, 1)]));
            let quads = all.as_chunks::<4>().0.iter().map(|quad| quad.map(|number| number as i8)).collect();
            Stored { numbers: weights.quads(quads), scales: Some(scales) }
        }
        None | Some(Storage::F32 | Storage::Int16x8 { .. } | Storage::Int4 { .. } | Storage::Int2 { .. }) => {
            unscaled(weights.f32s(all))
        }
    }
}

/// Panels of 16 rows, 32 columns after 32 in blocks of four bytes a row: their lowest bits are four columns, the
/// bits above them the next four. Each number has what makes it positive added.
fn packed(dense: &Dense, bits: usize, weights: &mut Blob) -> Stored {
    let (integers, scales, columns) = (integers(dense), scales(dense), dense.columns);
    let (groups, fields) = (columns.div_ceil(INT4_GROUP), 8 / bits);
    let offset = if bits == 4 { 8 } else { 1 };
    let (mut bytes, mut all_scales) = (Vec::new(), Vec::new());
    let number = |row: usize, column: usize| match row < dense.rows && column < columns {
        true => (integers[row * columns + column] + offset) as u8,
        false => offset as u8,
    };
    for first in (0..dense.rows).step_by(LANES) {
        for block in (0..groups * INT4_GROUP).step_by(4 * fields) {
            for row in first..first + LANES {
                for byte in 0..4 {
                    let field = |field: usize| number(row, block + 4 * field + byte) << (bits * field);
                    bytes.push((0..fields).map(field).fold(0, |byte, field| byte | field));
                }
            }
        }
        for group in 0..groups {
            let rows = first..first + LANES;
            all_scales.extend(rows.map(|row| scales.get(row * groups + group).copied().unwrap_or(0.0)));
        }
    }
    let scales = weights.f16_panels(all_scales.into_iter().map(f16_bits));
    Stored { numbers: weights.packed(bytes), scales: Some(scales) }
}

/// A number of 4 bits as it is stored.
fn nibble(integer: i8) -> u8 {
    (integer + 8) as u8 & 15
}

/// Panels of rows, each two columns after two, and the scales of each panel, group after group.
fn nibble_panels(parts: &[&Dense], weights: &mut Blob) -> Stored {
    let (mut pairs, mut all_scales) = (Vec::new(), Vec::new());
    for part in parts {
        let (integers, scales, columns) = (integers(part), scales(part), part.columns);
        let groups = columns.div_ceil(INT4_GROUP);
        for first in (0..part.rows).step_by(LANES) {
            let number = |row: usize, column: usize| match row < part.rows && column < columns {
                true => nibble(integers[row * columns + column]),
                false => nibble(0),
            };
            for column in (0..columns).step_by(2) {
                let rows = first..first + LANES;
                pairs.extend(rows.map(|row| number(row, column) | number(row, column + 1) << 4));
            }
            for group in 0..groups {
                let rows = first..first + LANES;
                all_scales.extend(rows.map(|row| scales.get(row * groups + group).copied().unwrap_or(0.0)));
            }
        }
    }
    let scales = weights.f16_panels(all_scales.into_iter().map(f16_bits));
    Stored { numbers: weights.nibble_panels(pairs), scales: Some(scales) }
}

/// Row after row, two numbers in a byte, each row from a new byte on.
fn nibble_rows(parts: &[&Dense], weights: &mut Blob) -> Stored {
    let (mut pairs, mut all_scales) = (Vec::new(), Vec::new());
    for part in parts {
        for row in integers(part).chunks(part.columns.max(1)) {
            let second = |pair: &[i8]| pair.get(1).map_or(nibble(0), |integer| nibble(*integer));
            pairs.extend(row.chunks(2).map(|pair| nibble(pair[0]) | second(pair) << 4));
        }
        all_scales.extend(scales(part));
    }
    let scales = weights.f16s(all_scales.into_iter().map(f16_bits));
    Stored { numbers: weights.bytes_of_nibbles(pairs), scales: Some(scales) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_of_rows_column_after_column() {
        let data: Vec<u32> = (0..67 * 3).collect();
        let packed = blocks(&data, 3);
        assert_eq!(packed[..4], [0, 3, 6, 9]);
        assert_eq!(packed[64..66], [1, 4]);
        assert_eq!(packed[192..], [192, 195, 198, 193, 196, 199, 194, 197, 200]);
    }

    #[test]
    fn the_last_rows_are_in_tiles_of_a_wide_matrix() {
        let data: Vec<u32> = (0..67 * 3).collect();
        assert_eq!(panels(&data, 3), blocks(&data, 3));
        let data: Vec<u32> = (0..18 * 65).collect();
        let packed = panels(&data, 65);
        assert_eq!(
            packed[..18],
            [0, 65, 130, 195, 260, 325, 390, 455, 520, 585, 650, 715, 780, 845, 910, 975, 1, 66]
        );
        let tail = &packed[16 * 65..];
        assert_eq!([tail[0], tail[15], tail[16], tail[32]], [1040, 1055, 1105, 1056]);
        assert_eq!(tail[128..], [1104, 1169]);
    }

    #[test]
    fn quads_are_four_columns_of_a_row() {
        let packed = quads(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 5);
        assert_eq!(packed, [[1, 2, 3, 4], [6, 7, 8, 9], [5, 0, 0, 0], [10, 0, 0, 0]]);
    }

    #[test]
    fn panels_of_four_bits_have_two_columns_in_a_byte() {
        let storage = Storage::Int4 { scales: vec![0.5, 0.25] };
        let data = vec![0.5, -1.0, 1.5, 0.25, 0.5, -1.75];
        let dense = Dense { rows: 2, columns: 3, data, storage };
        let mut weights = Blob::default();
        let stored = nibble_panels(&[&dense], &mut weights);
        let pairs = &weights.bytes()[stored.numbers.range()];
        assert_eq!(pairs.len(), 32);
        assert_eq!(pairs[..3], [0x69, 0xa9, 0x88]);
        assert_eq!(pairs[16..19], [0x8b, 0x81, 0x88]);
        let stored = nibble_rows(&[&dense], &mut weights);
        assert_eq!(weights.bytes()[stored.numbers.range()], [0x69, 0x8b, 0xa9, 0x81]);
        assert_eq!(stored.scales.map(|scales| scales.length), Some(2));
    }
}

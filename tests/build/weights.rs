//! Random weights in the safetensors format.

use std::collections::BTreeMap;

use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, TensorView, serialize as write};

use crate::policies::Fixed;

/// A tensor's name and shape.
pub(crate) type Shape = (String, Vec<usize>);

/// The same numbers for the same tensor in every run.
fn numbers(name: &str, count: usize, scale: f32) -> impl Iterator<Item = f32> {
    // FNV-1a for a seed, xorshift for the numbers.
    let mut state = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (0..count).map(move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 40) as f32 / (1 << 23) as f32 - 1.0) * scale
    })
}

/// A file with numbers for each of `shapes`, small enough that sums stay in the bend of a sigmoid; zeros
/// where `is_zero` says so of a tensor, its shape and an index.
pub(crate) fn serialize(
    shapes: &[Shape],
    is_zero: impl Fn(&str, &[usize], usize) -> bool,
) -> Result<Vec<u8>, SafeTensorError> {
    serialize_with(shapes, |name, shape, index| is_zero(name, shape, index).then_some(Fixed::Number(0.0)))
}

/// The same with `fixed` numbers in some places; integers make a tensor one of integers.
pub(crate) fn serialize_with(
    shapes: &[Shape],
    fixed: impl Fn(&str, &[usize], usize) -> Option<Fixed>,
) -> Result<Vec<u8>, SafeTensorError> {
    let bytes: Vec<Vec<u8>> = shapes
        .iter()
        .map(|(name, shape)| {
            let scale = 1.0 / (shape.last().copied().unwrap_or(1).max(4) as f32).sqrt();
            let numbers = numbers(name, shape.iter().product(), scale).enumerate();
            numbers
                .flat_map(|(index, number)| match fixed(name, shape, index) {
                    Some(Fixed::Integer(number)) => number.to_le_bytes(),
                    Some(Fixed::Number(number)) => number.to_le_bytes(),
                    None => number.to_le_bytes(),
                })
                .collect()
        })
        .collect();
    let views = shapes.iter().zip(&bytes).map(|((name, shape), bytes)| {
        let is_integer = matches!(fixed(name, shape, 0), Some(Fixed::Integer(_)));
        let dtype = if is_integer { Dtype::I32 } else { Dtype::F32 };
        TensorView::new(dtype, shape.clone(), bytes).map(|view| (name.clone(), view))
    });
    write(views.collect::<Result<BTreeMap<_, _>, _>>()?, None)
}

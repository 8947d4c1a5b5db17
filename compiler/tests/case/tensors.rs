//! Safetensors files, described line by line:
//!
//! ```text
//! lstm.weight_ih_l0 f32 16x3            a tensor of numbers that look random
//! lstm.bias_ih_l0 f32 16 nan@5 inf@6    the same, with these elements
//! lstm.bias_ih_l0 f32 16 +0.001@0       the same, with this much more
//! inputs zeros 4x3                      an f32 tensor of zeros
//! gru.weight_hh_l0 f32 6x2 order:1,0,2  blocks of rows in another order
//! gru.weight_hh_l0 f32 6x2 column-major  the same numbers, but stored column after column
//! outputs from trained.yaml             what the model of this spec computes from `inputs`
//! outputs from trained.yaml reversed    from the last step to the first
//! outputs from trained.yaml added       with `inputs` added
//! outputs from trained.yaml last        of the last step only
//! fitted rnn.weight_hh_l0: low_rank 2    what `recurve fit` says of a matrix in the file's metadata
//! !text PK\x03\x04                      these bytes instead of tensors
//! !replace [16,3] [16,9]                in the finished file, text of the same length
//! !header 4096                          the length that the file claims for its header
//! !truncate 20                          so many bytes of the file
//! ```

use recurve_compiler::diagnostic::Diagnostics;
use recurve_compiler::files::{Files, Memory};
use recurve_compiler::reference::{Inputs, run};
use recurve_compiler::tensors::RECORDS;
use recurve_compiler::{model, spec, tensors};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::Case;

struct Tensor {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    data: Vec<u8>,
}

/// The file that `text` describes; `files` are those that were described before it.
pub(super) fn file(text: &str, files: &Memory, case: &Case) -> Vec<u8> {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut tensors: Vec<Tensor> = Vec::new();
    let mut records = String::new();
    for line in lines().filter(|line| !line.starts_with('!')) {
        if let Some(record) = line.strip_prefix("fitted ") {
            records += &format!("{record}\n");
            continue;
        }
        let tensor = match line.split_once(" from ") {
            Some((name, rest)) => {
                let (spec, how) = rest.split_once(' ').unwrap_or((rest, ""));
                computed(name, &case.read(spec).expect("a spec"), how, files, &tensors)
            }
            None => tensor(line),
        };
        tensors.push(tensor);
    }
    let views = tensors.iter().map(|Tensor { name, dtype, shape, data }| {
        (name, TensorView::new(*dtype, shape.clone(), data).expect("a tensor"))
    });
    let metadata = (!records.is_empty()).then(|| [(RECORDS.to_owned(), records)].into_iter().collect());
    let mut bytes = safetensors::serialize(views, metadata).expect("a file");
    for line in lines().filter_map(|line| line.strip_prefix('!')) {
        damage(&mut bytes, line);
    }
    bytes
}

fn tensor(line: &str) -> Tensor {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, dtype, shape, modifiers @ ..] = words.as_slice() else {
        panic!("no tensor: {line}");
    };
    let shape: Vec<usize> = shape.split('x').map(|size| size.parse().expect("a size")).collect();
    let count = shape.iter().product();
    let (dtype, data) = match *dtype {
        "f32" => (Dtype::F32, floats(name, count, shape[0], modifiers)),
        "zeros" => (Dtype::F32, vec![0; 4 * count]),
        "f64" => (Dtype::F64, doubles(name, count, modifiers)),
        // Those of a projection.
        "i8" => (Dtype::I8, (0..count).map(|i| ([0_i8, 1, 0, -1, 0][i % 5]).cast_unsigned()).collect()),
        "i64" => (Dtype::I64, (0..count as i64).flat_map(|i| (i * 7 % 5).to_le_bytes()).collect()),
        other => panic!("no type: {other}"),
    };
    Tensor { name: (*name).to_owned(), dtype, shape, data }
}

/// The same numbers; no more than some may be others.
fn doubles(name: &str, count: usize, modifiers: &[&str]) -> Vec<u8> {
    let mut numbers: Vec<f64> = noise(name, count).into_iter().map(f64::from).collect();
    for modifier in modifiers {
        let (value, place) = modifier.split_once('@').expect("value@element");
        numbers[place.parse::<usize>().expect("an element")] = value.parse().expect("a value");
    }
    numbers.into_iter().flat_map(f64::to_le_bytes).collect()
}

fn floats(name: &str, count: usize, rows: usize, modifiers: &[&str]) -> Vec<u8> {
    let mut numbers = noise(name, count);
    for modifier in modifiers {
        if let Some(order) = modifier.strip_prefix("order:") {
            let order: Vec<usize> = order.split(',').map(|block| block.parse().expect("a block")).collect();
            let length = rows / order.len() * (count / rows);
            numbers = order.iter().flat_map(|block| numbers[block * length..][..length].to_vec()).collect();
        } else if *modifier == "column-major" {
            let columns = count / rows;
            numbers = (0..count).map(|at| numbers[at % rows * columns + at / rows]).collect();
        } else {
            let (value, place) = modifier.split_once('@').expect("value@element");
            let number = &mut numbers[place.parse::<usize>().expect("an element")];
            let value: f32 = value.parse().expect("a value");
            *number = if modifier.starts_with('+') { *number + value } else { value };
        }
    }
    numbers.into_iter().flat_map(f32::to_le_bytes).collect()
}

/// Numbers in -0.5..0.5, always the same for one name.
fn noise(name: &str, count: usize) -> Vec<f32> {
    let mut state =
        name.bytes().fold(7_u32, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into())) | 1;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0 - 0.5
        })
        .collect()
}

/// The outputs from the `inputs` among `tensors`.
fn computed(name: &str, text: &str, how: &str, files: &dyn Files, tensors: &[Tensor]) -> Tensor {
    let mut found = Diagnostics::new();
    let model = spec::read(text, &mut found).and_then(|spec| {
        let mut store = tensors::Store::read(&spec, files, &mut found)?;
        model::resolve(&spec, &mut store, &mut found)
    });
    let model = model.unwrap_or_else(|| panic!("{found:?}"));
    let inputs = tensors.iter().find(|tensor| tensor.name == "inputs").expect("inputs before outputs");
    let numbers: Vec<f32> =
        inputs.data.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let mut steps: Vec<Vec<f32>> = numbers.chunks(inputs.shape[1]).map(<[f32]>::to_vec).collect();
    if how == "reversed" {
        steps.reverse();
    }
    let mut outputs = run(&model, &Inputs::Features(&steps));
    match how {
        "" => {}
        "reversed" => outputs.reverse(),
        "last" => drop(outputs.drain(..outputs.len() - 1)),
        "added" => outputs.iter_mut().flatten().zip(&numbers).for_each(|(y, x)| *y += f64::from(*x)),
        other => panic!("no way to compute: {other}"),
    }
    let shape = vec![outputs.len(), model.output_size()];
    let data = outputs.iter().flatten().flat_map(|&x| (x as f32).to_le_bytes()).collect();
    Tensor { name: name.to_owned(), dtype: Dtype::F32, shape, data }
}

fn damage(bytes: &mut Vec<u8>, line: &str) {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    match word {
        "text" => *bytes = unescape(rest),
        "header" => {
            bytes[..8].copy_from_slice(&rest.parse::<u64>().expect("a length").to_le_bytes());
        }
        "truncate" => bytes.truncate(rest.parse().expect("a length")),
        "replace" => {
            let (old, new) = rest.split_once(' ').expect("two texts");
            assert_eq!(old.len(), new.len(), "texts of the same length");
            let at = bytes.windows(old.len()).position(|window| window == old.as_bytes());
            let at = at.unwrap_or_else(|| panic!("no {old} in the file"));
            bytes[at..at + old.len()].copy_from_slice(new.as_bytes());
        }
        other => panic!("no damage: {other}"),
    }
}

/// `\x` and two digits stand for a byte.
fn unescape(text: &str) -> Vec<u8> {
    let mut parts = text.split("\\x");
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(digits, 16).expect("two digits"));
        bytes.extend_from_slice(rest.as_bytes());
    }
    bytes
}

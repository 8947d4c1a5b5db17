//! Damaged weights and traces are refused or read; they never end in a panic.

use std::collections::BTreeMap;
use std::path::Path;

use recurve_compiler::diagnostic::Diagnostics;
use recurve_compiler::files::Memory;
use recurve_compiler::golden::{self, Work};
use recurve_compiler::model::resolve;
use recurve_compiler::spec;
use recurve_compiler::tensors::Store;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % end.max(1)
    }
}

/// Damages what decides on everything else: the header, and the length of the file.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    let header = bytes.len().min(900);
    for _ in 0..=random.below(4) {
        let at = random.below(header);
        match random.below(6) {
            0 => bytes.truncate(random.below(bytes.len())),
            1 => bytes.push(0),
            2 => bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << random.below(8)),
            _ => {
                // A digit for a digit leaves most headers valid, and lying.
                let digits: Vec<usize> =
                    (8..bytes.len().min(header)).filter(|&at| bytes[at].is_ascii_digit()).collect();
                if let Some(&at) = digits.get(random.below(digits.len())) {
                    bytes[at] = b'0' + random.below(10) as u8;
                }
            }
        }
    }
}

fn check(text: &str, files: &Memory) -> Option<golden::Checked> {
    let mut diagnostics = Diagnostics::new();
    let spec = spec::read(text, &mut diagnostics)?;
    let mut store = Store::read(&spec, files, &mut diagnostics)?;
    let model = resolve(&spec, &mut store, &mut diagnostics);
    assert!(model.is_some() || diagnostics.has_errors());
    golden::check(&spec, &model?, files, Work::Bounded { usual: 10_000, limit: 1_000_000 }, &mut diagnostics)
}

/// Weights of every type, under weight normalization, with a table that two layers share.
fn unusual() -> (&'static str, Vec<u8>) {
    let text = "recurve: 1\nname: M\nweights: w\ninput: {tokens: 5}\nlayers:\n  - embedding: {name: e, dim: 2}\n  \
                - lstm: {name: l, hidden_size: 2}\n  - linear: {name: d, units: 5, tied: e}\noutput: every\n";
    let tensors = [
        ("e.weight", Dtype::BF16, vec![5, 2]),
        ("d.weight", Dtype::F32, vec![5, 2, 1]),
        ("l.weight_ih_l0_g", Dtype::F64, vec![8, 1]),
        ("l.weight_ih_l0_v", Dtype::F16, vec![8, 2]),
        ("l.parametrizations.weight_hh_l0.original0", Dtype::F32, vec![8, 1]),
        ("l.parametrizations.weight_hh_l0.original1", Dtype::F64, vec![8, 2]),
        ("l.bias_ih_l0", Dtype::F64, vec![16]),
    ];
    // Of every type a small number, and the same one where the table is.
    let number = |dtype| match dtype {
        Dtype::F64 => 0.5_f64.to_le_bytes().to_vec(),
        Dtype::F32 => 0.5_f32.to_le_bytes().to_vec(),
        Dtype::BF16 => 0x3f00_u16.to_le_bytes().to_vec(),
        _ => 0x3800_u16.to_le_bytes().to_vec(),
    };
    let data: Vec<Vec<u8>> =
        tensors.iter().map(|(_, dtype, shape)| number(*dtype).repeat(shape.iter().product())).collect();
    let views = tensors.iter().zip(&data).map(|((name, dtype, shape), data)| {
        (*name, TensorView::new(*dtype, shape.clone(), data).expect("a tensor"))
    });
    (text, safetensors::serialize(views, None).expect("a file"))
}

#[test]
fn damaged_files_of_unusual_weights_never_panic() {
    let (text, whole) = unusual();
    let read = |bytes: Vec<u8>| {
        let mut diagnostics = Diagnostics::new();
        let spec = spec::read(text, &mut diagnostics).expect("a spec");
        let files = Memory([("w".to_owned(), bytes)].into());
        let store = Store::read(&spec, &files, &mut diagnostics);
        let model = store.and_then(|mut store| resolve(&spec, &mut store, &mut diagnostics));
        assert!(model.is_some() || diagnostics.has_errors());
        model
    };
    assert!(read(whole.clone()).is_some());
    let mut random = Random(11);
    for _ in 0..400 {
        let mut damaged = whole.clone();
        damage(&mut damaged, &mut random);
        read(damaged);
    }
}

#[test]
fn damaged_files_never_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/traces");
    for name in ["lstm_stacked", "keras_gru_after", "onnx_lstm_bidirectional", "fastgrnn_low_rank"] {
        let read = |file: &str| std::fs::read(folder.join(file)).expect("a file of a trace");
        let text = String::from_utf8(read(&format!("{name}.yaml"))).expect("a spec");
        let (weights, trace) = (format!("{name}.safetensors"), format!("{name}.golden.safetensors"));
        let whole: BTreeMap<String, Vec<u8>> =
            [&weights, &trace].map(|file| (file.clone(), read(file))).into();
        assert!(check(&text, &Memory(whole.clone())).is_some(), "{name}");
        let mut random = Random(7);
        for round in 0..200 {
            let mut files = whole.clone();
            let damaged = if round % 3 == 0 { &trace } else { &weights };
            damage(files.get_mut(damaged).expect("a file"), &mut random);
            check(&text, &Memory(files));
        }
    }
}

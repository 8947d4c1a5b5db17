//! Trained networks in all their forms: accuracy on test data, bytes, multiply-accumulates and time of a step.
//!
//! Writes `docs/compression.md` and its drawings. The data comes from `train/evaluation.py`; no network is trained here.

#[path = "../results/classifier.rs"]
mod classifier;
#[path = "../results/data.rs"]
mod data;
#[path = "../machine.rs"]
mod machine;
#[path = "../plot.rs"]
mod plot;
#[path = "../../../cli/programs/rounds.rs"]
mod rounds;
#[path = "../scatter.rs"]
mod scatter;

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use classifier::{Classifier, both_ways, by_steps, largest, models};
use data::Data;
use recurve::simd::Level;
use rounds::{Work, measure, median};
use scatter::scatter;

/// How long a network and its dense twin take turns.
const BUDGET: Duration = Duration::from_millis(1000);
/// Sequences that are timed.
const TIMED: usize = 8;

models! {
    "trained/usps_dense" UspsDense by_steps 16 10;
    "trained/usps_dense_int8" UspsDenseInt8 by_steps 16 10;
    "trained/usps_small" UspsSmall by_steps 16 10;
    "trained/usps_pruned" UspsPruned by_steps 16 10;
    "trained/usps_low_rank" UspsLowRank by_steps 16 10;
    "trained/usps_hmd" UspsHmd by_steps 16 10;
    "trained/usps_hkp" UspsHkp by_steps 16 10;
    "trained/usps_kp" UspsKp by_steps 16 10;
    "trained/usps_kp_int8" UspsKpInt8 by_steps 16 10;
    "trained/spoken_digits_dense" SpokenDigitsDense by_steps 10 10;
    "trained/spoken_digits_dense_int8" SpokenDigitsDenseInt8 by_steps 10 10;
    "trained/spoken_digits_small" SpokenDigitsSmall by_steps 10 10;
    "trained/spoken_digits_pruned" SpokenDigitsPruned by_steps 10 10;
    "trained/spoken_digits_low_rank" SpokenDigitsLowRank by_steps 10 10;
    "trained/spoken_digits_hmd" SpokenDigitsHmd by_steps 10 10;
    "trained/spoken_digits_hkp" SpokenDigitsHkp by_steps 10 10;
    "trained/spoken_digits_kp" SpokenDigitsKp by_steps 10 10;
    "trained/spoken_digits_kp_int8" SpokenDigitsKpInt8 by_steps 10 10;
    "trained/har_dense" HarDense both_ways 9 6;
    "trained/har_dense_int8" HarDenseInt8 both_ways 9 6;
    "trained/har_small" HarSmall both_ways 9 6;
    "trained/har_pruned" HarPruned both_ways 9 6;
    "trained/har_low_rank" HarLowRank both_ways 9 6;
    "trained/har_hmd" HarHmd both_ways 9 6;
    "trained/har_hkp" HarHkp both_ways 9 6;
    "trained/har_kp" HarKp both_ways 9 6;
    "trained/har_kp_int8" HarKpInt8 both_ways 9 6;
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or(
        "name the folder with the test data: `RECURVE_DATA=... python train/evaluation.py target/data` writes it",
    )?;
    let mut page = include_str!("../results/page.md").to_owned();
    page = page.replace("{machine}", &format!("{}, {:?}, one thread", machine::processor(), Level::detect()));
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let write = |path: PathBuf, text: String| {
        std::fs::write(&path, text).map_err(|error| format!("cannot write `{}`: {error}", path.display()))
    };
    let drawings = docs.join("compression");
    std::fs::create_dir_all(&drawings)
        .map_err(|error| format!("cannot write `{}`: {error}", drawings.display()))?;
    for (task, table) in [
        ("usps", usps(&Data::read(&folder, "usps")?)),
        ("spoken_digits", spoken_digits(&Data::read(&folder, "spoken_digits")?)),
        ("har", har(&Data::read(&folder, "har")?)),
    ] {
        println!("{}", table.text);
        page = page.replace(&format!("{{{task}}}"), table.text.trim_end());
        write(drawings.join(format!("{task}.svg")), table.drawing())?;
    }
    write(docs.join("compression.md"), page)?;
    println!("written to docs/compression.md");
    Ok(())
}

fn usps(data: &Data<16>) -> Table {
    let mut table = Table::new();
    row::<UspsDense, UspsDense, _, _>(&mut table, "dense", data);
    row::<UspsDense, UspsDenseInt8, _, _>(&mut table, "dense, int8", data);
    row::<UspsDense, UspsHmd, _, _>(&mut table, "hmd, 2x", data);
    row::<UspsDense, UspsHkp, _, _>(&mut table, "hkp", data);
    row::<UspsDense, UspsKp, _, _>(&mut table, "kp", data);
    row::<UspsDense, UspsKpInt8, _, _>(&mut table, "kp, int8", data);
    row::<UspsDense, UspsPruned, _, _>(&mut table, "pruned to kp's size", data);
    row::<UspsDense, UspsLowRank, _, _>(&mut table, "low_rank of kp's size", data);
    row::<UspsDense, UspsSmall, _, _>(&mut table, "fewer units, of kp's size", data);
    table
}

fn spoken_digits(data: &Data<10>) -> Table {
    let mut table = Table::new();
    row::<SpokenDigitsDense, SpokenDigitsDense, _, _>(&mut table, "dense", data);
    row::<SpokenDigitsDense, SpokenDigitsDenseInt8, _, _>(&mut table, "dense, int8", data);
    row::<SpokenDigitsDense, SpokenDigitsHmd, _, _>(&mut table, "hmd, 2x", data);
    row::<SpokenDigitsDense, SpokenDigitsHkp, _, _>(&mut table, "hkp", data);
    row::<SpokenDigitsDense, SpokenDigitsKp, _, _>(&mut table, "kp", data);
    row::<SpokenDigitsDense, SpokenDigitsKpInt8, _, _>(&mut table, "kp, int8", data);
    row::<SpokenDigitsDense, SpokenDigitsPruned, _, _>(&mut table, "pruned to kp's size", data);
    row::<SpokenDigitsDense, SpokenDigitsLowRank, _, _>(&mut table, "low_rank of kp's size", data);
    row::<SpokenDigitsDense, SpokenDigitsSmall, _, _>(&mut table, "fewer units, of kp's size", data);
    table
}

fn har(data: &Data<9>) -> Table {
    let mut table = Table::new();
    row::<HarDense, HarDense, _, _>(&mut table, "dense", data);
    row::<HarDense, HarDenseInt8, _, _>(&mut table, "dense, int8", data);
    row::<HarDense, HarHmd, _, _>(&mut table, "hmd, 2x", data);
    row::<HarDense, HarHkp, _, _>(&mut table, "hkp", data);
    row::<HarDense, HarKp, _, _>(&mut table, "kp", data);
    row::<HarDense, HarKpInt8, _, _>(&mut table, "kp, int8", data);
    row::<HarDense, HarPruned, _, _>(&mut table, "pruned to kp's size", data);
    row::<HarDense, HarLowRank, _, _>(&mut table, "low_rank of kp's size", data);
    row::<HarDense, HarSmall, _, _>(&mut table, "fewer units, of kp's size", data);
    table
}

/// The rows of a task, and what is drawn of them.
struct Table {
    text: String,
    /// Of each form the microseconds of a step, and the accuracy in percent.
    points: Vec<(String, (f64, f64))>,
}

impl Table {
    fn new() -> Table {
        let head = "| form | accuracy | weights KB | smaller | MACs a step | us a step | faster |\n\
                    |---|--:|--:|--:|--:|--:|--:|\n";
        Table { text: head.into(), points: Vec::new() }
    }

    /// Accuracy over time, with those joined that no other beats in both.
    fn drawing(&self) -> String {
        scatter(&self.points, false)
    }
}

/// Measures `M` in turns with `D`, which is the same network dense.
fn row<D, M, const INPUT: usize, const OUTPUT: usize>(table: &mut Table, form: &str, data: &Data<INPUT>)
where
    D: Classifier<INPUT, OUTPUT>,
    M: Classifier<INPUT, OUTPUT>,
{
    let mut model = M::new();
    let is_right = |(sequence, label): &(&Vec<[f32; INPUT]>, &u32)| {
        largest(&model.classify(sequence)) == Some(**label as usize)
    };
    let right = data.sequences.iter().zip(&data.labels).filter(is_right).count();
    let timed = &data.sequences[..TIMED.min(data.sequences.len())];
    let steps: usize = timed.iter().map(Vec::len).sum();
    let (mut dense, mut model) = (D::new(), M::new());
    let mut of_dense = |times| {
        for sequence in timed.iter().cycle().take(times * timed.len()) {
            black_box(dense.classify(black_box(sequence)));
        }
    };
    let mut of_model = |times| {
        for sequence in timed.iter().cycle().take(times * timed.len()) {
            black_box(model.classify(black_box(sequence)));
        }
    };
    let level = Level::detect();
    let [dense, model] = measure(BUDGET, [Work::new(level, &mut of_dense), Work::new(level, &mut of_model)]);
    let faster = median(dense.iter().zip(&model).map(|(dense, model)| dense / model));
    let accuracy = right as f64 * 100.0 / data.sequences.len().max(1) as f64;
    let microseconds = median(model) * 1e6 / steps.max(1) as f64;
    table.points.push((form.into(), (microseconds, accuracy)));
    // Writing to a string cannot fail.
    let _ = writeln!(
        table.text,
        "| {form} | {accuracy:.2} % | {:.1} | {:.1}x | {} | {microseconds:.3} | {faster:.2}x |",
        M::WEIGHT_BYTES as f64 / 1024.0,
        D::WEIGHT_BYTES as f64 / M::WEIGHT_BYTES as f64,
        M::MACS_PER_STEP,
    );
}

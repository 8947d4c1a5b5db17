//! Dual-module inference against dense steps of the same shape, cold in cache as published.
//!
//! All forms of a layer take turns in one run; before each step another 64 MiB drive its weights out of the caches.
//! Weights are random; the thresholds of a ratio are those that leave this share of rows insensitive in the step that
//! is measured, the first one from rest. With all rows read the outputs are those of the dense network.
//!
//! `cargo run --release --manifest-path bench/dual_module/Cargo.toml [-- --markdown]`

#[path = "../../src/machine.rs"]
mod machine;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use recurve::matrix::{Dense, Matrix, Stack, Threaded};
use recurve::simd::{Kernel, Level, Simd, dispatch};
use recurve::{DualModule, Streaming};

macro_rules! models {
    ($($name:literal)*) => {
        $(recurve::include_model!($name);)*
    };
}

models! {
    "lstm1500" "lstm1500_dual" "lstm1500_dual8" "lstm1500_threads" "lstm1500_dual_threads"
    "lstm1500_int8" "lstm1500_int8_dual" "lstm1500_int8_dual2"
    "lstm750" "lstm750_dual" "lstm750_threads" "lstm750_dual_threads" "lstm750_bf16" "lstm750_bf16_dual"
    "gru1500" "gru1500_dual" "gru750" "gru750_dual"
    "lstm1024" "lstm1024_dual" "lstm2048_to1024" "lstm2048_to1024_dual"
    "decoder" "decoder_dual"
}

const RATIOS: [f64; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];
const ROUNDS: usize = 75;
/// More than the last level of cache holds.
const EVICTED: usize = 64 << 20;
const TOLERANCE: f32 = 1e-5;

fn main() -> ExitCode {
    // The largest steps keep some hundred kilobytes on the stack.
    let run = std::thread::Builder::new().stack_size(64 << 20).spawn(run);
    match run.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        Ok(Ok(Err(message))) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
        _ => ExitCode::FAILURE,
    }
}

fn run() -> Result<(), String> {
    let markdown = std::env::args().any(|argument| argument == "--markdown");
    let evicted: Vec<u64> = (0..EVICTED as u64 / 8).collect();
    println!("{}, {:?}\n", machine::processor(), Level::detect());
    let head = ["layer", "dense", "10 %", "30 %", "50 %", "70 %", "90 %", "bytes at 50 %"];
    row(markdown, &head.map(String::from));
    if markdown {
        row(markdown, &["---", "---:", "---:", "---:", "---:", "---:", "---:", "---:"].map(String::from));
    }
    let published = |of: [f64; 5]| {
        row(
            markdown,
            &["  published", "", &x(of[0]), &x(of[1]), &x(of[2]), &x(of[3]), &x(of[4]), ""].map(String::from),
        );
    };
    let bench = Bench { evicted: &evicted, markdown };
    bench.compare::<Lstm1500, Lstm1500Dual, _, _>("LSTM 1500")?;
    published([1.12, 1.35, 1.67, 2.30, 3.89]);
    bench.compare::<Lstm1500, Lstm1500Dual8, _, _>("LSTM 1500, little module in int8")?;
    bench.compare::<Lstm750, Lstm750Dual, _, _>("LSTM 750")?;
    published([1.22, 1.32, 1.60, 1.90, 2.53]);
    bench.compare::<Gru1500, Gru1500Dual, _, _>("GRU 1500")?;
    published([1.15, 1.36, 1.63, 2.17, 3.38]);
    bench.compare::<Gru750, Gru750Dual, _, _>("GRU 750")?;
    published([1.22, 1.40, 1.54, 1.64, 2.35]);
    bench.compare::<Lstm1024, Lstm1024Dual, _, _>("LSTM 1024")?;
    published([1.23, 1.55, 1.75, 2.33, 3.45]);
    bench.compare::<Lstm2048To1024, Lstm2048To1024Dual, _, _>("LSTM 2048 -> 1024")?;
    published([1.14, 1.36, 1.70, 2.28, 3.56]);
    bench.compare::<Decoder, DecoderDual, _, _>("four LSTMs of 1024, residual")?;
    bench.compare::<Lstm1500Int8, Lstm1500Int8Dual, _, _>("LSTM 1500 int8")?;
    bench.compare::<Lstm1500Int8, Lstm1500Int8Dual2, _, _>("LSTM 1500 int8, little module in int2")?;
    bench.compare::<Lstm750Bf16, Lstm750Bf16Dual, _, _>("LSTM 750 bf16")?;
    bench.compare::<Lstm1500Threads, Lstm1500DualThreads, _, _>("LSTM 1500, two threads")?;
    bench.compare::<Lstm750Threads, Lstm750DualThreads, _, _>("LSTM 750, two threads")?;
    println!();
    bench.threads::<Lstm1500, Lstm1500Threads, _, _>("LSTM 1500")?;
    bench.threads::<Lstm750, Lstm750Threads, _, _>("LSTM 750")?;
    println!("handing work to another thread and waiting for it takes {:.1} us", 1e6 * handover());
    Ok(())
}

struct Bench<'a> {
    evicted: &'a [u64],
    markdown: bool,
}

impl Bench<'_> {
    /// Drives everything else out of the caches.
    fn evict(&self) {
        // Read alone: what was written would still have to leave while a step is measured.
        let sum = self.evicted.iter().step_by(8).fold(0_u64, |sum, line| sum.wrapping_add(*line));
        black_box(sum);
    }

    /// Seconds of a step that finds nothing in the caches.
    fn cold<M: Streaming>(&self, model: &mut M, input: &M::Input) -> f64 {
        self.evict();
        let start = Instant::now();
        black_box(model.step(input));
        start.elapsed().as_secs_f64()
    }

    fn compare<D, M, const I: usize, const O: usize>(&self, title: &str) -> Result<(), String>
    where
        D: Streaming<Input = [f32; I], Output = [f32; O]>,
        M: Streaming<Input = [f32; I], Output = [f32; O]> + DualModule,
    {
        let input: [f32; I] = std::array::from_fn(|at| ((at * 37 % 101) as f32 - 50.0) / 50.0);
        let (mut dense, mut dual) = (Box::new(D::new()), Box::new(M::new()));
        for step in 0..3 {
            let expected = *dense.step(&input);
            let found = *dual.step(&input);
            let apart = |(a, b): (&f32, &f32)| (a - b).abs();
            let largest = found.iter().zip(&expected).map(apart).fold(0.0, f32::max);
            if largest.is_nan() || largest > TOLERANCE {
                return Err(format!("{title}: step {step} with all rows read is off by {largest}"));
            }
        }
        let mut seconds = [const { Vec::new() }; 6];
        let thresholds = RATIOS.map(|ratio| threshold(dual.as_mut(), &input, ratio));
        let mut bytes = 0.0;
        for _ in 0..ROUNDS {
            dense.reset();
            seconds[0].push(self.cold(dense.as_mut(), &input));
            for ((ratio, threshold), seconds) in RATIOS.iter().zip(thresholds).zip(&mut seconds[1..]) {
                set(dual.as_mut(), threshold);
                dual.reset();
                let before = dual.rows();
                seconds.push(self.cold(dual.as_mut(), &input));
                if *ratio == 0.5 {
                    let after = dual.rows();
                    bytes = (after.bytes - before.bytes) as f64 / (after.bytes_of - before.bytes_of) as f64;
                }
            }
        }
        let [base, ratios @ ..] = seconds.map(median);
        let mut cells = vec![title.to_owned(), format!("{:.0} us", base * 1e6)];
        cells.extend(ratios.iter().map(|seconds| x(base / seconds)));
        cells.push(format!("{:.0} %", 100.0 * bytes));
        row(self.markdown, &cells);
        Ok(())
    }

    fn threads<D, T, const I: usize, const O: usize>(&self, title: &str) -> Result<(), String>
    where
        D: Streaming<Input = [f32; I], Output = [f32; O]>,
        T: Streaming<Input = [f32; I], Output = [f32; O]>,
    {
        let input: [f32; I] = std::array::from_fn(|at| ((at * 37 % 101) as f32 - 50.0) / 50.0);
        let (mut one, mut two) = (Box::new(D::new()), Box::new(T::new()));
        let mut seconds = [const { Vec::new() }; 4];
        for _ in 0..ROUNDS {
            seconds[0].push(self.cold(one.as_mut(), &input));
            seconds[1].push(hot(one.as_mut(), &input));
            seconds[2].push(self.cold(two.as_mut(), &input));
            seconds[3].push(hot(two.as_mut(), &input));
        }
        if *one.step(&input) != *two.step(&input) {
            return Err(format!("{title}: two threads give other numbers"));
        }
        let [cold_one, hot_one, cold_two, hot_two] = seconds.map(median);
        println!(
            "{title}: two threads are {} as fast cold, {} from the caches ({:.0} and {:.0} us on one)",
            x(cold_one / cold_two),
            x(hot_one / hot_two),
            cold_one * 1e6,
            hot_one * 1e6
        );
        Ok(())
    }
}

/// Sets the thresholds of all layers: the higher, the fewer rows are read.
fn set<M: DualModule>(model: &mut M, threshold: f32) {
    for mut module in model.dual_modules() {
        module.set_thresholds(threshold, 1.0 - threshold);
    }
}

/// The threshold that leaves this share of rows insensitive in the first step.
fn threshold<M: Streaming + DualModule>(model: &mut M, input: &M::Input, ratio: f64) -> f32 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..30 {
        let middle = f32::midpoint(low, high);
        set(model, middle);
        model.reset();
        let before = model.rows();
        model.step(input);
        let after = model.rows();
        let insensitive = 1.0 - (after.read - before.read) as f64 / (after.of - before.of) as f64;
        if insensitive < ratio { low = middle } else { high = middle }
    }
    high
}

/// Seconds of a step right behind another one.
fn hot<M: Streaming>(model: &mut M, input: &M::Input) -> f64 {
    model.step(input);
    let start = Instant::now();
    black_box(model.step(input));
    start.elapsed().as_secs_f64()
}

/// The product of some numbers with two matrices of a row.
struct Product<'a, M>(M, &'a mut [f32; 2]);

impl<M: Matrix<2, 1>> Kernel for Product<'_, M> {
    type Output = ();

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) {
        self.0.mul_add(simd, &[1.0], self.1);
    }
}

/// Seconds that a matrix takes longer whose second row is another thread's.
fn handover() -> f64 {
    let row = Dense::<1, 1>::new(&[0.5]);
    let (one, two) = (Stack::<_, _, 1, 1>::new(row, row), Threaded::<_, _, 1, 1>::new(row, row));
    let mut seconds = [const { Vec::new() }; 2];
    let mut y = [0.0; 2];
    for _ in 0..1000 {
        let start = Instant::now();
        dispatch(Product(one, black_box(&mut y)));
        seconds[0].push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        dispatch(Product(two, black_box(&mut y)));
        seconds[1].push(start.elapsed().as_secs_f64());
    }
    let [one, two] = seconds.map(median);
    two - one
}

fn x(ratio: f64) -> String {
    format!("{ratio:.2}x")
}

fn row(markdown: bool, cells: &[String]) {
    if markdown {
        println!("| {} |", cells.join(" | "));
        return;
    }
    let (first, rest) =
        cells.split_first().map_or((String::new(), cells), |(first, rest)| (first.clone(), rest));
    let rest: Vec<String> = rest.iter().map(|cell| format!("{cell:>8}")).collect();
    println!("{first:<38} {}", rest.join(" "));
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

//! Compressed matrices against dense ones of the same layer: numbers, multiply-accumulates, time of a step.
//!
//! `f32 KB` are the parameters alone, as the papers count, `flash KB` what is stored: in its precision, with scales,
//! indices, and gaps that align. The shapes are those of Thakker et al. 2019; the weights are random, so there is no
//! accuracy to speak of. A model and its dense twin take turns in one run, and so do a Kronecker product in int8 and the
//! same in f32; the models compute what the reference executor computes.

#[path = "../check.rs"]
mod check;
#[path = "../random.rs"]
mod random;
#[path = "../../../cli/programs/rounds.rs"]
mod rounds;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use recurve::Streaming;
use recurve::simd::Level;

use check::{ROUNDED_TOLERANCE, TOLERANCE, largest_difference};
use random::Random;
use rounds::{Work, measure, median};

recurve::include_model!("kws");
recurve::include_model!("kws_kp");
recurve::include_model!("kws_hkp");
recurve::include_model!("kws_hmd2");
recurve::include_model!("kws_hmd4");
recurve::include_model!("kws_low_rank");
recurve::include_model!("kws_pruned");
recurve::include_model!("kws_int8");
recurve::include_model!("kws_int4");
recurve::include_model!("kws_kp_int8");
recurve::include_model!("kws_gru");
recurve::include_model!("kws_gru_kp");
recurve::include_model!("kws_gru_int8");
recurve::include_model!("mnist");
recurve::include_model!("mnist_kp");
recurve::include_model!("har");
recurve::include_model!("har_kp");
recurve::include_model!("har_pruned");
recurve::include_model!("har_f16");
recurve::include_model!("har_int8");
recurve::include_model!("har_int4");
recurve::include_model!("har_kp_int8");
recurve::include_model!("large");
recurve::include_model!("large_int8");

const BUDGET: Duration = Duration::from_millis(1500);

fn main() -> ExitCode {
    println!(
        "  {:<28} {:>10} {:>7} {:>8} {:>8} {:>7} {:>9} {:>7} {:>8} {:>8}",
        "model", "parameters", "fewer", "f32 KB", "flash KB", "smaller", "MACs", "fewer", "step us", "faster"
    );
    let rows = [
        row::<Kws, Kws, _, _, _>("LSTM 10->118, linear 12"),
        row::<Kws, KwsKp, _, _, _>("  kp 2x16, 59x8"),
        row::<Kws, KwsHkp, _, _, _>("  hkp 8 rows, 10x16, 11x8"),
        row::<Kws, KwsHmd2, _, _, _>("  hmd 57 rows"),
        row::<Kws, KwsHmd4, _, _, _>("  hmd 27 rows"),
        row::<Kws, KwsLowRank, _, _, _>("  low_rank 15"),
        row::<Kws, KwsPruned, _, _, _>("  pruned, 80 % in blocks"),
        row::<Kws, KwsInt8, _, _, _>("  int8"),
        row::<Kws, KwsInt4, _, _, _>("  int4"),
        row::<Kws, KwsKpInt8, _, _, _>("  kp 2x16, 59x8, int8"),
        row::<KwsGru, KwsGru, _, _, _>("GRU 10->154"),
        row::<KwsGru, KwsGruKp, _, _, _>("  kp 11x41, 14x4"),
        row::<KwsGru, KwsGruInt8, _, _, _>("  int8"),
        row::<Mnist, Mnist, _, _, _>("LSTM 28->40"),
        row::<Mnist, MnistKp, _, _, _>("  kp 5x17, 8x4"),
        row::<Har, Har, _, _, _>("LSTM 77->179"),
        row::<Har, HarKp, _, _, _>("  kp 1x32, 179x8"),
        row::<Har, HarPruned, _, _, _>("  pruned, 80 % in blocks"),
        row::<Har, HarF16, _, _, _>("  f16"),
        row::<Har, HarInt8, _, _, _>("  int8"),
        row::<Har, HarInt4, _, _, _>("  int4"),
        row::<Har, HarKpInt8, _, _, _>("  kp 1x32, 179x8, int8"),
        row::<Large, Large, _, _, _>("LSTM 1500->1500"),
        row::<Large, LargeInt8, _, _, _>("  int8"),
    ];
    let mut failed = false;
    for row in rows {
        match row {
            Ok(row) => println!("{row}"),
            Err(message) => {
                eprintln!("error: {message}");
                failed = true;
            }
        }
    }
    println!("\n  int8 in turns with f32, of the same factors");
    for (title, faster) in [
        ("LSTM 10->118, kp 2x16, 59x8", turns::<KwsKp, KwsKpInt8, _, _, _>().1),
        ("LSTM 77->179, kp 1x32, 179x8", turns::<HarKp, HarKpInt8, _, _, _>().1),
    ] {
        println!("  {title:<28} {faster:>6.2}x");
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn row<D, M, const INPUT: usize, const OUTPUT: usize, const SAME: usize>(
    title: &str,
) -> Result<String, String>
where
    D: Streaming<Input = [f32; INPUT], Output = [f32; SAME]>,
    M: Streaming<Input = [f32; INPUT], Output = [f32; OUTPUT]>,
{
    let difference = largest_difference::<M, INPUT, OUTPUT>()?;
    let tolerance = if title.contains("int8") { ROUNDED_TOLERANCE } else { TOLERANCE };
    if difference.is_nan() || difference > tolerance {
        return Err(format!("`{title}` differs from the reference executor by {difference:e}"));
    }
    let (step, faster) = turns::<D, M, INPUT, OUTPUT, SAME>();
    Ok(format!(
        "  {title:<28} {:>10} {:>6.1}x {:>8.2} {:>8.2} {:>6.1}x {:>9} {:>6.1}x {:>8.3} {:>7.2}x",
        M::PARAMETERS,
        D::PARAMETERS as f64 / M::PARAMETERS as f64,
        (M::PARAMETERS * size_of::<f32>()) as f64 / 1024.0,
        M::WEIGHT_BYTES as f64 / 1024.0,
        D::WEIGHT_BYTES as f64 / M::WEIGHT_BYTES as f64,
        M::MACS_PER_STEP,
        D::MACS_PER_STEP as f64 / M::MACS_PER_STEP as f64,
        step * 1e6,
        faster,
    ))
}

/// Seconds that a step of `M` takes, and how many times as fast it is as one of `D`, which it takes turns with.
fn turns<D, M, const INPUT: usize, const OUTPUT: usize, const SAME: usize>() -> (f64, f64)
where
    D: Streaming<Input = [f32; INPUT], Output = [f32; SAME]>,
    M: Streaming<Input = [f32; INPUT], Output = [f32; OUTPUT]>,
{
    let mut random = Random::new(0);
    let inputs: Vec<[f32; INPUT]> = (0..32).map(|_| std::array::from_fn(|_| random.within(1.0))).collect();
    let (mut first, mut second) = (D::new(), M::new());
    let mut of_first = |times| {
        for input in inputs.iter().cycle().take(times) {
            black_box(first.step(black_box(input)));
        }
    };
    let mut of_second = |times| {
        for input in inputs.iter().cycle().take(times) {
            black_box(second.step(black_box(input)));
        }
    };
    let level = Level::detect();
    let [first, second] =
        measure(BUDGET, [Work::new(level, &mut of_first), Work::new(level, &mut of_second)]);
    let faster = median(first.iter().zip(&second).map(|(first, second)| first / second));
    (median(second), faster)
}

//! What skipping time steps costs and saves: an executed step, a skipped one, and windows against their budget.
//!
//! The weights are random, so the knobs say what is executed: every step, or none. A network and its plain twin take
//! turns in one run, and all compute what the reference executor computes.

#[path = "../check.rs"]
mod check;
#[path = "../machine.rs"]
mod machine;
#[path = "../random.rs"]
mod random;
#[path = "../../../cli/programs/rounds.rs"]
mod rounds;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use recurve::simd::Level;
use recurve::{Budgeted, Foreseeing, Streaming, Thresholded};

use check::{TOLERANCE, largest_difference};
use random::Random;
use rounds::{Work, measure, median};

recurve::include_model!("skipping_kws");
recurve::include_model!("skipping_kws_window");
recurve::include_model!("skipping_kws_thr_rnn");
recurve::include_model!("skipping_kws_mlp");
recurve::include_model!("skipping_har");
recurve::include_model!("skipping_har_window");
recurve::include_model!("skipping_har_thr_rnn");
recurve::include_model!("skipping_har_mlp");
recurve::include_model!("skipping_wide");
recurve::include_model!("skipping_wide_window");
recurve::include_model!("skipping_wide_thr_rnn");
recurve::include_model!("skipping_wide_mlp");

const BUDGET: Duration = Duration::from_millis(1500);
/// Steps that are let go by in one call.
const PASSED: u32 = 10;

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
    println!("{}, {:?}, one thread\n", machine::processor(), Level::detect());
    println!("a step in us, and in percent of a step of the plain network; `passed`: without an input\n");
    println!(
        "  {:<26} {:>8} {:>9} {:>9} {:>9} {:>8} {:>9} {:>8}",
        "network", "plain", "executed", "%", "skipped", "%", "passed", "%"
    );
    println!("  LSTM 10->118, linear 12");
    let kws = Policies::measure::<SkippingKws, SkippingKwsWindow, SkippingKwsThrRnn, SkippingKwsMlp, _, _>()?;
    println!("  LSTM 77->179");
    let har = Policies::measure::<SkippingHar, SkippingHarWindow, SkippingHarThrRnn, SkippingHarMlp, _, _>()?;
    println!("  LSTM 256->256");
    let wide =
        Policies::measure::<SkippingWide, SkippingWideWindow, SkippingWideThrRnn, SkippingWideMlp, _, _>()?;

    println!("\na window of 10 by steps, us, of which the budget lets so many be executed (threshold 0)\n");
    let budgets: Vec<String> = (0..=SkippingKwsWindow::WINDOW).map(|budget| format!("{budget:>8}")).collect();
    println!("  {:<26} {}", "network", budgets.join(""));
    let lines = [
        windows::<SkippingKwsWindow, _, _>("LSTM 10->118, linear 12", &kws),
        windows::<SkippingHarWindow, _, _>("LSTM 77->179", &har),
        windows::<SkippingWideWindow, _, _>("LSTM 256->256", &wide),
    ];
    println!("\nwhat the straight line through them says, us\n");
    println!(
        "  {:<26} {:>10} {:>10} {:>10} {:>12} {:>14}",
        "network", "no step", "decision", "a step", "farthest off", "of a full window"
    );
    lines.iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// Seconds of a skipped step, which tell what a decision on a window costs.
struct Policies {
    window: f64,
    skip_rnn: f64,
}

impl Policies {
    fn measure<P, W, S, M, const INPUT: usize, const OUTPUT: usize>() -> Result<Policies, String>
    where
        P: Streaming<Input = [f32; INPUT], Output = [f32; OUTPUT]>,
        W: Streaming<Input = [f32; INPUT], Output = [f32; OUTPUT]> + Thresholded + Budgeted + Foreseeing,
        S: Streaming<Input = [f32; INPUT], Output = [f32; OUTPUT]> + Thresholded + Foreseeing,
        M: Streaming<Input = [f32; INPUT], Output = [f32; OUTPUT]> + Thresholded,
    {
        for difference in [
            largest_difference::<P, INPUT, OUTPUT>()?,
            largest_difference::<W, INPUT, OUTPUT>()?,
            largest_difference::<S, INPUT, OUTPUT>()?,
            largest_difference::<M, INPUT, OUTPUT>()?,
        ] {
            if difference.is_nan() || difference > TOLERANCE {
                return Err(format!("a network differs from the reference executor by {difference:e}"));
            }
        }
        let passed = passed::<P, W, INPUT>(|model| model.set_budget(0));
        let window = row::<P, W, INPUT>("  window of 10", |model| model.set_budget(0), &passed);
        let passed = self::passed::<P, S, INPUT>(|model| model.set_threshold(1.0));
        let skip_rnn = row::<P, S, INPUT>("  skip_rnn", |model| model.set_threshold(1.0), &passed);
        row::<P, M, INPUT>("  predictor, 10 and 10", |model| model.set_threshold(1.0), "");
        Ok(Policies { window, skip_rnn })
    }
}

/// Prints what steps cost with a policy; gives the seconds of a skipped one.
fn row<P, M, const INPUT: usize>(title: &str, stop: impl Fn(&mut M), passed: &str) -> f64
where
    P: Streaming<Input = [f32; INPUT]>,
    M: Streaming<Input = [f32; INPUT]> + Thresholded,
{
    let inputs = inputs::<INPUT>();
    let (mut plain, mut executing, mut skipping) = (P::new(), M::new(), stopped(stop, &inputs));
    executing.set_threshold(0.0);
    let before = skipping.stats();
    let [plain, executed, skipped] = measure(
        BUDGET,
        [
            Work::new(Level::detect(), &mut |times| steps(&mut plain, &inputs, times)),
            Work::new(Level::detect(), &mut |times| steps(&mut executing, &inputs, times)),
            Work::new(Level::detect(), &mut |times| steps(&mut skipping, &inputs, times)),
        ],
    );
    assert_eq!(executing.stats().updates, executing.stats().steps, "a step was skipped");
    assert_eq!(skipping.stats().updates, before.updates, "a step was executed");
    println!(
        "  {title:<26} {:>8.3} {:>9.3} {:>9.1} {:>9.4} {:>8.2}{passed}",
        us(&plain),
        us(&executed),
        percent(&executed, &plain),
        us(&skipped),
        percent(&skipped, &plain),
    );
    median(skipped)
}

/// What a step costs that goes by without an input.
fn passed<P, M, const INPUT: usize>(stop: impl Fn(&mut M)) -> String
where
    P: Streaming<Input = [f32; INPUT]>,
    M: Streaming<Input = [f32; INPUT]> + Foreseeing,
{
    let inputs = inputs::<INPUT>();
    let (mut plain, mut passing) = (P::new(), stopped(stop, &inputs));
    let mut pass = |times| {
        for _ in 0..times {
            assert_eq!(black_box(&mut passing).pass(black_box(PASSED)), PASSED, "a step was to be executed");
        }
    };
    let [plain, passed] = measure(
        BUDGET / 2,
        [
            Work::new(Level::detect(), &mut |times| steps(&mut plain, &inputs, times)),
            Work::new(Level::detect(), &mut pass),
        ],
    );
    let of_one = passed.iter().map(|seconds| seconds / f64::from(PASSED)).collect::<Vec<_>>();
    format!(" {:>9.4} {:>8.2}", us(&of_one), percent(&of_one, &plain))
}

/// A network that executes no further step: that of a Skip RNN which is always executed lies behind it.
fn stopped<M: Streaming<Input = [f32; INPUT]>, const INPUT: usize>(
    stop: impl Fn(&mut M),
    inputs: &[[f32; INPUT]],
) -> M {
    let mut model = M::new();
    steps(&mut model, inputs, 1);
    stop(&mut model);
    model
}

fn us(rounds: &[f64]) -> f64 {
    1e6 * median(rounds.iter().copied())
}

fn percent(part: &[f64], whole: &[f64]) -> f64 {
    100.0 * median(part.iter().zip(whole).map(|(part, whole)| part / whole))
}

fn steps<M: Streaming<Input = [f32; INPUT]>, const INPUT: usize>(
    model: &mut M,
    inputs: &[[f32; INPUT]],
    times: usize,
) {
    for input in inputs.iter().cycle().take(times) {
        black_box(model.step(black_box(input)));
    }
}

/// Prints the time of a window with each budget; gives the line through them for a table of its own.
fn windows<M, const INPUT: usize, const OUTPUT: usize>(title: &str, policies: &Policies) -> String
where
    M: Streaming<Input = [f32; INPUT], Output = [f32; OUTPUT]> + Thresholded + Budgeted,
{
    let inputs = inputs::<INPUT>();
    let mut models: [M; 11] = std::array::from_fn(|budget| {
        let mut model = M::new();
        model.set_budget(budget);
        model.set_threshold(0.0);
        model
    });
    let mut models = models.each_mut().map(|model| {
        |times| {
            for window in inputs.chunks(M::WINDOW).cycle().take(times) {
                for input in window {
                    black_box(model.step(black_box(input)));
                }
            }
        }
    });
    let works = models.each_mut().map(|model| Work::new(Level::detect(), model));
    let times = measure(BUDGET * 2, works).map(|rounds| 1e6 * median(rounds));
    println!("  {title:<26} {}", times.map(|time| format!("{time:>8.2}")).concat());
    let (start, slope) = line(&times);
    let off = (0..).zip(&times).map(|(budget, time)| (time - start - slope * f64::from(budget)).abs());
    let farthest = off.fold(0.0, f64::max);
    let full = times.last().copied().unwrap_or(f64::NAN);
    let decision = (policies.window - policies.skip_rnn) * 1e6 * M::WINDOW as f64;
    format!(
        "  {title:<26} {:>10.3} {decision:>10.3} {slope:>10.3} {farthest:>12.3} {:>14.2} %",
        times[0],
        100.0 * farthest / full
    )
}

/// Least squares: where it begins, and by how much it rises from one place to the next.
fn line(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let mean = values.iter().sum::<f64>() / count;
    let places = || (0..values.len()).map(|place| place as f64 - middle);
    let slope = places().zip(values).map(|(place, value)| place * (value - mean)).sum::<f64>()
        / places().map(|place| place * place).sum::<f64>();
    (mean - slope * middle, slope)
}

/// Whole windows of inputs.
fn inputs<const INPUT: usize>() -> Vec<[f32; INPUT]> {
    let mut random = Random::new(0);
    (0..30).map(|_| std::array::from_fn(|_| random.within(1.0))).collect()
}

//! What a window foresees, and lets go by at once, against a window that takes one step after the other.

mod common;

use common::on_each_level;
use recurve::activation::{Exact, Fast};
use recurve::policy::{Affine, Clock, Count, Window, WindowState};
use recurve::simd::{Kernel, LANES, Simd};

const LENGTH: usize = 5;
/// Numbers of the state.
const STATE: usize = 2;

type Gate = Window<LENGTH, 1>;

/// A gate with one row for each input of a window: what the time is multiplied with, and the bias. Half of the rows
/// also read the state.
fn gate(rows: [(f32, f32); LENGTH], clock: Clock) -> Gate {
    let mut weights = Box::new([0.0; LENGTH * LANES]);
    for (at, (row, (slope, _))) in weights.as_chunks_mut::<LANES>().0.iter_mut().zip(rows).enumerate() {
        (row[0], row[1], row[STATE]) = ((at % 2) as f32, 0.0, slope);
    }
    let bias = Box::new(rows.map(|(_, bias)| bias));
    Window { gate: Affine::new(Box::leak(weights), Box::leak(bias)), clock }
}

/// What a window shows of itself.
fn shown(window: &WindowState<LENGTH>) -> (usize, f32, Count) {
    (window.budget(), window.threshold(), window.count)
}

/// Lets `steps` steps go by, each by itself, and stops before an executed one.
fn each<S: Simd>(simd: S, gate: &Gate, state: &[f32], window: &mut WindowState<LENGTH>, steps: u32) -> u32 {
    for step in 0..steps {
        gate.before(simd, Fast, state, window);
        if window.clone().step() {
            return step;
        }
        window.step();
    }
    steps
}

/// Numbers of which each has its own bits.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 24) % end
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    /// In -1..1.
    fn number(&mut self) -> f32 {
        self.below(1 << 24) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// Windows of all kinds, and what becomes of each in both ways.
struct Compare {
    cases: usize,
    seed: u64,
}

impl Kernel for Compare {
    type Output = u64;

    /// Gives how many steps went by before an executed one.
    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> u64 {
        let mut numbers = Numbers(self.seed);
        let mut passed = 0;
        for case in 0..self.cases {
            let slope = numbers.of(&[0.0, 1e-8, 1e-6, 1e-4, 1e-3, 0.01, 0.3]);
            let rows = core::array::from_fn(|_| {
                let bias = 4.0 * numbers.number();
                (slope * numbers.number(), bias)
            });
            let gate = gate(rows, numbers.of(&[Clock::Windows, Clock::SinceUpdate]));
            // Where an importance is about the threshold, the rounding of its sigmoid decides.
            let near = 1.0 / (1.0 + f64::from(-numbers.of(&rows).1).exp()) as f32;
            let near = f32::from_bits(near.to_bits() + 3 - numbers.below(7) as u32);
            let some = numbers.number().abs();
            let threshold = numbers.of(&[0.0, some, some, near, near, 0.95, 1.0]);
            let budget = numbers.below(LENGTH as u64 + 1) as usize;
            let state = [numbers.of(&[0.0, 0.0, 0.4, -1.0, f32::NAN, f32::INFINITY]), 0.5];

            let mut at_once = WindowState::<LENGTH>::new(budget, threshold);
            let mut one_by_one = at_once.clone();
            for _ in 0..6 {
                let steps = match numbers.below(4) {
                    0 => numbers.below(4) as u32,
                    1 => numbers.below(30) as u32,
                    _ => numbers.below(2_000) as u32,
                };
                let next = gate.foresee(simd, Fast, &state, &mut at_once.clone(), None);
                let stopped = each(simd, &gate, &state, &mut one_by_one, steps);
                let found = gate.foresee(simd, Fast, &state, &mut at_once, Some(steps));
                let what = format!("case {case}: {steps} steps, {rows:?}, {state:?}, {one_by_one:?}");
                assert_eq!(found, stopped, "{what}");
                assert_eq!(next.min(steps), stopped, "{what}");
                assert_eq!(shown(&at_once), shown(&one_by_one), "{what}");
                passed += u64::from(found);
                // Whatever follows is the same.
                for _ in 0..numbers.below(9) {
                    let next = gate.foresee(simd, Fast, &state, &mut at_once.clone(), None);
                    gate.before(simd, Fast, &state, &mut at_once);
                    gate.before(simd, Fast, &state, &mut one_by_one);
                    let update = one_by_one.step();
                    assert_eq!(at_once.step(), update, "{what}");
                    assert_eq!(next == 0, update, "{what}");
                }
                assert_eq!(shown(&at_once), shown(&one_by_one), "{what}");
                if numbers.below(2) == 0 {
                    let budget = numbers.below(LENGTH as u64 + 1) as usize;
                    at_once.set_budget(budget);
                    one_by_one.set_budget(budget);
                }
            }
        }
        passed
    }
}

#[test]
fn passing_many_steps_is_taking_each() {
    let cases = if cfg!(miri) { 2 } else { 500 };
    for (level, passed) in on_each_level(|| Compare { cases, seed: 0x2545_f491_4f6c_dd1d }) {
        assert!(cfg!(miri) || passed > 100_000, "{level:?}: {passed} steps went by");
    }
}

/// The next executed step of a new window, and how many pass.
struct Passed {
    gate: Gate,
    budget: usize,
    threshold: f32,
    state: [f32; STATE],
    steps: u32,
}

impl Kernel for Passed {
    type Output = ([u32; 2], Count);

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Self::Output {
        let Passed { gate, budget, threshold, state, steps } = self;
        let mut window = WindowState::new(budget, threshold);
        let next = gate.foresee(simd, Exact, &state, &mut window.clone(), None);
        let passed = gate.foresee(simd, Exact, &state, &mut window, Some(steps));
        ([next, passed], window.count)
    }
}

const FLAT: [(f32, f32); LENGTH] = [(0.0, -1.0), (0.0, 0.0), (0.0, -2.0), (0.0, -3.0), (0.0, 0.0)];

#[test]
fn a_budget_of_zero_and_a_threshold_out_of_reach_never_execute() {
    for (budget, threshold) in [(0, 0.0), (0, 1.0), (3, 0.9), (LENGTH, 0.51)] {
        for clock in [Clock::Windows, Clock::SinceUpdate] {
            let passed = || Passed {
                gate: gate(FLAT, clock),
                budget,
                threshold,
                state: [0.0; STATE],
                steps: u32::MAX,
            };
            for (level, ([next, passed], count)) in on_each_level(passed) {
                assert_eq!([next, passed], [u32::MAX; 2], "{level:?}");
                assert_eq!((count.steps, count.updates), (u64::from(u32::MAX), 0), "{level:?}");
                // A window has five steps.
                assert_eq!(count.decisions, u64::from(u32::MAX) / 5, "{level:?}");
            }
        }
    }
}

#[test]
fn the_next_executed_step_is_found_however_far_it_is() {
    // The second row alone moves: it reaches 0 in the window that begins at time 2^22, or near to that.
    let mut rows = FLAT.map(|(_, bias)| (0.0, bias - 9.0));
    rows[1] = (1.0 / 1024.0, -4096.0);
    for (clock, windows) in [(Clock::Windows, 1 << 22), (Clock::SinceUpdate, (1_u32 << 22).div_ceil(5))] {
        let passed = || Passed {
            gate: gate(rows, clock),
            budget: 2,
            threshold: 0.5,
            state: [0.0; STATE],
            steps: u32::MAX,
        };
        for (level, (found, count)) in on_each_level(passed) {
            assert_eq!(found, [5 * windows + 1; 2], "{level:?}");
            assert_eq!(count.steps, u64::from(5 * windows + 1), "{level:?}");
            assert_eq!(count.decisions, u64::from(windows) + 1, "{level:?}");
        }
    }
}

/// The executed steps of some windows with one state.
struct Executed {
    budget: usize,
    state: [f32; STATE],
}

impl Kernel for Executed {
    type Output = Vec<bool>;

    #[inline(always)]
    fn call<S: Simd>(self, simd: S) -> Vec<bool> {
        let gate = gate(FLAT, Clock::Windows);
        let mut window = WindowState::new(self.budget, 1.0);
        let mut executed = Vec::new();
        for step in 0..3 * LENGTH {
            // The bad state is there from the second window on, and gone in the third.
            let state = if step / LENGTH == 1 { self.state } else { [0.0; STATE] };
            gate.before(simd, Fast, &state, &mut window);
            executed.push(window.step());
        }
        executed
    }
}

#[test]
fn a_state_that_is_not_a_number_executes_what_the_budget_allows() {
    for budget in 0..=LENGTH {
        for (level, executed) in on_each_level(|| Executed { budget, state: [f32::NAN; STATE] }) {
            let expected: Vec<bool> =
                (0..3 * LENGTH).map(|step| step / LENGTH == 1 && step % LENGTH < budget).collect();
            assert_eq!(executed, expected, "{level:?}, budget {budget}");
        }
    }
}

//! The budget holds, whatever the caller does to it and to the threshold.

use proptest::prelude::*;
use recurve::Budgeted;

use crate::window_lstm::M;

const L: usize = <M as Budgeted>::WINDOW;

/// What happens before a step, and its input.
#[derive(Debug, Clone)]
struct Moment {
    budget: Option<usize>,
    threshold: Option<f32>,
    input: [f32; 6],
}

fn moment() -> impl Strategy<Value = Moment> {
    let budget = prop::option::weighted(0.3, prop_oneof![0..=L, Just(L + 3), Just(usize::MAX)]);
    let threshold = prop::option::weighted(
        0.2,
        prop_oneof![4 => 0_f32..=1.0, 1 => Just(0.0), 1 => Just(f32::NAN), 1 => Just(-1.0), 1 => Just(7.0)],
    );
    let input = prop::array::uniform6(prop_oneof![9 => -3_f32..3.0, 1 => Just(f32::MAX), 1 => Just(0.0)]);
    (budget, threshold, input).prop_map(|(budget, threshold, input)| Moment { budget, threshold, input })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn no_window_executes_more_than_its_budget(moments in prop::collection::vec(moment(), 1..70)) {
        let mut model = M::new();
        let (mut used, mut largest, mut allowed) = (0, 0, usize::MAX);
        for (step, Moment { budget, threshold, input }) in moments.iter().enumerate() {
            if step % L == 0 {
                (used, largest, allowed) = (0, 0, usize::MAX);
            }
            if let Some(budget) = budget {
                model.set_budget(*budget);
            }
            if let Some(threshold) = threshold {
                model.set_threshold(*threshold);
            }
            prop_assert!(model.budget() <= L && (0.0..=1.0).contains(&model.threshold()));
            largest = largest.max(model.budget());
            // Once a budget is in force, only what was executed before may be above it.
            allowed = model.budget().max(used).min(allowed.max(model.budget()));
            let before = model.stats().updates;
            model.step(input);
            used += (model.stats().updates - before) as usize;
            prop_assert!(used <= largest, "{used} of a window, and the budget was never above {largest}");
            prop_assert!(used <= allowed, "{used} of a window, and {allowed} were left");
        }
    }

    #[test]
    fn a_sequence_executes_what_its_windows_may(
        inputs in prop::collection::vec(prop::array::uniform6(-3_f32..3.0), 0..70),
        budget in 0..=L,
        threshold in 0_f32..=1.0,
    ) {
        let mut model = M::new();
        model.set_budget(budget);
        model.set_threshold(threshold);
        model.run(&inputs);
        let bound = budget * (inputs.len() / L) + budget.min(inputs.len() % L);
        let updates = model.stats().updates as usize;
        prop_assert!(updates <= bound, "{updates} updates of at most {bound}");

        // At the lowest threshold every budget is used up.
        model.reset();
        model.set_threshold(0.0);
        let full = inputs.len() / L * L;
        model.run(&inputs[..full]);
        prop_assert_eq!(model.stats().updates as usize - updates, budget * (full / L));
    }

    #[test]
    fn a_smaller_budget_executes_a_part_of_what_a_larger_one_would_of_the_first_window(
        inputs in prop::collection::vec(prop::array::uniform6(-3_f32..3.0), L),
        budget in 0..L,
    ) {
        let executed = |budget: usize| {
            let mut model = M::new();
            model.set_budget(budget);
            model.set_threshold(0.0);
            inputs.iter().map(|input| {
                let before = model.stats().updates;
                model.step(input);
                model.stats().updates > before
            }).collect::<Vec<bool>>()
        };
        let (fewer, more) = (executed(budget), executed(budget + 1));
        prop_assert!(fewer.iter().zip(&more).all(|(fewer, more)| !fewer || *more));
    }
}

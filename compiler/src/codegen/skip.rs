//! What decides which steps are executed: its constant, its state, and the methods that the caller steers it with.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Code, dual_module, number, numbers};
use crate::plan::{Affine, Kind, Layer, Skip, SkipKind};
use crate::spec::Time;

/// The constant `SKIP`, and those of its costs.
pub(super) fn constants(skip: &Skip) -> TokenStream {
    let (type_of, value) = match &skip.kind {
        SkipKind::Window { gate, time, .. } => {
            let (length, groups, gate) = (number(gate.rows), number(gate.groups), affine(gate));
            let clock = match time {
                Time::Windows => quote!(Windows),
                Time::SinceUpdate => quote!(SinceUpdate),
            };
            (
                quote!(policy::Window<#length, #groups>),
                quote!(policy::Window { gate: #gate, clock: policy::Clock::#clock }),
            )
        }
        SkipKind::SkipRnn { gate, .. } => {
            let (groups, gate) = (number(gate.groups), affine(gate));
            (quote!(policy::SkipRnn<#groups>), quote!(policy::SkipRnn { gate: #gate }))
        }
        SkipKind::Logistic { weight, .. } => {
            let (groups, weight) = (number(weight.groups), affine(weight));
            (quote!(policy::Logistic<#groups>), quote!(policy::Logistic { weight: #weight }))
        }
        SkipKind::Mlp { layers, .. } => {
            let [first, second, last] = &**layers;
            let sizes = [first.rows, first.groups, second.groups].map(number);
            let [first, second, last] = [first, second, last].map(affine);
            (
                quote!(policy::Mlp<#(#sizes),*>),
                quote!(policy::Mlp { first: #first, second: #second, last: #last }),
            )
        }
        SkipKind::Forest { trees, nodes, feature, at, children, value, .. } => {
            let (trees, nodes) = (number(*trees), number(*nodes));
            let [feature, at, children, value] = [feature, at, children, value].map(|place| numbers(*place));
            (
                quote!(policy::Forest<#trees, #nodes>),
                quote! {
                    policy::Forest { feature: #feature, threshold: #at, children: #children, value: #value }
                },
            )
        }
        SkipKind::StopTokens(ids) => {
            let count = number(ids.len());
            let ids = ids.iter().map(|id| Literal::u32_unsuffixed(*id));
            (quote!(policy::StopTokens<#count>), quote!(policy::StopTokens([#(#ids),*])))
        }
        SkipKind::Concat(ends) => {
            let (first, last) = (number(ends.first), number(ends.last));
            (quote!(policy::Ends), quote!(policy::Ends { first: #first, last: #last }))
        }
    };
    let doc = format!(" Which steps are executed: {}.", skip.title());
    quote! {
        #[doc = #doc]
        const SKIP: #type_of = #value;
    }
}

fn affine(affine: &Affine) -> TokenStream {
    let (weight, bias) = (numbers(affine.weight), numbers(affine.bias));
    quote!(policy::Affine::new(#weight, #bias))
}

/// The type of the field `skip`.
pub(super) fn state(skip: &Skip) -> TokenStream {
    match &skip.kind {
        SkipKind::Window { gate, .. } => {
            let length = number(gate.rows);
            quote!(__recurve::policy::WindowState<#length>)
        }
        SkipKind::SkipRnn { .. } => quote!(__recurve::policy::SkipRnnState),
        SkipKind::Logistic { .. } | SkipKind::Mlp { .. } | SkipKind::Forest { .. } => {
            quote!(__recurve::policy::PredictorState)
        }
        SkipKind::StopTokens(_) | SkipKind::Concat(_) => quote!(__recurve::policy::Count),
    }
}

/// The field `skip` before the first step.
pub(super) fn rest(skip: &Skip) -> TokenStream {
    let float = |threshold: &f32| Literal::f32_unsuffixed(*threshold);
    match &skip.kind {
        SkipKind::Window { budget, threshold, .. } => {
            let (budget, threshold) = (number(*budget), float(threshold));
            quote!(policy::WindowState::new(#budget, #threshold))
        }
        SkipKind::SkipRnn { threshold, .. } => {
            let threshold = float(threshold);
            quote!(policy::SkipRnnState::new(#threshold))
        }
        SkipKind::Logistic { threshold, .. }
        | SkipKind::Mlp { threshold, .. }
        | SkipKind::Forest { threshold, .. } => {
            let threshold = float(threshold);
            quote!(policy::PredictorState::new(#threshold))
        }
        SkipKind::StopTokens(_) | SkipKind::Concat(_) => quote!(policy::Count::ZERO),
    }
}

/// Puts the field `skip` to the start of a sequence.
pub(super) fn reset(skip: &Skip) -> TokenStream {
    match &skip.kind {
        SkipKind::Window { .. } | SkipKind::SkipRnn { .. } => quote!(self.skip.reset();),
        SkipKind::Logistic { .. }
        | SkipKind::Mlp { .. }
        | SkipKind::Forest { .. }
        | SkipKind::StopTokens(_)
        | SkipKind::Concat(_) => quote!(),
    }
}

/// The code of a step that decides on it, before the input is taken in, after that, and at the step's end.
pub(super) struct Around {
    pub(super) before: TokenStream,
    pub(super) behind_input: TokenStream,
    pub(super) after: TokenStream,
}

pub(super) fn around(code: &Code) -> Around {
    let mut around = Around { before: quote!(), behind_input: quote!(), after: quote!() };
    let Some(skip) = &code.plan.skip else {
        return around;
    };
    let activations = code.activations();
    match &skip.kind {
        SkipKind::Window { .. } | SkipKind::SkipRnn { .. } => {
            let state = gate_input(code);
            around.before = quote! {
                SKIP.before(simd, #activations, &#state, skip);
                if !skip.step() {
                    return;
                }
            };
            around.after = quote!(SKIP.after(simd, #activations, &#state, skip););
        }
        SkipKind::Logistic { .. } | SkipKind::Mlp { .. } | SkipKind::Forest { .. } => {
            let state = last(code).map(|(_, state, _)| state);
            around.behind_input = quote! {
                if !policy::Predictor::feeds(&SKIP, simd, #activations, x, &#state.h, skip) {
                    return;
                }
            };
        }
        SkipKind::StopTokens(_) => {
            around.before = quote! {
                if !SKIP.feeds(*input, skip) {
                    return;
                }
            };
        }
        SkipKind::Concat(_) => {}
    }
    around
}

/// The last recurrent level's field, its state, and what a gate reads of that: the cell state, where there is one.
fn last(code: &Code) -> Option<(proc_macro2::Ident, TokenStream, TokenStream)> {
    let level = code.plan.body.iter().rev().find_map(Layer::as_recurrent)?;
    let field = format_ident!("{}", level.name);
    let state = dual_module::state_of(level, &field);
    let gate = match level.forward.kind {
        Kind::Lstm { .. } if level.forward.is_fixed => quote!(#state.cell()),
        Kind::Lstm { .. } => quote!(#state.c),
        Kind::GruAfter { .. }
        | Kind::GruBefore { .. }
        | Kind::Rnn { .. }
        | Kind::FastRnn { .. }
        | Kind::FastGrnn { .. } => quote!(#state.h),
    };
    Some((field, state, gate))
}

fn gate_input(code: &Code) -> TokenStream {
    match last(code) {
        Some((_, _, gate)) => gate,
        None => quote!(),
    }
}

/// What the caller steers the policy with.
pub(super) fn methods(code: &Code, skip: &Skip) -> TokenStream {
    let visibility = code.visibility;
    let count = match skip.kind {
        SkipKind::StopTokens(_) | SkipKind::Concat(_) => quote!(self.skip),
        SkipKind::Window { .. }
        | SkipKind::SkipRnn { .. }
        | SkipKind::Logistic { .. }
        | SkipKind::Mlp { .. }
        | SkipKind::Forest { .. } => quote!(self.skip.count),
    };
    let rows = code.plan.duals().next().map(|_| quote!(.with_rows(self.rows())));
    let budget = match &skip.kind {
        SkipKind::Window { gate, .. } => {
            let length = number(gate.rows);
            quote! {
                /// Steps of a window.
                #visibility const WINDOW: usize = #length;

                /// Steps that may be executed in a window.
                #visibility const fn budget(&self) -> usize {
                    self.skip.budget()
                }

                /// Changes the budget from the next step on, also in the middle of a window. More than
                /// [`WINDOW`](Self::WINDOW) is as much as `WINDOW`.
                #visibility fn set_budget(&mut self, budget: usize) {
                    self.skip.set_budget(budget);
                }
            }
        }
        SkipKind::SkipRnn { .. }
        | SkipKind::Logistic { .. }
        | SkipKind::Mlp { .. }
        | SkipKind::Forest { .. }
        | SkipKind::StopTokens(_)
        | SkipKind::Concat(_) => quote!(),
    };
    let threshold = skip.has_threshold().then(|| {
        quote! {
            /// The least score, importance or sum of an executed step.
            #visibility const fn threshold(&self) -> f32 {
                self.skip.threshold()
            }

            /// Changes the threshold from the next step on. What lies outside 0..=1 becomes the nearer of
            /// the two; what is not a number changes nothing.
            #visibility fn set_threshold(&mut self, threshold: f32) {
                self.skip.set_threshold(threshold);
            }
        }
    });
    let foresight = skip.foresees().then(|| {
        let (next, pass) = match &skip.kind {
            SkipKind::Window { .. } => {
                let foresee = code.apart("Foresee");
                (
                    quote!(simd::dispatch(#foresee { model: self, steps: ::core::option::Option::None })),
                    quote! {
                        simd::dispatch(#foresee { model: self, steps: ::core::option::Option::Some(steps) })
                    },
                )
            }
            SkipKind::SkipRnn { .. }
            | SkipKind::Logistic { .. }
            | SkipKind::Mlp { .. }
            | SkipKind::Forest { .. }
            | SkipKind::StopTokens(_)
            | SkipKind::Concat(_) => (quote!(self.skip.next_update_in()), quote!(self.skip.pass(steps))),
        };
        quote! {
            /// Number of coming inputs that are skipped before one is read: 0 where the next input is read,
            /// `u32::MAX` where none is read ever again.
            #visibility fn next_update_in(&mut self) -> u32 {
                #next
            }

            /// Lets up to `steps` steps go by whose inputs nobody captured, and returns how many: it stops
            /// before the first one that is to be executed.
            #visibility fn pass(&mut self, steps: u32) -> u32 {
                #pass
            }
        }
    });
    quote! {
        /// What the model did since it was made: a reset does not clear it.
        #visibility const fn stats(&self) -> __recurve::Stats {
            #count.stats(Self::MACS_PER_STEP as u64, Self::MACS_PER_DECISION as u64) #rows
        }

        #budget
        #threshold
        #foresight
    }
}

/// The kernel that looks at the coming inputs of a window before they are there.
pub(super) fn kernel(code: &Code, skip: &Skip) -> TokenStream {
    if !matches!(skip.kind, SkipKind::Window { .. }) {
        return quote!();
    }
    let (name, activations, state) = (&code.name, code.activations(), gate_input(code));
    let field = last(code).map(|(field, ..)| field);
    let (foresee, s) = (code.apart("Foresee"), code.apart("S"));
    quote! {
        struct #foresee<'a> {
            model: &'a mut #name,
            steps: ::core::option::Option<u32>,
        }

        impl simd::Kernel for #foresee<'_> {
            type Output = u32;

            #[inline(always)]
            fn call<#s: simd::Simd>(self, simd: #s) -> u32 {
                let #foresee { model: #name { #field, skip, .. }, steps } = self;
                SKIP.foresee(simd, #activations, &#state, skip, steps)
            }
        }
    }
}

/// The traits of its methods.
pub(super) fn traits(code: &Code, skip: &Skip) -> TokenStream {
    let name = &code.name;
    let budgeted = matches!(skip.kind, SkipKind::Window { .. }).then(|| {
        quote! {
            #[automatically_derived]
            impl __recurve::Budgeted for #name {
                const WINDOW: usize = #name::WINDOW;

                fn budget(&self) -> usize {
                    #name::budget(self)
                }

                fn set_budget(&mut self, budget: usize) {
                    #name::set_budget(self, budget);
                }
            }
        }
    });
    let thresholded = skip.has_threshold().then(|| {
        quote! {
            #[automatically_derived]
            impl __recurve::Thresholded for #name {
                fn threshold(&self) -> f32 {
                    #name::threshold(self)
                }

                fn set_threshold(&mut self, threshold: f32) {
                    #name::set_threshold(self, threshold);
                }
            }
        }
    });
    let foreseeing = skip.foresees().then(|| {
        quote! {
            #[automatically_derived]
            impl __recurve::Foreseeing for #name {
                fn next_update_in(&mut self) -> u32 {
                    #name::next_update_in(self)
                }

                fn pass(&mut self, steps: u32) -> u32 {
                    #name::pass(self, steps)
                }
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl __recurve::Skipping for #name {
            fn stats(&self) -> __recurve::Stats {
                #name::stats(self)
            }
        }

        #budgeted
        #thresholded
        #foreseeing
    }
}

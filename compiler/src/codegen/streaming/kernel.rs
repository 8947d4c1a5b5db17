//! What a step and a run do on each instruction set.

use proc_macro2::TokenStream;
use quote::quote;

use super::{field, levels};
use crate::codegen::{Code, array, constant, dual_module, layer, number, sequence, skip, zeros};
use crate::model::Input;
use crate::plan::Layer;

/// A step.
pub(super) fn step(code: &Code) -> TokenStream {
    let (name, input) = (&code.name, code.input());
    let activations = code.activations();
    let flush = match code.plan.input {
        Input::Features(_) => quote! {
            let x = &layer::flush(simd, input);
        },
        Input::Tokens(_) => quote!(),
    };
    let last = code.plan.body.len().saturating_sub(1);
    let body = code.plan.body.iter().enumerate().map(|(place, layer)| match layer {
        Layer::Embedding(layer) => {
            let name = constant(&layer.name);
            let dim = number(layer.dim);
            quote! {
                let mut row = [0.0; #dim];
                let x = #name.row(simd, *input, &mut row);
            }
        }
        Layer::Linear(layer) => {
            let (name, zeros) = (constant(&layer.name), zeros(layer.units));
            let sensitivity = layer::sensitivity(layer);
            quote! {
                let mut y = #zeros;
                #name.apply(simd, #activations, x, &mut y #sensitivity);
                let x = &y;
            }
        }
        Layer::Recurrent(level) => {
            let (name, field) = (constant(&level.name), field(level));
            let state = dual_module::state_of(level, &field);
            let result = if level.residual {
                quote! {
                    let mut y = #state.h;
                    layer::add(simd, x, &mut y);
                    let x = &y;
                }
            } else if place == last && code.output_field().is_none() {
                quote!()
            } else {
                quote!(let x = &#state.h;)
            };
            quote! {
                cell::step(simd, #activations, &#name, x, #field);
                #result
            }
        }
    });
    let body: Vec<TokenStream> = body.collect();
    let pattern = pattern(code, code.plan.skip.is_some());
    let skip::Around { before, behind_input, after } = skip::around(code);
    // What a predictor reads of an id is its row.
    let (first, rest) = body.split_at(usize::from(matches!(code.plan.input, Input::Tokens(_))));
    let arguments = dual_module::head_arguments(code);
    let finish = code.output_field().map(|output| quote!(head(simd, x, #output #arguments);));
    let (step, s) = (code.apart("Step"), code.apart("S"));
    quote! {
        struct #step<'a> {
            model: &'a mut #name,
            input: &'a #input,
        }

        impl simd::Kernel for #step<'_> {
            type Output = ();

            #[inline(always)]
            fn call<#s: simd::Simd>(self, simd: #s) {
                let #step { model: #pattern, input } = self;
                #before
                #flush
                #(#first)*
                #behind_input
                #(#rest)*
                #finish
                #after
            }
        }
    }
}

/// A run, which forms the products with many inputs at once.
pub(super) fn run(code: &Code) -> TokenStream {
    let activations = code.activations();
    let steps = sequence::steps();
    let mut body = vec![sequence::read(code, &steps)];
    for layer in &code.plan.body {
        body.push(match layer {
            Layer::Recurrent(level) => {
                let (name, field) = (constant(&level.name), field(level));
                let size = array(level.output_size());
                let residual = level.residual.then(|| quote!(let x = layer::add_each(simd, x, &mut y);));
                let result = if level.residual { quote!(let _ = ) } else { quote!(let x = ) };
                quote! {
                    let mut y: [#size; STEPS] = [[0.0; _]; STEPS];
                    #result cell::run(simd, #activations, &#name, &mut sums, x, #field, &mut y);
                    #residual
                }
            }
            stateless @ (Layer::Embedding(_) | Layer::Linear(_)) => {
                sequence::stateless(code, stateless, &steps)
            }
        });
    }
    let pattern = pattern(code, false);
    let sums = sequence::sums(code);
    let rest = zeros(code.plan.body_size());
    let arguments = dual_module::head_arguments(code);
    let finish = code.output_field().map(|output| {
        quote! {
            if !inputs.is_empty() {
                head(simd, &last, #output #arguments);
            }
        }
    });
    let (declare, keep) = match finish {
        Some(_) => (
            quote!(let mut last = #rest;),
            quote! {
                if let [.., x] = x {
                    last = *x;
                }
            },
        ),
        None => (quote!(), quote!()),
    };
    let body = quote! {
        #sums
        #declare
        for x in inputs.chunks(STEPS) {
            #(#body)*
            for (x, y) in x.iter().zip(&mut outputs) {
                head(simd, x, y #arguments);
            }
            #keep
        }
        #finish
    };
    run_of(code, &quote!(model: #pattern), &body)
}

/// A run of a model whose policy decides on each step in turn.
pub(super) fn run_by_steps(code: &Code) -> TokenStream {
    let step = code.apart("Step");
    let result = match code.output_field() {
        Some(field) => quote!(model.#field),
        None => levels(code).last().map_or_else(TokenStream::new, |level| {
            let state = dual_module::state_of(level, &field(level));
            quote!(model.#state.h)
        }),
    };
    let body = quote! {
        for input in inputs {
            simd::Kernel::call(#step { model: &mut *model, input }, simd);
            if let ::core::option::Option::Some(output) = outputs.next() {
                *output = #result;
            }
        }
    };
    run_of(code, &quote!(model), &body)
}

/// The kernel of a run, which takes the model as `model` and does `body`.
fn run_of(code: &Code, model: &TokenStream, body: &TokenStream) -> TokenStream {
    let (name, input, output) = (&code.name, code.input(), code.output());
    let (run, s) = (code.apart("Run"), code.apart("S"));
    quote! {
        struct #run<'a> {
            model: &'a mut #name,
            inputs: &'a [#input],
            /// As long as `inputs`, or empty where the last output alone is wanted.
            outputs: &'a mut [#output],
        }

        impl simd::Kernel for #run<'_> {
            type Output = ();

            #[inline(always)]
            fn call<#s: simd::Simd>(self, simd: #s) {
                let #run { #model, inputs, outputs } = self;
                let mut outputs = outputs.iter_mut();
                #body
            }
        }
    }
}

/// The pattern that takes the model's fields apart.
fn pattern(code: &Code, with_skip: bool) -> TokenStream {
    let name = &code.name;
    let duals = dual_module::fields(code).into_iter().map(|(name, _)| name);
    let fields = levels(code).map(field).chain(duals).chain(code.output_field());
    match (&code.plan.skip, with_skip) {
        (None, _) => quote!(#name { #(#fields),* }),
        (Some(_), true) => quote!(#name { #(#fields,)* skip }),
        (Some(_), false) => quote!(#name { #(#fields,)* .. }),
    }
}

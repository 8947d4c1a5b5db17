//! What a run does on each instruction set: level after level, each in both directions.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{field, kept};
use crate::codegen::{Code, array, cell, constant, dual_module, layer, sequence};
use crate::plan::{Cell, Layer, Recurrent};
use crate::spec::Output;

/// A run.
pub(super) fn run(code: &Code) -> TokenStream {
    let (name, input, output) = (&code.name, code.input(), code.output());
    let sums = sequence::sums(code);
    let every = code.plan.output == Output::Every;
    let outputs_field = every.then(|| quote!(outputs: &'a mut [#output],));
    let outputs = every.then(|| quote!(, outputs));
    let duals = dual_module::fields(code).into_iter().map(|(name, _)| name);
    let fields = kept(code).map(|(name, _)| name).chain(duals).chain(code.output_field());
    let body = if code.plan.max_steps.is_some() { through_memory(code) } else { single_level(code) };
    let (run, s) = (code.apart("Run"), code.apart("S"));
    quote! {
        struct #run<'a> {
            model: &'a mut #name,
            inputs: &'a [#input],
            #outputs_field
        }

        impl simd::Kernel for #run<'_> {
            type Output = ();

            #[inline(always)]
            fn call<#s: simd::Simd>(self, simd: #s) {
                let #run { model: #name { #(#fields),* }, inputs #outputs } = self;
                #sums
                #body
            }
        }
    }
}

/// The layers before the first recurrent one, that one, and the layers after it.
fn split<'c>(code: &'c Code) -> (&'c [Layer], Option<&'c Recurrent>, &'c [Layer]) {
    let body = &code.plan.body;
    let first = body.iter().position(|layer| matches!(layer, Layer::Recurrent(_)));
    match first.and_then(|first| body.get(first).map(|layer| (first, layer))) {
        Some((first, Layer::Recurrent(level))) => (&body[..first], Some(level), &body[first + 1..]),
        _ => (body, None, &[]),
    }
}

/// The states of a level, declared at rest.
fn states(level: &Recurrent) -> TokenStream {
    let forward = state(&level.forward, &dual_module::forward(level));
    let backward = level.backward.as_ref().map(|cell| {
        let rest = state(cell, &dual_module::backward(level));
        quote!(let mut backward = #rest;)
    });
    quote! {
        let mut forward = #forward;
        #backward
    }
}

/// A cell's state at rest, with the sensitivity that the model keeps.
fn state(cell: &Cell, sensitivity: &Ident) -> TokenStream {
    let own = cell::own_rest(cell);
    match cell.dual {
        Some(_) => quote!(dual_module::DualState { state: #own, sensitivity: *#sensitivity }),
        None => own,
    }
}

/// Keeps what the dual modules of a level counted.
fn keep(level: &Recurrent) -> TokenStream {
    let forward = level.forward.dual.as_ref().map(|_| {
        let field = dual_module::forward(level);
        quote!(*#field = forward.sensitivity;)
    });
    let backward = level.backward.as_ref().and_then(|cell| cell.dual.as_ref()).map(|_| {
        let field = dual_module::backward(level);
        quote!(*#field = backward.sensitivity;)
    });
    quote!(#forward #backward)
}

/// The final state of both directions.
fn final_states(level: &Recurrent) -> TokenStream {
    let forward = dual_module::state_of(level, &format_ident!("forward"));
    let backward = dual_module::state_of(level, &format_ident!("backward"));
    quote!(layer::join(&#forward.h, &#backward.h))
}

/// One bidirectional level that reads the inputs themselves and writes to the caller, or to nobody.
fn single_level(code: &Code) -> TokenStream {
    let (before, Some(level), _) = split(code) else {
        return TokenStream::new();
    };
    let every = code.plan.output == Output::Every;
    let states = states(level);
    let outputs = every.then(|| quote!(outputs));
    let read = read_twice(code, before, level, outputs.as_ref());
    let (joined, keep, arguments) = (final_states(level), keep(level), dual_module::head_arguments(code));
    let finish = code.output_field().map(|output| {
        let both = array(level.output_size());
        quote! {
            let x: #both = #joined;
            head(simd, &x, #output #arguments);
        }
    });
    quote! {
        #states
        #read
        #keep
        #finish
    }
}

/// Room for no outputs.
fn nowhere() -> TokenStream {
    quote!(&mut [[0.0; 0]; 0])
}

/// The first level over the inputs, in blocks: forward, and backward where the level has that direction.
fn read_twice(
    code: &Code,
    before: &[Layer],
    level: &Recurrent,
    outputs: Option<&TokenStream>,
) -> TokenStream {
    let activations = code.activations();
    let name = constant(&level.name);
    let read = sequence::read(code, &sequence::steps());
    let before: Vec<TokenStream> =
        before.iter().map(|layer| sequence::stateless(code, layer, &sequence::steps())).collect();
    let room = |chunks: TokenStream| outputs.map(|outputs| quote!(let mut room = #outputs.#chunks(STEPS);));
    let y = outputs.map_or_else(nowhere, |_| quote!(room.next().unwrap_or_default()));
    let backward = level.backward.is_some().then(|| {
        let (name, room) = (layer::back(level), room(quote!(rchunks_mut)));
        quote! {
            #room
            // The last block may be a short one at the front of the sequence.
            for x in inputs.rchunks(STEPS) {
                #read
                #(#before)*
                let y = #y;
                cell::run_back(simd, #activations, &#name, &mut sums, x, &mut backward, y);
            }
        }
    });
    let room = room(quote!(chunks_mut));
    quote! {
        #room
        for x in inputs.chunks(STEPS) {
            #read
            #(#before)*
            let y = #y;
            let _ = cell::run(simd, #activations, &#name, &mut sums, x, &mut forward, y);
        }
        #backward
    }
}

/// Level after level, each over the whole sequence that the one before it left in memory.
fn through_memory(code: &Code) -> TokenStream {
    let (before, Some(first), after) = split(code) else {
        return TokenStream::new();
    };
    let activations = code.activations();
    let first_field = format_ident!("{}", first.name);
    let states_of_first = states(first);
    let outputs = quote!(#first_field.get_mut(..inputs.len()).unwrap_or_default());
    let read = read_twice(code, before, first, Some(&outputs));
    let kept_fields: Vec<Ident> = kept(code).map(|(field, _)| field).collect();
    let mut x = first_field;
    let later: Vec<TokenStream> = after
        .iter()
        .map(|layer| {
            let y = field(layer);
            let from = quote!(#x.get(..inputs.len()).unwrap_or_default());
            let to = if kept_fields.contains(&y) {
                quote!(#y.get_mut(..inputs.len()).unwrap_or_default())
            } else {
                nowhere()
            };
            x = y;
            match layer {
                Layer::Recurrent(level) => later_level(&activations, level, &from, &to),
                Layer::Linear(layer) => {
                    let name = constant(&layer.name);
                    let sensitivity = layer::sensitivity(layer);
                    quote!(let _ = #name.apply_each(simd, #activations, #from, #to #sensitivity);)
                }
                Layer::Embedding(_) => quote!(),
            }
        })
        .collect();
    let last = after.last();
    let arguments = dual_module::head_arguments(code);
    let keep_first = keep(first);
    let residual_of_first = first.residual.then(|| residual_over_inputs(code, before, first));
    let finish = match (code.plan.output, code.output_field()) {
        (Output::Last, Some(output)) => match last {
            Some(Layer::Recurrent(level)) if level.backward.is_some() => {
                let both = array(level.output_size());
                let joined = final_states(level);
                quote! {
                    let both: #both = #joined;
                    head(simd, &both, #output #arguments);
                }
            }
            _ => quote! {
                if let [.., x] = #x.get(..inputs.len()).unwrap_or_default() {
                    head(simd, x, #output #arguments);
                }
            },
        },
        _ => quote! {
            for (x, y) in #x.iter().zip(outputs) {
                head(simd, x, y #arguments);
            }
        },
    };
    quote! {
        #states_of_first
        #read
        #keep_first
        #residual_of_first
        #(#later)*
        #finish
    }
}

fn later_level(
    activations: &TokenStream,
    level: &Recurrent,
    from: &TokenStream,
    to: &TokenStream,
) -> TokenStream {
    let (name, states) = (constant(&level.name), states(level));
    let backward = level.backward.is_some().then(|| {
        let name = layer::back(level);
        quote! {
            cell::run_back(simd, #activations, &#name, &mut sums, #from, &mut backward, #to);
        }
    });
    let residual = level.residual.then(|| quote!(let _ = layer::add_each(simd, #from, #to);));
    let keep = keep(level);
    quote! {
        #states
        let _ = cell::run(simd, #activations, &#name, &mut sums, #from, &mut forward, #to);
        #backward
        #keep
        #residual
    }
}

/// Adds the first level's inputs to what it gave.
fn residual_over_inputs(code: &Code, before: &[Layer], level: &Recurrent) -> TokenStream {
    let field = format_ident!("{}", level.name);
    let read = sequence::read(code, &sequence::steps());
    let before: Vec<TokenStream> =
        before.iter().map(|layer| sequence::stateless(code, layer, &sequence::steps())).collect();
    quote! {
        for (x, sums) in inputs.chunks(STEPS).zip(#field.chunks_mut(STEPS)) {
            #read
            #(#before)*
            let _ = layer::add_each(simd, x, sums);
        }
    }
}

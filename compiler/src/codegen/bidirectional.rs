//! Models that read a whole sequence in both directions.
//!
//! The sequence passes level by level. The first recurrent level reads it in blocks, which takes no memory;
//! what a level gives is kept, where another layer reads it, in a field that is named after the level.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{Code, Parts, array, cell, constant, dual_module, layer, number, sequence, zeros};
use crate::plan::{Cell, Layer, Recurrent};
use crate::spec::Output;

pub(super) fn generate(code: &Code) -> Parts {
    Parts { fields: fields(code), constants: constants(code), methods: methods(code), traits: traits(code) }
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

/// The layers whose outputs are kept, each with its field.
fn kept<'c>(code: &'c Code) -> impl Iterator<Item = (Ident, &'c Layer)> {
    code.plan.kept_layers().iter().map(|layer| (field(layer), layer))
}

fn field(layer: &Layer) -> Ident {
    let name = match layer {
        Layer::Embedding(layer) => &layer.name,
        Layer::Recurrent(level) => &level.name,
        Layer::Linear(layer) => &layer.name,
    };
    format_ident!("{name}")
}

fn fields(code: &Code) -> TokenStream {
    let steps = number(code.plan.max_steps.unwrap_or(0));
    let kept = kept(code).map(|(name, layer)| {
        let size = array(layer.output_size());
        quote!(#name: [#size; #steps],)
    });
    let output = code.output_field().map(|name| {
        let output = code.output();
        quote!(#name: #output,)
    });
    let (duals, _): (Vec<_>, Vec<_>) = dual_module::fields(code).into_iter().unzip();
    quote!(#(#kept)* #(#duals: ::recurve::dual_module::Sensitivity,)* #output)
}

fn constants(code: &Code) -> TokenStream {
    let name = &code.name;
    let kept = kept(code).map(|(name, layer)| {
        let (zeros, steps) = (zeros(layer.output_size()), number(code.plan.max_steps.unwrap_or(0)));
        quote!(#name: [#zeros; #steps],)
    });
    let output = code.output_field().map(|name| {
        let zeros = zeros(code.plan.output_size);
        quote!(#name: #zeros,)
    });
    let duals = dual_module::fields(code).into_iter().map(|(name, dual)| {
        let rest = dual_module::sensitivity(dual);
        quote!(#name: #rest,)
    });
    let steps = number(code.plan.memory.steps);
    quote! {
        /// The model before its first sequence.
        const REST: #name = #name { #(#kept)* #(#duals)* #output };
        /// Steps whose input products a run forms at once.
        const STEPS: usize = #steps;
    }
}

fn methods(code: &Code) -> TokenStream {
    let (name, input, output) = (&code.name, code.input(), code.output());
    let sizes = code.sizes();
    let max_steps = match code.plan.max_steps {
        Some(steps) => {
            let steps = number(steps);
            quote!(#steps)
        }
        None => quote!(usize::MAX),
    };
    let kernel_type = code.apart("Run");
    let run = match code.plan.output {
        Output::Last => quote! {
            /// Reads a whole sequence, from rest; gives the output for the final states of both
            /// directions: forward after the last input, backward after the first.
            ///
            /// # Errors
            /// Where the sequence is longer than [`MAX_STEPS`](Self::MAX_STEPS).
            pub fn run(
                &mut self,
                inputs: &[#input],
            ) -> ::core::result::Result<&#output, ::recurve::SequenceTooLong> {
                ::recurve::SequenceTooLong::check(inputs.len(), Self::MAX_STEPS)?;
                simd::dispatch(#kernel_type { model: self, inputs });
                Ok(&self.output)
            }
        },
        Output::Every => quote! {
            /// Reads a whole sequence, from rest; writes one output a step.
            ///
            /// # Errors
            /// Where the sequence is longer than `outputs` or [`MAX_STEPS`](Self::MAX_STEPS).
            /// Nothing is written then.
            pub fn run_into(
                &mut self,
                inputs: &[#input],
                outputs: &mut [#output],
            ) -> ::core::result::Result<(), ::recurve::SequenceTooLong> {
                let room = ::core::cmp::Ord::min(outputs.len(), Self::MAX_STEPS);
                ::recurve::SequenceTooLong::check(inputs.len(), room)?;
                if let Some(outputs) = outputs.get_mut(..inputs.len()) {
                    simd::dispatch(#kernel_type { model: self, inputs, outputs });
                }
                Ok(())
            }
        },
    };
    let kernel = kernel(code);
    let duals = dual_module::methods(code);
    quote! {
        #kernel

        impl #name {
            #sizes
            /// The longest sequence that the model has memory for.
            pub const MAX_STEPS: usize = #max_steps;

            /// A model, which keeps nothing from one sequence to the next.
            pub const fn new() -> Self {
                REST
            }

            #run

            #duals
        }

        #[automatically_derived]
        impl ::core::default::Default for #name {
            fn default() -> Self {
                REST
            }
        }
    }
}

fn kernel(code: &Code) -> TokenStream {
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
    quote!(<&mut [[f32; 0]]>::default())
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
            cell::run(simd, #activations, &#name, &mut sums, x, &mut forward, y);
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
    let kept = quote!(#first_field.get_mut(..inputs.len()).unwrap_or_default());
    let read = read_twice(code, before, first, Some(&kept));
    let kept_fields: Vec<Ident> = self::kept(code).map(|(field, _)| field).collect();
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
                    let sensitivity = self::layer::sensitivity(layer);
                    quote!(#name.apply_each(simd, #activations, #from, #to #sensitivity);)
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
                if let Some(x) = #x.get(..inputs.len()).and_then(|x| x.last()) {
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
    let residual = level.residual.then(|| quote!(layer::add_each(simd, #from, #to);));
    let keep = keep(level);
    quote! {
        #states
        cell::run(simd, #activations, &#name, &mut sums, #from, &mut forward, #to);
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
            layer::add_each(simd, x, sums);
        }
    }
}

fn traits(code: &Code) -> TokenStream {
    let (name, input, output) = (&code.name, code.input(), code.output());
    match code.plan.output {
        Output::Last => quote! {
            #[automatically_derived]
            impl ::recurve::SequenceToVector for #name {
                fn run(
                    &mut self,
                    inputs: &[#input],
                ) -> ::core::result::Result<&#output, ::recurve::SequenceTooLong> {
                    #name::run(self, inputs)
                }
            }
        },
        Output::Every => quote! {
            #[automatically_derived]
            impl ::recurve::SequenceToSequence for #name {
                fn run_into(
                    &mut self,
                    inputs: &[#input],
                    outputs: &mut [#output],
                ) -> ::core::result::Result<(), ::recurve::SequenceTooLong> {
                    #name::run_into(self, inputs, outputs)
                }
            }
        },
    }
}

//! Models that take their input step by step.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{
    Code, Parts, array, cell, constant, dual_module, layer, lockstep, number, numbers, sequence, skip, zeros,
};
use crate::model::Input;
use crate::plan::{Layer, Recurrent, Skip};

pub(super) fn generate(code: &Code) -> Parts {
    Parts { fields: fields(code), constants: constants(code), methods: methods(code), traits: traits(code) }
}

fn levels<'c>(code: &'c Code) -> impl Iterator<Item = &'c Recurrent> {
    code.plan.body.iter().filter_map(Layer::as_recurrent)
}

pub(super) fn field(level: &Recurrent) -> Ident {
    format_ident!("{}", level.name)
}

fn fields(code: &Code) -> TokenStream {
    let states = levels(code).map(|level| {
        let (name, state) = (field(level), cell::state(&level.forward));
        quote!(#name: #state,)
    });
    let output = code.output_field().map(|name| {
        let output = code.output();
        quote!(#name: #output,)
    });
    let skip = code.plan.skip.as_ref().map(|skip| {
        let state = skip::state(skip);
        quote!(skip: #state,)
    });
    let (duals, _): (Vec<_>, Vec<_>) = dual_module::fields(code).into_iter().unzip();
    quote!(#(#states)* #(#duals: ::recurve::dual_module::Sensitivity,)* #output #skip)
}

fn constants(code: &Code) -> TokenStream {
    let name = &code.name;
    let states = levels(code).map(|level| {
        let (name, rest) = (field(level), cell::rest(&level.forward));
        quote!(#name: #rest,)
    });
    let output = code.output_field().map(|name| {
        let rest = match code.plan.skip.as_ref().and_then(|skip| skip.rest) {
            Some(place) => {
                let numbers = numbers(place);
                quote!(*#numbers)
            }
            None => zeros(code.plan.output_size),
        };
        quote!(#name: #rest,)
    });
    let skip = code.plan.skip.as_ref().map(|skip| {
        let rest = skip::rest(skip);
        quote!(skip: #rest,)
    });
    let duals = dual_module::fields(code).into_iter().map(|(name, dual)| {
        let rest = dual_module::sensitivity(dual);
        quote!(#name: #rest,)
    });
    let goes_by_steps = code.plan.skip.as_ref().is_some_and(Skip::is_streaming);
    let steps = (!goes_by_steps).then(|| {
        let steps = number(code.plan.memory.steps);
        quote! {
            /// Steps whose input products a run forms at once.
            const STEPS: usize = #steps;
        }
    });
    quote! {
        /// The model at rest.
        const REST: #name = #name { #(#states)* #(#duals)* #output #skip };
        #steps
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

fn methods(code: &Code) -> TokenStream {
    let name = &code.name;
    let sizes = code.sizes();
    let skip = code.plan.skip.as_ref();
    let is_streaming = skip.is_none_or(Skip::is_streaming);
    let step_kernel = is_streaming.then(|| step_kernel(code));
    let run_kernel = match skip {
        Some(skip) if skip.is_streaming() => run_by_steps(code),
        _ => run_kernel(code),
    };
    let foresee_kernel = skip.map(|skip| skip::kernel(code, skip));
    let policy = skip.map(|skip| skip::methods(code, skip));
    let steered = skip.is_some() || code.plan.duals().next().is_some();
    let reset = match steered {
        false => quote!(*self = REST;),
        true => {
            let states = levels(code).map(|level| dual_module::state_of(level, &field(level)));
            let output = code.output_field().map(|field| quote!(#field));
            let fields = states.chain(output);
            let skip = skip.map(skip::reset);
            quote! {
                #(self.#fields = REST.#fields;)*
                #skip
            }
        }
    };
    let reset_doc = match steered {
        false => " Back to rest.",
        true => " Back to rest. What the caller set, and the statistics, stay.",
    };
    let duals = dual_module::methods(code);
    let calls = if is_streaming { step_by_step(code) } else { whole(code) };
    quote! {
        #step_kernel
        #run_kernel
        #foresee_kernel

        impl #name {
            #sizes

            /// The model at rest.
            pub const fn new() -> Self {
                REST
            }

            #[doc = #reset_doc]
            pub fn reset(&mut self) {
                #reset
            }

            #calls

            #policy
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

/// The output as it stands.
pub(super) fn result(code: &Code) -> TokenStream {
    match code.output_field() {
        Some(field) => quote!(&self.#field),
        None => levels(code).last().map_or_else(TokenStream::new, |level| {
            let state = dual_module::state_of(level, &field(level));
            quote!(&self.#state.h)
        }),
    }
}

/// The calls of a model that can be given one input after the other.
fn step_by_step(code: &Code) -> TokenStream {
    let (input, output, result) = (code.input(), code.output(), result(code));
    let (step, run) = (code.apart("Step"), code.apart("Run"));
    let by_token = matches!(code.plan.input, Input::Tokens(_));
    let (parameter, argument) =
        if by_token { (quote!(u32), quote!(input: &input)) } else { (quote!(&#input), quote!(input)) };
    let mut step_doc = if by_token {
        " Reads one id; gives the output after it. An id the vocabulary does not have reads as zeros."
    } else {
        " Reads one input; gives the output after it."
    }
    .to_owned();
    if code.plan.skip.is_some() {
        step_doc += " A step that is skipped gives the output as it stands.";
    }
    quote! {
        #[doc = #step_doc]
        pub fn step(&mut self, input: #parameter) -> &#output {
            simd::dispatch(#step { model: self, #argument });
            #result
        }

        /// Reads all of `inputs` in order; gives the output after the last, to the same bit as that
        /// many [`step`](Self::step)s. Of no inputs, gives the output as it stands.
        pub fn run(&mut self, inputs: &[#input]) -> &#output {
            simd::dispatch(#run { model: self, inputs, outputs: &mut [] });
            #result
        }

        /// Reads `inputs` in order and writes the output after each, as far as both slices go.
        pub fn run_into(&mut self, inputs: &[#input], outputs: &mut [#output]) {
            let steps = ::core::cmp::Ord::min(inputs.len(), outputs.len());
            if let (Some(inputs), Some(outputs)) = (inputs.get(..steps), outputs.get_mut(..steps)) {
                simd::dispatch(#run { model: self, inputs, outputs });
            }
        }
    }
}

/// The call of a model that has to know where the sequence ends.
fn whole(code: &Code) -> TokenStream {
    let (input, output, result) = (code.input(), code.output(), result(code));
    let run = code.apart("Run");
    quote! {
        /// Reads the two ends of a whole sequence, from rest; gives the output after the last input.
        pub fn run(&mut self, inputs: &[#input]) -> &#output {
            self.reset();
            for inputs in SKIP.of(inputs, &mut self.skip) {
                simd::dispatch(#run { model: self, inputs, outputs: &mut [] });
            }
            #result
        }
    }
}

/// A run of a model whose policy decides on each step in turn.
fn run_by_steps(code: &Code) -> TokenStream {
    let (name, input, output) = (&code.name, code.input(), code.output());
    let (step, run, s) = (code.apart("Step"), code.apart("Run"), code.apart("S"));
    let result = match code.output_field() {
        Some(field) => quote!(model.#field),
        None => levels(code).last().map_or_else(TokenStream::new, |level| {
            let state = dual_module::state_of(level, &field(level));
            quote!(model.#state.h)
        }),
    };
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
                let #run { model, inputs, outputs } = self;
                let mut outputs = outputs.iter_mut();
                for input in inputs {
                    simd::Kernel::call(#step { model: &mut *model, input }, simd);
                    if let Some(output) = outputs.next() {
                        *output = #result;
                    }
                }
            }
        }
    }
}

fn step_kernel(code: &Code) -> TokenStream {
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

fn run_kernel(code: &Code) -> TokenStream {
    let (name, input, output) = (&code.name, code.input(), code.output());
    let activations = code.activations();
    let steps = sequence::steps();
    let mut body = vec![sequence::read(code, &steps)];
    for layer in &code.plan.body {
        body.push(match layer {
            Layer::Recurrent(level) => {
                let (name, field) = (constant(&level.name), field(level));
                let size = array(level.output_size());
                let residual = level.residual.then(|| quote!(let x = layer::add_each(simd, x, &mut y);));
                let result = if level.residual { quote!() } else { quote!(let x = ) };
                quote! {
                    let mut y: [#size; STEPS] = [[0.0; _]; STEPS];
                    #result cell::run(simd, #activations, &#name, &mut sums, x, #field, &mut y);
                    #residual
                }
            }
            stateless => sequence::stateless(code, stateless, &steps),
        });
    }
    let pattern = pattern(code, false);
    let sums = sequence::sums(code);
    let last = array(code.plan.body_size());
    let arguments = dual_module::head_arguments(code);
    let finish = code.output_field().map(|output| {
        quote! {
            if let Some(x) = last {
                head(simd, &x, #output #arguments);
            }
        }
    });
    let (declare, keep) = match finish {
        Some(_) => {
            (quote!(let mut last: ::core::option::Option<#last> = None;), quote!(last = x.last().copied();))
        }
        None => (quote!(), quote!()),
    };
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
                let #run { model: #pattern, inputs, outputs } = self;
                let mut outputs = outputs.iter_mut();
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
            }
        }
    }
}

fn traits(code: &Code) -> TokenStream {
    let name = &code.name;
    let (input, output) = (code.input(), code.output());
    let skip = code.plan.skip.as_ref();
    let policy = skip.map(|skip| skip::traits(code, skip));
    if !skip.is_none_or(Skip::is_streaming) {
        return quote! {
            #[automatically_derived]
            impl ::recurve::SequenceToVector for #name {
                fn run(
                    &mut self,
                    inputs: &[#input],
                ) -> ::core::result::Result<&#output, ::recurve::SequenceTooLong> {
                    ::core::result::Result::Ok(#name::run(self, inputs))
                }
            }

            #policy
        };
    }
    let lockstep = lockstep::generate(code);
    let argument = match code.plan.input {
        Input::Tokens(_) => quote!(*input),
        Input::Features(_) => quote!(input),
    };
    quote! {
        #[automatically_derived]
        impl ::recurve::Streaming for #name {
            fn step(&mut self, input: &#input) -> &#output {
                #name::step(self, #argument)
            }

            fn run(&mut self, inputs: &[#input]) -> &#output {
                #name::run(self, inputs)
            }

            fn run_into(&mut self, inputs: &[#input], outputs: &mut [#output]) {
                #name::run_into(self, inputs, outputs);
            }

            fn reset(&mut self) {
                #name::reset(self);
            }
        }

        #lockstep
        #policy
    }
}

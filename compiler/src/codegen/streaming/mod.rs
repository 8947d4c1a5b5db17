//! Models that take their input step by step.

mod kernel;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{Code, Parts, cell, dual_module, lockstep, number, numbers, skip, zeros};
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
        let output = super::field_array(code.plan.output_size);
        quote!(#name: #output,)
    });
    let skip = code.plan.skip.as_ref().map(|skip| {
        let state = skip::state(skip);
        quote!(skip: #state,)
    });
    let (duals, _): (Vec<_>, Vec<_>) = dual_module::fields(code).into_iter().unzip();
    quote!(#(#states)* #(#duals: __recurve::dual_module::Sensitivity,)* #output #skip)
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

fn methods(code: &Code) -> TokenStream {
    let (name, visibility) = (&code.name, code.visibility);
    let sizes = code.sizes();
    let skip = code.plan.skip.as_ref();
    let is_streaming = skip.is_none_or(Skip::is_streaming);
    let step_kernel = is_streaming.then(|| kernel::step(code));
    let run_kernel = match skip {
        Some(skip) if skip.is_streaming() => kernel::run_by_steps(code),
        _ => kernel::run(code),
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
            #visibility const fn new() -> Self {
                REST
            }

            #[doc = #reset_doc]
            #visibility fn reset(&mut self) {
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
    let (step, run, visibility) = (code.apart("Step"), code.apart("Run"), code.visibility);
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
        #visibility fn step(&mut self, input: #parameter) -> &#output {
            simd::dispatch(#step { model: self, #argument });
            #result
        }

        /// Reads all of `inputs` in order; gives the output after the last, to the same bit as that
        /// many [`step`](Self::step)s. Of no inputs, gives the output as it stands.
        #visibility fn run(&mut self, inputs: &[#input]) -> &#output {
            simd::dispatch(#run { model: self, inputs, outputs: &mut [] });
            #result
        }

        /// Reads `inputs` in order and writes the output after each, as far as both slices go.
        #visibility fn run_into(&mut self, inputs: &[#input], outputs: &mut [#output]) {
            let (inputs, outputs) = layer::paired(inputs, outputs);
            simd::dispatch(#run { model: self, inputs, outputs });
        }
    }
}

/// The call of a model that has to know where the sequence ends.
fn whole(code: &Code) -> TokenStream {
    let (input, output, result) = (code.input(), code.output(), result(code));
    let (run, visibility) = (code.apart("Run"), code.visibility);
    quote! {
        /// Reads the two ends of a whole sequence, from rest; gives the output after the last input.
        #visibility fn run(&mut self, inputs: &[#input]) -> &#output {
            self.reset();
            for inputs in SKIP.of(inputs, &mut self.skip) {
                simd::dispatch(#run { model: self, inputs, outputs: &mut [] });
            }
            #result
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
            impl __recurve::SequenceToVector for #name {
                fn run(
                    &mut self,
                    inputs: &[#input],
                ) -> ::core::result::Result<&#output, __recurve::SequenceTooLong> {
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
        impl __recurve::Streaming for #name {
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

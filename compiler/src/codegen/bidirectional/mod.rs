//! Models that read a whole sequence in both directions.
//!
//! The sequence passes level by level. The first recurrent level reads it in blocks, which takes no memory;
//! what a level gives is kept, where another layer reads it, in a field that is named after the level.

mod kernel;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{Code, Parts, dual_module, field_array, number, zeros};
use crate::plan::Layer;
use crate::spec::Output;

pub(super) fn generate(code: &Code) -> Parts {
    Parts { fields: fields(code), constants: constants(code), methods: methods(code), traits: traits(code) }
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
        let size = field_array(layer.output_size());
        quote!(#name: [#size; #steps],)
    });
    let output = code.output_field().map(|name| {
        let output = field_array(code.plan.output_size);
        quote!(#name: #output,)
    });
    let (duals, _): (Vec<_>, Vec<_>) = dual_module::fields(code).into_iter().unzip();
    quote!(#(#kept)* #(#duals: __recurve::dual_module::Sensitivity,)* #output)
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
    let visibility = code.visibility;
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
            #visibility fn run(
                &mut self,
                inputs: &[#input],
            ) -> ::core::result::Result<&#output, __recurve::SequenceTooLong> {
                __recurve::SequenceTooLong::check(inputs.len(), Self::MAX_STEPS)?;
                simd::dispatch(#kernel_type { model: self, inputs });
                ::core::result::Result::Ok(&self.output)
            }
        },
        Output::Every => quote! {
            /// Reads a whole sequence, from rest; writes one output a step.
            ///
            /// # Errors
            /// Where the sequence is longer than `outputs` or [`MAX_STEPS`](Self::MAX_STEPS).
            /// Nothing is written then.
            #visibility fn run_into(
                &mut self,
                inputs: &[#input],
                outputs: &mut [#output],
            ) -> ::core::result::Result<(), __recurve::SequenceTooLong> {
                let room = ::core::cmp::Ord::min(outputs.len(), Self::MAX_STEPS);
                __recurve::SequenceTooLong::check(inputs.len(), room)?;
                let (inputs, outputs) = layer::paired(inputs, outputs);
                simd::dispatch(#kernel_type { model: self, inputs, outputs });
                ::core::result::Result::Ok(())
            }
        },
    };
    let kernel = kernel::run(code);
    let duals = dual_module::methods(code);
    quote! {
        #kernel

        impl #name {
            #sizes
            /// The longest sequence that the model has memory for.
            #visibility const MAX_STEPS: usize = #max_steps;

            /// A model, which keeps nothing from one sequence to the next.
            #visibility const fn new() -> Self {
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

fn traits(code: &Code) -> TokenStream {
    let (name, input, output) = (&code.name, code.input(), code.output());
    match code.plan.output {
        Output::Last => quote! {
            #[automatically_derived]
            impl __recurve::SequenceToVector for #name {
                fn run(
                    &mut self,
                    inputs: &[#input],
                ) -> ::core::result::Result<&#output, __recurve::SequenceTooLong> {
                    #name::run(self, inputs)
                }
            }
        },
        Output::Every => quote! {
            #[automatically_derived]
            impl __recurve::SequenceToSequence for #name {
                fn run_into(
                    &mut self,
                    inputs: &[#input],
                    outputs: &mut [#output],
                ) -> ::core::result::Result<(), __recurve::SequenceTooLong> {
                    #name::run_into(self, inputs, outputs)
                }
            }
        },
    }
}

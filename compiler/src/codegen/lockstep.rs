//! One step of several streams, which share what is read of the weights.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Code, array, constant, number, sequence, streaming};
use crate::plan::Layer;

/// The kernel and the trait, for a model that computes all of every step.
pub(super) fn generate(code: &Code) -> Option<TokenStream> {
    let is_plain = code.plan.skip.is_none() && code.plan.duals().next().is_none();
    is_plain.then(|| {
        let (kernel, implementation) = (kernel(code), implementation(code));
        quote! {
            #kernel
            #implementation
        }
    })
}

/// It is generic over the most streams that it has room for, so that who has one stream does not pay for it.
fn kernel(code: &Code) -> TokenStream {
    let (name, input, activations) = (&code.name, code.input(), code.activations());
    let (kernel, n, s) = (code.apart("StepEach"), code.apart("N"), code.apart("S"));
    let mut body = vec![sequence::read(code, &n)];
    let last = code.plan.body.len().saturating_sub(1);
    for (place, layer) in code.plan.body.iter().enumerate() {
        body.push(match layer {
            Layer::Recurrent(level) => {
                let (constant, field) = (constant(&level.name), streaming::field(level));
                let size = array(level.output_size());
                let residual = level.residual.then(|| quote!(let x = layer::add_each(simd, x, &mut y);));
                let is_read = !level.residual && (place < last || code.output_field().is_some());
                let result = if is_read { quote!(let x = ) } else { quote!(let _ = ) };
                quote! {
                    let mut y: [#size; #n] = [[0.0; _]; #n];
                    let streams = cell::Streams::new(models, |model| &mut model.#field);
                    #result cell::step_each(
                        simd, #activations, &#constant, sums.as_flattened_mut(), x, streams, &mut y
                    );
                    #residual
                }
            }
            stateless @ (Layer::Embedding(_) | Layer::Linear(_)) => sequence::stateless(code, stateless, &n),
        });
    }
    let sums = (code.plan.memory.sums_per_stream > 0).then(|| {
        let most = number(code.plan.memory.sums_per_stream);
        quote!(let mut sums = [[0.0; #most]; #n];)
    });
    let finish = code.output_field().map(|output| {
        quote! {
            for (x, model) in x.iter().zip(models) {
                head(simd, x, &mut model.#output);
            }
        }
    });
    quote! {
        struct #kernel<'a, const #n: usize> {
            models: &'a mut [#name],
            inputs: &'a [#input],
        }

        impl<const #n: usize> simd::Kernel for #kernel<'_, #n> {
            type Output = ();

            #[inline(always)]
            fn call<#s: simd::Simd>(self, simd: #s) {
                let #kernel { models, inputs: x } = self;
                #sums
                #(#body)*
                #finish
            }
        }
    }
}

fn implementation(code: &Code) -> TokenStream {
    let (name, input, output) = (&code.name, code.input(), code.output());
    let (kernel, n) = (code.apart("StepEach"), code.apart("N"));
    let (bytes, result) = (number(code.plan.memory.bytes_per_stream), streaming::result(code));
    quote! {
        #[automatically_derived]
        impl __recurve::Lockstep for #name {
            const BYTES_PER_STREAM: usize = #bytes;

            fn step_each<const #n: usize>(models: &mut [#name], inputs: &[#input]) {
                let (inputs, models) = layer::paired(inputs.get(..#n).unwrap_or(inputs), models);
                simd::dispatch(#kernel::<#n> { models, inputs });
            }

            fn output(&self) -> &#output {
                #result
            }
        }
    }
}

//! Layers without a state over a block of steps, of one stream or of several. The block is `x` before and after each
//! piece of code, and as long as the constant `block` says.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::{Code, constant, number};
use crate::model::Input;
use crate::plan::Layer;

/// Room for the sums of a block of steps, which the recurrent levels use one after the other.
pub(super) fn sums(code: &Code) -> TokenStream {
    let levels = code.plan.body.iter().filter_map(Layer::as_recurrent);
    match levels.map(|level| level.forward.sums).max() {
        None => quote!(),
        Some(most) => {
            let most = number(most);
            quote!(let mut sums = [0.0; #most * STEPS];)
        }
    }
}

/// The length of a block of steps of one stream.
pub(super) fn steps() -> Ident {
    format_ident!("STEPS")
}

/// Takes in a block of inputs.
pub(super) fn read(code: &Code, block: &Ident) -> TokenStream {
    match code.plan.input {
        Input::Tokens(_) => quote!(),
        Input::Features(size) => {
            let size = number(size);
            quote! {
                let mut y = [[0.0; #size]; #block];
                let x = layer::flush_each(simd, x, &mut y);
            }
        }
    }
}

/// A layer that is not recurrent.
pub(super) fn stateless(code: &Code, layer: &Layer, block: &Ident) -> TokenStream {
    let activations = code.activations();
    let size = number(layer.output_size());
    match layer {
        Layer::Embedding(layer) => {
            let name = constant(&layer.name);
            quote! {
                let mut y = [[0.0; #size]; #block];
                let x = #name.row_each(simd, x, &mut y);
            }
        }
        Layer::Linear(layer) => {
            let name = constant(&layer.name);
            let sensitivity = super::layer::sensitivity(layer);
            quote! {
                let mut y = [[0.0; #size]; #block];
                let x = #name.apply_each(simd, #activations, x, &mut y #sensitivity);
            }
        }
        Layer::Recurrent(_) => quote!(),
    }
}

//! The constants of all layers, and the head behind the last recurrent one.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{Code, array, cell, constant, dual_module, fixed, matrix, number, numbers, zeros};
use crate::plan::{Cell, Embedding, Layer, Linear, Lookup, Recurrent};
use crate::spec::Activation;

/// A constant for each layer.
pub(super) fn constants(code: &Code) -> TokenStream {
    let body = code.plan.body.iter().map(|layer| match layer {
        Layer::Embedding(layer) => embedding(layer),
        Layer::Recurrent(level) => recurrent(level),
        Layer::Linear(layer) => linear(layer),
    });
    let head = code.plan.head.iter().map(linear);
    quote!(#(#body)* #(#head)*)
}

fn embedding(layer: &Embedding) -> TokenStream {
    let (table_type, table) = match &layer.lookup {
        Lookup::Rows(table) => (matrix::table_type(table), matrix::table(table)),
        Lookup::Tied(matrix) => (matrix::type_of(matrix), matrix::value(matrix)),
    };
    let (name, rows, dim) = (constant(&layer.name), number(layer.tokens), number(layer.dim));
    let doc = format!(" {}: {} vectors of {}.", layer.title, layer.tokens, layer.dim);
    quote! {
        #[doc = #doc]
        const #name: layer::Embedding<#table_type, #rows, #dim> = layer::Embedding(#table);
    }
}

fn linear(layer: &Linear) -> TokenStream {
    let (name, units, bias) = (constant(&layer.name), number(layer.units), numbers(layer.bias));
    let (weight_type, weight) = (matrix::type_of(&layer.weight), matrix::value(&layer.weight));
    let activation = match layer.activation {
        Activation::None => quote!(activation::Identity),
        Activation::Sigmoid => quote!(activation::Sigmoid),
        Activation::Tanh => quote!(activation::Tanh),
        Activation::Relu => quote!(activation::Relu),
        Activation::Softmax => quote!(layer::Softmax),
    };
    let doc = format!(" {}: {} -> {}.", layer.title, layer.input_size, layer.units);
    if layer.is_fixed {
        let together = number(fixed::together(&layer.weight));
        return quote! {
            #[doc = #doc]
            const #name: fixed::Linear<#activation, #weight_type, #units, #together> = fixed::Linear {
                weight: #weight,
                bias: #bias,
                activation: ::core::marker::PhantomData,
            };
        };
    }
    if let Some(dual) = &layer.dual {
        let (rows_type, rows) = (dual_module::rows_type(&dual.rows), dual_module::rows(&dual.rows));
        let big_bias = numbers(dual.bias);
        return quote! {
            #[doc = #doc]
            const #name: dual_module::LinearDual<#activation, #weight_type, #rows_type, #units> =
                dual_module::LinearDual {
                    little: #weight,
                    little_bias: #bias,
                    big: #rows,
                    bias: #big_bias,
                    activation: ::core::marker::PhantomData,
                };
        };
    }
    quote! {
        #[doc = #doc]
        const #name: layer::Linear<#activation, #weight_type, #units> = layer::Linear {
            weight: #weight,
            bias: #bias,
            activation: ::core::marker::PhantomData,
        };
    }
}

fn recurrent(level: &Recurrent) -> TokenStream {
    let name = constant(&level.name);
    let (type_of, value) = (cell::type_of(&level.forward), cell::value(&level.forward));
    let sizes = format!("{} -> {}", level.forward.input_size, level.forward.hidden_size);
    let direction = if level.backward.is_some() { ", forward" } else { "" };
    let doc = format!(" {}{direction}: {sizes}.", level.title);
    let backward = level.backward.as_ref().map(|backward| {
        let name = back(level);
        let (type_of, value) = (cell::type_of(backward), cell::value(backward));
        let doc = format!(" {}, backward: {sizes}.", level.title);
        let keyword = keyword(backward);
        quote! {
            #[doc = #doc]
            #keyword #name: #type_of = #value;
        }
    });
    let keyword = keyword(&level.forward);
    quote! {
        #[doc = #doc]
        #keyword #name: #type_of = #value;
        #backward
    }
}

/// What declares a cell: no constant can refer to what changes.
fn keyword(cell: &Cell) -> TokenStream {
    if cell.kind.is_back_and_forth() { quote!(static) } else { quote!(const) }
}

/// The constant of a level's backward direction.
pub(super) fn back(level: &Recurrent) -> proc_macro2::Ident {
    format_ident!("{}_BACKWARD", constant(&level.name))
}

/// A function that takes what the body gives to what the model gives.
pub(super) fn head(code: &Code) -> TokenStream {
    let (input, output) = (array(code.plan.body_size()), code.output());
    let activations = code.activations();
    let (last, hidden) = match code.plan.head.split_last() {
        None => (quote!(*y = *x;), quote!()),
        Some((last, before)) => {
            let hidden = before.iter().map(|layer| {
                let (name, zeros) = (constant(&layer.name), zeros(layer.units));
                let sensitivity = sensitivity(layer);
                quote! {
                    let mut z = #zeros;
                    #name.apply(simd, #activations, x, &mut z #sensitivity);
                    let x = &z;
                }
            });
            let name = constant(&last.name);
            let sensitivity = sensitivity(last);
            (quote!(#name.apply(simd, #activations, x, y #sensitivity);), quote!(#(#hidden)*))
        }
    };
    let parameters = dual_module::head_parameters(code);
    let s = code.apart("S");
    let simd = if code.plan.head.is_empty() { quote!(_simd) } else { quote!(simd) };
    quote! {
        /// What the model gives for what its last recurrent layer gave.
        #[inline(always)]
        fn head<#s: simd::Simd>(#simd: #s, x: &#input, y: &mut #output #parameters) {
            #hidden
            #last
        }
    }
}

/// The last argument of a layer with a dual module.
pub(super) fn sensitivity(layer: &Linear) -> TokenStream {
    match layer.dual {
        Some(_) => {
            let field = dual_module::field_of(layer);
            quote!(, #field)
        }
        None => quote!(),
    }
}

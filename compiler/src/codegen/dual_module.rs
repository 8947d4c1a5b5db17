//! Dual modules: the big module beside a cell, what a program steers them with, and where that is kept.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Code, constant, number, number_type, numbers};
use crate::model::Thresholds;
use crate::plan::{Cell, DualModule, Layer, Linear, Number, Recurrent, Rows};

/// The type of the rows of a big module.
pub(super) fn rows_type(rows: &Rows) -> TokenStream {
    let [x, h] = rows.groups.map(number);
    let own = match rows.stored.numbers.number {
        Number::Quad => quote!(dual_module::IntegerRows<#x, #h>),
        Number::F32 => quote!(dual_module::FloatRows<#x, #h>),
        element @ (Number::F16
        | Number::Bf16
        | Number::I8
        | Number::U16
        | Number::I16
        | Number::Sum
        | Number::SumPair
        | Number::SumTriple
        | Number::SumQuad
        | Number::Nibbles
        | Number::Packed
        | Number::NibblePanel
        | Number::F16Panel) => {
            let element = number_type(element);
            quote!(dual_module::FloatRows<#x, #h, #element>)
        }
    };
    if rows.threads == 1 {
        return own;
    }
    let threads = number(rows.threads);
    quote!(dual_module::ThreadedRows<#own, #threads>)
}

pub(super) fn rows(rows: &Rows) -> TokenStream {
    let places = std::iter::once(rows.stored.numbers).chain(rows.stored.scales).map(numbers);
    let kind = match rows.stored.numbers.number {
        Number::Quad => quote!(IntegerRows),
        Number::F32
        | Number::F16
        | Number::Bf16
        | Number::I8
        | Number::U16
        | Number::I16
        | Number::Sum
        | Number::SumPair
        | Number::SumTriple
        | Number::SumQuad
        | Number::Nibbles
        | Number::Packed
        | Number::NibblePanel
        | Number::F16Panel => quote!(FloatRows),
    };
    let own = quote!(dual_module::#kind::new(#(#places),*));
    if rows.threads == 1 { own } else { quote!(dual_module::ThreadedRows(#own)) }
}

/// The thresholds of a layer before the first step.
pub(super) fn sensitivity(dual: &DualModule) -> TokenStream {
    let at = thresholds(dual.thresholds);
    let budget = match dual.row_budget {
        Some(rows) => {
            let rows = number(rows);
            quote!(#rows)
        }
        None => quote!(u32::MAX),
    };
    quote!(dual_module::Sensitivity::new(#at, #budget))
}

fn thresholds(thresholds: Thresholds) -> TokenStream {
    let (sigmoid, tanh) = (float(thresholds.sigmoid), float(thresholds.tanh));
    quote!(dual_module::Thresholds { sigmoid: #sigmoid, tanh: #tanh })
}

fn float(number: f32) -> TokenStream {
    if number.is_finite() {
        let number = Literal::f32_unsuffixed(number);
        quote!(#number)
    } else if number > 0.0 {
        quote!(f32::INFINITY)
    } else {
        quote!(f32::NEG_INFINITY)
    }
}

/// The state of a level in a model that goes step by step: the cell's own, or what is around it.
pub(super) fn state_of(level: &Recurrent, field: &Ident) -> TokenStream {
    match level.forward.dual {
        Some(_) => quote!(#field.state),
        None => quote!(#field),
    }
}

/// A dual module, the name of its constant, and where the model keeps its sensitivity.
struct Kept<'p> {
    dual: &'p DualModule,
    constant: Ident,
    place: TokenStream,
}

fn kept<'p>(code: &Code<'p>) -> Vec<Kept<'p>> {
    let of_linear = |linear: &'p Linear| {
        let (field, constant) = (field_of(linear), constant(&linear.name));
        let constant = format_ident!("{constant}_DUAL");
        linear.dual.as_ref().map(|dual| Kept { dual, constant, place: quote!(#field) })
    };
    let mut all = Vec::new();
    for layer in &code.plan.body {
        match layer {
            Layer::Embedding(_) => {}
            Layer::Linear(linear) => all.extend(of_linear(linear)),
            Layer::Recurrent(level) => {
                let upper = constant(&level.name);
                let cells = [
                    (Some(&level.forward), format_ident!("{upper}_DUAL"), forward(level)),
                    (level.backward.as_ref(), format_ident!("{upper}_BACKWARD_DUAL"), backward(level)),
                ];
                for (cell, constant, field) in cells {
                    let Some(dual) = cell.and_then(|cell: &Cell| cell.dual.as_ref()) else {
                        continue;
                    };
                    let place = if code.plan.is_bidirectional() {
                        quote!(#field)
                    } else {
                        let field = format_ident!("{}", level.name);
                        quote!(#field.sensitivity)
                    };
                    all.push(Kept { dual, constant, place });
                }
            }
        }
    }
    all.extend(code.plan.head.iter().filter_map(of_linear));
    all
}

/// The field of a linear layer with a dual module.
pub(super) fn field_of(linear: &Linear) -> Ident {
    format_ident!("{}", linear.name)
}

/// The field of the forward cell's sensitivity in a bidirectional model.
pub(super) fn forward(level: &Recurrent) -> Ident {
    format_ident!("{}_sensitivity", level.name)
}

/// The field of the backward cell's.
pub(super) fn backward(level: &Recurrent) -> Ident {
    format_ident!("{}_backward_sensitivity", level.name)
}

/// Fields that hold nothing but a sensitivity, each with the layer's.
pub(super) fn fields<'p>(code: &Code<'p>) -> Vec<(Ident, &'p DualModule)> {
    let linear = |linear: &'p Linear| linear.dual.as_ref().map(|dual| (field_of(linear), dual));
    let body = code.plan.body.iter().flat_map(|layer| match layer {
        Layer::Linear(layer) => linear(layer).into_iter().collect(),
        Layer::Recurrent(level) if code.plan.is_bidirectional() => {
            let forward = level.forward.dual.as_ref().map(|dual| (forward(level), dual));
            let back = level.backward.as_ref().and_then(|cell| cell.dual.as_ref());
            forward.into_iter().chain(back.map(|dual| (backward(level), dual))).collect()
        }
        Layer::Recurrent(_) | Layer::Embedding(_) => Vec::new(),
    });
    body.chain(code.plan.head.iter().filter_map(linear)).collect()
}

/// The fields that the head uses, as arguments behind its own.
pub(super) fn head_arguments(code: &Code) -> TokenStream {
    let fields = code.plan.head.iter().filter(|linear| linear.dual.is_some()).map(field_of);
    quote!(#(, #fields)*)
}

/// And as parameters.
pub(super) fn head_parameters(code: &Code) -> TokenStream {
    let fields = code.plan.head.iter().filter(|linear| linear.dual.is_some()).map(field_of);
    quote!(#(, #fields: &mut dual_module::Sensitivity)*)
}

/// What is known of each layer.
pub(super) fn constants(code: &Code) -> TokenStream {
    let constants = kept(code).into_iter().map(|Kept { dual, constant, .. }| {
        let DualModule { rows, title, little_bytes, is_unbounded, curve, .. } = dual;
        let sizes = [rows.count, rows.columns, rows.row_bytes(), *little_bytes].map(number);
        let [count, columns, row_bytes, little_bytes] = sizes;
        let curve = curve.iter().map(|point| {
            let point = point.map(float);
            quote!([#(#point),*])
        });
        let doc = format!(" The dual module of `{title}`.");
        quote! {
            #[doc = #doc]
            static #constant: dual_module::Layer = dual_module::Layer {
                name: #title,
                rows: #count,
                columns: #columns,
                row_bytes: #row_bytes,
                little_bytes: #little_bytes,
                is_unbounded: #is_unbounded,
                curve: &[#(#curve),*],
            };
        }
    });
    quote!(#(#constants)*)
}

/// The methods of a model with dual modules.
pub(super) fn methods(code: &Code) -> TokenStream {
    let kept = kept(code);
    let Some(first) = kept.first() else {
        return quote!();
    };
    let visibility = code.visibility;
    let count = number(kept.len());
    let constants: Vec<_> = kept.iter().map(|kept| &kept.constant).collect();
    let places: Vec<_> = kept.iter().map(|kept| &kept.place).collect();
    let stats = code.plan.skip.is_none().then(|| {
        let place = &first.place;
        quote! {
            /// What the model did since it was made: a reset does not clear it.
            #visibility const fn stats(&self) -> __recurve::Stats {
                self.rows().stats(self.#place.steps(), Self::MACS_PER_STEP as u64)
            }
        }
    });
    quote! {
        /// The dual modules, in the order of the layers: their thresholds, and the rows that they read.
        #visibility fn dual_modules(&mut self) -> [dual_module::Control<'_>; #count] {
            [#(dual_module::Control { layer: &#constants, sensitivity: &mut self.#places }),*]
        }

        /// Sets the thresholds of every dual module to those that left this share of rows insensitive in
        /// calibration. At 0 every row is read, at 1 none is.
        #visibility fn set_insensitive_ratio(&mut self, ratio: f32) {
            for mut module in self.dual_modules() {
                module.set_insensitive_ratio(ratio);
            }
        }

        /// The rows read since the model was made: a reset does not clear it.
        #visibility const fn rows(&self) -> dual_module::Rows {
            dual_module::Rows::NONE #(.plus(#constants.rows(&self.#places)))*
        }

        #stats
    }
}

/// The trait of them.
pub(super) fn traits(code: &Code) -> TokenStream {
    if code.plan.duals().next().is_none() {
        return quote!();
    }
    let name = &code.name;
    // No trait has it, and a program that does not call it is not to be warned.
    let stats =
        code.plan.skip.is_none().then(|| quote!(const _: fn(&#name) -> __recurve::Stats = #name::stats;));
    quote! {
        #stats

        #[automatically_derived]
        impl __recurve::DualModule for #name {
            fn dual_modules(
                &mut self,
            ) -> impl ::core::iter::Iterator<Item = dual_module::Control<'_>> {
                ::core::iter::IntoIterator::into_iter(#name::dual_modules(self))
            }

            fn set_insensitive_ratio(&mut self, ratio: f32) {
                #name::set_insensitive_ratio(self, ratio);
            }

            fn rows(&self) -> dual_module::Rows {
                #name::rows(self)
            }
        }
    }
}

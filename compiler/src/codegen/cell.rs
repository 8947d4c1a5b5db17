//! Types, values and states of cells.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{dual_module, fixed, matrix, number, numbers, zeros};
use crate::plan::{Cell, Kind, Place};
use crate::spec::Nonlinearity;

pub(super) fn type_of(cell: &Cell) -> TokenStream {
    let own = own_type(cell);
    match &cell.dual {
        None => own,
        Some(dual) => {
            let (rows, sums) = (dual_module::rows_type(&dual.rows), number(cell.sums));
            quote!(dual_module::Dual<#own, #rows, #sums>)
        }
    }
}

pub(super) fn value(cell: &Cell) -> TokenStream {
    let own = own_value(cell);
    let Some(dual) = &cell.dual else {
        return own;
    };
    let (rows, bias, cross_gate) = (dual_module::rows(&dual.rows), numbers(dual.bias), dual.cross_gate);
    let candidate_bias = match dual.candidate_bias {
        Some(place) => numbers(place),
        None => quote!(&[]),
    };
    quote! {
        dual_module::Dual {
            little: #own,
            big: #rows,
            biases: dual_module::Biases { bias: #bias, candidate_bias: #candidate_bias },
            cross_gate: #cross_gate,
        }
    }
}

/// The type of the cell without the big module beside it.
fn own_type(cell: &Cell) -> TokenStream {
    if cell.is_fixed {
        return fixed::type_of(cell);
    }
    let input = matrix::type_of(&cell.input);
    let (hidden, sums) = (number(cell.hidden_size), number(cell.sums));
    match &cell.kind {
        Kind::Lstm { recurrent, projection: None, .. } => {
            let recurrent = matrix::type_of(recurrent);
            quote!(cell::Lstm<#input, #recurrent, #sums>)
        }
        Kind::Lstm { recurrent, projection: Some(projection), .. } => {
            let (recurrent, projection) = (matrix::type_of(recurrent), matrix::type_of(projection));
            let units = number(cell.units);
            quote!(cell::LstmProjected<#input, #recurrent, #projection, #units, #sums>)
        }
        Kind::GruAfter { recurrent, .. } => {
            let recurrent = matrix::type_of(recurrent);
            quote!(cell::GruAfter<#input, #recurrent, #hidden, #sums>)
        }
        Kind::GruBefore { recurrent, candidate, .. } => {
            let (recurrent, candidate) = (matrix::type_of(recurrent), matrix::type_of(candidate));
            let gates = number(2 * cell.hidden_size);
            quote!(cell::GruBefore<#input, #recurrent, #candidate, #gates, #sums>)
        }
        Kind::Rnn { nonlinearity, recurrent, .. } => {
            let (f, recurrent) = (function(*nonlinearity), matrix::type_of(recurrent));
            quote!(cell::Rnn<#f, #input, #recurrent, #hidden>)
        }
        Kind::FastRnn { nonlinearity, recurrent, .. } => {
            let (f, recurrent) = (function(*nonlinearity), matrix::type_of(recurrent));
            quote!(cell::FastRnn<#f, #input, #recurrent, #hidden>)
        }
        Kind::FastGrnn { gate_nonlinearity, update_nonlinearity, recurrent, .. } => {
            let (g, f) = (function(*gate_nonlinearity), function(*update_nonlinearity));
            let recurrent = matrix::type_of(recurrent);
            quote!(cell::FastGrnn<#g, #f, #input, #recurrent, #hidden>)
        }
    }
}

/// The cell without the big module beside it.
fn own_value(cell: &Cell) -> TokenStream {
    if cell.is_fixed {
        return fixed::value(cell);
    }
    let input = matrix::value(&cell.input);
    match &cell.kind {
        Kind::Lstm { recurrent, projection: None, bias } => {
            let (recurrent, bias) = (matrix::value(recurrent), numbers(*bias));
            quote!(cell::Lstm { input: #input, recurrent: #recurrent, bias: #bias })
        }
        Kind::Lstm { recurrent, projection: Some(projection), bias } => {
            let (recurrent, projection) = (matrix::value(recurrent), matrix::value(projection));
            let bias = numbers(*bias);
            quote! {
                cell::LstmProjected {
                    input: #input,
                    recurrent: #recurrent,
                    projection: #projection,
                    bias: #bias,
                }
            }
        }
        Kind::GruAfter { recurrent, bias, candidate_bias } => {
            let (recurrent, bias) = (matrix::value(recurrent), numbers(*bias));
            let candidate_bias = numbers(*candidate_bias);
            quote! {
                cell::GruAfter {
                    input: #input,
                    recurrent: #recurrent,
                    bias: #bias,
                    candidate_bias: #candidate_bias,
                }
            }
        }
        Kind::GruBefore { recurrent, candidate, bias } => {
            let (recurrent, candidate) = (matrix::value(recurrent), matrix::value(candidate));
            let bias = numbers(*bias);
            quote! {
                cell::GruBefore { input: #input, recurrent: #recurrent, candidate: #candidate, bias: #bias }
            }
        }
        Kind::Rnn { recurrent, bias, .. } => {
            let (recurrent, bias) = (matrix::value(recurrent), numbers(*bias));
            quote! {
                cell::Rnn {
                    input: #input,
                    recurrent: #recurrent,
                    bias: #bias,
                    nonlinearity: ::core::marker::PhantomData,
                }
            }
        }
        Kind::FastRnn { recurrent, bias, alpha, beta, .. } => {
            let (recurrent, bias) = (matrix::value(recurrent), numbers(*bias));
            let (alpha, beta) = (Literal::f32_unsuffixed(*alpha), Literal::f32_unsuffixed(*beta));
            quote! {
                cell::FastRnn {
                    input: #input,
                    recurrent: #recurrent,
                    bias: #bias,
                    alpha: #alpha,
                    beta: #beta,
                    nonlinearity: ::core::marker::PhantomData,
                }
            }
        }
        Kind::FastGrnn { recurrent, bias_gate, bias_update, zeta, nu, .. } => {
            let recurrent = matrix::value(recurrent);
            let (bias_gate, bias_update) = (numbers(*bias_gate), numbers(*bias_update));
            let (zeta, nu) = (Literal::f32_unsuffixed(*zeta), Literal::f32_unsuffixed(*nu));
            quote! {
                cell::FastGrnn {
                    input: #input,
                    recurrent: #recurrent,
                    bias_gate: #bias_gate,
                    bias_update: #bias_update,
                    zeta: #zeta,
                    nu: #nu,
                    nonlinearity: ::core::marker::PhantomData,
                }
            }
        }
    }
}

/// The type of the cell's state.
pub(super) fn state(cell: &Cell) -> TokenStream {
    let hidden = number(cell.hidden_size);
    let own = match cell.kind {
        Kind::Lstm { projection: Some(_), .. } => {
            let units = number(cell.units);
            quote!(__recurve::cell::LstmProjectedState<#hidden, #units>)
        }
        Kind::Lstm { .. } if cell.is_fixed => quote!(__recurve::fixed::LstmState<#hidden>),
        Kind::Lstm { .. } => quote!(__recurve::cell::LstmState<#hidden>),
        Kind::GruAfter { .. }
        | Kind::GruBefore { .. }
        | Kind::Rnn { .. }
        | Kind::FastRnn { .. }
        | Kind::FastGrnn { .. } => quote!(__recurve::cell::Hidden<#hidden>),
    };
    match cell.dual {
        Some(_) => quote!(__recurve::dual_module::DualState<#own>),
        None => own,
    }
}

/// The cell's state at rest.
pub(super) fn rest(cell: &Cell) -> TokenStream {
    let own = own_rest(cell);
    match &cell.dual {
        Some(dual) => {
            let sensitivity = dual_module::sensitivity(dual);
            quote!(dual_module::DualState { state: #own, sensitivity: #sensitivity })
        }
        None => own,
    }
}

/// The state at rest without a dual module's sensitivity.
pub(super) fn own_rest(cell: &Cell) -> TokenStream {
    let vector = |place: Option<Place>, length| match place {
        Some(place) => {
            let numbers = numbers(place);
            quote!(*#numbers)
        }
        None => zeros(length),
    };
    let h = vector(cell.h0, cell.hidden_size);
    match cell.kind {
        Kind::Lstm { .. } if cell.is_fixed => {
            let c = match cell.c0 {
                Some(place) => vector(Some(place), cell.units),
                None => fixed::zeros(cell.hidden_size),
            };
            quote!(fixed::LstmState { h: #h, c: #c })
        }
        Kind::Lstm { ref projection, .. } => {
            let c = vector(cell.c0, cell.units);
            let name = if projection.is_some() { quote!(LstmProjectedState) } else { quote!(LstmState) };
            quote!(cell::#name { h: #h, c: #c })
        }
        Kind::GruAfter { .. }
        | Kind::GruBefore { .. }
        | Kind::Rnn { .. }
        | Kind::FastRnn { .. }
        | Kind::FastGrnn { .. } => quote!(cell::Hidden { h: #h }),
    }
}

pub(super) fn function(nonlinearity: Nonlinearity) -> TokenStream {
    match nonlinearity {
        Nonlinearity::Tanh => quote!(activation::Tanh),
        Nonlinearity::Relu => quote!(activation::Relu),
        Nonlinearity::Sigmoid => quote!(activation::Sigmoid),
        Nonlinearity::QuantTanh => quote!(activation::QuantTanh),
        Nonlinearity::QuantSigm => quote!(activation::QuantSigm),
        Nonlinearity::QuantSigm4 => quote!(activation::QuantSigm4),
    }
}

//! Types and values of what is computed in integers.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::cell::function;
use super::{matrix, number, numbers};
use crate::plan::{Cell, Kind, Matrix, unit};

pub(super) fn type_of(cell: &Cell) -> TokenStream {
    let (input, hidden) = (matrix::type_of(&cell.input), number(cell.hidden_size));
    match &cell.kind {
        Kind::Lstm { recurrent, .. } => {
            let recurrent = matrix::type_of(recurrent);
            quote!(fixed::Lstm<#input, #recurrent, #hidden>)
        }
        Kind::GruAfter { recurrent, .. } => {
            let recurrent = matrix::type_of(recurrent);
            quote!(fixed::GruAfter<#input, #recurrent, #hidden>)
        }
        Kind::FastGrnn { gate_nonlinearity, update_nonlinearity, recurrent, .. } => {
            let (g, f) = (function(*gate_nonlinearity), function(*update_nonlinearity));
            let (together, recurrent) = (number(together(recurrent)), matrix::type_of(recurrent));
            quote!(fixed::FastGrnn<#g, #f, #input, #recurrent, #hidden, #together>)
        }
        Kind::GruBefore { recurrent, candidate, .. } => {
            let together = number(together(candidate));
            let (recurrent, candidate) = (matrix::type_of(recurrent), matrix::type_of(candidate));
            quote!(fixed::GruBefore<#input, #recurrent, #candidate, #hidden, #together>)
        }
        Kind::Rnn { nonlinearity, recurrent, .. } => {
            let (f, together) = (function(*nonlinearity), number(together(recurrent)));
            let recurrent = matrix::type_of(recurrent);
            quote!(fixed::Rnn<#f, #input, #recurrent, #hidden, #together>)
        }
        Kind::FastRnn { nonlinearity, recurrent, .. } => {
            let (f, together) = (function(*nonlinearity), number(together(recurrent)));
            let recurrent = matrix::type_of(recurrent);
            quote!(fixed::FastRnn<#f, #input, #recurrent, #hidden, #together>)
        }
    }
}

pub(super) fn value(cell: &Cell) -> TokenStream {
    let input = matrix::value(&cell.input);
    match &cell.kind {
        Kind::Lstm { recurrent, bias, .. } => {
            let (recurrent, bias) = (matrix::value(recurrent), numbers(*bias));
            quote!(fixed::Lstm { input: #input, recurrent: #recurrent, bias: #bias })
        }
        Kind::GruAfter { recurrent, bias, .. } => {
            let (recurrent, bias) = (matrix::value(recurrent), numbers(*bias));
            quote!(fixed::GruAfter { input: #input, recurrent: #recurrent, bias: #bias })
        }
        Kind::FastGrnn { recurrent, bias_update, zeta, nu, .. } => {
            let (recurrent, bias) = (matrix::value(recurrent), numbers(*bias_update));
            let [zeta, nu] = [*zeta, *nu].map(|number| Literal::i32_unsuffixed(unit(number)));
            quote! {
                fixed::FastGrnn {
                    input: #input,
                    recurrent: #recurrent,
                    bias: #bias,
                    zeta: #zeta,
                    nu: #nu,
                    nonlinearity: ::core::marker::PhantomData,
                }
            }
        }
        Kind::GruBefore { recurrent, candidate, bias } => {
            let (recurrent, candidate) = (matrix::value(recurrent), matrix::value(candidate));
            let bias = numbers(*bias);
            quote! {
                fixed::GruBefore { input: #input, recurrent: #recurrent, candidate: #candidate, bias: #bias }
            }
        }
        Kind::Rnn { recurrent, bias, .. } => {
            let (recurrent, bias) = (matrix::value(recurrent), numbers(*bias));
            quote! {
                fixed::Rnn {
                    input: #input,
                    recurrent: #recurrent,
                    bias: #bias,
                    nonlinearity: ::core::marker::PhantomData,
                }
            }
        }
        Kind::FastRnn { recurrent, bias, alpha, beta, .. } => {
            let (recurrent, bias) = (matrix::value(recurrent), numbers(*bias));
            let [alpha, beta] = [*alpha, *beta].map(|number| Literal::i32_unsuffixed(unit(number)));
            quote! {
                fixed::FastRnn {
                    input: #input,
                    recurrent: #recurrent,
                    bias: #bias,
                    alpha: #alpha,
                    beta: #beta,
                    nonlinearity: ::core::marker::PhantomData,
                }
            }
        }
    }
}

/// Rows that a matrix gives at once.
pub(super) fn together(matrix: &Matrix) -> usize {
    match matrix {
        Matrix::Fixed { together, .. } => *together,
        Matrix::FixedLowRank { left, .. } => self::together(left),
        Matrix::Dense { .. }
        | Matrix::LowRank { .. }
        | Matrix::Kronecker { .. }
        | Matrix::RankOne { .. }
        | Matrix::Sparse { .. }
        | Matrix::Sum { .. }
        | Matrix::Stack { .. }
        | Matrix::Threaded { .. }
        | Matrix::Beside { .. }
        | Matrix::Gates { .. }
        | Matrix::Joint { .. }
        | Matrix::BackAndForth { .. }
        | Matrix::Zero => 1,
    }
}

/// A cell state at rest.
pub(super) fn zeros(size: usize) -> TokenStream {
    let size = number(size);
    quote!([0; #size])
}

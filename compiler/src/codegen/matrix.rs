//! Types and values of matrices.

use proc_macro2::TokenStream;
use quote::quote;

use super::{number, numbers};
use crate::plan::Matrix;

pub(super) fn type_of(matrix: &Matrix) -> TokenStream {
    match matrix {
        Matrix::Dense { rows, columns, .. } => {
            let (rows, columns) = (number(*rows), number(*columns));
            quote!(matrix::Dense<#rows, #columns>)
        }
        Matrix::LowRank { rank, left, right } => {
            let (left, right, rank) = (type_of(left), type_of(right), number(*rank));
            quote!(matrix::LowRank<#left, #right, #rank>)
        }
        Matrix::Kronecker { b_shape, c, c_shape, .. } => {
            let c = type_of(c);
            let sizes = b_shape.iter().chain(c_shape).map(|size| number(*size));
            quote!(matrix::Kronecker<#c, #(#sizes),*>)
        }
        Matrix::RankOne { left, right } => {
            let (rows, columns) = (number(left.length), number(right.length));
            quote!(matrix::RankOne<#rows, #columns>)
        }
        Matrix::Sparse { rows, columns, blocks, .. } => {
            let kind = if *blocks { quote!(BlockSparse) } else { quote!(Sparse) };
            let (rows, columns) = (number(*rows), number(*columns));
            quote!(matrix::#kind<#rows, #columns>)
        }
        Matrix::Sum { parts } => {
            let (first, second) = (type_of(&parts.0), type_of(&parts.1));
            quote!(matrix::Sum<#first, #second>)
        }
        Matrix::Stack { parts, rows } => {
            let (top, bottom, sizes) = (type_of(&parts.0), type_of(&parts.1), rows.map(number));
            quote!(matrix::Stack<#top, #bottom, #(#sizes),*>)
        }
        Matrix::Beside { parts, columns } => {
            let (left, right, sizes) = (type_of(&parts.0), type_of(&parts.1), columns.map(number));
            quote!(matrix::Beside<#left, #right, #(#sizes),*>)
        }
        Matrix::Gates { rows, gates } => {
            let gate = gates.first().map(type_of);
            let (rows, count) = (number(*rows), number(gates.len()));
            quote!(matrix::Gates<#gate, #rows, #count>)
        }
        Matrix::Joint { columns, matrix } => {
            let (matrix, columns) = (type_of(matrix), number(*columns));
            quote!(cell::Joint<#matrix, #columns>)
        }
        Matrix::Zero => quote!(matrix::Zero),
    }
}

pub(super) fn value(matrix: &Matrix) -> TokenStream {
    match matrix {
        Matrix::Dense { place, .. } => {
            let numbers = numbers(*place);
            quote!(matrix::Dense::new(#numbers))
        }
        Matrix::LowRank { left, right, .. } => {
            let (left, right) = (value(left), value(right));
            quote!(matrix::LowRank::new(#left, #right))
        }
        Matrix::Kronecker { b, c, .. } => {
            let (b, c) = (numbers(*b), value(c));
            quote!(matrix::Kronecker::new(#b, #c))
        }
        Matrix::RankOne { left, right } => {
            let (left, right) = (numbers(*left), numbers(*right));
            quote!(matrix::RankOne::new(#left, #right))
        }
        Matrix::Sparse { blocks, counts, indices, values, .. } => {
            let kind = if *blocks { quote!(BlockSparse) } else { quote!(Sparse) };
            let (counts, indices, values) = (numbers(*counts), numbers(*indices), numbers(*values));
            quote!(matrix::#kind::new(#counts, #indices, #values, &[]))
        }
        Matrix::Sum { parts } => {
            let (first, second) = (value(&parts.0), value(&parts.1));
            quote!(matrix::Sum::new(#first, #second))
        }
        Matrix::Stack { parts, .. } => {
            let (top, bottom) = (value(&parts.0), value(&parts.1));
            quote!(matrix::Stack::new(#top, #bottom))
        }
        Matrix::Beside { parts, .. } => {
            let (left, right) = (value(&parts.0), value(&parts.1));
            quote!(matrix::Beside::new(#left, #right))
        }
        Matrix::Gates { gates, .. } => {
            let gates = gates.iter().map(value);
            quote!(matrix::Gates([#(#gates),*]))
        }
        Matrix::Joint { matrix, .. } => {
            let matrix = value(matrix);
            quote!(cell::Joint(#matrix))
        }
        Matrix::Zero => quote!(matrix::Zero),
    }
}

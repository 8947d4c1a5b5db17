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
    }
}

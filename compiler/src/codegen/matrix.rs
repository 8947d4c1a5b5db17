//! Types and values of matrices.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{number, number_type, numbers};
use crate::plan::{Matrix, Number, Place, Stored, Table};

pub(super) fn type_of(matrix: &Matrix) -> TokenStream {
    match matrix {
        Matrix::Dense { rows, columns, stored } => {
            let (kind, element) = match stored.numbers.number {
                Number::Quad => (quote!(Int8), None),
                Number::NibblePanel => (quote!(Int4), None),
                Number::Packed => {
                    let (width, rows, columns) = (width(stored), number(*rows), number(*columns));
                    return quote!(matrix::Packed<#width, #rows, #columns>);
                }
                element @ (Number::F32
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
                | Number::F16Panel) => (quote!(Dense), element_type(element)),
            };
            let (rows, columns) = (number(*rows), number(*columns));
            quote!(matrix::#kind<#rows, #columns #element>)
        }
        Matrix::LowRank { rank, left, right } => {
            let (left, right, rank) = (type_of(left), type_of(right), number(*rank));
            quote!(matrix::LowRank<#left, #right, #rank>)
        }
        Matrix::Kronecker { b, c, c_shape } => {
            let (of_b, of_c) = (table_type(b), type_of(c));
            let sizes = [b.rows, b.columns, c_shape[0], c_shape[1]].map(number);
            quote!(matrix::Kronecker<#of_b, #of_c, #(#sizes),*>)
        }
        Matrix::RankOne { left, right } => {
            let (left, right) = (table_type(left), table_type(right));
            quote!(matrix::RankOne<#left, #right>)
        }
        Matrix::Sparse { rows, columns, has_blocks, stored, .. } => {
            let (kind, element) = sparse_kind(*has_blocks, stored.numbers.number);
            let (rows, columns) = (number(*rows), number(*columns));
            quote!(matrix::#kind<#rows, #columns #element>)
        }
        Matrix::Sum { parts } => {
            let (first, second) = (type_of(&parts.0), type_of(&parts.1));
            quote!(matrix::Sum<#first, #second>)
        }
        Matrix::Stack { parts, rows } => {
            let (top, bottom, sizes) = (type_of(&parts.0), type_of(&parts.1), rows.map(number));
            quote!(matrix::Stack<#top, #bottom, #(#sizes),*>)
        }
        Matrix::Threaded { parts, rows } => {
            let (top, bottom, sizes) = (type_of(&parts.0), type_of(&parts.1), rows.map(number));
            quote!(matrix::Threaded<#top, #bottom, #(#sizes),*>)
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
        Matrix::BackAndForth { matrix } => {
            let matrix = type_of(matrix);
            quote!(cell::BackAndForth<#matrix>)
        }
        Matrix::Fixed { together, columns, .. } => {
            let sizes = [*together, *columns].map(number);
            quote!(fixed::Dense<#(#sizes),*>)
        }
        Matrix::FixedLowRank { left, right, rank, inner } => {
            let (left, right, sizes) = (type_of(left), type_of(right), [*rank, *inner].map(number));
            quote!(fixed::LowRank<#left, #right, #(#sizes),*>)
        }
        Matrix::Zero => quote!(matrix::Zero),
    }
}

pub(super) fn value(matrix: &Matrix) -> TokenStream {
    match matrix {
        Matrix::Dense { stored, .. } => {
            let kind = match stored.numbers.number {
                Number::Quad => quote!(Int8),
                Number::NibblePanel => quote!(Int4),
                Number::Packed => quote!(Packed),
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
                | Number::F16Panel => quote!(Dense),
            };
            made_of(&kind, &[], *stored)
        }
        Matrix::LowRank { left, right, .. } => {
            let (left, right) = (value(left), value(right));
            quote!(matrix::LowRank::new(#left, #right))
        }
        Matrix::Kronecker { b, c, .. } => {
            let (b, c) = (table(b), value(c));
            quote!(matrix::Kronecker::new(#b, #c))
        }
        Matrix::RankOne { left, right } => {
            let (left, right) = (table(left), table(right));
            quote!(matrix::RankOne::new(#left, #right))
        }
        Matrix::Sparse { has_blocks, counts, indices, stored, .. } => {
            let (kind, _) = sparse_kind(*has_blocks, stored.numbers.number);
            made_of(&kind, &[*counts, *indices], *stored)
        }
        Matrix::Sum { parts } => {
            let (first, second) = (value(&parts.0), value(&parts.1));
            quote!(matrix::Sum::new(#first, #second))
        }
        Matrix::Stack { parts, .. } => {
            let (top, bottom) = (value(&parts.0), value(&parts.1));
            quote!(matrix::Stack::new(#top, #bottom))
        }
        Matrix::Threaded { parts, .. } => {
            let (top, bottom) = (value(&parts.0), value(&parts.1));
            quote!(matrix::Threaded::new(#top, #bottom))
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
        Matrix::BackAndForth { matrix } => {
            let matrix = value(matrix);
            quote!({
                static TURN: cell::Turn = cell::Turn::new();
                cell::BackAndForth::new(#matrix, &TURN)
            })
        }
        Matrix::Fixed { numbers: quads, factors, point, .. } => {
            let (quads, factors, point) =
                (numbers(*quads), numbers(*factors), Literal::i32_unsuffixed(*point));
            quote!(fixed::Dense::new(#quads, #factors, #point))
        }
        Matrix::FixedLowRank { left, right, .. } => {
            let (left, right) = (value(left), value(right));
            quote!(fixed::LowRank { left: #left, right: #right })
        }
        Matrix::Zero => quote!(matrix::Zero),
    }
}

/// How many bits the numbers have: of 32 columns each panel has 16 scales.
fn width(stored: &Stored) -> TokenStream {
    let groups = stored.scales.map_or(1, |scales| scales.length.max(1));
    if stored.numbers.length / groups > 2 * 16 { quote!(matrix::Four) } else { quote!(matrix::Two) }
}

/// The type parameter of numbers that are not `f32`, with the comma before it.
fn element_type(element: Number) -> Option<TokenStream> {
    let name = number_type(element);
    (element != Number::F32).then(|| quote!(, #name))
}

fn sparse_kind(has_blocks: bool, element: Number) -> (TokenStream, Option<TokenStream>) {
    match (has_blocks, element) {
        (_, Number::NibblePanel) => (quote!(BlockSparseInt4), None),
        (_, Number::Nibbles) => (quote!(SparseInt4), None),
        (true, element) => (quote!(BlockSparse), element_type(element)),
        (false, element) => (quote!(Sparse), element_type(element)),
    }
}

/// A matrix of numbers that may have scales.
fn made_of(kind: &TokenStream, places: &[Place], stored: Stored) -> TokenStream {
    let places = places.iter().chain([&stored.numbers]).chain(&stored.scales).map(|place| numbers(*place));
    let new = match (stored.numbers.number, stored.scales) {
        (Number::I8, Some(_)) => quote!(scaled),
        _ => quote!(new),
    };
    quote!(matrix::#kind::#new(#(#places),*))
}

pub(super) fn table_type(table: &Table) -> TokenStream {
    let (rows, columns) = (number(table.rows), number(table.columns));
    match table.stored.numbers.number {
        Number::Nibbles => quote!(matrix::Int4Table<#rows, #columns>),
        element @ (Number::F32
        | Number::F16
        | Number::Bf16
        | Number::I8
        | Number::U16
        | Number::I16
        | Number::Sum
        | Number::SumPair
        | Number::SumTriple
        | Number::SumQuad
        | Number::Quad
        | Number::Packed
        | Number::NibblePanel
        | Number::F16Panel) => {
            let element = element_type(element);
            quote!(matrix::Table<#rows, #columns #element>)
        }
    }
}

pub(super) fn table(table: &Table) -> TokenStream {
    let Stored { numbers: place, scales } = table.stored;
    if place.number == Number::Nibbles {
        return made_of(&quote!(Int4Table), &[], table.stored);
    }
    let (rows, columns, offset) = (number(table.rows), number(table.columns), number(place.offset));
    let element = number_type(place.number);
    let read = quote!(WEIGHTS.read::<[#element; #columns], #rows>(#offset));
    match scales {
        Some(scales) => {
            let scales = numbers(scales);
            quote!(matrix::Table::scaled(#read, #scales))
        }
        None => quote!(matrix::Table::new(#read)),
    }
}

//! A YAML text as a tree of values, each with its place.

mod build;
mod fault;
mod key;
mod places;
#[cfg(test)]
mod tests;

pub(super) use build::parse;

use crate::diagnostic::{Span, Spanned};
use std::rc::Rc;

/// A value and where it was written.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) span: Span,
    /// Shared by all the aliases of an anchor.
    pub(super) content: Rc<Content>,
}

#[derive(Debug)]
pub(super) enum Content {
    Scalar(Scalar),
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
    /// Something that was found wrong, and said so, while the tree was built.
    Invalid,
}

#[derive(Debug)]
pub(super) struct Scalar {
    pub(super) text: String,
    /// Written in quotes or as a block, and so a text whatever it looks like.
    pub(super) quoted: bool,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: Spanned<String>,
    pub(super) value: Node,
}

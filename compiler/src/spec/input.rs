//! What a step takes.

use super::SIZE;
use super::read::{Integer, Kind, MapOf, Optional, Value, map};
use super::table::Shape;
use crate::diagnostic::{Diagnostics, Spanned};

const TOKENS: Integer<usize> = Integer::new(1, 1 << 24);

/// What a step takes.
#[derive(Debug, Clone)]
pub struct Input {
    /// Numbers or an id.
    pub kind: InputKind,
    /// Longest sequence that a bidirectional model keeps in memory.
    pub max_steps: Option<Spanned<usize>>,
}

/// Numbers or an id.
#[derive(Debug, Clone)]
pub enum InputKind {
    /// A vector of this many `f32` a step.
    Features(Spanned<usize>),
    /// An id below this number a step.
    Tokens(Spanned<usize>),
}

map! {
    /// What a step takes: numbers or an id.
    struct InputKeys: "input", one_of ["features", "tokens"] => {
        /// A vector of this many `f32`.
        features: Option<Spanned<usize>> = Optional(SIZE), example "10";
        /// An id (`u32`) below this number; the first layer is then an `embedding`.
        tokens: Option<Spanned<usize>> = Optional(TOKENS), example "10000";
        /// Longest sequence that a bidirectional model keeps in memory; only such a model takes it.
        max_steps: Option<Spanned<usize>> = Optional(SIZE), example "100";
    }
}

pub(super) struct InputReader;

impl Kind for InputReader {
    type Out = Input;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Input> {
        let keys = MapOf::<InputKeys>::new().read(value, diagnostics)?;
        let features = keys.features.map(InputKind::Features);
        let kind = features.or(keys.tokens.map(InputKind::Tokens))?;
        Some(Input { kind, max_steps: keys.max_steps })
    }

    fn shape(&self) -> Shape {
        MapOf::<InputKeys>::new().shape()
    }
}

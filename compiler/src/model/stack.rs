//! What the recurrent layers have in common: levels, directions, residuals, states at rest.

use super::max_steps::gives_final_states;
use super::resolve::{Scope, size};
use super::{Cell, Layer, Recurrent};
use crate::diagnostic::{Code, Diagnostic, Span, Spanned, quoted};
use crate::spec::{Compression, Convention};
use crate::tensors::{Binder, Dim, Gated, Kind, Request, Size, gated, initial};

/// A recurrent layer, whatever its cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stack<'a> {
    pub(super) name: &'a Spanned<String>,
    pub(super) span: Span,
    pub(super) hidden_size: Spanned<usize>,
    pub(super) proj_size: Option<Spanned<usize>>,
    pub(super) num_layers: Option<Spanned<usize>>,
    pub(super) bidirectional: Option<Spanned<bool>>,
    pub(super) residual: Option<Spanned<bool>>,
    pub(super) compression: Option<&'a Spanned<Compression>>,
}

/// A cell's state at rest.
#[derive(Debug, Clone)]
pub(super) struct Rest {
    pub(super) h0: Vec<f32>,
    pub(super) c0: Vec<f32>,
}

/// Levels of cells: of each level the forward one, then the backward one if there is one.
pub(super) type Levels = Vec<Vec<Cell>>;

/// The biases of a layer, added in `f64` and rounded once: what is compared with the trace is what is deployed.
pub(super) fn rounded_sums(one: &[f64], other: &[f64]) -> Vec<f32> {
    one.iter().zip(other).map(|(one, other)| (one + other) as f32).collect()
}

impl Stack<'_> {
    pub(super) fn directions(&self) -> usize {
        if self.bidirectional.is_some_and(|both| both.value) { 2 } else { 1 }
    }

    pub(super) fn hidden(&self) -> Size {
        size("hidden_size", self.hidden_size)
    }

    /// What the hidden vector is a projection to, if it is one.
    fn projection(&self) -> Option<Size> {
        self.proj_size.map(|numbers| size("proj_size", numbers))
    }

    /// Numbers of the hidden vector.
    fn output(&self) -> Size {
        self.projection().unwrap_or_else(|| self.hidden())
    }

    fn levels(&self) -> usize {
        self.num_layers.map_or(1, |levels| levels.value)
    }

    /// Numbers a step gives.
    fn width(&self) -> Dim {
        Dim::Of(self.directions(), self.output())
    }

    /// Resolves the layer with cells that `bind` makes from the level's tensors.
    pub(super) fn resolve(
        &self,
        scope: &mut Scope<'_>,
        gates: usize,
        bind: impl FnOnce(&mut Binder<'_>, &Dim) -> Option<Levels>,
    ) {
        let stacked = Dim::Of(gates, self.hidden());
        let input = scope.width.clone();
        let possible = scope.can_exist(self.hidden_size.span, &stacked, &self.width())
            && scope.can_exist(self.hidden_size.span, &stacked, &input)
            && self.is_projected_to_fewer(scope)
            && self.within_convention(scope);
        if !possible {
            return scope.give_up();
        }
        self.check_residual(scope);

        let mut binder = scope.binder(self.name, self.span);
        binder.num_layers = self.num_layers;
        binder.bidirectional = self.bidirectional;
        let levels = bind(&mut binder, &input);
        let complete = binder.finish();
        match levels {
            Some(levels) if complete => self.push(scope, levels),
            _ => scope.give_up(),
        }
    }

    /// The cells of an LSTM, GRU or RNN.
    pub(super) fn gated(
        &self,
        binder: &mut Binder<'_>,
        input: &Dim,
        kind: Kind,
        cell: impl Fn(Gated, Rest) -> Cell,
    ) -> Option<Levels> {
        let (levels, directions) = (self.levels(), self.directions());
        let mut bound = Vec::new();
        for level in 0..levels {
            let input = if level == 0 { input.clone() } else { self.width() };
            let request = Request {
                kind,
                input,
                hidden: self.hidden(),
                projection: self.projection(),
                level,
                levels,
                directions,
                compression: self.compression.cloned(),
            };
            bound.push(gated(binder, &request));
            if binder.lacks_tensors() {
                break;
            }
        }
        let bound: Vec<Vec<Gated>> = bound.into_iter().collect::<Option<_>>()?;
        let mut rests = self.rests(binder, kind == Kind::Lstm, bound.len())?.into_iter();
        let level = |directions: Vec<Gated>| {
            directions.into_iter().zip(rests.by_ref()).map(|(gated, rest)| cell(gated, rest)).collect()
        };
        let levels: Levels = bound.into_iter().map(level).collect();
        if levels.iter().flatten().any(|cell| cell.biases().iter().any(|bias| !bias.is_finite())) {
            let message = format!("the sums of the biases of {} are beyond float32", quoted(self.name));
            binder.fail(
                Diagnostic::error(Code::OutOfRange, self.span, message)
                    .help("biases that are always added together are stored as their sum, up to 3.4e38"),
            );
            return None;
        }
        Some(levels)
    }

    /// The states at rest of all cells, level by level.
    pub(super) fn rests(&self, binder: &mut Binder<'_>, has_c: bool, levels: usize) -> Option<Vec<Rest>> {
        let cells = levels.checked_mul(self.directions())?;
        let (output, units) = (self.output(), self.hidden());
        let h0 = initial(binder, "h", cells, &output);
        let c0 = if has_c { initial(binder, "c", cells, &units) } else { None };
        let part = |states: &Option<Vec<f32>>, cell: usize, numbers: usize| match states {
            Some(states) => states[cell * numbers..(cell + 1) * numbers].to_vec(),
            None => vec![0.0; numbers],
        };
        let rest = |cell| Rest {
            h0: part(&h0, cell, output.value),
            c0: if has_c { part(&c0, cell, units.value) } else { Vec::new() },
        };
        Some((0..cells).map(rest).collect())
    }

    fn push(&self, scope: &mut Scope<'_>, levels: Levels) {
        let residual = self.residual.is_some_and(|residual| residual.value);
        for (level, cells) in levels.into_iter().enumerate() {
            let mut cells = cells.into_iter();
            let Some(forward) = cells.next() else {
                continue;
            };
            scope.layers.push(Layer::Recurrent(Recurrent {
                name: self.name.value.clone(),
                level,
                forward,
                backward: cells.next(),
                residual,
                dual: Vec::new(),
            }));
        }
        scope.width = self.width().after(self.name);
    }

    fn is_projected_to_fewer(&self, scope: &mut Scope<'_>) -> bool {
        let units = self.hidden_size;
        let Some(output) = self.proj_size.filter(|output| output.value >= units.value) else {
            return true;
        };
        let message =
            format!("`proj_size` is {}, and a projection has fewer numbers than `hidden_size`", output.value);
        scope.fail(
            Diagnostic::error(Code::OutOfRange, output.span, message)
                .related(units.span, format!("of {} units", units.value))
                .help(format!("write a number below {}, or remove `proj_size`", units.value)),
        );
        false
    }

    fn within_convention(&self, scope: &mut Scope<'_>) -> bool {
        let (key, whose) = match scope.convention {
            Convention::Pytorch => return true,
            Convention::Keras => ("keras", "Keras"),
            Convention::Onnx => ("onnx", "ONNX"),
        };
        if let Some(output) = self.proj_size {
            let message = format!("{whose} has no projections: `convention: {key}` has no tensor for one");
            scope.fail(
                Diagnostic::error(Code::ConventionLimit, output.span, message)
                    .help("save this layer's tensors as PyTorch names and stacks them"),
            );
            return false;
        }
        let Some(levels) = self.num_layers.filter(|levels| levels.value > 1) else {
            return true;
        };
        let message = format!("{whose} has no stacks: `num_layers` is 1 with `convention: {key}`");
        scope.fail(
            Diagnostic::error(Code::ConventionLimit, levels.span, message)
                .help(format!("write {} layers, each with its own `name`", levels.value)),
        );
        false
    }

    fn check_residual(&self, scope: &mut Scope<'_>) {
        let Some(residual) = self.residual.filter(|residual| residual.value) else {
            return;
        };
        if gives_final_states(scope.spec, self.span) {
            scope.fail(
                Diagnostic::error(
                    Code::ResidualSize,
                    residual.span,
                    "the final states of two directions have no single input that `residual` could add",
                )
                .help("write `output: every`, or remove `residual`"),
            );
            return;
        }
        let (Some(given), Some(taken)) = (self.width().value(), scope.width.value()) else {
            return;
        };
        if given == taken {
            return;
        }
        let message = format!("`residual` adds the input of {taken} numbers to the output of {given}");
        let both = if self.directions() == 2 {
            format!("; a bidirectional layer gives 2 * `{}`", self.output().key)
        } else {
            String::new()
        };
        scope.fail(
            Diagnostic::error(Code::ResidualSize, residual.span, message)
                .related(self.output().span, "this decides on the output")
                .help(format!("the two sizes must be equal{both}")),
        );
    }
}

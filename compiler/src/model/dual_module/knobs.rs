//! What the spec says of thresholds, ratio and budget.

use super::{DualModule, Thresholds};
use crate::diagnostic::{Code, Diagnostic, Spanned};
use crate::model::resolve::Scope;
use crate::spec;

/// What the spec says of thresholds, ratio and budget.
pub(super) struct Knobs {
    /// Given as such.
    pub(super) thresholds: Option<Thresholds>,
    pub(super) ratio: f64,
    row_budget: Option<usize>,
    /// Whether the only threshold is that of a tanh.
    pub(super) is_tanh: bool,
}

impl Knobs {
    /// `keys` are the thresholds that the layer has.
    pub(super) fn of(
        module: &Spanned<spec::DualModule>,
        keys: [(&str, bool); 2],
        rows: usize,
        scope: &mut Scope<'_>,
    ) -> Option<Knobs> {
        let value = &module.value;
        let row_budget = value.row_budget.map(|budget| budget.value);
        if let Some(budget) = value.row_budget.filter(|budget| budget.value > rows) {
            let message = format!("`row_budget` is {}, and the layer has {rows} rows", budget.value);
            scope.fail(
                Diagnostic::error(Code::OutOfRange, budget.span, message)
                    .help(format!("expected 0 to {rows}")),
            );
            return None;
        }
        let ratio = value.ratio(rows);
        let is_tanh = keys[0].0 == "tanh";
        let thresholds = match &value.thresholds {
            None => None,
            Some(thresholds) => Some(self::given(thresholds, keys, scope)?),
        };
        Some(Knobs { thresholds, ratio, row_budget, is_tanh })
    }

    pub(super) fn module<L>(
        &self,
        little: L,
        curve: Vec<[f32; 3]>,
        module: &Spanned<spec::DualModule>,
    ) -> DualModule<L> {
        DualModule {
            little,
            thresholds: self.thresholds.unwrap_or_else(|| Thresholds::at(&curve, self.ratio as f32)),
            curve,
            row_budget: self.row_budget,
            cross_gate: module.value.cross_gate.is_some_and(|cross| cross.value),
        }
    }
}

/// The thresholds of the spec as sums before the activation.
fn given(
    thresholds: &Spanned<spec::Thresholds>,
    keys: [(&str, bool); 2],
    scope: &mut Scope<'_>,
) -> Option<Thresholds> {
    let spec::Thresholds { sigmoid, tanh, relu, softmax } = &thresholds.value;
    let all = [("sigmoid", sigmoid), ("tanh", tanh), ("relu", relu), ("softmax", softmax)];
    let has = |key: &str| keys.iter().any(|(known, there)| *there && *known == key);
    let names: Vec<String> =
        keys.iter().filter(|(_, there)| *there).map(|(key, _)| format!("`{key}`")).collect();
    let names = names.join(" and ");
    for (key, value) in all {
        if let Some(value) = value.filter(|_| !has(key)) {
            let message = format!("the layer has no threshold `{key}`");
            scope.fail(
                Diagnostic::error(Code::UnknownKey, value.span, message).help(format!("it has {names}")),
            );
            return None;
        }
    }
    if all.iter().all(|(_, value)| value.is_none()) {
        let message = "`thresholds` has none of the layer's";
        scope.fail(
            Diagnostic::error(Code::Empty, thresholds.span, message).help(format!("the layer has {names}")),
        );
        return None;
    }
    let logit = sigmoid.map(|it| (it.value / (1.0 - it.value)).ln());
    let sum = logit.or(relu.map(|it| it.value)).or(softmax.map(|it| it.value));
    Some(Thresholds {
        sigmoid: sum.map_or(f32::NEG_INFINITY, |sum| sum as f32),
        tanh: tanh.map_or(f32::INFINITY, |it| it.value.atanh() as f32),
    })
}

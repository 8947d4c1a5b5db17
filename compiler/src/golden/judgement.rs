//! A warning about the network that runs: it is further from the trace than its precision explains.

use super::{Deployed, Proof, deployed};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, quoted};
use crate::files::Files;
use crate::model::{Cell, Layer, Model, resolve};
use crate::quantize::{self, Outlier};
use crate::spec::{Activation, Nonlinearity, Precision, Spec};
use crate::tensors::Store;

/// A network does not follow the trace where its error is more than this share of what the outputs vary.
const LOST: f64 = 0.5;
/// The same with a policy: outputs stay as they are while it skips steps.
const LOST_SKIPPING: f64 = 1.0;
/// Errors of fewer rounding steps than this, of outputs that vary by one, are not looked at.
const STEPS: f64 = 4.0;
/// Rounding explains up to this many times the error that it makes where no number is much larger than the others.
const EXPLAINED: f64 = 8.0;
/// Outputs of a bounded activation vary by no less.
const BOUNDED: f64 = 0.1;

/// Warns where the error of `found` is far more than rounding explains, or loses the network.
pub(super) fn judge(
    spec: &Spec,
    proof: &Proof,
    model: &Model,
    found: &Deployed,
    files: &dyn Files,
    diagnostics: &mut Diagnostics,
) {
    // What is not a number is the worst error there is.
    let is_above = |limit: f64| found.error > limit || found.error.is_nan();
    if !(found.worst > proof.tolerance || found.worst.is_nan()) {
        return;
    }
    let spread = if is_bounded(model) { found.spread.max(BOUNDED) } else { found.spread };
    let limit = if found.policy.is_some() { LOST_SKIPPING } else { LOST };
    let is_lost = is_above(limit * spread);
    let decides = found.policy.is_some() || model.dual_modules() > 0;
    let coarsest = coarsest(spec).filter(|_| spec.fit.is_none() && !decides);
    if let Some((precision, _)) =
        coarsest.filter(|(precision, _)| is_above(STEPS * step(*precision) * spread))
    {
        let ordinary = ordinary(spec, proof, files);
        if let Some((ordinary, outlier)) = ordinary.filter(|(ordinary, _)| is_above(EXPLAINED * ordinary)) {
            diagnostics.push(unexplained(spec, precision, found, ordinary, outlier));
            return;
        }
    }
    if is_lost {
        diagnostics.push(lost(spec, found));
    }
}

/// The coarsest precision that rounds, and where it stands.
fn coarsest(spec: &Spec) -> Option<(Precision, Span)> {
    precisions(spec).max_by(|(one, _), (other, _)| step(*one).total_cmp(&step(*other)))
}

/// Whether the outputs are in -1 to 1.
fn is_bounded(model: &Model) -> bool {
    match model.layers.last() {
        Some(Layer::Linear(linear)) => !matches!(linear.activation, Activation::None | Activation::Relu),
        Some(Layer::Recurrent(level)) => {
            let relu = |cell: &Cell| match cell {
                Cell::Rnn(cell) => cell.nonlinearity == Nonlinearity::Relu,
                Cell::FastRnn(cell) => cell.nonlinearity == Nonlinearity::Relu,
                Cell::FastGrnn(cell) => cell.update_nonlinearity == Nonlinearity::Relu,
                Cell::Lstm(_) | Cell::Gru(_) => false,
            };
            !level.residual && !level.cells().any(relu)
        }
        _ => false,
    }
}

/// The precisions that round, and where they stand.
fn precisions(spec: &Spec) -> impl Iterator<Item = (Precision, Span)> + '_ {
    let asked = spec.layers.iter().flatten().filter_map(|layer| layer.value.precision());
    asked.map(|precision| (precision.value, precision.span)).filter(|(one, _)| *one != Precision::F32)
}

/// A step between two neighbours, as a share of the largest number.
fn step(precision: Precision) -> f64 {
    match precision {
        Precision::F32 => 0.0,
        Precision::F16 => 1.0 / 2048.0,
        Precision::Bf16 => 1.0 / 256.0,
        Precision::Int8 | Precision::Int16x8 => 1.0 / 127.0,
        Precision::Int4 => 1.0 / 7.0,
    }
}

/// The error of the trained network where it is rounded as if no number were much larger than the others of its row,
/// and the number that is.
fn ordinary(spec: &Spec, proof: &Proof, files: &dyn Files) -> Option<(f64, Option<Outlier>)> {
    let mut silent = Diagnostics::new();
    let mut store = Store::read(spec, files, &mut silent)?;
    let mut model = resolve(spec, &mut store, &mut silent)?;
    let outlier = quantize::ordinary(&mut model, spec);
    let (found, _) = deployed::run(proof, &model).ok()?;
    Some((found.error, outlier))
}

fn differs(found: &Deployed) -> String {
    format!(
        "its outputs differ by {:.1e} (root mean square), and those of the trace vary by {:.1e}",
        found.error, found.spread
    )
}

fn lost(spec: &Spec, found: &Deployed) -> Diagnostic {
    let fit = spec.fit.as_ref().map(|path| path.span);
    let span = fit.or(coarsest(spec).map(|(_, span)| span)).unwrap_or(Span::new(0, 0));
    let message = format!("the network that runs does not follow the golden trace: {}", differs(found));
    let mut warning = Diagnostic::warning(Code::DeployedDiffers, span, message);
    if let Some(policy) = found.policy {
        let otherwise =
            policy.otherwise.map_or(String::new(), |steps| format!(", {steps} of them otherwise"));
        warning = warning.help(format!(
            "its policy executes {} of {} steps, and decides on each{otherwise}",
            policy.executed, policy.steps
        ));
    }
    match fit {
        Some(_) => {
            warning.help("give the compressed matrices more parameters, or train the network in that form")
        }
        None => warning.help("write a finer precision, as `f16`, or train the network with rounded weights"),
    }
}

fn unexplained(
    spec: &Spec,
    coarsest: Precision,
    found: &Deployed,
    ordinary: f64,
    outlier: Option<Outlier>,
) -> Diagnostic {
    let layer = outlier.as_ref().and_then(|outlier| {
        spec.layers.iter().flatten().find(|layer| layer.value.name().value == outlier.layer)
    });
    let asked = layer.and_then(|layer| layer.value.precision());
    let asked = asked.map(|precision| (precision.value, precision.span));
    let of_coarsest = || precisions(spec).find(|(precision, _)| *precision == coarsest);
    let (precision, span) = asked.or_else(of_coarsest).unwrap_or((coarsest, Span::new(0, 0)));
    let message = format!(
        "the network that runs is far from the golden trace: {}; rounding by itself explains {ordinary:.1e}",
        differs(found)
    );
    let warning = Diagnostic::warning(Code::DeployedDiffers, span, message);
    let integers = matches!(precision, Precision::Int8 | Precision::Int16x8 | Precision::Int4);
    match outlier {
        Some(outlier) if integers => warning
            .help(format!(
                "a weight of {} is {:e}, {:.0} times the median of its row, and sets the step of the whole row",
                quoted(&outlier.layer),
                outlier.largest,
                outlier.largest / outlier.median,
            ))
            .help("write `precision: f16`, or clip such weights in training"),
        _ if integers => warning.help("write `precision: f16`, or bring all inputs to one scale in training"),
        _ => warning.help("write a finer precision, as `f32`"),
    }
}

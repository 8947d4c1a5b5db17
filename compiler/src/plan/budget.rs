//! Whether the network fits its target.

use super::Plan;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Spanned};
use crate::spec::Target;

/// Reports every limit of `target` that `plan` breaks, with where the excess is.
pub fn check(plan: &Plan, target: &Target, diagnostics: &mut Diagnostics) {
    if let Some(limit) = over(&target.flash, plan.weights.bytes().len() as u64) {
        let found = format!("the weights take {} bytes", plan.weights.bytes().len());
        let mut diagnostic = exceeded(limit, "bytes", found);
        for layer in plan.cost.layers.iter().chain(&plan.cost.policy) {
            diagnostic =
                diagnostic.help(format!("`{}` ({}) takes {} bytes", layer.title, layer.shape, layer.bytes));
        }
        diagnostics.push(diagnostic);
    }
    let ram = (plan.state_bytes() + plan.memory.scratch_bytes) as u64;
    if let Some(limit) = over(&target.ram, ram) {
        let found = format!("state and working memory take {ram} bytes");
        diagnostics.push(
            exceeded(limit, "bytes", found)
                .help(format!("the state takes {} bytes", plan.state_bytes()))
                .help(format!("the arrays of a step take {} bytes of stack", plan.memory.scratch_bytes)),
        );
    }
    // An executed step and the decision on it, or on the window that it begins.
    let macs = plan.cost.macs() + plan.cost.macs_per_decision();
    if let Some(limit) = over(&target.macs_per_step, macs) {
        let found = format!("a step takes {macs} multiply-accumulates");
        let mut diagnostic = exceeded(limit, "multiply-accumulates", found);
        for layer in plan.cost.layers.iter().chain(&plan.cost.policy) {
            diagnostic = diagnostic.help(format!("`{}` ({}) takes {}", layer.title, layer.shape, layer.macs));
        }
        diagnostics.push(diagnostic);
    }
}

fn over(limit: &Option<Spanned<u64>>, found: u64) -> Option<&Spanned<u64>> {
    limit.as_ref().filter(|limit| limit.value < found)
}

fn exceeded(limit: &Spanned<u64>, unit: &str, found: String) -> Diagnostic {
    Diagnostic::error(Code::OverBudget, limit.span, format!("{found}, over the limit of {}", limit.value))
        .label(format!("the limit is {} {unit}", limit.value))
}

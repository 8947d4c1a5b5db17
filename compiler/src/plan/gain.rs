//! Whether dual modules make their layers faster.

use super::Plan;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, quoted};
use crate::spec::Runtime;

/// Matrices of fewer bytes stay in the cache, where reading them costs less than deciding not to.
const CACHED: usize = 1 << 20;
/// A lower predicted gain is not worth a little module.
const LEAST: f64 = 1.05;

/// Warns of every layer that a dual module is not expected to make faster.
pub fn check(plan: &Plan, runtime: &Runtime, diagnostics: &mut Diagnostics) {
    for module in runtime.dual_module.iter().flatten() {
        let layer = &module.value.layer;
        let (mut rows, mut whole, mut little) = (0, 0, 0);
        for dual in plan.duals().filter(|dual| dual.layer == layer.value) {
            rows += dual.rows.count;
            whole += dual.rows.count * dual.rows.row_bytes();
            little += dual.little_bytes;
        }
        let read = (1.0 - module.value.ratio(rows)) * whole as f64 + little as f64;
        let gain = whole as f64 / read;
        let why = if whole < CACHED {
            format!("its matrices have {:.1} KiB, which stay in the cache", whole as f64 / 1024.0)
        } else if gain < LEAST {
            format!("the little module has {:.0} % of its bytes", 100.0 * little as f64 / whole as f64)
        } else {
            continue;
        };
        let message = format!("{} gains little by a dual module: {why}", quoted(layer));
        diagnostics.push(
            Diagnostic::warning(Code::DualModuleGain, layer.span, message)
                .help(format!("by the bytes that it reads, a step would be {gain:.2} times as fast")),
        );
    }
}

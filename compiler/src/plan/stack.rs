//! Whether a model fits a usual stack.

use super::Plan;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// Bytes that a usual stack has room for: the main thread of a program has 1 MiB on Windows and 8 MiB on Linux and macOS,
/// other threads of Rust's standard library have 2 MiB.
pub const USUAL: usize = 1 << 20;

/// Warns of a state or working memory above [`USUAL`], unless `target` says how much memory there is.
pub fn check(plan: &Plan, spec: &Spec, diagnostics: &mut Diagnostics) {
    if spec.target.ram.is_some() {
        return;
    }
    let name = &plan.name;
    let span = spec.input.max_steps.map_or(spec.name.span, |steps| steps.span);
    let (state, scratch) = (plan.state_bytes(), plan.memory.scratch_bytes);
    if state > USUAL {
        let message =
            format!("a value of `{name}` has {}, more than a usual stack of 1 MiB has room for", size(state));
        let mut warning = Diagnostic::warning(Code::LargeState, span, message);
        if let Some(steps) = plan.max_steps {
            warning = warning.help(format!("each of {steps} steps takes {} bytes", state / steps.max(1)));
        }
        diagnostics.push(
            warning
                .help(format!(
                    "hold it in a static: `static MODEL: Mutex<{name}> = Mutex::new({name}::new());`"
                ))
                .help(meant(state + scratch)),
        );
    }
    if scratch > USUAL {
        let call = if plan.is_bidirectional() { "a run" } else { "a step" };
        let message =
            format!("{call} of `{name}` takes {} of stack, and a usual stack has 1 MiB", size(scratch));
        let stack = (scratch + USUAL).next_multiple_of(USUAL);
        diagnostics.push(
            Diagnostic::warning(Code::LargeState, span, message)
                .help(format!("call it in a thread of `std::thread::Builder::new().stack_size({stack})`"))
                .help(meant(state + scratch)),
        );
    }
}

fn size(bytes: usize) -> String {
    format!("{bytes} bytes ({:.1} MiB)", bytes as f64 / USUAL as f64)
}

fn meant(bytes: usize) -> String {
    format!("`target: {{ram: {} MiB}}` says that this is meant", bytes.div_ceil(USUAL))
}

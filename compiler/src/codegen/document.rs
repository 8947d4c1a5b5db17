//! The documentation of the generated type.

use proc_macro2::Ident;

use super::Options;
use crate::golden::Checked;
use crate::model::Input;
use crate::plan::{Plan, Skip, USUAL_STACK};
use crate::spec::Output;

/// The lines of the documentation.
pub(super) fn document(
    plan: &Plan,
    golden: Option<&Checked>,
    options: &Options,
    name: &Ident,
) -> Vec<String> {
    let mut lines = vec![
        format!(" Compiled from {} by recurve {}.", options.origin, env!("CARGO_PKG_VERSION")),
        String::new(),
    ];
    if let Some(golden) = golden {
        let (steps, all) = (golden.steps, golden.steps_in_trace);
        lines.push(match golden.left_to_verify {
            false => format!(
                " Proved at compile time: spec and weights are the trained network, on {steps} of {all} steps of the golden trace."
            ),
            true => format!(
                " Not proved while compiling: {steps} of {all} steps of the golden trace were compared. The spec leaves the rest to a \
                 test that runs `recurve verify`."
            ),
        });
        if !golden.left_to_verify {
            lines.push(deployed(golden));
        }
        lines.push(String::new());
    }
    lines.push(" | layer | | parameters | MACs a step |".into());
    lines.push(" |---|---|---:|---:|".into());
    for layer in &plan.cost.layers {
        lines.push(format!(
            " | `{}` | {} | {} | {} |",
            layer.title, layer.shape, layer.parameters, layer.macs
        ));
    }
    if let Some(policy) = &plan.cost.policy {
        let is_key = policy.shape.contains('_');
        let shape = if is_key { format!("`{}`", policy.shape) } else { policy.shape.clone() };
        lines.push(format!(
            " | `{}` | {shape} | {} | {} a decision |",
            policy.title, policy.parameters, policy.macs
        ));
    }
    lines.push(format!(" | total | | {} | {} |", plan.cost.parameters(), plan.cost.macs()));
    lines.push(String::new());
    lines.push(format!(
        " {} bytes of weights, {} bytes of state, {} bytes of working memory on the stack.",
        plan.weights.bytes().len(),
        plan.state_bytes(),
        plan.memory.scratch_bytes,
    ));
    if plan.state_bytes() > USUAL_STACK {
        lines.push(" A value does not fit a usual stack: hold it in a `static`, as below.".into());
    }
    if plan.memory.scratch_bytes > USUAL_STACK {
        lines.push(
            " The working memory does not fit a usual stack: call the model in a thread with a larger one."
                .into(),
        );
    }
    lines.push(String::new());
    lines.extend(example(plan, name));
    lines
}

/// How far the network that runs is from the trace.
fn deployed(golden: &Checked) -> String {
    let Some(deployed) = &golden.deployed else {
        return " What runs has the same numbers: neither fitted nor rounded.".into();
    };
    let skipped = deployed.policy.map_or(String::new(), |policy| {
        format!(", and {} of {} steps are executed", policy.executed, policy.steps)
    });
    format!(
        " What runs, after fitting and rounding, differs there by at most {:.1e} (relative above 1){skipped}.",
        deployed.worst
    )
}

fn example(plan: &Plan, name: &Ident) -> Vec<String> {
    let zero = match plan.input {
        Input::Features(size) => format!("[0.0; {size}]"),
        Input::Tokens(_) => "0".into(),
    };
    let size = plan.output_size;
    let is_streaming = plan.skip.as_ref().is_none_or(Skip::is_streaming);
    let call = match (plan.is_bidirectional(), plan.output) {
        _ if !is_streaming => format!("let output: &[f32; {size}] = model.run(&[{zero}]);"),
        (true, Output::Last) => format!("let output: &[f32; {size}] = model.run(&[{zero}])?;"),
        (true, Output::Every) => {
            format!("let mut outputs = [[0.0; {size}]; 1];\n model.run_into(&[{zero}], &mut outputs)?;")
        }
        (false, _) => {
            let input = if matches!(plan.input, Input::Tokens(_)) { zero } else { format!("&{zero}") };
            format!("let output: &[f32; {size}] = model.step({input});")
        }
    };
    let mut lines = vec![" ```ignore".to_owned()];
    if plan.state_bytes() > USUAL_STACK {
        lines.push(format!(" static MODEL: Mutex<{name}> = Mutex::new({name}::new());"));
        lines.push(" let mut model = MODEL.lock().unwrap_or_else(PoisonError::into_inner);".into());
    } else {
        lines.push(format!(" let mut model = {name}::new();"));
    }
    lines.extend(call.lines().map(|line| format!(" {}", line.trim_start())));
    lines.push(" ```".into());
    lines
}

//! The functions that C sees.

use super::{Names, features};
use crate::plan::{Plan, Skip};
use crate::spec::Output;

/// A function in both languages.
pub(super) struct Function {
    /// What it does, a line each.
    pub(super) docs: Vec<String>,
    /// Its declaration in C, without the semicolon.
    pub(super) c: String,
    /// Its name, arguments and result in Rust.
    pub(super) rust: String,
    /// Its body, line by line.
    pub(super) body: Vec<String>,
}

/// All functions of a model.
pub(super) fn all(plan: &Plan, names: &Names<'_>) -> Vec<Function> {
    let skip = plan.skip.as_ref();
    let writer = Writer { plan, stem: &names.stem, model: names.model };
    let mut all = vec![writer.init()];
    if !plan.is_bidirectional() && skip.is_none_or(Skip::is_streaming) {
        all.extend([writer.step(), writer.run(false), writer.run_into(false), writer.reset()]);
    } else if plan.is_bidirectional() && plan.output == Output::Every {
        all.push(writer.run_into(true));
    } else {
        all.push(writer.run(plan.is_bidirectional()));
    }
    if skip.and_then(Skip::window).is_some() {
        all.push(writer.get(
            "budget",
            "size_t",
            "usize",
            "budget()",
            "0",
            "Steps that may be executed in a window.",
        ));
        all.push(writer.set(
            "budget",
            "size_t",
            "usize",
            "Changes that from the next step on, also in the middle of a window.",
        ));
    }
    if skip.is_some_and(Skip::has_threshold) {
        let docs = "The least score, importance or sum of an executed step.";
        all.push(writer.get("threshold", "float", "f32", "threshold()", "0.0", docs));
        all.push(writer.set(
            "threshold",
            "float",
            "f32",
            "Changes that from the next step on; within 0 and 1.",
        ));
    }
    if skip.is_some_and(Skip::foresees) {
        all.extend([writer.next_update_in(), writer.pass()]);
    }
    if skip.is_some() {
        let docs = "Steps since the model was made; a reset does not clear it.";
        all.push(writer.get("steps", "uint64_t", "u64", "stats().steps", "0", docs));
        all.push(writer.get(
            "updates",
            "uint64_t",
            "u64",
            "stats().updates",
            "0",
            "Those of them that were executed.",
        ));
    }
    if plan.duals().next().is_some() {
        let docs = "Leaves out this share of the rows of its dual modules, by what was learned; at 0 none.";
        all.push(writer.set("insensitive_ratio", "float", "f32", docs));
        let docs = "Rows that were there since the model was made; a reset does not clear it.";
        all.push(writer.get("rows", "uint64_t", "u64", "rows().of", "0", docs));
        all.push(writer.get(
            "rows_read",
            "uint64_t",
            "u64",
            "rows().read",
            "0",
            "Those of them that were read.",
        ));
    }
    all
}

struct Writer<'a> {
    plan: &'a Plan,
    stem: &'a str,
    model: &'a str,
}

fn lines<const N: usize>(lines: [&str; N]) -> Vec<String> {
    lines.map(str::to_owned).to_vec()
}

/// What is done with the model where there is one.
fn unless_null(done: &str) -> Vec<String> {
    vec!["if let Some(model) = unsafe { model.as_mut() } {".into(), format!("    {done}"), "}".into()]
}

impl Writer<'_> {
    fn outputs(&self) -> usize {
        self.plan.output_size
    }

    /// The type of inputs in both languages, and what they are in words.
    fn input(&self) -> (&'static str, &'static str, String) {
        match features(self.plan) {
            Some(count) => ("float", "f32", format!("{count} numbers")),
            None => ("uint32_t", "u32", "an id".to_owned()),
        }
    }

    fn init(&self) -> Function {
        let Writer { stem, model, .. } = self;
        Function {
            docs: lines(["The model at rest. Call it before anything else."]),
            c: format!("void {stem}_init({model} *model)"),
            rust: format!("{stem}_init(model: *mut MaybeUninit<{model}>)"),
            body: unless_null(&format!("model.write({model}::new());")),
        }
    }

    fn step(&self) -> Function {
        let Writer { stem, model, .. } = self;
        let docs = vec![
            format!(
                "Reads one input, {}; gives the {} numbers of the output after it, which",
                self.input().2,
                self.outputs()
            ),
            "stay until the next call. Null where an argument is.".into(),
        ];
        let (c, rust, body) = match features(self.plan) {
            Some(count) => (
                format!("const float *{stem}_step({model} *model, const float input[{count}])"),
                format!("{stem}_step(model: *mut {model}, input: *const [f32; {count}]) -> *const f32"),
                lines([
                    "match unsafe { (model.as_mut(), input.as_ref()) } {",
                    "    (Some(model), Some(input)) => model.step(input).as_ptr(),",
                    "    _ => core::ptr::null(),",
                    "}",
                ]),
            ),
            None => (
                format!("const float *{stem}_step({model} *model, uint32_t id)"),
                format!("{stem}_step(model: *mut {model}, id: u32) -> *const f32"),
                lines([
                    "match unsafe { model.as_mut() } {",
                    "    Some(model) => model.step(id).as_ptr(),",
                    "    None => core::ptr::null(),",
                    "}",
                ]),
            ),
        };
        Function { docs, c, rust, body }
    }

    fn run(&self, whole: bool) -> Function {
        let Writer { stem, model, .. } = self;
        let (c, rust, what) = self.input();
        let mut docs = vec![
            format!(
                "Reads `steps` inputs, {what} each, one behind the other; gives the {} numbers of the",
                self.outputs()
            ),
            "output after the last, which stay until the next call. Null where an argument is.".into(),
        ];
        if whole {
            docs.push("The sequence is a whole one, from rest; null where it is too long.".into());
        }
        let given = if whole { ".map_or(core::ptr::null(), |output| output.as_ptr())" } else { ".as_ptr()" };
        Function {
            docs,
            c: format!("const float *{stem}_run({model} *model, const {c} *inputs, size_t steps)"),
            rust: format!(
                "{stem}_run(model: *mut {model}, inputs: *const {rust}, steps: usize) -> *const f32"
            ),
            body: vec![
                "match unsafe { (model.as_mut(), read(inputs, steps)) } {".into(),
                format!("    (Some(model), Some(inputs)) => model.run(inputs){given},"),
                "    _ => core::ptr::null(),".into(),
                "}".into(),
            ],
        }
    }

    fn run_into(&self, whole: bool) -> Function {
        let Writer { stem, model, .. } = self;
        let (c, rust, what) = self.input();
        let mut docs = vec![
            format!(
                "Reads `steps` inputs, {what} each, one behind the other, and writes the {} numbers of",
                self.outputs()
            ),
            "the output after each. 0 where that was done; -1 where an argument is null.".into(),
        ];
        if whole {
            docs.push("The sequence is a whole one, from rest; -1 also where it is too long.".into());
        }
        let done = if whole {
            lines([
                "        match model.run_into(inputs, outputs) {",
                "            Ok(()) => 0,",
                "            Err(_) => -1,",
                "        }",
            ])
        } else {
            lines(["        model.run_into(inputs, outputs);", "        0"])
        };
        let mut body = lines([
            "match unsafe { (model.as_mut(), read(inputs, steps), write(outputs, steps)) } {",
            "    (Some(model), Some(inputs), Some(outputs)) => {",
        ]);
        body.extend(done);
        body.extend(lines(["    }", "    _ => -1,", "}"]));
        Function {
            docs,
            c: format!(
                "int {stem}_run_into({model} *model, const {c} *inputs, float *outputs, size_t steps)"
            ),
            rust: format!(
                "{stem}_run_into(model: *mut {model}, inputs: *const {rust}, outputs: *mut f32, steps: usize) -> c_int"
            ),
            body,
        }
    }

    fn reset(&self) -> Function {
        let Writer { stem, model, .. } = self;
        let steered = self.plan.skip.is_some() || self.plan.duals().next().is_some();
        let more = if steered { " What the caller set, and what is counted, stays." } else { "" };
        Function {
            docs: vec![format!("Back to rest.{more}")],
            c: format!("void {stem}_reset({model} *model)"),
            rust: format!("{stem}_reset(model: *mut {model})"),
            body: unless_null("model.reset();"),
        }
    }

    /// A function that tells what `expression` of the model is.
    fn get(&self, name: &str, c: &str, rust: &str, expression: &str, none: &str, docs: &str) -> Function {
        let Writer { stem, model, .. } = self;
        Function {
            docs: lines([docs]),
            c: format!("{c} {stem}_{name}(const {model} *model)"),
            rust: format!("{stem}_{name}(model: *const {model}) -> {rust}"),
            body: vec![format!("unsafe {{ model.as_ref() }}.map_or({none}, |model| model.{expression})")],
        }
    }

    /// A function that changes what is called `name`.
    fn set(&self, name: &str, c: &str, rust: &str, docs: &str) -> Function {
        let Writer { stem, model, .. } = self;
        Function {
            docs: lines([docs]),
            c: format!("void {stem}_set_{name}({model} *model, {c} {name})"),
            rust: format!("{stem}_set_{name}(model: *mut {model}, {name}: {rust})"),
            body: unless_null(&format!("model.set_{name}({name});")),
        }
    }

    fn next_update_in(&self) -> Function {
        let Writer { stem, model, .. } = self;
        Function {
            docs: lines([
                "Number of coming inputs that are skipped before one is read: 0 where the next input is read,",
                "UINT32_MAX where none is read ever again, as long as no setter is called.",
            ]),
            c: format!("uint32_t {stem}_next_update_in({model} *model)"),
            rust: format!("{stem}_next_update_in(model: *mut {model}) -> u32"),
            body: lines(["unsafe { model.as_mut() }.map_or(0, |model| model.next_update_in())"]),
        }
    }

    fn pass(&self) -> Function {
        let Writer { stem, model, .. } = self;
        Function {
            docs: lines([
                "Lets up to `steps` steps go by whose inputs nobody captured, and returns how many: it stops",
                "before the first one that is to be executed.",
            ]),
            c: format!("uint32_t {stem}_pass({model} *model, uint32_t steps)"),
            rust: format!("{stem}_pass(model: *mut {model}, steps: u32) -> u32"),
            body: lines(["unsafe { model.as_mut() }.map_or(0, |model| model.pass(steps))"]),
        }
    }
}

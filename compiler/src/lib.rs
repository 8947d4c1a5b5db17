//! Compiles a recurve spec and trained weights to specialised, const-sized Rust.
//!
//! The stages stand in [`compile`] in the order in which they run, each in a folder of its own:
//!
//! | stage | from | to |
//! |---|---|---|
//! | [`spec`] | YAML | what the user wrote, each value with its place |
//! | [`tensors`] | safetensors files | named tensors, each bound to one layer |
//! | [`model`] | both | the network that is meant: shapes resolved, gates in one order |
//! | [`golden`] | model and trace | proof that the model is the trained one, before fitting and rounding |
//! | [`mod@quantize`] | model | the numbers that are stored, and how far they are from the trace |
//! | [`plan`] | model | packed weights, costs, budgets |
//! | [`codegen`] | plan | Rust |
//!
//! [`mod@reference`] executes a model slowly and obviously; every test measures against it. [`diagnostic`] is
//! what each stage reports to.
//!
//! Build scripts use [`Config`]; the macro `recurve::rnn_model!` uses [`compile`] and [`Compiled::code`].

// An arm that takes what is not known yet would turn a new cell or matrix into another one.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod c_abi;
pub mod codegen;
mod config;
pub mod diagnostic;
pub mod files;
pub mod golden;
pub mod model;
pub mod plan;
pub mod quantize;
pub mod reference;
pub mod replace;
pub mod sequences;
pub mod spec;
pub mod tensors;
mod written;

pub use codegen::Options;
pub use config::{Config, Error, snake_case};

use diagnostic::Diagnostics;
use files::Files;
use golden::Work;
use model::Model;
use plan::Plan;
use proc_macro2::TokenStream;
use spec::Spec;
use tensors::{DualTarget, PredictorTarget, Store, Target};

/// A spec that went through every stage but the last.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The network, in the numbers that run.
    pub model: Model,
    /// What will run.
    pub plan: Plan,
    /// What the golden trace showed, where there is one.
    pub golden: Option<golden::Checked>,
    /// Numbers of layers in `int16x8` that left their ranges on what was compared of the golden trace.
    pub saturated: Vec<golden::Saturated>,
    /// Paths of the files that were read, relative to the spec.
    pub files: Vec<String>,
    /// Findings that stop nothing.
    pub warnings: Diagnostics,
}

/// Compiles the spec `text`, whose files come from `files`, checking as much of the golden trace as `work`
/// allows.
///
/// # Errors
/// Every finding of the stages that could run, if one of them is an error.
pub fn compile(text: &str, files: &dyn Files, work: Work) -> Result<Compiled, Diagnostics> {
    let mut diagnostics = Diagnostics::default();
    let spec = spec::read(text, &mut diagnostics);
    let compiled = spec.and_then(|spec| stages(&spec, files, work, &mut diagnostics));
    finish(compiled, diagnostics)
}

/// As [`compile`], of a spec that was read before, and maybe changed since.
///
/// # Errors
/// As [`compile`]; the places of what was changed mean nothing.
pub fn compile_spec(spec: &Spec, files: &dyn Files, work: Work) -> Result<Compiled, Diagnostics> {
    let mut diagnostics = Diagnostics::default();
    let compiled = stages(spec, files, work, &mut diagnostics);
    finish(compiled, diagnostics)
}

fn finish(compiled: Option<Compiled>, diagnostics: Diagnostics) -> Result<Compiled, Diagnostics> {
    match compiled {
        Some(compiled) if !diagnostics.has_errors() => Ok(Compiled { warnings: diagnostics, ..compiled }),
        _ => Err(diagnostics),
    }
}

fn stages(spec: &Spec, files: &dyn Files, work: Work, diagnostics: &mut Diagnostics) -> Option<Compiled> {
    let Some((trained, mut store)) = trained(spec, files, diagnostics) else {
        golden::check_file(spec, files, diagnostics);
        return None;
    };
    let proof = golden::prove(spec, &trained, files, work, diagnostics);
    let mut model = match &spec.fit {
        None => trained,
        Some(_) => {
            store.use_fit(spec, files, diagnostics)?;
            model::resolve(spec, &mut store, diagnostics)?
        }
    };
    quantize::quantize(&mut model, spec, diagnostics);
    let deployed = proof.map(|proof| golden::deploy(spec, proof, &model, files, diagnostics));
    let (golden, saturated) =
        deployed.map_or((None, Vec::new()), |(golden, saturated)| (Some(golden), saturated));
    let plan = Plan::new(&model);
    plan::check_budgets(&plan, &spec.target, diagnostics);
    plan::check_stack(&plan, spec, diagnostics);
    plan::check_gains(&plan, &spec.runtime, diagnostics);
    let others = spec.fit.iter().chain(spec.golden.iter().map(|golden| &golden.file));
    let files = spec.weights.iter().chain(others).map(|path| path.value.clone()).collect();
    Some(Compiled { model, plan, golden, saturated, files, warnings: Diagnostics::default() })
}

/// The network as it was trained, before anything that `recurve fit` learned, and its tensors.
fn trained(spec: &Spec, files: &dyn Files, diagnostics: &mut Diagnostics) -> Option<(Model, Store)> {
    tensors::check_fit(spec, files, diagnostics);
    let mut store = Store::read(spec, files, diagnostics)?;
    let model = model::resolve(spec, &mut store, diagnostics)?;
    (!diagnostics.has_errors()).then_some((model, store))
}

/// What `recurve fit` has to learn for a spec.
#[derive(Debug, Clone)]
pub struct Unfitted {
    /// The network as it was trained.
    pub trained: Model,
    /// The matrices that get another form.
    pub targets: Vec<Target>,
    /// The predictor that decides which steps are executed.
    pub predictor: Option<PredictorTarget>,
    /// The little modules that decide which rows are read.
    pub duals: Vec<DualTarget>,
    /// Where what is learned goes, relative to the spec; `None` where the spec does not say.
    pub fit: Option<String>,
}

/// Reads the spec `text` up to what has to be learned for it. What was learned before does not matter.
///
/// # Errors
/// Every finding of the stages that could run, if one of them is an error.
pub fn unfitted(text: &str, files: &dyn Files) -> Result<Unfitted, Diagnostics> {
    let mut diagnostics = Diagnostics::default();
    match spec::read(text, &mut diagnostics) {
        Some(spec) => to_learn(&spec, files, diagnostics),
        None => Err(diagnostics),
    }
}

/// As [`unfitted`], of a spec that was read before, and maybe changed since.
///
/// # Errors
/// As [`unfitted`]; the places of what was changed mean nothing.
pub fn unfitted_spec(spec: &Spec, files: &dyn Files) -> Result<Unfitted, Diagnostics> {
    to_learn(spec, files, Diagnostics::default())
}

fn to_learn(spec: &Spec, files: &dyn Files, mut diagnostics: Diagnostics) -> Result<Unfitted, Diagnostics> {
    match trained(spec, files, &mut diagnostics) {
        Some((trained, mut store)) if !diagnostics.has_errors() => {
            store.seal();
            let (targets, predictor, duals) = store.into_targets();
            let fit = spec.fit.as_ref().map(|path| path.value.clone());
            Ok(Unfitted { trained, targets, predictor, duals, fit })
        }
        _ => Err(diagnostics),
    }
}

/// Weights of more bytes than this take long to pass through a macro.
const LARGE: usize = 16 << 20;

impl Compiled {
    /// Whether a build script compiles this in much less time than a macro.
    pub fn is_large(&self) -> bool {
        self.plan.weights.bytes().len() > LARGE
    }

    /// The code. `weights` is an expression for the bytes of the plan's [`Blob`](plan::Blob), of type
    /// `&'static [u8; N]`; the fronts differ in it alone.
    pub fn code(&self, options: &Options, weights: &TokenStream) -> TokenStream {
        codegen::generate(&self.plan, self.golden.as_ref(), options, weights)
    }
}

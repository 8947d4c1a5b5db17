//! Trained recurrent neural networks, compiled to specialised, const-sized Rust.
//!
//! A YAML spec says what the network is and names the file with its trained weights. [`rnn_model!`] compiles
//! both: it checks every tensor, executes the network over a trace that the training framework computed,
//! refuses to compile where the two differ, packs the weights into one aligned constant, and defines a type
//! whose value is the network's state and nothing else.
//!
//! ```
//! recurve::rnn_model!("../specs/digits/lstm.yaml"); // defines `pub struct DigitsLstm`
//!
//! let mut model = DigitsLstm::new();
//! let rows = [[0.0, 0.2, 0.9, 0.4, 0.0, 0.0, 0.0, 0.0]; 8];
//! for row in &rows {
//!     let scores: &[f32; 10] = model.step(row); // never allocates, never panics
//! #   let _ = scores;
//! }
//! model.reset();
//! let scores = model.run(&rows); // a whole sequence: the same numbers, fewer reads of the weights
//! # let _ = scores;
//!
//! const _: () = assert!(DigitsLstm::WEIGHT_BYTES + DigitsLstm::STATE_BYTES < 48 * 1024);
//! ```
//!
//! The reference of the spec language is `docs/spec.md` in the repository.
//!
//! # What a model offers
//!
//! A model that reads forward has `step`, `run`, `run_into` and `reset`, and implements [`Streaming`]. A
//! bidirectional one has to see its whole sequence first: it has `run` ([`SequenceToVector`], for
//! `output: last`) or `run_into` ([`SequenceToSequence`], for `output: every`). Both implement [`Model`]. What a
//! policy adds is a trait too: [`Budgeted`], [`Thresholded`] and [`Foreseeing`] of those that skip steps,
//! [`DualModule`] where rows of matrices are left out. [`Batch`] is several streams that take each step together.
//!
//! # Instruction sets
//!
//! The whole step is compiled for every instruction set of the target (on x86-64: the baseline, AVX2 with
//! FMA, AVX-512) and chosen at run time, so that a default build runs as fast as one for the machine at
//! hand. [`simd::Level`] says which one runs.
//!
//! # Without the standard library
//!
//! This crate is `no_std` and does not allocate. The feature `macros`, on by default, brings in the compiler;
//! with a build script and [`include_model!`] it can be turned off. A spec with `threads` needs the feature `std`:
//! its threads, and what is handed to them, are allocated. A process may `fork`: the child makes threads of its own.
//!
//! # Without floating-point
//!
//! A layer of `precision: int16x8` is computed in integers, the same bits on every machine; [`fixed`] says how. Where all
//! layers are, a step computes nothing with floating-point.
//!
//! # Models larger than a stack
//!
//! A value takes [`Model::STATE_BYTES`] and a call takes [`Model::SCRATCH_BYTES`] of stack. The compiler warns when one of them is
//! above 1 MiB. The usual cause is a bidirectional model with a large `max_steps`. `new` is `const`, so a static can hold such a
//! model: `static MODEL: Mutex<Transcriber> = Mutex::new(Transcriber::new());`. A thread of `std::thread::Builder::stack_size`
//! has room for a call with that much working memory.
//!
//! # Renamed and strict crates
//!
//! [`rnn_model!`] and [`include_model!`] work in a crate that renames this one, in a macro of another crate, in a module without
//! a prelude or with other items under its names, and in a crate that forbids lints of rustc. The methods of a model have the
//! visibility of its type. The build script's compiler and this crate need one version; otherwise the error names both.
//!
//! # Numbers that are not numbers
//!
//! A NaN or an infinity in an input gives outputs that are not finite; it never makes a model panic. It also
//! stays in the state, as in every framework: `reset` takes it out. Integers have neither: a layer in integers reads both as
//! the largest number that it holds.
//!
//! One bad sample does not stop a network that skips: a NaN in what a policy reads executes the step, and a NaN in what
//! the little module of a dual module computes reads the row. Budgets of steps and of rows hold all the same.

#![no_std]
#![warn(missing_docs)]

pub mod activation;
mod batch;
pub mod cell;
pub mod dual_module;
pub mod fixed;
#[doc(hidden)]
pub mod generated;
mod lanes;
pub mod layer;
pub mod matrix;
mod model;
pub mod policy;
pub mod simd;
#[cfg(feature = "std")]
mod threads;

#[cfg(feature = "std")]
extern crate std;

pub use batch::{Batch, Lockstep};
pub use dual_module::DualModule;
pub use model::{Model, SequenceToSequence, SequenceToVector, SequenceTooLong, Streaming};
pub use policy::{Budgeted, Foreseeing, Skipping, Stats, Thresholded};

/// Compiles a spec and defines the type of its model.
///
/// The path is relative to the package; paths inside the spec are relative to the spec. The crate is built
/// anew when one of these files changes.
///
/// ```
/// // `pub struct DigitsLstm`: the name is the spec's.
/// recurve::rnn_model!("../specs/digits/lstm.yaml");
///
/// // Another visibility and another name.
/// recurve::rnn_model!(pub(crate) struct Reader = "../specs/digits/gru.yaml");
///
/// // A text of several lines is the spec itself; its paths are relative to the package.
/// recurve::rnn_model!(struct Small = "
/// recurve: 1
/// name: Small
/// weights: ../specs/digits/fastgrnn.safetensors
/// input: {features: 8}
/// layers:
///   - fastgrnn: {name: fastgrnn, hidden_size: 40, input_rank: 4, recurrent_rank: 12}
///   - linear: {name: classifier, units: 10, activation: softmax}
/// output: last
/// ");
///
/// assert_eq!(DigitsLstm::OUTPUT_SIZE, 10);
/// assert_eq!(Reader::new().step(&[0.0; 8]).len(), 10);
/// assert!(Small::WEIGHT_BYTES < 8 * 1024);
/// ```
///
/// What is wrong with a spec is a compile error that shows the place in the YAML. From 16 MiB of weights on
/// the macro warns that a build script compiles the model in less time; see [`include_model!`].
#[cfg(feature = "macros")]
#[macro_export]
macro_rules! rnn_model {
    ($($request:tt)*) => {
        use $crate::generated::name::*;
        $crate::generated::rnn_model! { $($request)* }
    };
}

/// Includes a model that a build script compiled, by the name of its file.
///
/// With `recurve-compiler` among the build dependencies and this `build.rs`
///
/// ```ignore
/// fn main() -> Result<(), recurve_compiler::Error> {
///     recurve_compiler::Config::new().compile("specs/kws.yaml") // name: KeywordSpotter
/// }
/// ```
///
/// the crate says `recurve::include_model!("keyword_spotter");` and has a type `KeywordSpotter`. The code is
/// that of [`rnn_model!`], byte for byte. `Config::file_name` chooses another file name than the type's, which two specs of
/// one name need.
#[macro_export]
macro_rules! include_model {
    ($name:literal) => {
        use $crate::generated::name::*;
        ::core::include!(::core::concat!(::core::env!("OUT_DIR"), "/", $name, ".rs"));
    };
}

//! What the user trained: tensors by name, and the conventions that say what the names mean.
//!
//! Gate orders, transposes and tensor names live here and nowhere else; past this module everything
//! is in the canonical form of [`crate::model`].

mod bind;
mod compressed;
#[cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "element types of another crate"))]
mod decode;
mod dual_module;
mod edgeml;
mod fitted;
mod form;
mod gated;
mod gates;
mod header;
mod initial;
mod keras;
mod kronecker;
mod layout;
mod missing;
mod name;
mod onnx;
mod other_readings;
mod plain;
mod pruned;
mod pytorch;
mod read;
#[cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "enums of another crate"))]
mod safetensors;
mod shape;
mod skip;
mod store;
mod unused;
mod weight_norm;

pub(crate) use bind::Binder;
pub(crate) use decode::{FLOATS, floats, ids, integers, not_finite};
pub use dual_module::{Part, projection_scale};
pub(crate) use dual_module::{little, thresholds};
pub(crate) use edgeml::{Fast, Shape as FastShape, fast};
pub(crate) use fitted::check_fit;
pub use fitted::{DualTarget, PredictorTarget, RECORDS, Target, fit_is_input};
pub use form::Form;
pub(crate) use gated::{Gated, Kind, Request, gated};
pub(crate) use gates::{Orders, letters};
pub(crate) use initial::initial;
pub(crate) use name::full_name;
pub(crate) use other_readings::{Bound, Spare};
pub(crate) use plain::{embedding, has_table, linear, tied};
pub(crate) use safetensors::{File, dtype_name, read_file};
pub(crate) use shape::{Dim, Size, list};
pub(crate) use skip::{cutoff, mlp, trees};
pub use store::Store;
pub use unused::matches;

#[cfg(test)]
pub(crate) mod fixtures;

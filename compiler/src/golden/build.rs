//! The network of another reading.

use super::alternatives::Change;
use crate::diagnostic::Diagnostics;
use crate::model::{Layer, Model, resolve};
use crate::spec::Spec;
use crate::tensors::Store;

/// The changed network; `None` where the change is of no network, or of how it is run.
pub(super) fn build(change: &Change, spec: &Spec, model: &Model, store: &mut Store) -> Option<Model> {
    match change {
        Change::Reading(spec, orders) => {
            store.release();
            store.orders = Some(*orders);
            let model = resolve(spec, store, &mut Diagnostics::new());
            store.orders = None;
            model
        }
        Change::MemoryOrder(names) => {
            store.release();
            store.column_major.clone_from(names);
            let model = resolve(spec, store, &mut Diagnostics::new());
            store.column_major.clear();
            model
        }
        Change::Model(change) => {
            let mut model = model.clone();
            change(&mut model);
            Some(model)
        }
        Change::Activation(place, activation) => {
            let mut model = model.clone();
            if let Some(Layer::Linear(linear)) = model.layers.get_mut(*place) {
                linear.activation = *activation;
            }
            Some(model)
        }
        Change::Way(_) => None,
    }
}

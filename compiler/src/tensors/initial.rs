//! Learned states at rest.

use super::bind::Binder;
use super::keras;
use super::name::full_name;
use super::shape::{Dim, Size};
use crate::spec::Convention;

/// The states at rest of all levels and directions, `[levels * directions, hidden]` with the
/// directions of a level side by side; `None` where the file has none. `part` is `h` or `c`.
pub(crate) fn initial(binder: &mut Binder<'_>, part: &str, count: usize, hidden: &Size) -> Option<Vec<f32>> {
    let layer = &binder.name.value;
    let name = match binder.convention {
        Convention::Pytorch => full_name(layer, &format!("{part}0")),
        Convention::Keras => keras::find(binder.store, layer, None, &format!("{part}0")),
        Convention::Onnx => full_name(layer, &format!("initial_{part}")),
    };
    let (states, hidden) = (Dim::Exactly(count), Dim::Of(1, hidden.clone()));
    let each = [states.clone(), hidden.clone()];
    let batched = [states, Dim::Exactly(1), hidden];
    let mut shapes = vec![each.as_slice(), batched.as_slice()];
    if count == 1 {
        shapes.push(&each[1..]);
    }
    Some(binder.take_if_there(&name, &shapes)?.data)
}

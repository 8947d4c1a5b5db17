//! Inputs that are scaled before the network reads them.

use super::normalised::{Norm, Normalised, Place};
use super::{Alternative, Group, alternative};
use crate::model::{Input, Model};

pub(super) fn push(model: &Model, list: &mut Vec<Alternative>) {
    let Input::Features(_) = model.input else {
        return;
    };
    let mut push = |what: &str, mend: &str, norm: Norm| {
        let way = Normalised { place: Place::Before(0), norm };
        list.push(alternative(Group::Scale, what.to_owned(), mend.to_owned(), way));
    };
    for (what, scale, shift) in [
        ("the inputs divided by 255", 1.0 / 255.0, 0.0),
        ("the inputs divided by 127.5, less 1", 1.0 / 127.5, -1.0),
        ("the inputs divided by 32768", 1.0 / 32768.0, 0.0),
    ] {
        let norm = Norm::Affine { scale: vec![scale], shift: vec![shift] };
        push(what, "record the inputs as the first layer reads them, and scale them in your code too", norm);
    }
    push(
        "each feature standardised over the steps of its sequence",
        "record the inputs as the first layer reads them, and standardise them in your code too",
        Norm::OfSequence,
    );
}

//! Lists of values.

use super::{Kind, Value};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::spec::table::Shape;
use crate::spec::tree::{Content, Node};

/// A list with at least one item; `None` for items that could not be read.
pub(in crate::spec) struct ListOf<K>(pub(in crate::spec) K);

impl<K: Kind> Kind for ListOf<K> {
    type Out = Vec<Option<K::Out>>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Self::Out> {
        let Content::Sequence(nodes) = &*value.node.content else {
            diagnostics.push(self.mismatch(value).help("start each item with `- `"));
            return None;
        };
        items(&self.0, value, nodes, diagnostics)
    }

    fn shape(&self) -> Shape {
        Shape::List(Box::new(self.0.shape()))
    }
}

/// One value, or a list with at least one.
pub(in crate::spec) struct OneOrMore<K>(pub(in crate::spec) K);

impl<K: Kind> Kind for OneOrMore<K> {
    type Out = Vec<K::Out>;

    fn read(&self, value: Value<'_>, diagnostics: &mut Diagnostics) -> Option<Self::Out> {
        match &*value.node.content {
            Content::Sequence(nodes) => {
                let items = items(&self.0, value, nodes, diagnostics)?;
                Some(items.into_iter().flatten().collect())
            }
            Content::Mapping(_) => {
                diagnostics.push(self.mismatch(value));
                None
            }
            Content::Scalar(_) | Content::Invalid => self.0.read(value, diagnostics).map(|one| vec![one]),
        }
    }

    fn shape(&self) -> Shape {
        Shape::OneOrMore(Box::new(self.0.shape()))
    }
}

fn items<K: Kind>(
    kind: &K,
    list: Value<'_>,
    nodes: &[Node],
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Option<K::Out>>> {
    if nodes.is_empty() {
        let message = format!("`{}` is an empty list", list.key);
        let help = format!("write at least one item: {}", kind.shape().what());
        diagnostics.push(Diagnostic::error(Code::Empty, list.span(), message).help(help));
        return None;
    }
    let values = nodes.iter().map(|node| Value { key: list.key, at: node.span, node });
    Some(values.map(|value| if value.is_invalid() { None } else { kind.read(value, diagnostics) }).collect())
}

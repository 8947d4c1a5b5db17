//! Keys of maps: single words, each once.

use super::{Content, Node};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, Spanned, quoted};
use std::collections::BTreeMap;

/// The key that waits for its value.
pub(super) enum Key {
    None,
    /// It was found wrong; its value is dropped.
    Bad,
    Good(Spanned<String>),
}

/// A value that was left out is where its key is.
pub(super) fn placed(node: Node, key: Span) -> Node {
    match node.span.start < node.span.end {
        true => node,
        false => Node { span: key, ..node },
    }
}

pub(super) fn read_key(node: Node, seen: &mut BTreeMap<String, Span>, diagnostics: &mut Diagnostics) -> Key {
    let error = match &*node.content {
        Content::Invalid => return Key::Bad,
        Content::Scalar(key) if key.text == "<<" && !key.quoted => {
            Diagnostic::error(Code::InvalidYaml, node.span, "merge keys are not supported")
                .help("write the keys out; an alias can stand for a whole value")
        }
        Content::Scalar(key) if key.text.is_empty() && !key.quoted => {
            Diagnostic::error(Code::InvalidYaml, node.span, "a key is missing before the `:`")
        }
        Content::Scalar(key) => match seen.get(&key.text) {
            None => {
                seen.insert(key.text.clone(), node.span);
                return Key::Good(Spanned::new(key.text.clone(), node.span));
            }
            Some(&first) => {
                let message = format!("the key {} is there twice", quoted(&key.text));
                Diagnostic::error(Code::DuplicateKey, node.span, message)
                    .related(first, "first here")
                    .help("keep one of them")
            }
        },
        Content::Sequence(_) | Content::Mapping(_) => {
            Diagnostic::error(Code::InvalidYaml, node.span, "a list or map cannot be a key")
                .help("keys are single words")
        }
    };
    diagnostics.push(error);
    Key::Bad
}

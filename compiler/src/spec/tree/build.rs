//! Events to nodes. Depth and size are bounded here, so whatever walks a tree may recurse.

use super::fault;
use super::key::{Key, placed, read_key};
use super::places::Places;
use super::{Content, Entry, Node, Scalar};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Span, quoted};
use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

/// How deep values may nest.
pub(super) const MAX_DEPTH: usize = 64;
/// How many values a text may have, each alias counting as all it stands for.
pub(super) const MAX_NODES: usize = 100_000;

/// The tree of `text`, if it is YAML. What is wrong within it is said and left out.
pub(in crate::spec) fn parse(text: &str, diagnostics: &mut Diagnostics) -> Option<Node> {
    let places = Places::new(text);
    let mut builder =
        Builder { diagnostics, open: Vec::new(), anchors: BTreeMap::new(), nodes: 0, root: None };
    for event in Parser::new_from_str(text) {
        let step = match event {
            Ok((event, span)) => {
                let span = places.of(&event, span);
                builder.event(event, span)
            }
            Err(error) => {
                let open = builder.open_flows(text);
                Err(fault::explain(&error, text, &places, &open))
            }
        };
        match step {
            Ok(Next::More) => {}
            Ok(Next::Done) => break,
            Err(diagnostic) => {
                builder.diagnostics.push(diagnostic);
                return None;
            }
        }
    }
    builder.root
}

struct Builder<'d> {
    diagnostics: &'d mut Diagnostics,
    open: Vec<Frame>,
    anchors: BTreeMap<usize, Anchor>,
    nodes: usize,
    root: Option<Node>,
}

/// A collection whose end has not come yet.
struct Frame {
    start: Span,
    anchor: usize,
    nodes_before: usize,
    height: usize,
    items: Items,
}

enum Items {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, seen: BTreeMap<String, Span>, key: Key },
}

enum Anchor {
    Open(Span),
    Closed { content: Rc<Content>, nodes: usize, height: usize },
}

enum Next {
    More,
    Done,
}

/// What cannot be recovered from.
type Step<T = ()> = Result<T, Diagnostic>;

impl Builder<'_> {
    #[cfg_attr(not(test), expect(clippy::wildcard_enum_match_arm, reason = "events of another crate"))]
    fn event(&mut self, event: Event<'_>, span: Span) -> Step<Next> {
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                self.diagnostics.push(
                    Diagnostic::error(Code::InvalidYaml, span, "a second document starts here")
                        .help("a spec is one document: remove `---` and what follows"),
                );
                return Ok(Next::Done);
            }
            Event::Alias(id) => self.alias(id, span)?,
            Event::Scalar(text, style, anchor, tag) => {
                let quoted = style != ScalarStyle::Plain;
                let content = if self.tagged(&tag, span) {
                    Content::Invalid
                } else {
                    Content::Scalar(Scalar { text: text.into_owned(), quoted })
                };
                self.count(1, span)?;
                let content = Rc::new(content);
                self.close(anchor, &content, 1, 0);
                self.add(Node { span, content }, 0);
            }
            Event::SequenceStart(anchor, tag) => {
                self.tagged(&tag, span);
                self.start(span, anchor, Items::Sequence(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.tagged(&tag, span);
                let (entries, seen) = (Vec::new(), BTreeMap::new());
                self.start(span, anchor, Items::Mapping { entries, seen, key: Key::None })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            _ => {}
        }
        Ok(Next::More)
    }

    fn count(&mut self, nodes: usize, span: Span) -> Step {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        let message = format!("the spec has more than {MAX_NODES} values");
        Err(Diagnostic::error(Code::TooLarge, span, message)
            .help("an alias counts as all the values it stands for"))
    }

    fn check_depth(&self, height: usize, span: Span) -> Step {
        if self.open.len().saturating_add(height) <= MAX_DEPTH {
            return Ok(());
        }
        Err(fault::too_deep(span))
    }

    fn tagged(&mut self, tag: &Option<Cow<'_, Tag>>, span: Span) -> bool {
        let Some(tag) = tag else { return false };
        let name = match tag.is_yaml_core_schema() {
            true => format!("!!{}", tag.suffix),
            false => tag.to_string(),
        };
        let message = format!("the tag {} is not supported", quoted(&name));
        self.diagnostics.push(
            Diagnostic::error(Code::InvalidYaml, span, message)
                .help("remove the tag: each key says by itself which type it takes"),
        );
        true
    }

    fn alias(&mut self, id: usize, span: Span) -> Step {
        match self.anchors.get(&id) {
            Some(Anchor::Closed { content, nodes, height }) => {
                let (content, nodes, height) = (Rc::clone(content), *nodes, *height);
                self.check_depth(height, span)?;
                self.count(nodes, span)?;
                self.add(Node { span, content }, height);
            }
            other => {
                let mut error = Diagnostic::error(
                    Code::AliasLoop,
                    span,
                    "an alias stands inside the value that it names",
                )
                .help("write the value out once more, or move the anchor");
                if let Some(Anchor::Open(anchor)) = other {
                    error = error.related(*anchor, "the value starts here");
                }
                self.diagnostics.push(error);
                self.count(1, span)?;
                self.add(Node { span, content: Rc::new(Content::Invalid) }, 0);
            }
        }
        Ok(())
    }

    fn start(&mut self, start: Span, anchor: usize, items: Items) -> Step {
        self.check_depth(1, start)?;
        let nodes_before = self.nodes;
        self.count(1, start)?;
        if anchor > 0 {
            self.anchors.insert(anchor, Anchor::Open(start));
        }
        self.open.push(Frame { start, anchor, nodes_before, height: 1, items });
        Ok(())
    }

    fn end(&mut self, end: Span) {
        let Some(frame) = self.open.pop() else { return };
        let (content, last) = match frame.items {
            Items::Sequence(items) => {
                let last = items.last().map(|item| item.span.end);
                (Content::Sequence(items), last)
            }
            Items::Mapping { entries, .. } => {
                let last = entries.last().map(|entry| entry.value.span.end.max(entry.key.span.end));
                (Content::Mapping(entries), last)
            }
        };
        // The end of a block comes after the comments and empty lines that follow it.
        let end = if end.start < end.end { end.end } else { last.unwrap_or(frame.start.end) };
        let span = Span::new(frame.start.start, end.max(frame.start.end));
        let content = Rc::new(content);
        let nodes = self.nodes.saturating_sub(frame.nodes_before);
        self.close(frame.anchor, &content, nodes, frame.height);
        self.add(Node { span, content }, frame.height);
    }

    fn close(&mut self, anchor: usize, content: &Rc<Content>, nodes: usize, height: usize) {
        if anchor > 0 {
            let content = Rc::clone(content);
            self.anchors.insert(anchor, Anchor::Closed { content, nodes, height });
        }
    }

    fn add(&mut self, node: Node, height: usize) {
        let Some(frame) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.height = frame.height.max(height.saturating_add(1));
        match &mut frame.items {
            Items::Sequence(items) => items.push(node),
            Items::Mapping { entries, seen, key } => match std::mem::replace(key, Key::None) {
                Key::None => *key = read_key(node, seen, self.diagnostics),
                Key::Bad => {}
                Key::Good(key) => entries.push(Entry { value: placed(node, key.span), key }),
            },
        }
    }

    /// Where the `[` and `{` are that have not been closed, the innermost last.
    fn open_flows(&self, text: &str) -> Vec<Span> {
        let is_flow = |span: &Span| {
            let start = text.get(span.start..span.end);
            start.is_some_and(|start| start.ends_with(['[', '{']))
        };
        self.open.iter().map(|frame| frame.start).filter(is_flow).collect()
    }
}

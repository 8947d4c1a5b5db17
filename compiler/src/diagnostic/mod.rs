//! Everything recurve has to say to the person who wrote a spec.

mod code;
mod list;
mod nearest;
mod quote;
mod render;
mod source;
mod span;

pub use code::Code;
pub use list::Diagnostics;
pub use nearest::nearest;
pub use quote::quoted;
pub use render::render;
pub use span::{Span, Spanned};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; the spec still compiles.
    Warning,
    /// The spec does not compile.
    Error,
}

/// One finding: what, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The place in the spec it is about.
    pub span: Span,
    /// What is wrong: lowercase, names in backticks, no full stop.
    pub message: String,
    /// What stands under the carets; may be empty.
    pub label: String,
    /// Other places in the spec that belong to it.
    pub related: Vec<(Span, String)>,
    /// How to mend it, and facts that help; one line each.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// A finding that fails the compilation.
    pub fn error(code: Code, span: impl Into<Span>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span.into(), message.into())
    }

    /// A finding that does not.
    pub fn warning(code: Code, span: impl Into<Span>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span.into(), message.into())
    }

    fn new(severity: Severity, code: Code, span: Span, message: String) -> Self {
        Diagnostic {
            code,
            severity,
            span,
            message,
            label: String::new(),
            related: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Writes `text` under the carets.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.label = text.into();
        self
    }

    /// Points at another place that belongs to the finding.
    #[must_use]
    pub fn related(mut self, span: impl Into<Span>, text: impl Into<String>) -> Self {
        self.related.push((span.into(), text.into()));
        self
    }

    /// Adds a line on how to mend it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }
}

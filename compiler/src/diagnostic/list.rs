//! The findings of one compilation.

use super::{Diagnostic, Severity};

/// The findings of one compilation, in the order of their places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// No findings.
    pub const fn new() -> Self {
        Diagnostics { list: Vec::new() }
    }

    /// Adds a finding after all those at the same place, unless it is there already: what an alias
    /// repeats is read, and found wrong, more than once.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        let start = diagnostic.span.start;
        let from = self.list.partition_point(|other| other.span.start < start);
        let to = self.list.partition_point(|other| other.span.start <= start);
        if !self.list[from..to].contains(&diagnostic) {
            self.list.insert(to, diagnostic);
        }
    }

    /// Whether the compilation fails.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// How many findings are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    /// How many findings there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The findings, sorted by the start of their spans.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, findings: I) {
        for diagnostic in findings {
            self.push(diagnostic);
        }
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

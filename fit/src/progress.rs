//! How far long work has come.

/// Is told how far long work has come.
pub trait Progress {
    /// Work of `total` parts begins.
    fn begin(&mut self, what: &str, total: u64);

    /// So many more parts are done.
    fn advance(&mut self, parts: u64);

    /// The work is done.
    fn end(&mut self);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&mut self, _: &str, _: u64) {}
    fn advance(&mut self, _: u64) {}
    fn end(&mut self) {}
}

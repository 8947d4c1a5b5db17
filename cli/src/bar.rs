//! A progress bar, on terminals.

use indicatif::{ProgressBar, ProgressStyle};
use recurve_fit::Progress;

/// A bar on standard error; nothing where that is no terminal.
#[derive(Default)]
pub(crate) struct Bar(Option<ProgressBar>);

impl Progress for Bar {
    fn begin(&mut self, what: &str, total: u64) {
        let bar = ProgressBar::new(total);
        if let Ok(style) = ProgressStyle::with_template("{msg:>12} [{wide_bar}] {pos}/{len}, {eta} left") {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_message(what.to_owned());
        self.0 = Some(bar);
    }

    fn advance(&mut self, parts: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(parts);
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.0.take() {
            bar.finish_and_clear();
        }
    }
}

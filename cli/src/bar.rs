//! A progress bar, on terminals.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use recurve_fit::Progress;

/// A bar on standard error; nothing where that is no terminal.
#[derive(Default)]
pub(crate) struct Bar(Option<ProgressBar>);

impl Progress for Bar {
    /// Work of no known number of parts shows how long it has lasted.
    fn begin(&mut self, what: &str, total: u64) {
        let (bar, template) = match total {
            0 => (ProgressBar::new_spinner(), "{spinner} {msg}, {elapsed}"),
            total => (ProgressBar::new(total), "{msg:>12} [{wide_bar}] {pos}/{len}, {eta} left"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("=> "));
        }
        if total == 0 {
            bar.enable_steady_tick(Duration::from_millis(200));
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

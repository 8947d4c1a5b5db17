//! Any text as a spec, with the files of a model that its author may have meant.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use recurve_compiler::files::Memory;
use recurve_fuzz::{MODELS, files, run};

static FILES: LazyLock<Vec<Memory>> = LazyLock::new(|| MODELS.iter().map(files).collect());

fuzz_target!(|text: &str| {
    for files in FILES.iter() {
        let _ = run(text, files);
    }
});

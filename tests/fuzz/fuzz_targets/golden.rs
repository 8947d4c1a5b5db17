//! Any bytes as the golden trace of models that are right.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recurve_fuzz::{MODELS, files, run};

fuzz_target!(|bytes: &[u8]| {
    for model in MODELS {
        let mut files = files(model);
        files.0.insert("golden".to_owned(), bytes.to_vec());
        let _ = run(model.spec, &files);
    }
});

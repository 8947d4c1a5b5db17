//! Any bytes as the weights of specs that are right.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recurve_fuzz::{MODELS, files, run};

fuzz_target!(|bytes: &[u8]| {
    for model in MODELS {
        let mut files = files(model);
        files.0.insert("weights".to_owned(), bytes.to_vec());
        let _ = run(model.spec, &files);
    }
});

//! Any bytes as what was learned for models that are right.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recurve_fuzz::{FITTED, files, run};

fuzz_target!(|bytes: &[u8]| {
    for model in FITTED {
        let mut files = files(model);
        files.0.insert("fit".to_owned(), bytes.to_vec());
        let _ = run(model.spec, &files);
    }
});

//! The macro refuses what the compiler refuses.

#[path = "../../compiler/tests/wrong_reading/mod.rs"]
mod wrong_reading;

use std::fs;

use super::{Request, expand};
use wrong_reading::readings;

#[test]
fn the_macro_refuses_every_reading_that_differs_on_the_trace() {
    let folder = std::env::temp_dir().join(format!("recurve-macros-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("spec.yaml");
    let (mut refused, mut accepted) = (0, 0);
    for seed in 0..20 {
        for reading in readings(seed) {
            fs::write(&path, &reading.spec).expect("a file");
            for (name, bytes) in &reading.files.0 {
                fs::write(folder.join(name), bytes).expect("a file");
            }
            let literal = format!("{:?}", path.display().to_string());
            let request: Request = syn::parse_str(&literal).expect("a request");
            let found = expand(&request).map(|code| code.to_string());
            let told =
                || format!("seed {seed}, {}: {:e}\n{}", reading.wrong, reading.difference, reading.spec);
            match found {
                Ok(code) => {
                    assert!(!reading.is_other(), "accepted: {}", told());
                    assert!(
                        code.contains("steps of the golden trace") && !code.contains(" 0 of "),
                        "{}",
                        told()
                    );
                    accepted += 1;
                }
                Err(message) => {
                    assert!(
                        reading.is_other() || message.contains("golden-constant"),
                        "{message}\n{}",
                        told()
                    );
                    refused += 1;
                }
            }
        }
    }
    let _ = fs::remove_dir_all(&folder);
    assert!(refused > 40 && accepted > 15, "{refused} refused, {accepted} accepted");
}

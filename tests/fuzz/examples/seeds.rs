//! Writes `seeds/`: what the fuzz targets start from. Each seed is read without a fault.

use std::fs;
use std::path::Path;

use recurve_fuzz::{MODELS, file, files, run};

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    for model in MODELS {
        assert!(run(model.spec, &files(model)), "{} does not compile", model.name);
        for (target, bytes) in [
            ("spec", model.spec.as_bytes().to_vec()),
            ("weights", file(model.weights)),
            ("golden", file(model.golden)),
        ] {
            fs::create_dir_all(folder.join(target))?;
            fs::write(folder.join(target).join(model.name), bytes)?;
        }
    }
    Ok(())
}

//! Writes `seeds/`: what the fuzz targets start from. Each seed is read without a fault.

use std::fs;
use std::path::Path;

use recurve_compiler::files::Memory;
use recurve_compiler::unfitted;
use recurve_fit::sketch;
use recurve_fuzz::{FITTED, MODELS, Model, file, files, run};

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    for model in MODELS {
        compiles(model, &files(model));
        for (target, bytes) in [
            ("spec", model.spec.as_bytes().to_vec()),
            ("weights", file(model.weights)),
            ("golden", file(model.golden)),
        ] {
            fs::create_dir_all(folder.join(target))?;
            fs::write(folder.join(target).join(model.name), bytes)?;
        }
    }
    fs::create_dir_all(folder.join("fit"))?;
    for model in FITTED {
        let mut files = files(model);
        let unfitted = unfitted(model.spec, &files).expect("a spec that has something to learn");
        let fit = sketch(&unfitted).expect("what it has to learn");
        fs::write(folder.join("fit").join(model.name), &fit)?;
        files.0.insert("fit".to_owned(), fit);
        compiles(model, &files);
        fs::write(folder.join("spec").join(model.name), model.spec)?;
    }
    Ok(())
}

fn compiles(model: &Model, files: &Memory) {
    if let Err(said) = run(model.spec, files) {
        panic!("{} does not compile: {said}", model.name);
    }
}

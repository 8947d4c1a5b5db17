//! Compiles models whose weights can be seen.
//!
//! What a build script usually calls is `recurve_compiler::Config`; it keeps the weights to the model.

use std::error::Error;
use std::fs;
use std::path::Path;

use recurve_compiler::files::Directory;
use recurve_compiler::golden::Work;
use recurve_compiler::{Options, compile, diagnostic};
use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize};

/// Writes the code of `spec`, which finds its files in `folder`, as the type `name` to `out_dir`. Beside its weights,
/// which are in `f32`, it implements `seen` for it: a trait that gives them.
pub fn generate(
    name: &str,
    spec: &str,
    seen: Option<&str>,
    folder: &Path,
    out_dir: &Path,
) -> Result<(), Box<dyn Error>> {
    let compiled = compile(spec, &Directory(folder.into()), Work::QUICK)
        .map_err(|found| diagnostic::render(name, spec, &found, false))?;
    let options = Options {
        visibility: "pub".parse()?,
        name: Some(name.into()),
        origin: "the build script".into(),
        crate_path: Some("::recurve".parse()?),
    };
    let bytes = compiled.plan.weights.bytes();
    let count = bytes.len() / size_of::<f32>();
    let seen = seen.map_or(String::new(), |seen| {
        format!(
            "#[allow(non_local_definitions)]
            impl {seen} for {name} {{
                fn weights() -> &'static [f32] {{ WEIGHTS.read::<f32, {count}>(0) }}
            }}"
        )
    });
    let weights = format!("{{ {seen} ::core::include_bytes!(\"{name}.weights\") }}");
    fs::write(out_dir.join(format!("{name}.weights")), bytes)?;
    let code = compiled.code(&options, &weights.parse()?);
    Ok(fs::write(out_dir.join(format!("{name}.rs")), code.to_string())?)
}

/// A file of tensors in `f32`: of each its name, its shape and its bytes.
pub fn file(tensors: &[(String, Vec<usize>, Vec<u8>)]) -> Result<Vec<u8>, Box<dyn Error>> {
    let views: Vec<_> = tensors
        .iter()
        .map(|(name, shape, bytes)| {
            TensorView::new(Dtype::F32, shape.clone(), bytes).map(|view| (name, view))
        })
        .collect::<Result<_, _>>()?;
    Ok(serialize(views, None)?)
}

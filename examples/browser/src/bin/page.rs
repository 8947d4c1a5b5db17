//! Writes the page, with both modules in it: `page TEMPLATE SIMD128 PLAIN OUTPUT`.

#[cfg(not(target_family = "wasm"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use std::{env, fs};

    let arguments: Vec<String> = env::args().skip(1).collect();
    let [template, simd128, plain, output] = arguments.as_slice() else {
        return Err("usage: page TEMPLATE SIMD128 PLAIN OUTPUT".into());
    };
    let mut page = fs::read_to_string(template)?;
    for (name, module) in [("{simd128}", simd128), ("{plain}", plain)] {
        if !page.contains(name) {
            return Err(format!("`{template}` has no place for `{name}`").into());
        }
        page = page.replace(name, &STANDARD.encode(fs::read(module)?));
    }
    fs::write(output, page)?;
    Ok(())
}

#[cfg(target_family = "wasm")]
fn main() {}

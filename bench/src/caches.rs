//! The caches, which say what kind of memory a model is read from.

use std::fs;

/// The caches that one core sees, smallest first, as far as the system tells.
pub fn caches() -> String {
    let read = |index: usize, file: &str| {
        fs::read_to_string(format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{file}"))
            .map(|text| text.trim().to_owned())
            .ok()
    };
    let caches: Vec<String> = (0..8)
        .filter_map(|index| {
            let level = read(index, "level")?;
            let size = read(index, "size")?;
            (read(index, "type")? != "Instruction").then(|| format!("L{level} {size}"))
        })
        .collect();
    caches.join(", ")
}

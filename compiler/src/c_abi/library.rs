//! The library.

use super::Names;
use super::function::Function;

/// What the functions have in common, and what a program without the standard library needs.
const COMMON: &str = "\
/// `steps` inputs or outputs from `from` on; none where it is null.
///
/// # Safety
/// It points to that many, or is null.
unsafe fn read<'a, T, N>(from: *const N, steps: usize) -> Option<&'a [T]> {
    let from = core::ptr::NonNull::new(from.cast_mut())?;
    // SAFETY: the caller's.
    Some(unsafe { core::slice::from_raw_parts(from.as_ptr().cast(), steps) })
}
";
const COMMON_WRITE: &str = "
/// As `read`.
///
/// # Safety
/// As of `read`, and nobody else looks at them.
unsafe fn write<'a, T, N>(to: *mut N, steps: usize) -> Option<&'a mut [T]> {
    let to = core::ptr::NonNull::new(to)?;
    // SAFETY: the caller's.
    Some(unsafe { core::slice::from_raw_parts_mut(to.as_ptr().cast(), steps) })
}
";
const PANIC: &str = "
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
";

pub(super) fn text(names: &Names<'_>, functions: &[Function], needs_std: bool) -> String {
    let Names { stem, model } = names;
    let no_std = if needs_std { "" } else { "#![no_std]\n" };
    let writes = functions.iter().any(|function| function.rust.contains("outputs: *mut"));
    let int = if writes { "use core::ffi::c_int;\n" } else { "" };
    let mut text = format!(
        "//! `{model}` for C; `include/{stem}.h` has its documentation.\n\n{no_std}\n{int}use core::mem::MaybeUninit;\n\nmod \
         {stem};\n\nuse {stem}::{model};\n\n// The header says so.\nconst _: () = assert!(size_of::<{model}>() == \
         {model}::STATE_BYTES && align_of::<{model}>() <= align_of::<u64>());\n\n{COMMON}"
    );
    if writes {
        text += COMMON_WRITE;
    }
    if !needs_std {
        text += PANIC;
    }
    for function in functions {
        let docs: String = function.docs.iter().map(|line| format!("/// {line}\n")).collect();
        text += &format!(
            "\n{docs}///\n/// # Safety\n/// Pointers are null or point to as much as the header says.\n#[unsafe(no_mangle)]\npub \
             unsafe extern \"C\" fn {}",
            function.rust
        );
        text += " {\n    // SAFETY: the caller's.\n";
        for line in &function.body {
            text += &format!("    {line}\n");
        }
        text += "}\n";
    }
    text
}

//! Finds out whether the processor has the DSP instructions of Armv7E-M, which stable Rust does not tell.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(recurve_dsp)");
    if std::env::var("TARGET").is_ok_and(|target| target.starts_with("thumbv7em")) {
        println!("cargo::rustc-cfg=recurve_dsp");
    }
}

//! What compiles models with cargo: side by side, since each leaves a processor idle for much of the time.

mod built;
mod c_abi;
#[cfg(unix)]
mod fork;

use std::fs;
use std::path::{Path, PathBuf};

/// An empty folder for a test.
fn folder(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder");
    path
}

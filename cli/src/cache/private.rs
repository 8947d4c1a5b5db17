//! A folder that only its owner can change.

use std::fs::{self, DirBuilder};
use std::path::Path;

use crate::failure::Failure;

/// Makes the folder, or checks that the one that is there belongs to this user alone.
pub(super) fn make(path: &Path) -> Result<(), Failure> {
    let fault = |error: std::io::Error| {
        Failure::new(format!(
            "cannot make the cache folder `{}`: {error}\n  help: set `RECURVE_CACHE` to a folder of your own",
            path.display()
        ))
    };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(fault)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        made => made.map_err(fault)?,
    }
    check(path).map_err(|why| {
        Failure::new(format!(
            "the cache folder `{}` is not used: {why}; programs that run as you are built in it\n  help: remove it, or set \
             `RECURVE_CACHE` to a folder of your own",
            path.display()
        ))
    })
}

#[cfg(not(unix))]
fn check(path: &Path) -> Result<(), String> {
    let found = fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    if found.is_dir() { Ok(()) } else { Err("it is not a folder".into()) }
}

#[cfg(unix)]
fn check(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let found = fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    if found.is_symlink() {
        return Err("it is a symbolic link".into());
    }
    if !found.is_dir() {
        return Err("it is not a folder".into());
    }
    // A new file belongs to whoever runs this.
    let probe = path.join(format!(".owner-{}", std::process::id()));
    let _ = fs::remove_file(&probe);
    let made = fs::File::options().write(true).create_new(true).open(&probe);
    let user = made.and_then(|file| file.metadata()).map(|found| found.uid());
    let _ = fs::remove_file(&probe);
    let user = user.map_err(|error| format!("nothing can be written to it: {error}"))?;
    if found.uid() != user {
        return Err(format!("it belongs to the user {}, not to you ({user})", found.uid()));
    }
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o022 != 0 {
        return Err(format!("others can write to it (mode {mode:03o}, expected 700)"));
    }
    if mode != 0o700 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

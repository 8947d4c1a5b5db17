//! A folder that is there as a whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Result;
use std::path::{Path, PathBuf};

const PART: &str = ".part";
/// A file in an unfinished folder, locked for as long as somebody works on it.
const LOCK: &str = ".unfinished";

/// A folder beside its place, or in it where that exists, which is removed unless it is finished.
pub(super) struct Partial {
    pub(super) path: PathBuf,
    target: PathBuf,
    is_new: bool,
    lock: Option<File>,
}

impl Partial {
    pub(super) fn new(target: &Path) -> Result<Partial> {
        let is_new = !target.exists();
        let place = if is_new { parent(target) } else { target };
        fs::create_dir_all(place)?;
        let mut name = prefix(target);
        name.push(format!("{}{PART}", std::process::id()));
        let path = place.join(name);
        fs::create_dir(&path)?;
        let mut partial = Partial { path, target: target.to_owned(), is_new, lock: None };
        let lock = File::create(partial.path.join(LOCK))?;
        let _ = lock.lock();
        partial.lock = Some(lock);
        Ok(partial)
    }

    /// Puts the folder in its place; into a folder that exists, the files of `last` come last.
    pub(super) fn finish(mut self, last: &[&str]) -> Result<()> {
        if cfg!(windows) {
            self.lock = None;
        }
        if self.is_new {
            fs::rename(&self.path, &self.target)?;
            return fs::remove_file(self.target.join(LOCK));
        }
        let mut names: Vec<OsString> =
            fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name())).collect::<Result<_>>()?;
        names.retain(|name| name != LOCK);
        names.sort_by_key(|name| last.iter().position(|last| name == last).map_or(0, |at| at + 1));
        let mut moved = Vec::new();
        for name in names {
            if let Err(error) = fs::rename(self.path.join(&name), self.target.join(&name)) {
                for name in moved {
                    let _ = fs::rename(self.target.join(&name), self.path.join(&name));
                }
                return Err(error);
            }
            moved.push(name);
        }
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes the unfinished folders of `target` that killed processes have left.
pub(super) fn remove_left_behind(target: &Path) {
    let prefix = prefix(target);
    for place in [parent(target), target] {
        for entry in fs::read_dir(place).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let bytes = name.as_encoded_bytes();
            let is_part = bytes.starts_with(prefix.as_encoded_bytes()) && bytes.ends_with(PART.as_bytes());
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let path = entry.path();
            if is_part && is_folder {
                match File::open(path.join(LOCK)) {
                    Ok(lock) if lock.try_lock().is_ok() => drop(fs::remove_dir_all(path)),
                    Ok(_) => {}
                    // Killed before it was marked, and so before anything else was in it.
                    Err(_) => drop(fs::remove_dir(path)),
                }
            }
        }
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

fn prefix(target: &Path) -> OsString {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or("new".as_ref()));
    name.push(".");
    name
}

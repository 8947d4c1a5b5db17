//! Writes files so that nobody ever sees half of one, whatever else writes to their folder.

use std::fs::{self, File};
use std::io::{Result, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// The end of the names of unfinished files.
const PART: &str = ".part";

/// Writes a file to a name of its own in the same folder, then renames it. Where that fails nothing is left, and a file that
/// was there stays as it was.
///
/// # Errors
/// Where the folder or the file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    Part::new(path, bytes)?.finish(path)
}

/// As [`write()`], of code and the weights that it includes, which belong together: whoever reads the folder while they are
/// written, or after that was interrupted, finds either both of before, both of now, or code that does not compile and says why.
///
/// # Errors
/// As [`write()`].
pub fn write_both(code: (&Path, &[u8]), weights: (&Path, &[u8]), header: &str) -> Result<()> {
    let unfinished = format!(
        "{header}\n::core::compile_error!(\"this model was not written to its end; write it again, as with `recurve expand`\");\n"
    );
    let stub = Part::new(code.0, unfinished.as_bytes())?;
    let numbers = Part::new(weights.0, weights.1)?;
    let text = Part::new(code.0, code.1)?;
    let _lock = lock(code.0);
    stub.finish(code.0)?;
    numbers.finish(weights.0)?;
    text.finish(code.0)
}

/// Keeps other processes from writing a pair of files to the same folder, where the system can lock folders.
fn lock(path: &Path) -> Option<File> {
    let folder = File::open(folder(path)).ok()?;
    folder.lock().ok().map(|()| folder)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

/// A whole file under another name, which is removed unless it is finished.
struct Part {
    path: PathBuf,
    /// Locked, so that nobody takes it for one that was left behind.
    _file: File,
}

impl Part {
    fn new(target: &Path, bytes: &[u8]) -> Result<Part> {
        remove_left_behind(target);
        let (path, file) = create(target)?;
        let mut part = Part { path, _file: file };
        part._file.write_all(bytes)?;
        Ok(part)
    }

    fn finish(self, target: &Path) -> Result<()> {
        fs::rename(&self.path, target)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn create(target: &Path) -> Result<(PathBuf, File)> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut name = prefix(target);
        name.push(format!("{}-{count}{PART}", std::process::id()));
        let path = folder(target).join(name);
        let file = match File::options().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
            file => file?,
        };
        let _ = file.lock();
        // Another process may have removed it before it was locked.
        if path.exists() {
            return Ok((path, file));
        }
    }
}

/// How the names of unfinished files of a target begin.
fn prefix(target: &Path) -> std::ffi::OsString {
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".");
    name
}

/// Removes what processes that were killed have left of the same target: nobody holds the lock of it.
fn remove_left_behind(target: &Path) {
    if !cfg!(unix) {
        return;
    }
    let prefix = prefix(target);
    for entry in fs::read_dir(folder(target)).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let (name, prefix) = (name.as_encoded_bytes(), prefix.as_encoded_bytes());
        if name.starts_with(prefix) && name.ends_with(PART.as_bytes()) {
            let path = entry.path();
            let file =
                entry.file_type().ok().filter(|kind| kind.is_file()).and_then(|_| File::open(&path).ok());
            // The lock is held until the file is gone, since its maker may be about to take it.
            if file.as_ref().is_some_and(|file| file.try_lock().is_ok()) {
                let _ = fs::remove_file(path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty(test: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("recurve-replace-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        path
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder").flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_is_left_of_a_file_that_cannot_be_written() {
        let folder = empty("fails");
        fs::create_dir(folder.join("a")).expect("a folder");
        assert!(write(&folder.join("a"), b"text").is_err());
        assert!(write(&folder.join("missing/a"), b"text").is_err());
        assert_eq!(names(&folder), ["a"]);
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn files_of_one_stem_have_other_names_while_they_are_unfinished() {
        let folder = empty("names");
        let parts: Vec<Part> = ["a.rs", "a.weights", "a.rs"]
            .iter()
            .map(|name| Part::new(&folder.join(name), name.as_bytes()).expect("a part"))
            .collect();
        assert_eq!(names(&folder).len(), 3);
        drop(parts);
        assert!(names(&folder).is_empty());
        fs::remove_dir_all(folder).expect("removed");
    }

    #[cfg(unix)]
    #[test]
    fn files_that_a_killed_process_left_are_removed() {
        let folder = empty("left");
        for name in [".a.rs.1-0.part", ".b.rs.1-0.part", "a.rs.part"] {
            fs::write(folder.join(name), "half").expect("a file");
        }
        let held = Part::new(&folder.join("a.rs"), b"of another").expect("a part");
        write(&folder.join("a.rs"), b"text").expect("written");
        assert!(held.path.exists(), "an unfinished file of somebody else's was removed");
        drop(held);
        assert_eq!(names(&folder), [".b.rs.1-0.part", "a.rs", "a.rs.part"]);
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn two_writers_leave_code_and_weights_of_one() {
        let folder = empty("both");
        let (code, weights) = (folder.join("a.rs"), folder.join("a.weights"));
        let write_often = |text: &'static [u8]| {
            for _ in 0..40 {
                write_both((&code, text), (&weights, text), "// made").expect("written");
            }
        };
        for _ in 0..3 {
            std::thread::scope(|scope| {
                scope.spawn(|| write_often(b"one"));
                scope.spawn(|| write_often(b"other"));
            });
            assert_eq!(fs::read(&code).expect("code"), fs::read(&weights).expect("weights"));
        }
        assert_eq!(names(&folder), ["a.rs", "a.weights"]);
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn interrupted_code_does_not_compile() {
        let folder = empty("interrupted");
        let (code, weights) = (folder.join("a.rs"), folder.join("a.weights"));
        // The weights cannot be written where a folder is.
        fs::create_dir(&weights).expect("a folder");
        fs::write(&code, "old").expect("a file");
        assert!(write_both((&code, b"new"), (&weights, b"new"), "// made").is_err());
        let found = fs::read_to_string(&code).expect("code");
        assert!(found.starts_with("// made\n") && found.contains("compile_error!"), "{found}");
        assert_eq!(names(&folder), ["a.rs", "a.weights"]);
        fs::remove_dir_all(folder).expect("removed");
    }
}

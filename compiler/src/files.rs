//! Where the files that a spec names come from.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::path::{Component, Path, PathBuf};

/// A source of files, by the paths that stand in a spec.
pub trait Files {
    /// The whole content of the file at `path`, which is relative to the spec.
    fn read(&self, path: &str) -> Result<Vec<u8>>;

    /// Whether two paths are of one file.
    fn is_same(&self, a: &str, b: &str) -> bool {
        let parts = |path: &'_ str| -> Vec<String> {
            let parts = Path::new(path).components().filter(|part| *part != Component::CurDir);
            parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
        };
        parts(a) == parts(b)
    }
}

/// Whether two paths lead to one file, by whatever links; not if there is none.
pub fn is_same(a: &Path, b: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let place = |path: &Path| std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
        place(a).is_some_and(|found| Some(found) == place(b))
    }
    #[cfg(not(unix))]
    a.canonicalize().ok().is_some_and(|found| Some(found) == b.canonicalize().ok())
}

/// Files on disk, relative to this folder.
#[derive(Debug, Clone)]
pub struct Directory(pub PathBuf);

impl Files for Directory {
    fn read(&self, path: &str) -> Result<Vec<u8>> {
        std::fs::read(self.0.join(path))
    }

    fn is_same(&self, a: &str, b: &str) -> bool {
        self.0.join(a) == self.0.join(b) || is_same(&self.0.join(a), &self.0.join(b))
    }
}

/// Files that exist in memory only.
#[derive(Debug, Clone, Default)]
pub struct Memory(pub BTreeMap<String, Vec<u8>>);

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>> {
        self.0.get(path).cloned().ok_or_else(|| Error::new(ErrorKind::NotFound, "no such file"))
    }
}

/// Files in memory, and where there is none of that path, other files.
#[derive(Clone, Copy)]
pub struct Beside<'a>(pub &'a Memory, pub &'a dyn Files);

impl Files for Beside<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>> {
        self.0.read(path).or_else(|_| self.1.read(path))
    }

    fn is_same(&self, a: &str, b: &str) -> bool {
        self.1.is_same(a, b)
    }
}

//! Where the files that a spec names come from.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::path::PathBuf;

/// A source of files, by the paths that stand in a spec.
pub trait Files {
    /// The whole content of the file at `path`, which is relative to the spec.
    fn read(&self, path: &str) -> Result<Vec<u8>>;
}

/// Files on disk, relative to this folder.
#[derive(Debug, Clone)]
pub struct Directory(pub PathBuf);

impl Files for Directory {
    fn read(&self, path: &str) -> Result<Vec<u8>> {
        std::fs::read(self.0.join(path))
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
}

//! The private folder in which programs of compiled models are built and kept.
//!
//! It holds code that runs as the user, so it belongs to the user and nobody else can write to it.

mod private;
mod prune;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The folder, locked against other processes until it is dropped.
pub(crate) struct Cache {
    root: PathBuf,
    _lock: File,
}

/// The folder of one program, which is not removed while this exists.
pub(crate) struct Entry {
    /// The package.
    pub(crate) package: PathBuf,
    _used: File,
}

impl Cache {
    /// Opens the folder, and waits until no other process builds in it.
    pub(crate) fn open() -> Result<Cache, Failure> {
        let root = root(|name| std::env::var_os(name)).ok_or_else(|| {
            Failure::new(
                "there is no cache folder to build the model in\n  help: set `RECURVE_CACHE` to a folder of your own",
            )
        })?;
        let root = std::path::absolute(&root).unwrap_or(root);
        private::make(&root)?;
        let lock = locked(&root.join("lock"))?;
        lock.lock().map_err(|error| Failure::new(format!("cannot lock `{}`: {error}", root.display())))?;
        Ok(Cache { root, _lock: lock })
    }

    /// Cargo's target folder, which all programs share.
    pub(crate) fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// The package `name`, which counts as used from now on. Packages that were not used for long are removed.
    pub(crate) fn entry(&self, name: &str) -> Result<Entry, Failure> {
        let package = self.root.join("programs").join(name);
        fs::create_dir_all(&package).map_err(|error| {
            Failure::new(format!("cannot make the folder `{}`: {error}", package.display()))
        })?;
        let used = locked(&package.join(prune::USED))?;
        let shared = used.lock_shared().and_then(|()| used.set_modified(std::time::SystemTime::now()));
        shared.map_err(|error| Failure::new(format!("cannot lock `{}`: {error}", package.display())))?;
        prune::prune(&self.root, &prune::Bound::default());
        Ok(Entry { package, _used: used })
    }
}

fn locked(path: &Path) -> Result<File, Failure> {
    let file = File::options().create(true).truncate(false).read(true).write(true).open(path);
    file.map_err(|error| Failure::new(format!("cannot write `{}`: {error}", path.display())))
}

/// `RECURVE_CACHE`, or the folder `recurve` in the system's cache folder of the user.
fn root(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<PathBuf> {
    let path = |name: &str| variable(name).filter(|path| path != OsStr::new("")).map(PathBuf::from);
    if let Some(own) = path("RECURVE_CACHE") {
        return Some(own);
    }
    let caches = if cfg!(windows) {
        path("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        path("HOME").map(|home| home.join("Library/Caches"))
    } else {
        // The specification of base directories has relative paths ignored.
        let stated = path("XDG_CACHE_HOME").filter(|path| path.is_absolute());
        stated.or_else(|| path("HOME").map(|home| home.join(".cache")))
    };
    caches.filter(|caches| caches.is_absolute()).map(|caches| caches.join("recurve"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(variables: &[(&str, &str)]) -> Option<PathBuf> {
        root(|name| variables.iter().find(|(found, _)| *found == name).map(|(_, value)| value.into()))
    }

    #[test]
    fn recurve_cache_comes_before_the_systems_folder() {
        assert_eq!(chosen(&[("RECURVE_CACHE", "own"), ("HOME", "/home/a")]), Some("own".into()));
        assert_eq!(chosen(&[]), None);
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn relative_and_empty_cache_homes_are_ignored() {
        let home = ("HOME", "/home/a");
        assert_eq!(chosen(&[("XDG_CACHE_HOME", "/c"), home]), Some("/c/recurve".into()));
        for ignored in ["", "c"] {
            let found = chosen(&[("RECURVE_CACHE", ""), ("XDG_CACHE_HOME", ignored), home]);
            assert_eq!(found, Some("/home/a/.cache/recurve".into()));
        }
    }
}

//! Removes the programs that were not used for the longest time.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A file in a package that is locked while the program is in use; its time is that of the last use.
pub(super) const USED: &str = ".used";

/// How much is kept.
pub(super) struct Bound {
    programs: usize,
    bytes: u64,
}

impl Default for Bound {
    fn default() -> Bound {
        Bound { programs: 64, bytes: 2 << 30 }
    }
}

struct Found {
    name: String,
    package: PathBuf,
    used: SystemTime,
    /// The package, and what cargo made of it.
    paths: Vec<PathBuf>,
    bytes: u64,
}

/// Removes the oldest programs until the rest is within `bound`, but none that is in use.
pub(super) fn prune(root: &Path, bound: &Bound) {
    let artifacts = artifacts(&root.join("target"));
    let mut found: Vec<Found> = entries(&root.join("programs"))
        .into_iter()
        .filter_map(|package| {
            let name = package.file_name()?.to_str()?.to_owned();
            let used = fs::metadata(package.join(USED)).and_then(|file| file.modified());
            let made = artifacts.iter().filter(|path| is_of(path, &name)).cloned();
            let paths: Vec<PathBuf> = std::iter::once(package.clone()).chain(made).collect();
            let bytes = paths.iter().map(|path| size(path)).sum();
            Some(Found { name, package, used: used.unwrap_or(SystemTime::UNIX_EPOCH), paths, bytes })
        })
        .collect();
    found.sort_by(|a, b| (b.used, &b.name).cmp(&(a.used, &a.name)));
    let mut bytes = 0_u64;
    for (at, one) in found.iter().enumerate() {
        bytes = bytes.saturating_add(one.bytes);
        if (at >= bound.programs || bytes > bound.bytes) && !is_used(&one.package) {
            bytes -= one.bytes;
            for path in &one.paths {
                let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            }
        }
    }
}

fn is_used(package: &Path) -> bool {
    File::open(package.join(USED)).is_ok_and(|file| file.try_lock().is_err())
}

/// Whether a file or folder of the target folder was made of the package `name`.
fn is_of(path: &Path, name: &str) -> bool {
    let Some(file) = path.file_name().and_then(|name| name.to_str()) else {
        return false;
    };
    file.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.']))
}

/// Contents of the folders into which cargo writes build outputs of a package.
fn artifacts(target: &Path) -> Vec<PathBuf> {
    let outer = entries(target).into_iter().map(|folder| folder.join("release"));
    let release = outer.chain([target.join("release")]);
    release
        .flat_map(|release| [release.clone(), release.join("deps"), release.join(".fingerprint")])
        .flat_map(|folder| entries(&folder))
        .collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn size(path: &Path) -> u64 {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => entries(path).iter().map(|path| size(path)).sum(),
        Ok(found) => found.len(),
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A folder with packages, the later ones used longer ago, and an artifact of each.
    fn folder(test: &str, packages: usize) -> PathBuf {
        let root = std::env::temp_dir().join(format!("recurve-prune-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join("target/host/release/deps")).expect("a folder");
        for at in 0..packages {
            let package = root.join(format!("programs/p{at}"));
            fs::create_dir_all(&package).expect("a folder");
            let used = File::create(package.join(USED)).expect("a file");
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1000 - at as u64);
            used.set_modified(time).expect("a time");
            fs::write(root.join(format!("target/host/release/deps/p{at}-0f")), [0; 100]).expect("a file");
        }
        root
    }

    fn left(root: &Path) -> (Vec<String>, usize) {
        let names = entries(&root.join("programs"));
        let mut names: Vec<String> =
            names.iter().filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect();
        names.sort();
        (names, entries(&root.join("target/host/release/deps")).len())
    }

    #[test]
    fn oldest_programs_go_with_what_cargo_made_of_them() {
        let root = folder("count", 4);
        prune(&root, &Bound { programs: 2, bytes: 1000 });
        assert_eq!(left(&root), (vec!["p0".to_owned(), "p1".to_owned()], 2));
        prune(&root, &Bound { programs: 2, bytes: 150 });
        assert_eq!(left(&root), (vec!["p0".to_owned()], 1));
        fs::remove_dir_all(root).expect("removed");
    }

    #[test]
    fn programs_in_use_stay() {
        let root = folder("used", 2);
        let used = File::open(root.join("programs/p1").join(USED)).expect("a file");
        used.lock_shared().expect("a lock");
        prune(&root, &Bound { programs: 0, bytes: 0 });
        assert_eq!(left(&root), (vec!["p1".to_owned()], 1));
        fs::remove_dir_all(root).expect("removed");
    }

    #[test]
    fn artifacts_of_longer_names_are_others() {
        assert!(["p1", "p1.d", "p1-0f", "p1.7.inputs"].iter().all(|name| is_of(Path::new(name), "p1")));
        assert!(["p10", "p", "p12-0f"].iter().all(|name| !is_of(Path::new(name), "p1")));
    }
}

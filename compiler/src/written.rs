//! The files that this process has written: two specs of one name must not share one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// By the files' paths without extension, in lower case: some file systems know no other.
static WRITTEN: Mutex<BTreeMap<PathBuf, Source>> = Mutex::new(BTreeMap::new());

/// A type and the spec that it is compiled from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// The spec's path, the same one however it is written.
    spec: PathBuf,
    name: String,
    shown: String,
}

impl Source {
    /// `shown` is the spec's path in messages, relative to `root` or absolute.
    pub(crate) fn new(root: &Path, shown: &str, name: &str) -> Source {
        let path = root.join(shown);
        let spec = path.canonicalize().unwrap_or(path);
        Source { spec, name: name.to_owned(), shown: shown.to_owned() }
    }

    /// Takes the files of `stem` in `folder`. A spec may write its files again.
    ///
    /// # Errors
    /// Where another spec, or another type, has them.
    pub(crate) fn take(self, folder: &Path, stem: &str) -> Result<(), String> {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let path = folder.join(stem.to_lowercase());
        let mut written = WRITTEN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match written.get(&path) {
            Some(first) if (&first.spec, &first.name) != (&self.spec, &self.name) => {
                Err(self.refused(first, stem))
            }
            _ => {
                written.insert(path, self);
                Ok(())
            }
        }
    }

    fn refused(&self, first: &Source, stem: &str) -> String {
        let folder = Path::new(&self.shown).parent().and_then(Path::file_name).and_then(|name| name.to_str());
        let prefix = folder.filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
        let other = format!("{}_{stem}", prefix.unwrap_or("other"));
        format!(
            "`{}` and `{}` would both be written to `{stem}.rs`: the types `{}` and `{}` have one file name\n  help: give \
             one of them another file name: `Config::new().file_name(\"{other}\")` in the build script and \
             `recurve::include_model!(\"{other}\")` in the crate",
            first.shown, self.shown, first.name, self.name
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(folder: &str, spec: &str, name: &str, stem: &str) -> Result<(), String> {
        Source::new(Path::new("/root"), spec, name).take(Path::new(folder), stem)
    }

    #[test]
    fn two_specs_of_one_file_name_are_refused_by_name() {
        assert_eq!(take("/one", "a/m.yaml", "Kws", "kws"), Ok(()));
        let refused = take("/one", "b/m.yaml", "Kws", "kws").expect_err("another spec");
        for part in ["`a/m.yaml`", "`b/m.yaml`", "`kws.rs`", "file_name(\"b_kws\")"] {
            assert!(refused.contains(part), "{refused}");
        }
        assert_eq!(take("/two", "b/m.yaml", "Kws", "kws"), Ok(()), "another folder");
        assert_eq!(take("/one", "b/m.yaml", "Kws", "b_kws"), Ok(()), "another file name");
    }

    #[test]
    fn file_names_that_differ_in_case_are_one() {
        assert_eq!(take("/case", "a.yaml", "A", "Front"), Ok(()));
        assert!(take("/case", "b.yaml", "B", "front").is_err());
    }

    #[test]
    fn a_spec_may_be_compiled_again() {
        assert_eq!(take("/again", "a.yaml", "Kws", "kws"), Ok(()));
        assert_eq!(take("/again", "/root/a.yaml", "Kws", "kws"), Ok(()));
        let refused = take("/again", "a.yaml", "KWS", "kws").expect_err("another type");
        assert!(refused.contains("`Kws` and `KWS`"), "{refused}");
    }
}

//! What stands between the parentheses of the macro.

use std::path::PathBuf;

use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitStr, Token, Visibility};

/// `"path"`, `pub(crate) struct Name = "path"`, and the same with the spec itself for a path.
pub(crate) struct Request {
    pub(crate) visibility: Visibility,
    pub(crate) name: Option<Ident>,
    pub(crate) literal: LitStr,
}

/// A spec's text, and where it comes from.
pub(crate) struct Source {
    pub(crate) text: String,
    /// The folder that its paths are relative to.
    pub(crate) folder: PathBuf,
    /// How messages call it.
    pub(crate) shown: String,
    /// How documentation calls it.
    pub(crate) origin: String,
    file: Option<PathBuf>,
}

impl Parse for Request {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (visibility, name) = if input.peek(LitStr) {
            (Visibility::Public(Token![pub](input.span())), None)
        } else {
            let visibility = input.parse()?;
            input.parse::<Token![struct]>()?;
            let name = input.parse()?;
            input.parse::<Token![=]>()?;
            (visibility, Some(name))
        };
        let literal = input.parse()?;
        input.parse::<Option<Token![;]>>()?;
        Ok(Request { visibility, name, literal })
    }
}

impl Request {
    /// Reads the spec; a literal of several lines is the spec itself.
    pub(crate) fn source(&self) -> Result<Source, String> {
        let root = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        let literal = self.literal.value();
        if literal.contains('\n') {
            return Ok(Source {
                text: literal,
                folder: root,
                shown: "the spec in this call".into(),
                origin: "a spec in the source code".into(),
                file: None,
            });
        }
        let file = root.join(&literal);
        let text = std::fs::read_to_string(&file)
            .map_err(|error| format!("cannot read `{}`: {error}", file.display()))?;
        Ok(Source {
            text,
            folder: file.parent().map(PathBuf::from).unwrap_or_default(),
            origin: format!("`{literal}`"),
            shown: literal,
            file: Some(file),
        })
    }
}

impl Source {
    /// The paths of the spec and of `files`, for the compiler to watch.
    pub(crate) fn tracked(&self, files: &[String]) -> Vec<String> {
        let spec = self.file.iter().cloned();
        let files = files.iter().map(|file| self.folder.join(file));
        spec.chain(files).map(|path| path.display().to_string()).collect()
    }
}

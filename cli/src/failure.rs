//! Why a command ends early.

use std::fmt;

use recurve_fit::Error;

use crate::print::plain;

/// What a command says before it ends with exit code 1.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    /// Findings about a spec, as they were rendered.
    pub(crate) fn rendered(text: String) -> Failure {
        Failure(text)
    }

    pub(crate) fn new(message: impl fmt::Display) -> Failure {
        Failure(format!("error: {}\n", plain(&message.to_string())))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::new(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

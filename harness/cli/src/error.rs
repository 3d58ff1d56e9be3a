//! One clear message for what the user can mend: what went wrong, why, and what to do.

use std::fmt;

use token_assay_model::ExitCode;

/// What stopped a verb.
#[derive(Debug)]
pub(crate) struct Error {
    /// What could not be done.
    pub(crate) what: String,
    /// Why.
    pub(crate) cause: Option<String>,
    /// What to do about it.
    pub(crate) hint: Option<String>,
    /// How the process ends.
    pub(crate) code: ExitCode,
}

/// The result of a verb.
pub(crate) type Result<T = ExitCode> = std::result::Result<T, Error>;

impl Error {
    /// A wrong command line, configuration or file: exit code 2.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self { what: what.into(), cause: None, hint: None, code: ExitCode::Usage }
    }

    /// Why it went wrong.
    pub(crate) fn because(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// What to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Another exit code.
    pub(crate) fn code(mut self, code: ExitCode) -> Self {
        self.code = code;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        if let Some(cause) = &self.cause {
            write!(f, "\n  cause: {cause}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint:  {hint}")?;
        }
        Ok(())
    }
}

/// The word of a list that `word` was probably meant to be.
pub(crate) fn nearest<'a>(word: &str, list: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = list.into_iter().map(|known| (strsim::jaro_winkler(word, known), known));
    // Of a short word one wrong letter is much.
    scored
        .filter(|(score, known)| *score > 0.75 || strsim::osa_distance(word, known) == 1)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}

//! Failures: what is told of an error, for people and as JSON.

use std::error::Error;
use std::io::{self, Write};

use serde::Serialize;

use crate::untrusted::safe_json;

/// An error as people read it: what failed, why, and what to try next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit status.
    pub code: u8,
    /// Its name for programs, in kebab-case.
    pub kind: &'static str,
    /// What failed.
    pub message: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// What to try next.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure with this message.
    pub fn new(code: u8, kind: &'static str, message: impl Into<String>) -> Self {
        Self { code, kind, message: message.into(), causes: Vec::new(), hint: None }
    }

    /// A failure from an error and its sources.
    pub fn of(code: u8, kind: &'static str, error: &dyn Error) -> Self {
        let mut failure = Self::new(code, kind, error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            failure.causes.push(cause.to_string());
            source = cause.source();
        }
        failure
    }

    /// The same with something to try next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The line of JSON that reports an error on stderr.
#[derive(Serialize)]
struct FailureLine<'a> {
    error: FailureJson<'a>,
}

/// The error in that line.
#[derive(Serialize)]
struct FailureJson<'a> {
    code: u8,
    kind: &'a str,
    message: &'a str,
    cause: Option<String>,
    hint: Option<&'a str>,
}

/// Writes a failure as one line of JSON.
pub(super) fn write_failure_json(err: &mut dyn Write, failure: &Failure) -> io::Result<()> {
    let error = FailureJson {
        code: failure.code,
        kind: failure.kind,
        message: &failure.message,
        cause: (!failure.causes.is_empty()).then(|| failure.causes.join(": ")),
        hint: failure.hint.as_deref(),
    };
    writeln!(err, "{}", safe_json(&serde_json::to_string(&FailureLine { error })?))?;
    err.flush()
}

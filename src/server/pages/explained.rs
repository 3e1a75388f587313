//! What a signature says of a request, in the words of `verify --explain`.

use maud::Markup;

use super::parts::lines;
use crate::clock::Timestamp;
use crate::explain::{Candidate, Role, explain, explain_time, explain_unknown};
use crate::report::Report;
use crate::report::verified::{self, Verified};
use crate::signature::{Key, Received, VerifyError, detect, verify};

/// Verifies a request as of `at` under the secrets of this server, and looks for the cause where it is not right.
///
/// The search has a bound, and still belongs on a thread that may be busy. Returns also whether the signature is right.
pub(super) fn verdict(received: &Received, candidates: &[Candidate], at: Timestamp) -> (bool, Report) {
    let Some(scheme) = detect(received).first().copied() else {
        return (false, verified::unsigned(received, Some(&explain_unknown(received, candidates))));
    };
    let own = candidates.iter().filter(|candidate| matches!(candidate.role, Role::Current | Role::Previous));
    let keys: Vec<Key> = own.filter_map(|candidate| scheme.key(&candidate.text).ok()).collect();
    let verdict = verify(scheme, received, &keys, at, None);
    let explanation = match verdict.refusal() {
        None => None,
        Some(VerifyError::OutsideTolerance) => explain_time(scheme, received, at),
        Some(_) => Some(explain(scheme, received, candidates)),
    };
    let is_valid = verdict.refusal().is_none();
    let report = verified::verified(&Verified {
        scheme,
        received,
        detected: true,
        verdict,
        explanation,
        expected: Vec::new(),
        fingerprint: None,
    });
    (is_valid, report)
}

/// The verdict as text.
pub(super) fn shown(report: &Report) -> Markup {
    lines(&report.lines)
}

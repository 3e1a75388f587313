//! Variants of the body that may have been signed, the more common ones first.
//!
//! A variant is built on demand and dropped before the next one, so that the search needs little more memory than the body.

mod charsets;
mod ends;
mod envelopes;
mod forms;
mod layouts;
mod members;
mod serializers;

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::BuildHasher as _;
use std::ops::ControlFlow;

use super::cause::{Cause, Change};
use super::json;

/// The size in bytes from which only common and cheap variants are built.
pub(super) const LARGE: usize = 1024 * 1024;
/// The size in bytes up to which pairs of all changes are built.
pub(super) const SMALL: usize = 16 * 1024;

/// A body that may have been signed instead of the received one, and the changes that lead to it.
#[derive(Debug)]
pub(super) struct BodyVariant<'a> {
    pub changes: Vec<Change>,
    pub bytes: Cow<'a, [u8]>,
}

/// The received body, and whether it is UTF-8 and JSON.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body<'a> {
    pub bytes: &'a [u8],
    /// The body as text, where it is UTF-8.
    pub text: Option<&'a str>,
    /// Whether it is one JSON value.
    pub is_json: bool,
}

impl<'a> Body<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let text = std::str::from_utf8(bytes).ok();
        Self { bytes, text, is_json: text.is_some_and(json::is_json) }
    }

    /// The size limit of a variant.
    fn most(&self) -> usize {
        let growth = if self.bytes.len() > LARGE { self.bytes.len() } else { 3 * self.bytes.len() };
        self.bytes.len().saturating_add(growth).saturating_add(64 * 1024)
    }

    fn json(&self) -> Option<&'a str> {
        self.text.filter(|_| self.is_json)
    }
}

/// The kind of bodies that a known change applies to: any, text, JSON, forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodyKind {
    Bytes,
    Text,
    Json,
}

/// Makes the body that was signed from the received one, if a known change applies to it.
type MakeVariant = fn(&Body<'_>) -> Option<Vec<u8>>;

/// A known way in which software changes a body between signing and verifying, such as reformatting JSON.
#[derive(Clone, Copy)]
struct Transform {
    first: Cause,
    second: Option<Cause>,
    kind: BodyKind,
    make: MakeVariant,
}

impl Transform {
    const fn bytes(cause: Cause, make: MakeVariant) -> Self {
        Self { first: cause, second: None, kind: BodyKind::Bytes, make }
    }

    const fn text(cause: Cause, make: MakeVariant) -> Self {
        Self { first: cause, second: None, kind: BodyKind::Text, make }
    }

    const fn json(cause: Cause, make: MakeVariant) -> Self {
        Self { first: cause, second: None, kind: BodyKind::Json, make }
    }

    /// Adds a second cause that only together with the first explains the change.
    const fn and(self, second: Cause) -> Self {
        Self { second: Some(second), ..self }
    }

    fn applies_to(&self, body: &Body<'_>) -> bool {
        match self.kind {
            BodyKind::Bytes => true,
            BodyKind::Text => body.text.is_some(),
            BodyKind::Json => body.is_json,
        }
    }

    fn changes(&self) -> Vec<Change> {
        [Some(self.first), self.second].into_iter().flatten().map(Change::from).collect()
    }
}

/// A list of known changes of bodies.
type TransformList = &'static [Transform];

/// Transforms for bodies of any size.
const COMMON: &[TransformList] = &[
    ends::LINES,
    ends::ENDS,
    ends::LINES_AND_ENDS,
    layouts::LAYOUTS,
    layouts::SPELLINGS,
    layouts::NUMBERS,
    ends::UNPACKED,
    envelopes::PLACEHOLDERS,
];
/// Transforms for bodies that are not [`LARGE`]. Neutral ones come before those of serializers, so that a serializer is named
/// only if the bytes show it.
const OTHERS: &[TransformList] = &[
    layouts::SORTED,
    charsets::CHARSETS,
    layouts::STRINGS,
    envelopes::ENVELOPES,
    forms::FORMS,
    serializers::SERIALIZERS,
    members::VALUES,
    envelopes::ESCAPED,
];
/// The first of two changes, in the order of processing: values, then layout, then line ends.
const FIRSTS: &[TransformList] = &[
    layouts::SPELLINGS,
    layouts::NUMBERS,
    layouts::LAYOUTS,
    layouts::SORTED,
    serializers::SERIALIZERS,
    members::VALUES,
    charsets::CHARSETS,
    layouts::STRINGS,
    envelopes::ENVELOPES,
    forms::FORMS,
    envelopes::ESCAPED,
    ends::UNPACKED,
    ends::LINES,
    ends::ENDS,
];
/// The second of two changes.
const SECONDS: &[TransformList] =
    &[ends::LINES, ends::ENDS, ends::LINES_AND_ENDS, layouts::LAYOUTS, layouts::SPELLINGS, layouts::NUMBERS];
/// The second of two changes for [`SMALL`] bodies only.
const SMALL_SECONDS: &[TransformList] =
    &[layouts::SORTED, charsets::CHARSETS, layouts::STRINGS, serializers::SERIALIZERS, envelopes::ENVELOPES];

/// The unchanged body, then every single change. A variant that equals an earlier one is skipped, so that the simpler change
/// is named.
pub(super) fn singles<'a, 's>(
    body: &Body<'a>,
    seen: &'s mut TriedVariants,
) -> impl Iterator<Item = BodyVariant<'a>> + use<'a, 's> {
    let same = std::iter::once(BodyVariant { changes: Vec::new(), bytes: Cow::Borrowed(body.bytes) });
    same.chain(changed(*body)).filter(|form| seen.is_new(&form.bytes))
}

/// Every single change, including equal results.
fn changed<'a>(body: Body<'a>) -> impl Iterator<Item = BodyVariant<'a>> {
    let is_large = body.bytes.len() > LARGE;
    let others: &[TransformList] = if is_large { &[] } else { OTHERS };
    let parts = (!is_large).then(|| envelopes::bodies(&body).chain(members::parts(&body)));
    apply(COMMON, body).chain(apply(others, body)).chain(parts.into_iter().flatten())
}

/// Passes the results of two changes to `visit` until it breaks.
pub(super) fn find_pair<T>(body: &Body<'_>, mut visit: impl FnMut(&BodyVariant<'_>) -> ControlFlow<T>) -> Option<T> {
    let size = body.bytes.len();
    if size > LARGE {
        return None;
    }
    let (mut firsts, mut seen) = (TriedVariants::default(), TriedVariants::default());
    let lists: &[&[TransformList]] = if size > SMALL { &[SECONDS] } else { &[SECONDS, SMALL_SECONDS] };
    let parts = envelopes::bodies(body).chain(members::parts(body));
    let first = apply(FIRSTS, *body).chain(parts).filter(|form| form.changes.len() == 1);
    for first in first.filter(|form| firsts.is_new(&form.bytes)) {
        let second = Body::of(&first.bytes);
        let transforms = lists.iter().copied().flatten().copied().flatten();
        for it in transforms.filter(|it| it.second.is_none() && it.first != first.changes[0].cause) {
            let Some(bytes) = it.applies_to(&second).then(|| (it.make)(&second)).flatten() else { continue };
            if !seen.is_new(&bytes) {
                continue;
            }
            let changes = first.changes.iter().cloned().chain(it.changes()).collect();
            if let ControlFlow::Break(found) = visit(&BodyVariant { changes, bytes: Cow::Owned(bytes) }) {
                return Some(found);
            }
        }
    }
    None
}

fn apply<'a>(lists: &'static [TransformList], body: Body<'a>) -> impl Iterator<Item = BodyVariant<'a>> {
    lists.iter().flat_map(move |list| apply_list(list, body))
}

fn apply_list<'a>(list: TransformList, body: Body<'a>) -> impl Iterator<Item = BodyVariant<'a>> {
    let made = list.iter().filter(move |it| it.applies_to(&body)).filter_map(move |it| Some((it, (it.make)(&body)?)));
    made.map(|(it, bytes)| BodyVariant { changes: it.changes(), bytes: Cow::Owned(bytes) })
}

/// The causes whose transforms can be applied to a body.
pub(super) fn applicable<'a>(body: &'a Body<'_>) -> impl Iterator<Item = Cause> + 'a {
    let all = COMMON.iter().chain(OTHERS).flat_map(|list| list.iter()).filter(|it| it.applies_to(body));
    // A transform that does not change this body was tried all the same: only large bodies skip transforms.
    let is_large = body.bytes.len() > LARGE;
    all.filter(move |_| is_large).flat_map(|it| [Some(it.first), it.second]).flatten()
}

/// The one or two known changes that turn `from` into `to`, if there are such.
pub(super) fn body_changes(from: &[u8], to: &[u8]) -> Option<Vec<Change>> {
    let body = Body::of(from);
    let single = singles(&body, &mut TriedVariants::default()).find(|form| *form.bytes == *to).map(|form| form.changes);
    let is_it = |form: &BodyVariant<'_>| match *form.bytes == *to {
        true => ControlFlow::Break(form.changes.clone()),
        false => ControlFlow::Continue(()),
    };
    single.or_else(|| find_pair(&body, is_it))
}

/// Remembers which bodies were tried already, by a hash with a random key.
#[derive(Default)]
pub(super) struct TriedVariants {
    hasher: std::hash::RandomState,
    hashes: HashSet<u64>,
}

impl TriedVariants {
    fn is_new(&mut self, bytes: &[u8]) -> bool {
        self.hashes.insert(self.hasher.hash_one(bytes))
    }
}

/// A variant with one change and a detail.
fn with_detail<'a>(cause: Cause, detail: String, bytes: Vec<u8>) -> BodyVariant<'a> {
    BodyVariant { changes: vec![Change::new(cause, detail)], bytes: Cow::Owned(bytes) }
}

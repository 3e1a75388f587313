//! The other forms a body may have had when it was signed, the more common first.
//!
//! A form is made when it is asked for and dropped before the next, so that the search needs little more memory than the body.

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

/// From this size on, only the forms that are common and cheap are made.
pub(super) const LARGE: usize = 1024 * 1024;
/// Up to this size, pairs of changes are made of all kinds.
pub(super) const SMALL: usize = 16 * 1024;

/// A variant of the body to try, and what was changed to get it.
#[derive(Debug)]
pub(super) struct Form<'a> {
    pub changes: Vec<Change>,
    pub bytes: Cow<'a, [u8]>,
}

/// A received body with what is known of it (UTF-8, JSON), found out once.
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

    /// How large a form of it may be.
    fn most(&self) -> usize {
        let growth = if self.bytes.len() > LARGE { self.bytes.len() } else { 3 * self.bytes.len() };
        self.bytes.len().saturating_add(growth).saturating_add(64 * 1024)
    }

    fn json(&self) -> Option<&'a str> {
        self.text.filter(|_| self.is_json)
    }
}

/// What a transform can be applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Bytes,
    Text,
    Json,
}

/// How a form is made of a body; `None` where it cannot be.
type Make = fn(&Body<'_>) -> Option<Vec<u8>>;

/// One known change of bodies.
#[derive(Clone, Copy)]
struct Transform {
    first: Cause,
    second: Option<Cause>,
    needs: Needs,
    make: Make,
}

impl Transform {
    const fn bytes(cause: Cause, make: Make) -> Self {
        Self { first: cause, second: None, needs: Needs::Bytes, make }
    }

    const fn text(cause: Cause, make: Make) -> Self {
        Self { first: cause, second: None, needs: Needs::Text, make }
    }

    const fn json(cause: Cause, make: Make) -> Self {
        Self { first: cause, second: None, needs: Needs::Json, make }
    }

    /// Two facts that only together tell what happened.
    const fn and(self, second: Cause) -> Self {
        Self { second: Some(second), ..self }
    }

    fn applies_to(&self, body: &Body<'_>) -> bool {
        match self.needs {
            Needs::Bytes => true,
            Needs::Text => body.text.is_some(),
            Needs::Json => body.is_json,
        }
    }

    fn changes(&self) -> Vec<Change> {
        [Some(self.first), self.second].into_iter().flatten().map(Change::from).collect()
    }
}

type List = &'static [Transform];

/// Tried whatever the size of the body.
const COMMON: &[List] = &[
    ends::LINES,
    ends::ENDS,
    ends::LINES_AND_ENDS,
    layouts::LAYOUTS,
    layouts::SPELLINGS,
    layouts::NUMBERS,
    ends::UNPACKED,
    envelopes::PLACEHOLDERS,
];
/// Tried in bodies that are not [`LARGE`]: the neutral facts come before what names a serializer, so that its name is given
/// only where the bytes show it.
const OTHERS: &[List] = &[
    layouts::SORTED,
    charsets::CHARSETS,
    layouts::STRINGS,
    envelopes::ENVELOPES,
    forms::FORMS,
    serializers::SERIALIZERS,
    members::VALUES,
    envelopes::ESCAPED,
];
/// The first of two changes: what is written is made before it is laid out, and what is laid out before its lines and ends.
const FIRSTS: &[List] = &[
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
/// Made of what a first change came to.
const SECONDS: &[List] =
    &[ends::LINES, ends::ENDS, ends::LINES_AND_ENDS, layouts::LAYOUTS, layouts::SPELLINGS, layouts::NUMBERS];
/// Also made of it where the body is [`SMALL`].
const SMALL_SECONDS: &[List] =
    &[layouts::SORTED, charsets::CHARSETS, layouts::STRINGS, serializers::SERIALIZERS, envelopes::ENVELOPES];

/// The body as it is, then every single change. A form that equals an earlier one is left out, so that the simpler change
/// names it.
pub(super) fn singles<'a, 's>(body: &Body<'a>, seen: &'s mut Seen) -> impl Iterator<Item = Form<'a>> + use<'a, 's> {
    let same = std::iter::once(Form { changes: Vec::new(), bytes: Cow::Borrowed(body.bytes) });
    same.chain(changed(*body)).filter(|form| seen.is_new(&form.bytes))
}

/// Every single change, also those that come to the same.
fn changed<'a>(body: Body<'a>) -> impl Iterator<Item = Form<'a>> {
    let is_large = body.bytes.len() > LARGE;
    let others: &[List] = if is_large { &[] } else { OTHERS };
    let parts = (!is_large).then(|| envelopes::bodies(&body).chain(members::parts(&body)));
    apply(COMMON, body).chain(apply(others, body)).chain(parts.into_iter().flatten())
}

/// Hands over what two changes one after the other come to, until `visit` has found what it looks for.
pub(super) fn find_pair<T>(body: &Body<'_>, mut visit: impl FnMut(&Form<'_>) -> ControlFlow<T>) -> Option<T> {
    let size = body.bytes.len();
    if size > LARGE {
        return None;
    }
    let (mut firsts, mut seen) = (Seen::default(), Seen::default());
    let lists: &[&[List]] = if size > SMALL { &[SECONDS] } else { &[SECONDS, SMALL_SECONDS] };
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
            if let ControlFlow::Break(found) = visit(&Form { changes, bytes: Cow::Owned(bytes) }) {
                return Some(found);
            }
        }
    }
    None
}

fn apply<'a>(lists: &'static [List], body: Body<'a>) -> impl Iterator<Item = Form<'a>> {
    lists.iter().flat_map(move |list| apply_list(list, body))
}

fn apply_list<'a>(list: List, body: Body<'a>) -> impl Iterator<Item = Form<'a>> {
    let made = list.iter().filter(move |it| it.applies_to(&body)).filter_map(move |it| Some((it, (it.make)(&body)?)));
    made.map(|(it, bytes)| Form { changes: it.changes(), bytes: Cow::Owned(bytes) })
}

/// The causes whose transforms can be applied to a body.
pub(super) fn applicable<'a>(body: &'a Body<'_>) -> impl Iterator<Item = Cause> + 'a {
    let all = COMMON.iter().chain(OTHERS).flat_map(|list| list.iter()).filter(|it| it.applies_to(body));
    // What a transform cannot make of this body is not left out: only a large body leaves something out.
    let is_large = body.bytes.len() > LARGE;
    all.filter(move |_| is_large).flat_map(|it| [Some(it.first), it.second]).flatten()
}

/// The changes, one or two, that turn `from` into `to`, when they are known ones.
pub(super) fn body_changes(from: &[u8], to: &[u8]) -> Option<Vec<Change>> {
    let body = Body::of(from);
    let single = singles(&body, &mut Seen::default()).find(|form| *form.bytes == *to).map(|form| form.changes);
    let is_it = |form: &Form<'_>| match *form.bytes == *to {
        true => ControlFlow::Break(form.changes.clone()),
        false => ControlFlow::Continue(()),
    };
    single.or_else(|| find_pair(&body, is_it))
}

/// The variants that were tried already, by a hash under a random key.
#[derive(Default)]
pub(super) struct Seen {
    hasher: std::hash::RandomState,
    hashes: HashSet<u64>,
}

impl Seen {
    fn is_new(&mut self, bytes: &[u8]) -> bool {
        self.hashes.insert(self.hasher.hash_one(bytes))
    }
}

/// A single form with words of its own, made when it is asked for.
fn with_detail<'a>(cause: Cause, detail: String, bytes: Vec<u8>) -> Form<'a> {
    Form { changes: vec![Change::new(cause, detail)], bytes: Cow::Owned(bytes) }
}

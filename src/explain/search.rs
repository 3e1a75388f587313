//! The search for a cause: the order of variants and their combinations, and the bound.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::bodies::{self, Body, BodyVariant, TriedVariants};
use super::cause::{CAUSES, Cause, Change};
use super::code_variants;
use super::content_variants;
use super::hash::Hash;
use super::key_variants;
use super::key_variants::KeyUse;
use crate::signature::code::Code;
use crate::signature::{Content, Key, Scheme};

/// The bound of the search: a hashed byte costs one, a byte of a built variant [`FORM_COST`].
const MOST_WORK: usize = 640 * 1024 * 1024;
/// The cost of a byte of a built variant.
const FORM_COST: usize = 1;
/// The cost of an attempt besides its bytes.
const ATTEMPT_COST: usize = 512;
/// The number of keys that are tried on the unchanged body before its variants.
const FIRST_KEYS: usize = 6;

/// One step of the search for a cause: returns the one or two changes it found.
type SearchStep<'a> = fn(&mut Search<'a>) -> Option<Vec<Change>>;

/// The search for the changes that make a signature match: what to try, and what was tried.
pub(super) struct Search<'a> {
    pub scheme: &'a dyn Scheme,
    pub body: Body<'a>,
    /// The error in the form of the headers, if the code itself is valid.
    pub shape: Option<Change>,
    pub keys: Vec<key_variants::KeyVariant>,
    pub contents: Vec<content_variants::ContentVariant>,
    pub codes: Vec<code_variants::CodeVariant>,
    /// Whether the scheme's own header is present.
    pub delivered: bool,
    /// How many combinations were tried.
    pub tried: usize,
    /// Whether the bound was reached.
    pub cut_short: bool,
    hashes: Vec<Hash>,
    work: usize,
    /// The causes that were tried.
    causes: HashSet<Cause>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        scheme: &'a dyn Scheme,
        body: Body<'a>,
        keys: Vec<key_variants::KeyVariant>,
        contents: Vec<content_variants::ContentVariant>,
        codes: Vec<code_variants::CodeVariant>,
    ) -> Self {
        let own = Hash::of(scheme.facts().algorithm);
        let may_be = |hash: &Hash| codes.iter().any(|code| is_of(code, *hash, own));
        let hashes = Hash::ALL.into_iter().filter(may_be).collect();
        Self {
            scheme,
            body,
            shape: None,
            keys,
            contents,
            codes,
            delivered: false,
            tried: 0,
            cut_short: false,
            hashes,
            work: 0,
            causes: HashSet::new(),
        }
    }

    /// The changes under which the signature matches: single changes first, then pairs; empty if nothing matches.
    pub(super) fn run(&mut self) -> Vec<Change> {
        if self.codes.is_empty() || self.keys.is_empty() {
            return Vec::new();
        }
        let steps: [SearchStep<'a>; 8] = [
            |search| search.body_as_it_is(|at, key, content| at < FIRST_KEYS && key + content <= 1, false),
            |search| search.forms(|_, key, content| key + content == 0, false),
            |search| search.body_as_it_is(|at, key, content| at >= FIRST_KEYS && key <= 1 && content == 0, false),
            |search| search.body_as_it_is(|_, key, content| key == 0 && content >= 1, true),
            |search| search.body_as_it_is(|_, key, content| key + content == 2, false),
            |search| search.forms(|form, key, content| form + key + content == 2 && form == 1, false),
            Self::pairs_of_forms,
            |search| search.rare_pairs(),
        ];
        let mut pair = None;
        for (at, round) in steps.into_iter().enumerate() {
            match round(self) {
                Some(changes) if changes.len() == 1 => return changes,
                Some(changes) => pair = pair.or(Some(changes)),
                None => {}
            }
            if self.cut_short || (at >= 3 && pair.is_some()) {
                break;
            }
        }
        pair.unwrap_or_default()
    }

    /// Tries the unchanged body with the keys and contents that `wanted` picks by the key's index and the numbers of changes.
    fn body_as_it_is(&mut self, wanted: fn(usize, usize, usize) -> bool, rare: bool) -> Option<Vec<Change>> {
        let form = BodyVariant { changes: Vec::new(), bytes: self.body.bytes.into() };
        let picked = self
            .picked(|at, key, content| content.rare == rare && wanted(at, key.changes.len(), changes_of(key, content)));
        self.try_all(&form, &picked)
    }

    /// Tries every variant of the body with the keys and contents that `wanted` picks by the numbers of changes.
    fn forms(&mut self, wanted: fn(usize, usize, usize) -> bool, rare: bool) -> Option<Vec<Change>> {
        let (body, mut seen, mut best) = (self.body, TriedVariants::default(), None);
        let of = |search: &Self, count: usize| {
            search.picked(|_, key, content| {
                let is_free = rare == content.rare && !(rare && content.alone);
                is_free && wanted(count, key.changes.len(), changes_of(key, content))
            })
        };
        let picked = [Vec::new(), of(self, 1), of(self, 2)];
        for form in bodies::singles(&body, &mut seen) {
            let count = form.changes.len();
            self.work += if count > 0 { FORM_COST * form.bytes.len() } else { 0 };
            match self.try_all(&form, &picked[count.min(2)]) {
                Some(changes) if changes.len() <= count.max(1) => return Some(changes),
                found => best = best.or(found),
            }
            if self.cut_short {
                break;
            }
        }
        best
    }

    fn pairs_of_forms(&mut self) -> Option<Vec<Change>> {
        let body = self.body;
        let picked = self.picked(|_, key, content| key.changes.is_empty() && content.changes.is_empty());
        bodies::find_pair(&body, |form| {
            self.work += FORM_COST * form.bytes.len();
            match self.try_all(form, &picked) {
                Some(changes) => ControlFlow::Break(Some(changes)),
                None if self.cut_short => ControlFlow::Break(None),
                None => ControlFlow::Continue(()),
            }
        })
        .flatten()
    }

    /// Tries rare contents with another variant of the body or key; only for small bodies, because there are many.
    fn rare_pairs(&mut self) -> Option<Vec<Change>> {
        if self.body.bytes.len() > bodies::SMALL {
            return None;
        }
        self.forms(|form, key, content| form == 1 && key == 0 && content == 1, true)
            .or_else(|| self.keys_and_rare_contents())
    }

    fn keys_and_rare_contents(&mut self) -> Option<Vec<Change>> {
        let form = BodyVariant { changes: Vec::new(), bytes: self.body.bytes.into() };
        let picked = self.picked(|_, key, content| {
            content.rare && !content.alone && key.changes.len() == 1 && content.changes.len() == 1
        });
        self.try_all(&form, &picked)
    }

    /// The indexes of the keys and contents to try together.
    fn picked(
        &self,
        wanted: impl Fn(usize, &key_variants::KeyVariant, &content_variants::ContentVariant) -> bool,
    ) -> Vec<(usize, usize)> {
        let keys = self.keys.iter().enumerate();
        let pairs = keys.flat_map(|(at, key)| {
            let wanted = &wanted;
            let contents = self.contents.iter().enumerate();
            contents.filter(move |(_, content)| wanted(at, key, content)).map(move |(content, _)| (at, content))
        });
        pairs.collect()
    }

    /// Tries a variant of the body with each of these; returns the match with the fewest changes.
    fn try_all(&mut self, form: &BodyVariant<'_>, picked: &[(usize, usize)]) -> Option<Vec<Change>> {
        let mut best: Option<Vec<Change>> = None;
        for (key, content) in picked {
            self.work += self.hashes.len().max(1) * form.bytes.len() + ATTEMPT_COST;
            if self.work > MOST_WORK {
                self.cut_short = true;
                break;
            }
            self.tried += 1;
            let (key, content) = (&self.keys[*key], &self.contents[*content]);
            for change in form.changes.iter().chain(&key.changes).chain(&content.changes) {
                self.causes.insert(change.cause);
            }
            let found =
                self.fit(form, key, content).filter(|found| best.as_ref().is_none_or(|best| found.len() < best.len()));
            best = found.or(best);
            if best.as_ref().is_some_and(|best| best.len() == 1) {
                break;
            }
        }
        best
    }

    /// The changes under which one of the codes matches this combination: at most two.
    ///
    /// A code that matches without changes is valid, so that only the form of the headers can be wrong.
    fn fit(
        &self,
        form: &BodyVariant<'_>,
        key: &key_variants::KeyVariant,
        content: &content_variants::ContentVariant,
    ) -> Option<Vec<Change>> {
        if content.parts.is_none() && !self.scheme.body_matches_url(&content.url, &form.bytes) {
            return None;
        }
        let content_changes = if key.with.is_plain() { &[][..] } else { &content.changes };
        let changes: Vec<_> = form.changes.iter().chain(&key.changes).chain(content_changes).cloned().collect();
        let bytes = |sink: &mut dyn FnMut(&[u8])| content.feed(self.scheme, &form.bytes, sink);
        let fitting = match &key.with {
            KeyUse::Pair(pair) => self.pair_fits(pair, &bytes),
            _ => self.code_fits(&key.with, &bytes, !content.changes.is_empty(), form.bytes.is_empty()),
        };
        let found = fitting.into_iter().map(|more| changes.iter().cloned().chain(more).collect::<Vec<_>>());
        let found =
            found.map(|changes| if changes.is_empty() { self.shape.iter().cloned().collect() } else { changes });
        let found = found.map(|changes| self.without_place(changes));
        found.filter(|changes| (1..=2).contains(&changes.len())).min_by_key(Vec::len)
    }

    /// Without the header of any scheme, the place of the code is not an error: it is reported only beside one other change.
    fn without_place(&self, mut changes: Vec<Change>) -> Vec<Change> {
        if changes.len() == 3 && !self.delivered {
            changes.retain(|change| change.cause != Cause::OtherHeader);
        }
        changes
    }

    fn pair_fits(&self, key: &Key, bytes: &Content<'_>) -> Vec<Vec<Change>> {
        let fits = |variant: &&code_variants::CodeVariant| {
            !variant.cut && key.matching(bytes, [&Code::new(&variant.bytes)]).is_some()
        };
        self.codes.iter().filter(fits).map(|variant| variant.changes.clone()).collect()
    }

    /// The changes of every code that matches, with the algorithm if the code's length needs another one.
    fn code_fits(&self, with: &KeyUse, bytes: &Content<'_>, other_content: bool, is_empty: bool) -> Vec<Vec<Change>> {
        let own = Hash::of(self.scheme.facts().algorithm);
        let mut all = Vec::new();
        for hash in &self.hashes {
            let wanted = |code: &&code_variants::CodeVariant| is_of(code, *hash, own);
            let Some(right) = with.code(*hash, bytes) else { continue };
            // A digest of the body, such as in `Digest`, is not a signature; and one of an empty body and the
            // secret is a fingerprint of the secret.
            let proves = |code: &&code_variants::CodeVariant| {
                code.place.is_none() || !(with.is_keyless() || (with.is_plain() && is_empty))
            };
            let fits = |code: &&code_variants::CodeVariant| right.starts_with(&code.bytes);
            for code in self.codes.iter().filter(wanted).filter(proves).filter(fits) {
                let free = Some(*hash) == own || code.place.is_some() || with.is_plain();
                let change = (!free).then(|| Change::from(hash.cause()));
                let shorter =
                    own.is_some_and(|own| hash.code_length() < own.code_length()) || !matches!(with, KeyUse::Mac(_));
                let weaker = self.delivered && code.place.is_some() && (shorter || other_content);
                let changes = code.changes.iter().map(|change| if weaker { change.weaker() } else { change.clone() });
                all.push(changes.chain(change).collect());
            }
        }
        all
    }

    /// The causes that were tried and do not match.
    pub(super) fn ruled_out(&self) -> Vec<Cause> {
        let codes = self.codes.iter().flat_map(|code| &code.changes).map(|change| change.cause);
        let tried: HashSet<_> =
            if self.tried > 0 { self.causes.iter().copied().chain(codes).collect() } else { HashSet::new() };
        CAUSES.iter().copied().filter(|cause| tried.contains(cause)).collect()
    }

    /// The causes that could apply but were not tried.
    pub(super) fn not_tried(&self) -> Vec<Cause> {
        let keys = self.keys.iter().flat_map(|key| &key.changes).map(|change| change.cause);
        let contents = self.contents.iter().flat_map(|content| &content.changes).map(|change| change.cause);
        let left: HashSet<_> = keys.chain(contents).chain(bodies::applicable(&self.body)).collect();
        let is_left = |cause: &Cause| self.tried > 0 && left.contains(cause) && !self.causes.contains(cause);
        CAUSES.iter().copied().filter(is_left).collect()
    }
}

/// Whether a code is as long as that of a hash, or a truncated one of the scheme's hash.
fn is_of(code: &code_variants::CodeVariant, hash: Hash, own: Option<Hash>) -> bool {
    if code.cut { Some(hash) == own } else { code.bytes.len() == hash.code_length() }
}

/// The number of changes of a content that count with a key: a hash without a key often covers the body alone.
fn changes_of(key: &key_variants::KeyVariant, content: &content_variants::ContentVariant) -> usize {
    let body_alone = matches!(content.changes.as_slice(), [change] if change.cause == Cause::BodyAlone);
    if key.with.is_plain() && body_alone { 0 } else { content.changes.len() }
}

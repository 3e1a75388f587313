//! The other keys a signature may have been made with.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

use super::candidate::{Candidate, Role};
use super::cause::{Cause, Change};
use crate::signature::STANDARD_PREFIX;
use crate::signature::code::Code;
use crate::signature::hygiene::{BOM, assigned};
use crate::signature::key::{Content, Key, standard_bytes};
use crate::signature::{Algorithm, KeyForm, Scheme};

/// What senders without a secret were seen to sign with.
const UNSET: &[&str] = &[
    "",
    "undefined",
    "null",
    "None",
    "nil",
    "false",
    "[object Object]",
    "WEBHOOK_SECRET",
    "$WEBHOOK_SECRET",
    "${WEBHOOK_SECRET}",
    "process.env.WEBHOOK_SECRET",
];

/// A key, and what was changed to get it.
pub(super) struct Variant {
    pub changes: Vec<Change>,
    pub with: With,
}

/// How a key is used.
pub(super) enum With {
    /// HMAC with these bytes, by whatever algorithm the code's length asks for.
    Mac(Zeroizing<Vec<u8>>),
    /// A pair's key, whose algorithm is fixed.
    Pair(Box<Key>),
    /// A plain hash, with the secret before or after the content, or nowhere.
    Hash { before: Zeroizing<Vec<u8>>, after: Zeroizing<Vec<u8>> },
}

impl With {
    /// Whether anyone could have made the code, without any secret: a plain hash.
    pub(super) fn is_keyless(&self) -> bool {
        matches!(self, Self::Hash { before, after } if before.is_empty() && after.is_empty())
    }

    /// The code of `content` by HMAC or hash; `None` for a pair's key.
    pub(super) fn code(&self, algorithm: Algorithm, content: &Content<'_>) -> Option<Code> {
        match self {
            Self::Mac(key) => Key::hmac(algorithm, key).sign(content),
            Self::Pair(_) => None,
            Self::Hash { before, after } => Some(match algorithm {
                Algorithm::HmacSha1 => hash::<Sha1>(before, content, after),
                Algorithm::HmacSha256 => hash::<Sha256>(before, content, after),
                Algorithm::HmacSha512 | Algorithm::Ed25519 => hash::<Sha512>(before, content, after),
            }),
        }
    }
}

fn hash<D: Digest>(before: &[u8], content: &Content<'_>, after: &[u8]) -> Code {
    let mut digest = D::new_with_prefix(before);
    let mut sink = |piece: &[u8]| digest.update(piece);
    content(&mut sink);
    digest.update(after);
    Code::new(&digest.finalize())
}

/// The keys to try: the secrets as they are, changed ones, then others that are known here.
pub(super) fn variants(scheme: &dyn Scheme, secrets: &[Candidate]) -> Vec<Variant> {
    let form = scheme.facts().key_form;
    let current = || secrets.iter().filter(|candidate| candidate.role == Role::Current);
    if matches!(form, KeyForm::StandardPair | KeyForm::HexPublic) {
        return pairs(scheme, secrets);
    }
    let mut list = List { seen: HashSet::new(), list: Vec::new() };
    for candidate in current() {
        list.read(form, &candidate.text, Vec::new());
    }
    for candidate in secrets {
        list.read(form, &candidate.text, role_change(&candidate.role).into_iter().collect());
    }
    for candidate in current() {
        list.changed(form, &candidate.text);
    }
    for candidate in secrets.iter().filter(|candidate| candidate.role != Role::Current) {
        list.others(form, candidate);
    }
    list.unset();
    list.hashes(current().map(|candidate| candidate.text.as_slice()));
    list.list
}

fn role_change(role: &Role) -> Option<Change> {
    match role {
        Role::Current => None,
        Role::Previous => Some(Change::from(Cause::PreviousSecret)),
        Role::Endpoint(name) => Some(Change::new(Cause::OtherEndpointSecret, format!("it is that of {name}"))),
    }
}

fn pairs(scheme: &dyn Scheme, secrets: &[Candidate]) -> Vec<Variant> {
    let mut all = Vec::new();
    for candidate in secrets {
        let role: Vec<_> = role_change(&candidate.role).into_iter().collect();
        if let Ok(key) = scheme.key(&candidate.text) {
            all.push(Variant { changes: role.clone(), with: With::Pair(Box::new(key)) });
        }
        for (cause, text) in [
            (Cause::SecretTrimmed, candidate.text.trim_ascii().to_vec()),
            (Cause::SecretUnquoted, unquoted(&candidate.text).unwrap_or_default().to_vec()),
            (Cause::SecretPrefixLost, [b"whpk_".as_slice(), &candidate.text].concat()),
        ] {
            if let Ok(key) = scheme.key(&text).or_else(|error| hex_of_pair(scheme, &text).ok_or(error)) {
                let changes = role.iter().cloned().chain([Change::from(cause)]).collect();
                all.push(Variant { changes, with: With::Pair(Box::new(key)) });
            }
        }
    }
    all
}

/// A public key in base64 where hex was wanted.
fn hex_of_pair(scheme: &dyn Scheme, text: &[u8]) -> Option<Key> {
    let bytes = BASE64.decode(text.strip_prefix(b"whpk_")?).ok()?;
    scheme.key(hex::encode(bytes).as_bytes()).ok()
}

struct List {
    seen: HashSet<Vec<u8>>,
    list: Vec<Variant>,
}

impl List {
    fn add(&mut self, changes: Vec<Change>, key: Vec<u8>) {
        if changes.len() <= 2 && self.seen.insert(key.clone()) {
            self.list.push(Variant { changes, with: With::Mac(Zeroizing::new(key)) });
        }
    }

    /// A secret's text as the scheme reads it.
    fn read(&mut self, form: KeyForm, text: &[u8], changes: Vec<Change>) {
        let key = match form {
            KeyForm::Standard => standard_bytes(text).ok().map(|key| key.to_vec()),
            KeyForm::Text | KeyForm::StandardPair | KeyForm::HexPublic => Some(text.to_vec()),
        };
        if let Some(key) = key.filter(|key| !key.trim_ascii().is_empty()) {
            self.add(changes, key);
        }
    }

    fn changed(&mut self, form: KeyForm, text: &[u8]) {
        for (cause, text) in texts(text) {
            self.read(form, &text, vec![cause.into()]);
        }
        for (cause, key) in raw(text) {
            self.add(vec![cause.into()], key);
        }
        for (first, text) in [(Cause::SecretTrimmed, Some(text.trim_ascii())), (Cause::SecretUnquoted, unquoted(text))]
        {
            for (second, key) in text.map(raw).unwrap_or_default() {
                self.add(vec![first.into(), second.into()], key);
            }
        }
        for (first, key) in raw(text) {
            for (second, key) in texts(&key) {
                self.add(vec![first.into(), second.into()], key);
            }
        }
    }

    fn others(&mut self, form: KeyForm, candidate: &Candidate) {
        let role: Vec<_> = role_change(&candidate.role).into_iter().collect();
        for (cause, text) in texts(&candidate.text) {
            self.read(form, &text, role.iter().cloned().chain([cause.into()]).collect());
        }
        for (cause, key) in raw(&candidate.text) {
            self.add(role.iter().cloned().chain([cause.into()]).collect(), key);
        }
    }

    fn unset(&mut self) {
        for text in UNSET {
            let shown = if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") };
            let change = Change::new(Cause::SecretUnset, format!("it signed with {shown}"));
            self.add(vec![change], text.as_bytes().to_vec());
        }
    }

    fn hashes<'a>(&mut self, secrets: impl Iterator<Item = &'a [u8]>) {
        let mut hash = |cause: Cause, before: &[u8], after: &[u8]| {
            let with = With::Hash { before: Zeroizing::new(before.to_vec()), after: Zeroizing::new(after.to_vec()) };
            self.list.push(Variant { changes: vec![cause.into()], with });
        };
        hash(Cause::PlainHash, b"", b"");
        for secret in secrets {
            hash(Cause::HashWithSecret, secret, b"");
            hash(Cause::HashWithSecret, b"", secret);
        }
    }
}

type Single = (Cause, Vec<u8>);

/// Other texts of a secret, which the scheme then reads in its own way.
fn texts(text: &[u8]) -> Vec<Single> {
    let around = |before: &str, after: &str| [before.as_bytes(), text, after.as_bytes()].concat();
    let mut all = vec![(Cause::SecretTrimmed, text.trim_ascii().to_vec())];
    all.extend(unquoted(text).map(|text| (Cause::SecretUnquoted, text.to_vec())));
    all.extend(assigned(text).map(|text| (Cause::SecretAssignment, text.to_vec())));
    all.extend(first_line(text).map(|text| (Cause::SecretFirstLine, text.to_vec())));
    all.extend(text.strip_prefix(BOM).map(|text| (Cause::SecretBom, text.trim_ascii().to_vec())));
    all.extend([
        (Cause::SecretNewline, around("", "\n")),
        (Cause::SecretNewline, around("", "\r\n")),
        (Cause::SecretSpace, around("", " ")),
        (Cause::SecretSpace, around(" ", "")),
        (Cause::SecretSpace, around("", "\t")),
        (Cause::SecretQuoted, around("\"", "\"")),
        (Cause::SecretQuoted, around("'", "'")),
    ]);
    all
}

/// Other bytes of a secret, used as the key as they are.
fn raw(text: &[u8]) -> Vec<Single> {
    let mut all = Vec::new();
    let rest = text.strip_prefix(STANDARD_PREFIX.as_bytes());
    match rest {
        Some(rest) => {
            all.push((Cause::SecretPrefixKept, text.to_vec()));
            all.push((Cause::SecretPrefixStripped, rest.to_vec()));
        }
        None => {
            all.push((Cause::SecretPrefixLost, [STANDARD_PREFIX.as_bytes(), text].concat()));
        }
    }
    let core = rest.unwrap_or(text);
    for engine in [&BASE64, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        all.extend(engine.decode(core).ok().map(|key| (Cause::SecretBase64Decoded, key)));
    }
    all.extend(hex::decode(core).ok().map(|key| (Cause::SecretHexDecoded, key)));
    all.push((Cause::SecretBase64Encoded, BASE64.encode(text).into_bytes()));
    all.push((Cause::SecretHexEncoded, hex::encode(text).into_bytes()));
    all.push((Cause::SecretHexEncoded, hex::encode_upper(text).into_bytes()));
    all.retain(|(_, key)| !key.is_empty());
    all
}

fn first_line(text: &[u8]) -> Option<&[u8]> {
    let line = text.trim_ascii().split(|byte| *byte == b'\n').next()?.trim_ascii();
    (line.len() < text.trim_ascii().len()).then_some(line)
}

fn unquoted(text: &[u8]) -> Option<&[u8]> {
    [b'"', b'\''].iter().find_map(|quote| {
        let inner = text.strip_prefix(std::slice::from_ref(quote))?.strip_suffix(std::slice::from_ref(quote))?;
        (!inner.is_empty()).then_some(inner)
    })
}

//! Variants of the key.

use std::collections::HashSet;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD as BASE64};
use md5::Md5;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::candidate::{Candidate, Role};
use super::cause::{Cause, Change};
use super::hash::Hash;
use crate::signature::STANDARD_PREFIX;
use crate::signature::key::{Content, Key, standard_bytes};
use crate::signature::secret_check::{BOM, assigned};
use crate::signature::{KeyForm, Scheme};

/// Keys that senders use if their secret is not set.
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

/// A key that may have been used instead of the secret as it stands, and the changes that lead to it.
pub(super) struct KeyVariant {
    pub changes: Vec<Change>,
    pub with: KeyUse,
}

/// One way to compute a signature with a reading of the secret that `--explain` tries: HMAC, a key pair, or a plain hash over
/// secret and content together.
pub(super) enum KeyUse {
    /// HMAC with these bytes.
    Mac(Zeroizing<Vec<u8>>),
    /// Ed25519.
    Pair(Box<Key>),
    /// A plain hash, with the secret before or after the content, or without it.
    Hash { before: Zeroizing<Vec<u8>>, after: Zeroizing<Vec<u8>> },
    /// HMAC of these bytes with the content as the key.
    Swapped(Zeroizing<Vec<u8>>),
}

impl KeyUse {
    /// Whether the code needs no secret, as a plain hash does.
    pub(super) fn is_keyless(&self) -> bool {
        matches!(self, Self::Hash { before, after } if before.is_empty() && after.is_empty())
    }

    /// Whether it is a hash, or an HMAC with key and content swapped, both of which often cover the body alone.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self, Self::Hash { .. } | Self::Swapped(_))
    }

    /// The code of `content` by HMAC or hash; `None` for a key pair.
    pub(super) fn code(&self, hash: Hash, content: &Content<'_>) -> Option<Vec<u8>> {
        match self {
            Self::Mac(key) => Some(hash.mac(key, content)),
            Self::Pair(_) => None,
            Self::Hash { before, after } => Some(hash.digest(before, content, after)),
            Self::Swapped(text) => {
                let mut key = Vec::new();
                content(&mut |piece| key.extend_from_slice(piece));
                Some(hash.mac(&key, &|sink: &mut dyn FnMut(&[u8])| sink(text)))
            }
        }
    }
}

/// The variants of the key: the secrets as they are, changed ones, then other configured ones.
pub(super) fn variants(scheme: &dyn Scheme, secrets: &[Candidate]) -> Vec<KeyVariant> {
    let form = scheme.facts().key_form;
    let current = || secrets.iter().filter(|candidate| candidate.role == Role::Current);
    if !scheme.facts().algorithm.is_hmac() {
        return pairs(scheme, secrets);
    }
    let mut list = KeyList { seen: HashSet::new(), list: Vec::new() };
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

fn pairs(scheme: &dyn Scheme, secrets: &[Candidate]) -> Vec<KeyVariant> {
    let mut all = Vec::new();
    for candidate in secrets {
        let role: Vec<_> = role_change(&candidate.role).into_iter().collect();
        if let Ok(key) = scheme.key(&candidate.text) {
            all.push(KeyVariant { changes: role.clone(), with: KeyUse::Pair(Box::new(key)) });
        }
        for (cause, text) in [
            (Cause::SecretTrimmed, candidate.text.trim_ascii().to_vec()),
            (Cause::SecretUnquoted, unquoted(&candidate.text).unwrap_or_default()),
            (Cause::SecretPrefixLost, [b"whpk_".as_slice(), &candidate.text].concat()),
        ] {
            if let Ok(key) = scheme.key(&text).or_else(|error| hex_of_pair(scheme, &text).ok_or(error)) {
                let changes = role.iter().cloned().chain([Change::from(cause)]).collect();
                all.push(KeyVariant { changes, with: KeyUse::Pair(Box::new(key)) });
            }
        }
    }
    all
}

/// A public key in base64 instead of hex.
fn hex_of_pair(scheme: &dyn Scheme, text: &[u8]) -> Option<Key> {
    let bytes = BASE64.decode(text.strip_prefix(b"whpk_")?).ok()?;
    scheme.key(hex::encode(bytes).as_bytes()).ok()
}

/// The keys to try, each once.
struct KeyList {
    seen: HashSet<Vec<u8>>,
    list: Vec<KeyVariant>,
}

impl KeyList {
    fn add(&mut self, changes: Vec<Change>, key: Vec<u8>) {
        if changes.len() <= 2 && self.seen.insert(key.clone()) {
            self.list.push(KeyVariant { changes, with: KeyUse::Mac(Zeroizing::new(key)) });
        }
    }

    /// A secret's text as the scheme reads it.
    fn read(&mut self, form: KeyForm, text: &[u8], changes: Vec<Change>) {
        let key = match form {
            KeyForm::Standard => standard_bytes(text).ok().map(|key| key.to_vec()),
            KeyForm::Hex => hex::decode(text).ok(),
            KeyForm::Text | KeyForm::StandardPair | KeyForm::HexPublic | KeyForm::Certificate => Some(text.to_vec()),
        };
        if let Some(key) = key.filter(|key| !key.trim_ascii().is_empty()) {
            self.add(changes, key);
        }
    }

    fn changed(&mut self, form: KeyForm, text: &[u8]) {
        for (cause, text) in texts(text) {
            self.read(form, &text, vec![cause.into()]);
        }
        for (change, key) in raw(form, text) {
            self.add(vec![change], key);
        }
        for (first, other) in texts(text) {
            for (second, key) in raw(form, &other) {
                self.add(vec![first.into(), second], key);
            }
            for (second, key) in texts(&other).into_iter().filter(|(second, _)| *second != first && is_container(first))
            {
                self.read(form, &key, vec![first.into(), second.into()]);
            }
        }
        for (first, key) in raw(form, text) {
            for (second, key) in texts(&key) {
                self.add(vec![first.clone(), second.into()], key);
            }
        }
    }

    fn others(&mut self, form: KeyForm, candidate: &Candidate) {
        let role: Vec<_> = role_change(&candidate.role).into_iter().collect();
        for (cause, text) in texts(&candidate.text) {
            self.read(form, &text, role.iter().cloned().chain([cause.into()]).collect());
        }
        for (change, key) in raw(form, &candidate.text) {
            self.add(role.iter().cloned().chain([change]).collect(), key);
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
        self.hash(Cause::PlainHash, b"", b"");
        for secret in secrets {
            self.hash(Cause::HashWithSecret, secret, b"");
            self.hash(Cause::HashWithSecret, b"", secret);
            let with = KeyUse::Swapped(Zeroizing::new(secret.to_vec()));
            self.list.push(KeyVariant { changes: vec![Cause::KeySwapped.into()], with });
        }
    }

    fn hash(&mut self, cause: Cause, before: &[u8], after: &[u8]) {
        let with = KeyUse::Hash { before: Zeroizing::new(before.to_vec()), after: Zeroizing::new(after.to_vec()) };
        self.list.push(KeyVariant { changes: vec![cause.into()], with });
    }
}

/// Whether the secret of this cause was extracted from a text that may hold it in another form, too.
const fn is_container(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::SecretTrimmed
            | Cause::SecretUnquoted
            | Cause::SecretAssignment
            | Cause::SecretFirstLine
            | Cause::SecretBom
            | Cause::SecretJson
            | Cause::SecretComment
            | Cause::SecretPrefix
    )
}

/// Another reading of a secret's text as a key, and the cause it stands for.
type KeyReading = (Cause, Vec<u8>);

/// Other texts of a secret, which the scheme then reads as keys.
fn texts(text: &[u8]) -> Vec<KeyReading> {
    let around = |before: &str, after: &str| [before.as_bytes(), text, after.as_bytes()].concat();
    let mut all = vec![(Cause::SecretTrimmed, trimmed(text))];
    all.extend(unquoted(text).map(|text| (Cause::SecretUnquoted, text)));
    all.extend(values_of_lines(text).into_iter().map(|text| (Cause::SecretAssignment, text)));
    all.extend(lines(text).into_iter().map(|text| (Cause::SecretFirstLine, text)));
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
    if let Ok(text) = std::str::from_utf8(text) {
        all.extend(rewritten(text).into_iter().map(|(cause, text)| (cause, text.into_bytes())));
    }
    all.retain(|(_, other)| other != text && !other.is_empty());
    all
}

/// The texts that files, shells, pages and tools make of a secret.
fn rewritten(text: &str) -> Vec<(Cause, String)> {
    let mut all = Vec::new();
    let joined: String = text.split_whitespace().collect();
    if text.trim().contains('\n') {
        all.push((Cause::SecretFirstLine, joined));
    }
    if let Ok(serde_json::Value::Object(members)) = serde_json::from_str(text) {
        let values = members.into_iter().filter_map(|(_, value)| value.as_str().map(str::to_owned));
        all.extend(values.map(|value| (Cause::SecretJson, value)));
    }
    for mark in [" #", "\t#", " //", " ;"] {
        all.extend(text.split_once(mark).map(|(before, _)| (Cause::SecretComment, before.trim().to_owned())));
    }
    for (from, to) in [("$$", "$"), ("\\$", "$"), ("\\", ""), ("$", "$$"), ("$", "\\$")] {
        all.push((Cause::SecretDollar, text.replace(from, to)));
    }
    all.extend(after_dollar(text).map(|text| (Cause::SecretDollar, text)));
    if let Ok(decoded) = percent_decode_str(text).decode_utf8() {
        all.push((Cause::SecretPercentDecoded, decoded.into_owned()));
    }
    all.push((Cause::SecretPercentEncoded, utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()));
    all.push((Cause::SecretPlus, text.replace(' ', "+")));
    all.push((Cause::SecretPlus, text.replace('+', " ")));
    for word in ["Bearer ", "bearer ", "Token ", "Secret ", "Basic ", "v1,", "secret=", "key=", "sha256=", "token="] {
        all.extend(text.strip_prefix(word).map(|rest| (Cause::SecretPrefix, rest.trim_start().to_owned())));
    }
    all.push((Cause::SecretDashes, text.replace('-', "")));
    all.push((Cause::SecretCase, text.to_lowercase()));
    all.push((Cause::SecretCase, text.to_uppercase()));
    all
}

/// A text in double quotes after a shell expanded unset variables such as `$name`.
fn after_dollar(text: &str) -> Option<String> {
    let (before, after) = text.split_once('$')?;
    let rest = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    Some(format!("{before}{rest}")).filter(|text| !text.is_empty())
}

/// A text without outer white space, including that of web pages and escaped white space.
fn trimmed(text: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(text) else { return text.trim_ascii().to_vec() };
    let invisible = |c: char| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}');
    let text = text.trim_matches(invisible);
    ["\\r\\n", "\\n", "\\r", "\\t"].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text).as_bytes().to_vec()
}

/// Other bytes of a secret, used as the key as they are.
fn raw(form: KeyForm, text: &[u8]) -> Vec<(Change, Vec<u8>)> {
    let mut all = Vec::new();
    let rest = text.strip_prefix(STANDARD_PREFIX.as_bytes());
    match rest {
        Some(rest) => {
            all.push((Cause::SecretPrefixKept.into(), text.to_vec()));
            all.push((Cause::SecretPrefixStripped.into(), rest.to_vec()));
        }
        None => all.push((Cause::SecretPrefixLost.into(), [STANDARD_PREFIX.as_bytes(), text].concat())),
    }
    let core = rest.unwrap_or(text);
    let lenient = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    let lenient_url = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    let decoded = [BASE64.decode(core), lenient.decode(core), lenient_url.decode(core)];
    for key in decoded.into_iter().filter_map(Result::ok) {
        all.push((Change::new(Cause::SecretBase64Decoded, how_decoded(form, rest.is_some()).to_owned()), key));
    }
    all.extend(hex::decode(core).ok().map(|key| (Cause::SecretHexDecoded.into(), key)));
    all.push((Cause::SecretBase64Encoded.into(), BASE64.encode(text).into_bytes()));
    all.push((Cause::SecretHexEncoded.into(), hex::encode(text).into_bytes()));
    all.push((Cause::SecretHexEncoded.into(), hex::encode_upper(text).into_bytes()));
    for hash in [Sha256::digest(text).to_vec(), Sha1::digest(text).to_vec(), Md5::digest(text).to_vec()] {
        all.push((Cause::SecretHashed.into(), hex::encode(&hash).into_bytes()));
        all.push((Cause::SecretHashed.into(), BASE64.encode(&hash).into_bytes()));
        all.push((Cause::SecretHashed.into(), hash));
    }
    all.retain(|(_, key)| !key.is_empty());
    all
}

/// Base64 with or without padding, and with trailing bits.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// How our side used the secret that the other side decodes, in words.
const fn how_decoded(form: KeyForm, has_prefix: bool) -> &'static str {
    match (form, has_prefix) {
        (KeyForm::Standard, true) => "here it is refused: write its base64 with padding, with + and /",
        (KeyForm::Standard, false) => "put `whsec_` before it",
        _ => "here its text is the key",
    }
}

/// The values of lines such as `export NAME=secret` or `name: secret`.
fn values_of_lines(text: &[u8]) -> Vec<Vec<u8>> {
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let named = |line: &[u8]| {
        let at = line.windows(2).position(|pair| pair == b": ")?;
        let name = line[..at].iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte));
        let value = line[at + 2..].trim_ascii();
        (name && at > 0).then(|| unquoted(value).unwrap_or_else(|| value.to_vec()))
    };
    let value = |line: &[u8]| assigned(line).map(<[u8]>::to_vec).or_else(|| named(line));
    lines.filter(|line| !line.starts_with(b"#")).filter_map(value).take(8).collect()
}

/// The lines of a text with several, in order.
fn lines(text: &[u8]) -> Vec<Vec<u8>> {
    let lines: Vec<_> = text.trim_ascii().split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).collect();
    let kept = lines.iter().filter(|line| !line.is_empty() && lines.len() > 1);
    kept.take(8).map(|line| line.to_vec()).collect()
}

/// The text inside quotes of any kind, or in a JSON string.
fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?.trim();
    if let Ok(inner) = serde_json::from_str::<String>(text) {
        return Some(inner.into_bytes()).filter(|inner| !inner.is_empty());
    }
    let quotes = [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’'), ('«', '»'), ('„', '“'), ('<', '>')];
    let inner = quotes.iter().find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close))?;
    Some(inner.as_bytes().to_vec()).filter(|inner| !inner.is_empty())
}

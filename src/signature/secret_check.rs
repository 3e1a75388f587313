//! New secrets, and flaws of existing ones.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use super::error::SecretError;
use super::key::{STANDARD_PREFIX, standard_bytes};

/// The UTF-8 byte order mark that some editors write.
pub(crate) const BOM: &[u8] = "\u{feff}".as_bytes();

/// The fewest bytes of a good secret, as Standard Webhooks requires.
pub const LEAST_BYTES: usize = 24;
/// The fewest different characters of a secret that looks random.
const LEAST_DIFFERENT: usize = 8;

/// A flaw of a secret, such as being too short, a well-known word, or white space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretFlaw {
    /// Nothing, or only white space.
    Empty,
    /// White space before or after it, including a line break.
    OuterWhiteSpace,
    /// White space inside it.
    InnerWhiteSpace,
    /// Quotes around it.
    Quoted,
    /// A whole `NAME=secret`.
    Assignment,
    /// A byte order mark before it.
    Bom,
    /// Control characters or bytes that are not text.
    NotText,
    /// Characters beyond ASCII, which two systems may encode in two ways.
    NotAscii,
    /// `whsec_` and then something that is not base64.
    NotBase64,
    /// Fewer than [`LEAST_BYTES`] bytes.
    Short(usize),
    /// Few different characters.
    Monotonous(usize),
    /// A word that stands for a secret.
    Placeholder,
    /// The same secret as another one.
    Reused(String),
}

impl SecretFlaw {
    /// The stable name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::OuterWhiteSpace => "outer-white-space",
            Self::InnerWhiteSpace => "inner-white-space",
            Self::Quoted => "quoted",
            Self::Assignment => "assignment",
            Self::Bom => "bom",
            Self::NotText => "not-text",
            Self::NotAscii => "not-ascii",
            Self::NotBase64 => "not-base64",
            Self::Short(_) => "short",
            Self::Monotonous(_) => "monotonous",
            Self::Placeholder => "placeholder",
            Self::Reused(_) => "reused",
        }
    }

    /// The flaw in words, without any part of the secret.
    pub fn text(&self) -> String {
        match self {
            Self::Empty => "it is empty: without a secret everything is refused".to_owned(),
            Self::OuterWhiteSpace => "it has white space at an end, which other systems may trim".to_owned(),
            Self::InnerWhiteSpace => "it has white space inside, as if two lines were pasted".to_owned(),
            Self::Quoted => "it has quotes around it, which other systems may strip".to_owned(),
            Self::Assignment => {
                "it is a line of an environment file, NAME=secret: only what follows = is the secret".to_owned()
            }
            Self::Bom => "it has a byte order mark before it, which an editor put there".to_owned(),
            Self::NotText => "it has control characters or bytes that are not text".to_owned(),
            Self::NotAscii => "it has non-ASCII characters, which systems may encode differently".to_owned(),
            Self::NotBase64 => "it begins with whsec_ but the rest is not base64".to_owned(),
            Self::Short(bytes) => format!("it has {bytes} bytes, and fewer than {LEAST_BYTES} can be guessed"),
            Self::Monotonous(different) => format!("it has only {different} different characters, so it is not random"),
            Self::Placeholder => "it is a placeholder, not a secret".to_owned(),
            Self::Reused(other) => format!("it is also the secret of {other}: whoever has one can forge the other"),
        }
    }

    /// Whether it makes the secret guessable or known to others.
    pub const fn is_weakness(&self) -> bool {
        match self {
            Self::Short(_) | Self::Monotonous(_) | Self::Placeholder | Self::Reused(_) => true,
            Self::Empty
            | Self::OuterWhiteSpace
            | Self::InnerWhiteSpace
            | Self::Quoted
            | Self::Assignment
            | Self::Bom
            | Self::NotText
            | Self::NotAscii
            | Self::NotBase64 => false,
        }
    }

    /// Whether it makes signatures differ from those of other systems, or the secret unusable.
    pub const fn breaks(&self) -> bool {
        match self {
            Self::Empty
            | Self::OuterWhiteSpace
            | Self::InnerWhiteSpace
            | Self::Quoted
            | Self::Assignment
            | Self::Bom
            | Self::NotText
            | Self::NotBase64
            | Self::Placeholder => true,
            Self::NotAscii | Self::Short(_) | Self::Monotonous(_) | Self::Reused(_) => false,
        }
    }
}

/// Placeholder words, and the examples of our own documentation.
const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "change-me",
    "secret",
    "password",
    "your-secret-here",
    "undefined",
    "null",
    "none",
    "test",
    "xxx",
    "the-secret-both-sides-share",
];

/// The text of a new secret from 32 random bytes: `whsec_` and base64.
pub fn new_secret(random: &[u8; 32]) -> Zeroizing<String> {
    Zeroizing::new(format!("{STANDARD_PREFIX}{}", BASE64.encode(random)))
}

/// The `whsec_` form of a secret, for receivers whose libraries decode base64: the same key, encoded.
pub fn standard_form(secret: &[u8]) -> Result<Zeroizing<String>, SecretError> {
    let key = standard_bytes(secret)?;
    Ok(Zeroizing::new(format!("{STANDARD_PREFIX}{}", BASE64.encode(&key))))
}

/// All flaws of a secret, the worst first.
pub fn check(secret: &[u8]) -> Vec<SecretFlaw> {
    let trimmed = secret.trim_ascii();
    if trimmed.is_empty() {
        return vec![SecretFlaw::Empty];
    }
    let mut flaws = Vec::new();
    let mut note = |is: bool, flaw: SecretFlaw| {
        if is {
            flaws.push(flaw);
        }
    };
    note(trimmed.len() != secret.len(), SecretFlaw::OuterWhiteSpace);
    note(trimmed.starts_with(BOM), SecretFlaw::Bom);
    let trimmed = trimmed.strip_prefix(BOM).unwrap_or(trimmed);
    note(is_quoted(trimmed), SecretFlaw::Quoted);
    note(assigned(trimmed).is_some(), SecretFlaw::Assignment);
    note(trimmed.iter().any(u8::is_ascii_whitespace), SecretFlaw::InnerWhiteSpace);
    let text = std::str::from_utf8(trimmed);
    note(
        text.is_err() || trimmed.iter().any(|b| b.is_ascii_control() && !b.is_ascii_whitespace()),
        SecretFlaw::NotText,
    );
    note(is_placeholder(trimmed), SecretFlaw::Placeholder);
    let key = standard_bytes(trimmed);
    note(key.is_err(), SecretFlaw::NotBase64);
    note(text.is_ok() && !trimmed.is_ascii(), SecretFlaw::NotAscii);
    let bytes = key.map_or(trimmed.len(), |key| key.len());
    note(bytes < LEAST_BYTES, SecretFlaw::Short(bytes));
    let different = trimmed.iter().collect::<HashSet<_>>().len();
    note(different < LEAST_DIFFERENT, SecretFlaw::Monotonous(different));
    flaws
}

/// The secret in a line like `export NAME=secret`, if the whole line was configured as the secret.
pub(crate) fn assigned(text: &[u8]) -> Option<&[u8]> {
    let line = text.trim_ascii();
    let line = line.strip_prefix(b"export ").unwrap_or(line);
    let end = line.iter().position(|byte| *byte == b'=')?;
    let (name, value) = (&line[..end], line[end + 1..].trim_ascii());
    let named = name.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    // Base64 may end in equals signs.
    let value = match value {
        [quote @ (b'"' | b'\''), inner @ .., last] if quote == last => inner,
        value => value,
    };
    (named && value.iter().any(|byte| *byte != b'=')).then_some(value)
}

fn is_quoted(text: &[u8]) -> bool {
    matches!(text, [b'"', .., b'"'] | [b'\'', .., b'\''])
}

fn is_placeholder(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|word| word.as_bytes() == lower) || lower.starts_with(b"${") || lower.starts_with(b"<your")
}

/// The names that share a secret with `secret`, other than `name` itself.
pub fn reused<'a>(name: &str, secret: &[u8], others: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<SecretFlaw> {
    let same = |other: &&(&str, &[u8])| other.0 != name && other.1.trim_ascii() == secret.trim_ascii();
    let others: Vec<_> = others.into_iter().collect();
    others.iter().filter(same).map(|(other, _)| SecretFlaw::Reused((*other).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(secret: &str) -> Vec<&'static str> {
        check(secret.as_bytes()).iter().map(SecretFlaw::name).collect()
    }

    #[test]
    fn a_new_secret_has_no_flaw() {
        let random: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 7 % 256).expect("small"));
        let secret = new_secret(&random);
        assert_eq!(names(&secret), [""; 0]);
        assert_eq!(standard_bytes(secret.as_bytes()).expect("a key").as_slice(), random);
    }

    #[test]
    fn every_flaw_is_named() {
        assert_eq!(names(" \n"), ["empty"]);
        assert_eq!(names("0123456789abcdefghijklmnop\n"), ["outer-white-space"]);
        assert_eq!(names("\"0123456789abcdefghijklmnop\""), ["quoted"]);
        assert_eq!(names("WEBHOOK_SECRET=0123456789abcdefghijklmnop"), ["assignment"]);
        assert_eq!(names("export S='0123456789abcdefghijklmnop'"), ["assignment", "inner-white-space"]);
        assert_eq!(names("\u{feff}0123456789abcdefghijklmnop"), ["bom"]);
        assert_eq!(names("MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3A="), [""; 0], "base64 is no assignment");
        assert_eq!(names("0123456789 abcdefghijklmnop"), ["inner-white-space"]);
        assert_eq!(names("0123456789\u{1}abcdefghijklmnop"), ["not-text"]);
        assert_eq!(names("0123456789éabcdefghijklmnop"), ["not-ascii"]);
        assert_eq!(names("whsec_0123456789_abcdefghijklmnop"), ["not-base64"]);
        assert_eq!(names("changeme"), ["placeholder", "short", "monotonous"]);
        assert_eq!(names("0123456789abcdefghijklmn"), [""; 0], "24 bytes are enough");
        assert_eq!(names("0123456789abcdefghijklm"), ["short"]);
        assert_eq!(names(&"01234567".repeat(3)), [""; 0], "8 different characters are enough");
        assert_eq!(names(&"0123456".repeat(4)), ["monotonous"]);
        assert_eq!(names("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), ["monotonous"]);
    }

    #[test]
    fn a_text_secret_has_a_standard_form_with_the_same_key() {
        let form = standard_form(b"syncctl-test-secret").expect("a secret");
        assert_eq!(form.as_str(), "whsec_c3luY2N0bC10ZXN0LXNlY3JldA==");
        assert_eq!(standard_bytes(form.as_bytes()).expect("a key").as_slice(), b"syncctl-test-secret");
    }

    #[test]
    fn a_shared_secret_is_told_by_the_other_ones_name() {
        let others = [("a", &b"one"[..]), ("b", b"two"), ("c", b"one\n")];
        assert_eq!(reused("a", b"one", others), [SecretFlaw::Reused("c".into())]);
    }
}

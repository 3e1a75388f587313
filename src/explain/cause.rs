//! The causes that can be named, each with its stable name and the sentence an operator reads.

/// Defines [`Cause`] and the list of all of them from one table.
macro_rules! causes {
    ($($variant:ident $name:literal $text:literal)*) => {
        /// Why a signature does not match the request as it stands.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Cause {
            $(#[doc = $text] $variant,)*
        }

        /// Every cause, in the order in which they are tried.
        pub const CAUSES: &[Cause] = &[$(Cause::$variant,)*];

        impl Cause {
            /// The stable name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What it means and who has to change something.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

causes! {
    HeaderDoubled "header-doubled"
        "right for one of two headers of that name: a proxy or a second signer added one, remove it"
    HeaderForm "header-form"
        "the secret and the signed bytes are right: only the signature header is not written as this scheme writes it"
    TimeForm "time-form"
        "the secret and the signed bytes are right: only the time is not written as this scheme writes it"
    IdForm "id-form"
        "the secret and the signed bytes are right: only the id is not of a form that is accepted"
    OtherHeader "other-header"
        "right in another header: verify that one instead"
    WeakerHeader "weaker-header"
        "right in a weaker header, so the secret and the body are right and what the stronger one holds is wrong: look at how \
         the sender makes it, do not fall back to the weaker"
    OlderHeader "older-header"
        "right in the header of an older version, which is not verified: the secret and the body are right, let the sender send \
         the newer one"
    CodePrefixed "code-prefixed"
        "right without the text before the code: take the prefix off, or verify by the scheme that has it"
    CodePrefixMissing "code-prefix-missing"
        "right, but the prefix of the scheme is missing: the sender left it out, or something stripped it"
    CodePrefixCase "code-prefix-case"
        "right, but the prefix is in another case: the sender must write it as the scheme does"
    CodeQuoted "code-quoted"
        "right without the quotes or spaces around the code: the sender wrote them into the header"
    CodeOtherVersion "code-other-version"
        "right, but marked as a version that this scheme does not verify"
    CodeHex "code-hex"
        "right, but written in hex: the scheme writes base64"
    CodeBase64 "code-base64"
        "right, but written in base64: the scheme writes hex"
    CodeBase64Url "code-base64url"
        "right, but written in base64url or without padding: the scheme writes plain base64 or hex"
    CodeBase64OfHex "code-base64-of-hex"
        "right, but encoded twice: the hex text was written as base64, encode the bytes instead"
    CodeTruncated "code-truncated"
        "the beginning of the right code: the rest was cut off, by the sender or by a field that is too short"
    NewlineAdded "newline-added"
        "right for the body without its last newline: the sender signed before one was added"
    NewlineLost "newline-lost"
        "right for the body with a newline at its end: it was there when the sender signed, and was lost since"
    CrlfAdded "crlf-added"
        "right for the body with plain newlines: something turned them into CRLF after the sender signed"
    CrlfLost "crlf-lost"
        "right for the body with CRLF at the end of each line: something turned CRLF into plain newlines"
    BomAdded "bom-added"
        "right for the body without its byte order mark: an editor or framework put one in front"
    BomLost "bom-lost"
        "right for the body with a byte order mark: the sender signed one that was since removed"
    SpaceAdded "space-added"
        "right for the body trimmed: white space around it was added after the sender signed"
    SpaceLost "space-lost"
        "right for the body with white space around it: it was trimmed after the sender signed"
    JsonMinified "json-minified"
        "right for the JSON without spaces: it was parsed and written again after the sender signed, verify the raw bytes"
    JsonPythonSpacing "json-python-spacing"
        "right for the JSON with a space after each comma and colon, as Python writes by default: verify the raw bytes"
    JsonTwoSpaces "json-two-spaces"
        "right for the JSON indented by two spaces: it was parsed and written again, verify the raw bytes"
    JsonFourSpaces "json-four-spaces"
        "right for the JSON indented by four spaces: it was parsed and written again, verify the raw bytes"
    JsonTabs "json-tabs"
        "right for the JSON indented by tabs: it was parsed and written again, verify the raw bytes"
    JsonKeysSorted "json-keys-sorted"
        "right for the JSON with its keys sorted: the body passed through something that changes their order"
    JsonHtmlEscaped "json-html-escaped"
        "right for the JSON with <, > and & escaped, as Go writes by default: it was parsed and written again"
    JsonHtmlUnescaped "json-html-unescaped"
        "right for the JSON with <, > and & not escaped: it was parsed and written again"
    JsonUnicodeEscaped "json-unicode-escaped"
        "right for the JSON with its letters beyond ASCII as \\u escapes: it was parsed and written again"
    JsonUnicodeUnescaped "json-unicode-unescaped"
        "right for the JSON with its \\u escapes as plain letters: it was parsed and written again"
    JsonEscapesCase "json-escapes-case"
        "right for the JSON with its \\u escapes in the other case: it was parsed and written again"
    JsonSlashesEscaped "json-slashes-escaped"
        "right for the JSON with its slashes escaped, as PHP writes by default: it was parsed and written again"
    JsonSlashesUnescaped "json-slashes-unescaped"
        "right for the JSON with its slashes not escaped: it was parsed and written again"
    JsonNumbersJavascript "json-numbers-javascript"
        "right for the JSON with its numbers as JavaScript writes them (1.0 becomes 1): it was parsed and written again"
    JsonNumbersPython "json-numbers-python"
        "right for the JSON with its numbers as Python writes them (1e2 becomes 100.0): it was parsed and written again"
    JsonNumbersFloats "json-numbers-floats"
        "right for the JSON with its whole numbers as 1.0: it was parsed and written again by something that dropped them"
    JsonByJavascript "json-by-javascript"
        "right for the JSON as JavaScript writes it: JSON.stringify was called on one side, verify the raw bytes"
    JsonByPython "json-by-python"
        "right for the JSON as Python writes it: json.dumps was called on one side, verify the raw bytes"
    JsonByGo "json-by-go"
        "right for the JSON as Go writes a map (keys sorted, HTML escaped): json.Marshal was called on one side"
    JsonByPhp "json-by-php"
        "right for the JSON as PHP writes it (slashes and unicode escaped): json_encode was called on one side"
    JsonInString "json-in-string"
        "right for the JSON written as a JSON string: the sender encoded it twice"
    JsonOutOfString "json-out-of-string"
        "right for the JSON inside the string: the body was encoded a second time after the sender signed"
    Latin1 "latin-1"
        "right for the body in Latin-1: its bytes were turned into UTF-8 after the sender signed"
    ReadAsLatin1 "read-as-latin-1"
        "right for the body with its UTF-8 read as Latin-1: one side decoded the bytes wrongly before signing"
    Utf16 "utf-16"
        "right for the body in UTF-16, as .NET and Java keep text: the sender must sign the bytes that it sends"
    GzipUnpacked "gzip-unpacked"
        "right for the unpacked body: the sender signed before compressing"
    FormEncoded "form-encoded"
        "right for the JSON as the `payload` of a form: the sender signed the form, verify the form as it arrived"
    FormDecoded "form-decoded"
        "right for the `payload` inside the form: the sender signed the JSON before it put it into the form"
    FormSpaces "form-spaces"
        "right for the form with its spaces written the other way (+ or %20): it was parsed and written again"
    FormEncodedAgain "form-encoded-again"
        "right for the form parsed and encoded again: one side signed what its framework wrote, not what was sent"
    BodyBase64Encoded "body-base64-encoded"
        "right for the body in base64: a gateway decoded it, or the sender signed the encoded form"
    BodyBase64Decoded "body-base64-decoded"
        "right for the body decoded from base64: a gateway encoded it on the way"
    BodyEmpty "body-empty"
        "right for an empty body: the sender signed before there was one, or its framework had consumed it"
    BodyPlaceholder "body-placeholder"
        "right for a word such as {} or undefined in place of the body: its framework had not read the body yet"
    BodyHash "body-hash"
        "right for the URL, which carries the hash of another body: the body was changed on the way, or is another request's"
    PreviousSecret "previous-secret"
        "right with the previous secret: the sender has not taken over the new one yet"
    OtherEndpointSecret "other-endpoint-secret"
        "right with the secret of another endpoint: the sender uses the wrong one of the two"
    SecretTrimmed "secret-trimmed"
        "right with the secret trimmed: the configured one has white space at an end"
    SecretNewline "secret-newline"
        "right with a newline after the secret: the sender read its file and kept the line's end"
    SecretSpace "secret-space"
        "right with a space before or after the secret: the sender's copy has one too many"
    SecretQuoted "secret-quoted"
        "right with quotes around the secret: the sender's environment file kept them"
    SecretUnquoted "secret-unquoted"
        "right without the quotes around the secret: the configured one has them"
    SecretAssignment "secret-assignment"
        "right with what follows `NAME=` in the secret: the configured one is a whole line of an environment file"
    SecretFirstLine "secret-first-line"
        "right with the first line of the secret: the configured one has more lines"
    SecretBom "secret-bom"
        "right with the secret without its byte order mark: an editor put one into the file"
    SecretPrefixKept "secret-prefix-kept"
        "right with the whole secret as text, `whsec_` included: the sender does not decode it"
    SecretPrefixStripped "secret-prefix-stripped"
        "right with what follows `whsec_` as text: the sender strips the prefix and does not decode the rest"
    SecretPrefixLost "secret-prefix-lost"
        "right with `whsec_` before the secret: the configured one lacks its prefix"
    SecretBase64Decoded "secret-base64-decoded"
        "right with the secret decoded from base64: the sender takes its bytes, here it is taken as text"
    SecretHexDecoded "secret-hex-decoded"
        "right with the secret decoded from hex: the sender takes its bytes, here it is taken as text"
    SecretBase64Encoded "secret-base64-encoded"
        "right with the secret's text in base64: the sender encodes it once more"
    SecretHexEncoded "secret-hex-encoded"
        "right with the secret's bytes in hex: the sender encodes it once more"
    SecretUnset "secret-unset"
        "right with a secret that was never set: the sender signs with an empty or placeholder value, anyone could"
    PlainHash "plain-hash"
        "a plain hash of the content without any key: it proves nothing, the sender must use HMAC"
    HashWithSecret "hash-with-secret"
        "a plain hash of secret and content joined: the sender must use HMAC"
    AlgorithmSha1 "algorithm-sha1"
        "right with HMAC-SHA1: the sender uses another algorithm than this scheme"
    AlgorithmSha256 "algorithm-sha256"
        "right with HMAC-SHA256: the sender uses another algorithm than this scheme"
    AlgorithmSha512 "algorithm-sha512"
        "right with HMAC-SHA512: the sender uses another algorithm than this scheme"
    BodyAlone "body-alone"
        "right for the body alone: the sender does not sign the other parts, which anyone could change"
    OtherContent "other-content"
        "right for the parts of another scheme"
    TimeMilliseconds "time-milliseconds"
        "right with the time in milliseconds: the sender signs milliseconds and sends seconds or a date"
    TimeSeconds "time-seconds"
        "right with the time in seconds: the sender signs seconds and sends milliseconds or a date"
    OtherPart "other-part"
        "right with the time or id of another header: the sender signs that one, or something replaced the scheme's own"
    IdOfBody "id-of-body"
        "right with the id in the body: the one in the header is another, something on the way replaced it"
    UrlScheme "url-scheme"
        "right for the URL with the other of http and https: a proxy ended TLS, verify against the public URL"
    UrlPort "url-port"
        "right for the URL with or without its port: verify against the URL the sender was given"
    UrlSlash "url-slash"
        "right for the URL with or without its last slash: verify against the URL the sender was given"
    UrlQuery "url-query"
        "right for the URL without its query: verify against the URL the sender was given"
    UrlPath "url-path"
        "right for the path of the URL alone: the sender leaves its scheme and host out"
    MethodCase "method-case"
        "right for the method in the other case: the sender writes it so"
}

/// One change under which the signature matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its cause.
    pub cause: Cause,
    /// What belongs to this request alone, such as the name of a header.
    pub detail: Option<String>,
}

impl Change {
    pub(super) fn new(cause: Cause, detail: String) -> Self {
        Self { cause, detail: Some(detail) }
    }

    /// The same change of a header that must not be fallen back to.
    pub(super) fn weaker(&self) -> Self {
        Self { cause: Cause::WeakerHeader, detail: self.detail.clone() }
    }

    /// The sentence an operator reads.
    pub fn text(&self) -> String {
        match &self.detail {
            Some(detail) => format!("{} ({detail})", self.cause.text()),
            None => self.cause.text().to_owned(),
        }
    }
}

impl From<Cause> for Change {
    fn from(cause: Cause) -> Self {
        Self { cause, detail: None }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_kebab_case_and_each_is_there_once() {
        let names: HashSet<_> = CAUSES.iter().map(|cause| cause.name()).collect();
        assert_eq!(names.len(), CAUSES.len());
        assert!(
            names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'))
        );
    }
}

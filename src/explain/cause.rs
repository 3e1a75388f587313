//! The causes of mismatches, each with its stable name and a sentence for the operator.

/// Defines [`Cause`] and the list of all of them from one table.
macro_rules! causes {
    ($($variant:ident $name:literal $text:literal)*) => {
        /// A known reason why a signature does not match a request.
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
        "valid for one of the values of a duplicate header: a proxy or a second signer added one, keep only one"
    HeaderForm "header-form"
        "the secret and the signed bytes are correct: only the signature header is not in this scheme's format"
    HeaderCut "header-cut"
        "valid when its parts are joined: something split the signature header at its comma, join it again"
    HeaderList "header-list"
        "valid for one of several codes in the header: this scheme writes one, the sender lists an old and a new one"
    TimeForm "time-form"
        "the secret and the signed bytes are correct: only the time is not in this scheme's format"
    IdForm "id-form"
        "the secret and the signed bytes are correct: only the id is not in an accepted format"
    OtherHeader "other-header"
        "valid in another header: verify that one instead"
    WeakerHeader "weaker-header"
        "valid in a weaker header, so the secret and the body are correct and the stronger header is wrong: correct how the sender \
         computes it, do not fall back to the weaker one"
    OlderHeader "older-header"
        "valid in the header of an older version, which is not verified: the secret and the body are correct, let the sender send \
         the newer one"
    CodePrefixed "code-prefixed"
        "valid without the text before the code: remove the prefix, or verify with the scheme that has it"
    CodePrefixMissing "code-prefix-missing"
        "valid, but the prefix of the scheme is missing: the sender left it out, or something stripped it"
    CodePrefixCase "code-prefix-case"
        "valid, but the prefix is in another case: the sender must write it as the scheme does"
    CodeQuoted "code-quoted"
        "valid without the characters around the code, such as quotes, brackets or spaces: the sender wrote them into the header"
    CodePercent "code-percent"
        "valid, but percent-encoded: something encoded the header as if it were a part of a URL"
    CodePlus "code-plus"
        "valid with + in place of the spaces: something decoded the base64 code as if it were a form"
    CodeHexSeparated "code-hex-separated"
        "valid, but its hex digits are separated: the scheme writes them without separators"
    CodeOtherVersion "code-other-version"
        "valid, but marked as a version that this scheme does not verify"
    CodeHex "code-hex"
        "valid, but written in hex: the scheme writes base64"
    CodeBase64 "code-base64"
        "valid, but written in base64: the scheme writes hex or base64url"
    CodeBase64Url "code-base64url"
        "valid, but in another base64 alphabet or padding (- and _ for + and /): encode it as the scheme does"
    CodeBase64OfHex "code-base64-of-hex"
        "valid, but encoded twice: the hex text was written as base64, encode the bytes instead"
    CodeTruncated "code-truncated"
        "the beginning of the valid code: the rest was cut off by the sender or by a field that is too short"
    NewlineAdded "newline-added"
        "valid for the body without its last newline: the sender signed before one was added"
    NewlineLost "newline-lost"
        "valid for the body with a newline at its end: it was present when the sender signed and lost later"
    CrlfAdded "crlf-added"
        "valid for the body with plain newlines: something turned them into CRLF after the sender signed"
    CrlfLost "crlf-lost"
        "valid for the body with CRLF at the end of each line: something turned CRLF into plain newlines"
    BomAdded "bom-added"
        "valid for the body without its byte order mark: an editor or framework put one in front"
    BomLost "bom-lost"
        "valid for the body with a byte order mark: the sender signed one that was removed later"
    SpaceAdded "space-added"
        "valid for the body trimmed: white space around it was added after the sender signed"
    SpaceLost "space-lost"
        "valid for the body with white space around it: it was trimmed after the sender signed"
    JsonMinified "json-minified"
        "valid for the JSON without spaces: it was parsed and serialized again after the sender signed, verify the raw bytes"
    JsonPythonSpacing "json-python-spacing"
        "valid for the JSON with a space after each comma and colon: it was parsed and serialized again, verify the raw bytes"
    JsonTwoSpaces "json-two-spaces"
        "valid for the JSON indented by two spaces: it was parsed and serialized again, verify the raw bytes"
    JsonFourSpaces "json-four-spaces"
        "valid for the JSON indented by four spaces: it was parsed and serialized again, verify the raw bytes"
    JsonTabs "json-tabs"
        "valid for the JSON indented by tabs: it was parsed and serialized again, verify the raw bytes"
    JsonOneSpace "json-one-space"
        "valid for the JSON indented by one space: it was parsed and serialized again, verify the raw bytes"
    JsonColonSpacing "json-colon-spacing"
        "valid for the JSON with a space after each colon only: it was parsed and serialized again, verify the raw bytes"
    JsonKeysSorted "json-keys-sorted"
        "valid for the JSON with its keys sorted: something on the way changed their order"
    JsonHtmlEscaped "json-html-escaped"
        "valid for the JSON with <, > and & as \\u escapes: it was parsed and serialized again"
    JsonHtmlUnescaped "json-html-unescaped"
        "valid for the JSON with <, > and & not escaped: it was parsed and serialized again"
    JsonUnicodeEscaped "json-unicode-escaped"
        "valid for the JSON with its non-ASCII letters as \\u escapes: it was parsed and serialized again"
    JsonUnicodeUnescaped "json-unicode-unescaped"
        "valid for the JSON with its \\u escapes as plain letters: it was parsed and serialized again"
    JsonEscapesCase "json-escapes-case"
        "valid for the JSON with its \\u escapes in the other case: it was parsed and serialized again"
    JsonSlashesEscaped "json-slashes-escaped"
        "valid for the JSON with its slashes escaped: it was parsed and serialized again"
    JsonSlashesUnescaped "json-slashes-unescaped"
        "valid for the JSON with its slashes not escaped: it was parsed and serialized again"
    JsonEscapesFewest "json-escapes-fewest"
        "valid for the JSON with only the required characters escaped: it was parsed and serialized again"
    JsonNumbersJavascript "json-numbers-javascript"
        "valid for the JSON with its numbers as short as they can be (1.0 becomes 1): it was parsed and serialized again"
    JsonNumbersPython "json-numbers-python"
        "valid for the JSON with its numbers with a point where they had an exponent (1e2 becomes 100.0): it was parsed and serialized again"
    JsonNumbersFloats "json-numbers-floats"
        "valid for the JSON with its whole numbers as 1.0: it was parsed and serialized again by a program that dropped them"
    JsonNumbersJava "json-numbers-java"
        "valid for the JSON with its large and small numbers with an E (12345678.9 becomes 1.23456789E7), as Java writes doubles: it was parsed and serialized again"
    JsonByJavascript "json-by-javascript"
        "valid for the JSON as JavaScript writes it: JSON.stringify was called on one side, verify the raw bytes"
    JsonByPython "json-by-python"
        "valid for the JSON as Python writes it: json.dumps was called on one side, verify the raw bytes"
    JsonByGo "json-by-go"
        "valid for the JSON as Go writes a map (keys sorted, <, > and & escaped): json.Marshal was called on one side"
    JsonByPhp "json-by-php"
        "valid for the JSON as PHP writes it (slashes and letters escaped, floats in its own format): json_encode was called on one side"
    JsonByPythonCanonical "json-by-python-canonical"
        "valid for the JSON with its keys sorted, without spaces and with \\u escapes, as Python's json.dumps writes it for signing: verify the raw bytes"
    JsonByPythonStr "json-by-python-str"
        "valid for the JSON as str() of Python shows an object ({'a': None}): the sender must sign the JSON that it sends"
    JsonByRubyInspect "json-by-ruby-inspect"
        "valid for the JSON as Ruby's inspect shows an object ({\"a\"=>nil}): the sender must sign the JSON that it sends"
    JsonByDotnet "json-by-dotnet"
        "valid for the JSON as .NET's System.Text.Json writes it (quotes, +, ' and letters as \\u00E9): it was serialized again on one side"
    JsonByJava "json-by-java"
        "valid for the JSON as Java's Jackson writes it: it was parsed and serialized again, verify the raw bytes"
    JsonByGson "json-by-gson"
        "valid for the JSON as Java's Gson writes it (<, >, &, = and ' escaped): it was parsed and serialized again"
    JsonByMeta "json-by-meta"
        "valid for the JSON as Meta signs it (non-ASCII letters, /, <, % and @ escaped): verify the bytes as they arrive"
    JsonByPostgres "json-by-postgres"
        "valid for the JSON as PostgreSQL shows jsonb (keys by length, a space after comma and colon): the sender signed what it had stored"
    JsonNullForEmpty "json-null-for-empty"
        "valid for the JSON with \"\" where null is: a framework turned empty strings into null after the sender signed"
    JsonEmptyForNull "json-empty-for-null"
        "valid for the JSON with null where \"\" is: something turned null into empty strings after the sender signed"
    JsonNullsDropped "json-nulls-dropped"
        "valid for the JSON without its members that are null: one side leaves them out"
    JsonEmptyObject "json-empty-object"
        "valid for the JSON with {} where [] is, or the reverse: something read an empty object as a list"
    JsonDates "json-dates"
        "valid for the JSON with its dates in another format (.000 or the zone): something parsed and serialized them again"
    JsonMember "json-member"
        "valid for only one member of the JSON: the sender does not sign the rest, which anyone could change"
    JsonWrapped "json-wrapped"
        "valid for the JSON as the only member of an object: something extracted it after the sender signed"
    JsonNewlines "json-newlines"
        "valid for the JSON with \\n where its strings have line ends: a shell's echo wrote them out, use printf '%s'"
    JsonInString "json-in-string"
        "valid for the JSON written as a JSON string: the sender encoded it twice"
    JsonOutOfString "json-out-of-string"
        "valid for the JSON inside the string: the body was encoded a second time after the sender signed"
    JsonEscaped "json-escaped"
        "valid for the body without the escapes of a log (\\\" or \\x22): take the body from where it arrives, not from a log"
    HtmlEntities "html-entities"
        "valid for the body with its HTML entities (&quot;) as characters, or the reverse: it was copied from a page, or escaped for one"
    Latin1 "latin-1"
        "valid for the body in Latin-1: its bytes were turned into UTF-8 after the sender signed"
    ReadAsLatin1 "read-as-latin-1"
        "valid for the body with its UTF-8 read as Latin-1: one side decoded the bytes wrongly before signing"
    Windows1252 "windows-1252"
        "valid for the body in Windows-1252: its bytes were turned into UTF-8 after the sender signed"
    ReadAsWindows1252 "read-as-windows-1252"
        "valid for the body with its UTF-8 read as Windows-1252: one side decoded the bytes wrongly before signing"
    UnicodeNfd "unicode-nfd"
        "valid for the body with letters and accents decomposed (NFD): something composed them after the sender signed"
    UnicodeNfc "unicode-nfc"
        "valid for the body with letters and accents composed (NFC): something decomposed them after the sender signed"
    Utf16 "utf-16"
        "valid for the body in UTF-16 instead of UTF-8, or the reverse: one side signs or stores text in another encoding than it sends"
    GzipUnpacked "gzip-unpacked"
        "valid for the unpacked body: the sender signed before compressing"
    FormEncoded "form-encoded"
        "valid for the JSON as the `payload` of a form: the sender signed the form, verify the form as it arrived"
    FormDecoded "form-decoded"
        "valid for the `payload` inside the form: the sender signed the JSON before it put it into the form"
    FormSpaces "form-spaces"
        "valid for the form with its spaces encoded differently (+ or %20): it was parsed and serialized again"
    FormEncodedAgain "form-encoded-again"
        "valid for the form parsed and encoded again: one side signed what its framework wrote, not what was sent"
    FormSorted "form-sorted"
        "valid for the form with its fields sorted by name: one side sorts them before it signs"
    FormPlus "form-plus"
        "valid for the form with %2B where + is: something decoded a plus sign on the way"
    FormFromJson "form-from-json"
        "valid for the JSON as a form: a framework parsed the form and wrote JSON, verify the form as it arrived"
    FormToJson "form-to-json"
        "valid for the form's fields as JSON: the sender signed JSON and sent a form"
    BodyBase64Encoded "body-base64-encoded"
        "valid for the body in base64: a gateway decoded it, or the sender signed the encoded form"
    BodyBase64Decoded "body-base64-decoded"
        "valid for the body decoded from base64: a gateway encoded it on the way"
    BodyInEvent "body-in-event"
        "valid for the body inside the event that was saved instead of it: verify only that body"
    BodyWithHead "body-with-head"
        "valid for what follows the headers in the body: the file also holds the headers of the request, pass it with --request"
    BodyChunked "body-chunked"
        "valid for the body without its chunk sizes: it was saved in chunked transfer encoding"
    BodyPythonBytes "body-python-bytes"
        "valid for the bytes that Python shows as b'…', or for that text: one side used str() of bytes"
    NodeBuffer "node-buffer"
        "valid for the bytes of a Node.js Buffer, or for the Buffer as JSON: one side called JSON.stringify on it"
    BodyEmpty "body-empty"
        "valid for an empty body: the sender signed before the body existed, or its framework had consumed it"
    BodyPlaceholder "body-placeholder"
        "valid for a word such as {} or undefined instead of the body: the framework had not read the body yet"
    BodyHash "body-hash"
        "valid for the URL, which carries the hash of another body: the body was changed on the way, or belongs to another request"
    PreviousSecret "previous-secret"
        "valid with the previous secret: the sender does not use the new one yet"
    OtherEndpointSecret "other-endpoint-secret"
        "valid with the secret of another endpoint: the sender uses the wrong one of the two"
    SecretTrimmed "secret-trimmed"
        "valid with the secret trimmed: the configured one has white space, or an escape for it, at one end"
    SecretNewline "secret-newline"
        "valid with a newline after the secret: the sender read its file with the final newline"
    SecretSpace "secret-space"
        "valid with a space before or after the secret: the sender's copy has an extra one"
    SecretQuoted "secret-quoted"
        "valid with quotes around the secret: the sender's environment file kept them"
    SecretUnquoted "secret-unquoted"
        "valid without the quotes around the secret: the configured one has them"
    SecretAssignment "secret-assignment"
        "valid with what follows `NAME=` in the secret: the configured one is a whole line of an environment file"
    SecretFirstLine "secret-first-line"
        "valid with one line of the secret, or with all lines joined: the configured one has several"
    SecretBom "secret-bom"
        "valid with the secret without its byte order mark: an editor put one into the file"
    SecretJson "secret-json"
        "valid with a value of the JSON in the secret: the configured one is the whole JSON of a secret manager"
    SecretComment "secret-comment"
        "valid with what precedes the comment in the secret: the configured one is the rest of a line of an environment file"
    SecretDollar "secret-dollar"
        "valid with the dollar signs of the secret expanded: a shell or a compose file changes $$, $ and backslashes"
    SecretPercentDecoded "secret-percent-decoded"
        "valid with the secret percent-decoded: the configured one is encoded for a URL"
    SecretPercentEncoded "secret-percent-encoded"
        "valid with the secret percent-encoded: the sender uses the encoded one of a URL"
    SecretPlus "secret-plus"
        "valid with + where the secret has spaces: the configured one was decoded as a form"
    SecretPrefix "secret-prefix"
        "valid without the word before the secret, such as Bearer: the configured one has it"
    SecretDashes "secret-dashes"
        "valid with the secret without its dashes: the sender removes them"
    SecretCase "secret-case"
        "valid with the secret in upper or lower case: one side changes it"
    SecretHashed "secret-hashed"
        "valid with a hash of the secret as the key: the sender hashes it before signing"
    SecretPrefixKept "secret-prefix-kept"
        "valid with the whole secret as text, `whsec_` included: the sender does not decode it"
    SecretPrefixStripped "secret-prefix-stripped"
        "valid with what follows `whsec_` as text: the sender strips the prefix and does not decode the rest"
    SecretPrefixLost "secret-prefix-lost"
        "valid with `whsec_` before the secret: the configured one lacks its prefix"
    SecretBase64Decoded "secret-base64-decoded"
        "valid with the bytes of the secret in base64: the sender decodes it"
    SecretHexDecoded "secret-hex-decoded"
        "valid with the bytes of the secret in hex: the sender decodes it"
    SecretBase64Encoded "secret-base64-encoded"
        "valid with the secret's text in base64: the sender encodes it once more"
    SecretHexEncoded "secret-hex-encoded"
        "valid with the secret's bytes in hex: the sender encodes it once more"
    SecretUnset "secret-unset"
        "valid with a secret that was never set: the sender signs with an empty or placeholder value, as anyone could"
    PlainHash "plain-hash"
        "a plain hash of the content without any key: it proves nothing, the sender must use HMAC"
    HashWithSecret "hash-with-secret"
        "a plain hash of secret and content joined: the sender must use HMAC"
    KeySwapped "key-swapped"
        "valid with the body as the key and the secret as the content: the sender has swapped the two"
    AlgorithmMd5 "algorithm-md5"
        "valid with HMAC-MD5: the sender uses another algorithm than this scheme"
    AlgorithmSha1 "algorithm-sha1"
        "valid with HMAC-SHA1: the sender uses another algorithm than this scheme"
    AlgorithmSha256 "algorithm-sha256"
        "valid with HMAC-SHA256: the sender uses another algorithm than this scheme"
    AlgorithmSha384 "algorithm-sha384"
        "valid with HMAC-SHA384: the sender uses another algorithm than this scheme"
    AlgorithmSha512 "algorithm-sha512"
        "valid with HMAC-SHA512: the sender uses another algorithm than this scheme"
    BodyAlone "body-alone"
        "valid for only the body: the sender does not sign the other parts, which anyone could change"
    OtherContent "other-content"
        "valid for the parts of another scheme"
    TimeMilliseconds "time-milliseconds"
        "valid with the time in milliseconds: the sender signs milliseconds and sends seconds or a date"
    TimeSeconds "time-seconds"
        "valid with the time in seconds: the sender signs seconds and sends milliseconds or a date"
    TimeIso "time-iso"
        "valid with the time as a date of ISO 8601: the sender signs the date and sends a number"
    TimeFloat "time-float"
        "valid with the time with a fraction: the sender signs a float and sends a whole number"
    TimeSecondOff "time-second-off"
        "valid with the time a second earlier or later: the sender reads the clock twice, once to sign and once to send"
    TimeZone "time-zone"
        "the time is a whole number of hours off: the sender uses local time as UTC, or the reverse"
    OtherPart "other-part"
        "valid with the time or id of another header: the sender signs that one, or something replaced the scheme's own"
    IdOfBody "id-of-body"
        "valid with the id in the body: the header has another id, something on the way replaced it"
    UrlScheme "url-scheme"
        "valid for the URL with https instead of http, or the reverse: a proxy terminated TLS, verify against the public URL"
    UrlPort "url-port"
        "valid for the URL with or without its port: verify against the URL the sender was given"
    UrlSlash "url-slash"
        "valid for the URL with or without its last slash: verify against the URL the sender was given"
    UrlQuery "url-query"
        "valid for the URL without its query: verify against the URL the sender was given"
    UrlPath "url-path"
        "valid for only the path of the URL: the sender omits its scheme and host"
    UrlEscapes "url-escapes"
        "valid for the URL with its escapes written differently (%20, + or the characters themselves): verify against the URL the sender was given"
    UrlQueryOrder "url-query-order"
        "valid for the URL with its query in another order: something sorted or rewrote it on the way"
    UrlForwarded "url-forwarded"
        "valid for the URL of the X-Forwarded headers: a proxy passed the request on, verify against the public URL"
    MethodCase "method-case"
        "valid for the method in upper or lower case: the sender changes the case"
    Method "method"
        "valid for another method: the sender signs that one"
}

/// One change of the request under which its signature would match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its cause.
    pub cause: Cause,
    /// A detail of this request, such as the name of a header.
    pub detail: Option<String>,
}

impl Change {
    pub(super) fn new(cause: Cause, detail: String) -> Self {
        Self { cause, detail: Some(detail) }
    }

    /// The same change of a weaker header, which must not be a fallback.
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

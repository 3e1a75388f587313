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
        "right for one of the values of a header that is there more than once: a proxy or a second signer added one, only one may stay"
    HeaderForm "header-form"
        "the secret and the signed bytes are right: only the signature header is not written as this scheme writes it"
    HeaderCut "header-cut"
        "right when its pieces are put together: something cut the signature header at its comma, put it together again"
    HeaderList "header-list"
        "right for one of several codes in the header: this scheme writes one, the sender lists an old and a new one"
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
        "right without what stands around the code, such as quotes, brackets or spaces: the sender wrote it into the header"
    CodePercent "code-percent"
        "right, but percent-encoded: something encoded the header as if it were a part of a URL"
    CodePlus "code-plus"
        "right with + in place of the spaces: something decoded the base64 code as if it were a form"
    CodeHexSeparated "code-hex-separated"
        "right, but its hex digits are separated: the scheme writes them without anything between"
    CodeOtherVersion "code-other-version"
        "right, but marked as a version that this scheme does not verify"
    CodeHex "code-hex"
        "right, but written in hex: the scheme writes base64"
    CodeBase64 "code-base64"
        "right, but written in base64: the scheme writes hex or base64url"
    CodeBase64Url "code-base64url"
        "right, but written in base64 of another kind (- and _ for + and /, or other padding): write it as the scheme does"
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
        "right for the JSON with a space after each comma and colon: it was parsed and written again, verify the raw bytes"
    JsonTwoSpaces "json-two-spaces"
        "right for the JSON indented by two spaces: it was parsed and written again, verify the raw bytes"
    JsonFourSpaces "json-four-spaces"
        "right for the JSON indented by four spaces: it was parsed and written again, verify the raw bytes"
    JsonTabs "json-tabs"
        "right for the JSON indented by tabs: it was parsed and written again, verify the raw bytes"
    JsonOneSpace "json-one-space"
        "right for the JSON indented by one space: it was parsed and written again, verify the raw bytes"
    JsonColonSpacing "json-colon-spacing"
        "right for the JSON with a space after each colon alone: it was parsed and written again, verify the raw bytes"
    JsonKeysSorted "json-keys-sorted"
        "right for the JSON with its keys sorted: the body passed through something that changes their order"
    JsonHtmlEscaped "json-html-escaped"
        "right for the JSON with <, > and & as \\u escapes: it was parsed and written again"
    JsonHtmlUnescaped "json-html-unescaped"
        "right for the JSON with <, > and & not escaped: it was parsed and written again"
    JsonUnicodeEscaped "json-unicode-escaped"
        "right for the JSON with its letters beyond ASCII as \\u escapes: it was parsed and written again"
    JsonUnicodeUnescaped "json-unicode-unescaped"
        "right for the JSON with its \\u escapes as plain letters: it was parsed and written again"
    JsonEscapesCase "json-escapes-case"
        "right for the JSON with its \\u escapes in the other case: it was parsed and written again"
    JsonSlashesEscaped "json-slashes-escaped"
        "right for the JSON with its slashes escaped: it was parsed and written again"
    JsonSlashesUnescaped "json-slashes-unescaped"
        "right for the JSON with its slashes not escaped: it was parsed and written again"
    JsonEscapesFewest "json-escapes-fewest"
        "right for the JSON with only those characters escaped that must be: it was parsed and written again"
    JsonNumbersJavascript "json-numbers-javascript"
        "right for the JSON with its numbers as short as they can be (1.0 becomes 1): it was parsed and written again"
    JsonNumbersPython "json-numbers-python"
        "right for the JSON with its numbers with a point where they had an exponent (1e2 becomes 100.0): it was parsed and written again"
    JsonNumbersFloats "json-numbers-floats"
        "right for the JSON with its whole numbers as 1.0: it was parsed and written again by something that dropped them"
    JsonNumbersJava "json-numbers-java"
        "right for the JSON with its large and small numbers with an E (12345678.9 becomes 1.23456789E7), as Java writes doubles: it was parsed and written again"
    JsonByJavascript "json-by-javascript"
        "right for the JSON as JavaScript writes it: JSON.stringify was called on one side, verify the raw bytes"
    JsonByPython "json-by-python"
        "right for the JSON as Python writes it: json.dumps was called on one side, verify the raw bytes"
    JsonByGo "json-by-go"
        "right for the JSON as Go writes a map (keys sorted, <, > and & escaped): json.Marshal was called on one side"
    JsonByPhp "json-by-php"
        "right for the JSON as PHP writes it (slashes and letters escaped, floats in a way of its own): json_encode was called on one side"
    JsonByPythonCanonical "json-by-python-canonical"
        "right for the JSON with its keys sorted, without spaces and with \\u escapes, as json.dumps of Python writes it for signing: verify the raw bytes"
    JsonByPythonStr "json-by-python-str"
        "right for the JSON as str() of Python shows an object ({'a': None}): the sender must sign the JSON that it sends"
    JsonByRubyInspect "json-by-ruby-inspect"
        "right for the JSON as inspect of Ruby shows an object ({\"a\"=>nil}): the sender must sign the JSON that it sends"
    JsonByDotnet "json-by-dotnet"
        "right for the JSON as System.Text.Json of .NET writes it (quotes, +, ' and letters as \\u00E9): it was written again on one side"
    JsonByJava "json-by-java"
        "right for the JSON as Jackson of Java writes it: it was parsed and written again, verify the raw bytes"
    JsonByGson "json-by-gson"
        "right for the JSON as Gson of Java writes it (<, >, &, = and ' escaped): it was parsed and written again"
    JsonByMeta "json-by-meta"
        "right for the JSON as Meta signs it (letters beyond ASCII, /, <, % and @ escaped): verify the bytes as they arrive"
    JsonByPostgres "json-by-postgres"
        "right for the JSON as PostgreSQL shows jsonb (keys by length, a space after comma and colon): the sender signed what it had stored"
    JsonNullForEmpty "json-null-for-empty"
        "right for the JSON with \"\" where null is: a framework turned empty strings into null after the sender signed"
    JsonEmptyForNull "json-empty-for-null"
        "right for the JSON with null where \"\" is: something turned null into empty strings after the sender signed"
    JsonNullsDropped "json-nulls-dropped"
        "right for the JSON without its members that are null: one side leaves them out"
    JsonEmptyObject "json-empty-object"
        "right for the JSON with {} where [] is, or the other way round: something read an empty object as a list"
    JsonDates "json-dates"
        "right for the JSON with its dates written another way (.000 or the zone): something read and wrote them again"
    JsonMember "json-member"
        "right for one member of the JSON alone: the sender does not sign the rest, which anyone could change"
    JsonWrapped "json-wrapped"
        "right for the JSON as the one member of an object: something took it out after the sender signed"
    JsonNewlines "json-newlines"
        "right for the JSON with \\n where its strings have line ends: a shell's echo wrote them out, use printf '%s'"
    JsonInString "json-in-string"
        "right for the JSON written as a JSON string: the sender encoded it twice"
    JsonOutOfString "json-out-of-string"
        "right for the JSON inside the string: the body was encoded a second time after the sender signed"
    JsonEscaped "json-escaped"
        "right for the body without the escapes of a log (\\\" or \\x22): take the body from where it arrives, not from a log"
    HtmlEntities "html-entities"
        "right for the body with its HTML entities (&quot;) as characters, or the other way round: it was copied from a page, or escaped for one"
    Latin1 "latin-1"
        "right for the body in Latin-1: its bytes were turned into UTF-8 after the sender signed"
    ReadAsLatin1 "read-as-latin-1"
        "right for the body with its UTF-8 read as Latin-1: one side decoded the bytes wrongly before signing"
    Windows1252 "windows-1252"
        "right for the body in Windows-1252: its bytes were turned into UTF-8 after the sender signed"
    ReadAsWindows1252 "read-as-windows-1252"
        "right for the body with its UTF-8 read as Windows-1252: one side decoded the bytes wrongly before signing"
    UnicodeNfd "unicode-nfd"
        "right for the body with its letters and their accents apart (NFD): something put them together after the sender signed"
    UnicodeNfc "unicode-nfc"
        "right for the body with its letters and their accents in one (NFC): something took them apart after the sender signed"
    Utf16 "utf-16"
        "right for the body in the other of UTF-8 and UTF-16: one side signs or keeps text in another encoding than it sends"
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
    FormSorted "form-sorted"
        "right for the form with its fields sorted by name: one side sorts them before it signs"
    FormPlus "form-plus"
        "right for the form with %2B where + is: something decoded a plus sign on the way"
    FormFromJson "form-from-json"
        "right for the form that the JSON was: a framework parsed the form and wrote JSON, verify the form as it arrived"
    FormToJson "form-to-json"
        "right for the form's fields as JSON: the sender signed JSON and sent a form"
    BodyBase64Encoded "body-base64-encoded"
        "right for the body in base64: a gateway decoded it, or the sender signed the encoded form"
    BodyBase64Decoded "body-base64-decoded"
        "right for the body decoded from base64: a gateway encoded it on the way"
    BodyInEvent "body-in-event"
        "right for the body inside the event that was kept in its place: verify that body alone"
    BodyWithHead "body-with-head"
        "right for what follows the headers in the body: the file holds the request's head too, hand it over with --request"
    BodyChunked "body-chunked"
        "right for the body without its chunk sizes: it was saved as it was sent in chunks"
    BodyPythonBytes "body-python-bytes"
        "right for the bytes that Python shows as b'…', or for that text: one side used str() of bytes"
    NodeBuffer "node-buffer"
        "right for the bytes of a Node.js Buffer, or for the Buffer as JSON: one side called JSON.stringify on it"
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
        "right with the secret trimmed: the configured one has white space, or what stands for it, at an end"
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
        "right with one line of the secret, or with all of them put together: the configured one has several"
    SecretBom "secret-bom"
        "right with the secret without its byte order mark: an editor put one into the file"
    SecretJson "secret-json"
        "right with a value of the JSON in the secret: the configured one is the whole JSON of a secret manager"
    SecretComment "secret-comment"
        "right with what precedes the comment in the secret: the configured one is the rest of a line of an environment file"
    SecretDollar "secret-dollar"
        "right with the dollar signs of the secret read another way: a shell or a compose file changes $$, $ and backslashes"
    SecretPercentDecoded "secret-percent-decoded"
        "right with the secret percent-decoded: the configured one is encoded for a URL"
    SecretPercentEncoded "secret-percent-encoded"
        "right with the secret percent-encoded: the sender uses the one that stands in a URL"
    SecretPlus "secret-plus"
        "right with + where the secret has spaces: the configured one was decoded as a form"
    SecretPrefix "secret-prefix"
        "right without the word before the secret, such as Bearer: the configured one has it"
    SecretDashes "secret-dashes"
        "right with the secret without its dashes: the sender takes them out"
    SecretCase "secret-case"
        "right with the secret in another case: one side changes it"
    SecretHashed "secret-hashed"
        "right with a hash of the secret as the key: the sender hashes it before it signs"
    SecretPrefixKept "secret-prefix-kept"
        "right with the whole secret as text, `whsec_` included: the sender does not decode it"
    SecretPrefixStripped "secret-prefix-stripped"
        "right with what follows `whsec_` as text: the sender strips the prefix and does not decode the rest"
    SecretPrefixLost "secret-prefix-lost"
        "right with `whsec_` before the secret: the configured one lacks its prefix"
    SecretBase64Decoded "secret-base64-decoded"
        "right with the bytes of the secret in base64: the sender decodes it"
    SecretHexDecoded "secret-hex-decoded"
        "right with the bytes of the secret in hex: the sender decodes it"
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
    KeySwapped "key-swapped"
        "right with the body as the key and the secret as the content: the sender has swapped the two"
    AlgorithmMd5 "algorithm-md5"
        "right with HMAC-MD5: the sender uses another algorithm than this scheme"
    AlgorithmSha1 "algorithm-sha1"
        "right with HMAC-SHA1: the sender uses another algorithm than this scheme"
    AlgorithmSha256 "algorithm-sha256"
        "right with HMAC-SHA256: the sender uses another algorithm than this scheme"
    AlgorithmSha384 "algorithm-sha384"
        "right with HMAC-SHA384: the sender uses another algorithm than this scheme"
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
    TimeIso "time-iso"
        "right with the time as a date of ISO 8601: the sender signs the date and sends a number"
    TimeFloat "time-float"
        "right with the time with a fraction: the sender signs a float and sends a whole number"
    TimeSecondOff "time-second-off"
        "right with the time a second earlier or later: the sender reads the clock twice, once to sign and once to send"
    TimeZone "time-zone"
        "the time is a whole number of hours off: the sender takes local time for UTC, or the other way round"
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
    UrlEscapes "url-escapes"
        "right for the URL with its escapes written another way (%20, + or the characters themselves): verify against the URL the sender was given"
    UrlQueryOrder "url-query-order"
        "right for the URL with its query in another order: something sorted or rewrote it on the way"
    UrlForwarded "url-forwarded"
        "right for the URL of the X-Forwarded headers: a proxy passed the request on, verify against the public URL"
    MethodCase "method-case"
        "right for the method in the other case: the sender writes it so"
    Method "method"
        "right for another method: the sender signs that one"
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

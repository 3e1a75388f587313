//! Commands and programs that repeat a signature elsewhere, as text to paste.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::code::{Code, Encoding};
use super::scheme::{Algorithm, KeyForm, Message, Scheme};

/// A body longer than this goes into a command as base64, because shells limit the length of an argument.
const LONGEST_ARGUMENT: usize = 96 * 1024;

/// Text that any POSIX shell reads back as exactly these bytes, also when it is pasted into one.
///
/// `None` for what is not text or has control characters besides newlines: a terminal would change them, and the quotes
/// that can write them are not known to every shell.
pub fn shell_quote(bytes: &[u8]) -> Option<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.is_empty() && text.bytes().all(is_plain) => Some(text.to_owned()),
        Ok(text) if !text.chars().any(|c| c.is_control() && c != '\n') => {
            Some(format!("'{}'", text.replace('\'', r"'\''")))
        }
        _ => None,
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&byte)
}

/// A word that the shell makes of `printf`'s escapes, for bytes that [`shell_quote`] cannot write.
///
/// A command substitution drops the newlines at its end, so they follow it.
fn printed(bytes: &[u8]) -> String {
    let escape = |byte: u8| match byte {
        b'\n' => "\\n".to_owned(),
        b'\r' => "\\r".to_owned(),
        b'\t' => "\\t".to_owned(),
        b'\\' => "\\\\".to_owned(),
        b'%' => "%%".to_owned(),
        b' '..=b'~' if byte != b'\'' => char::from(byte).to_string(),
        // Three octal digits always, so that a digit that follows is not taken in.
        other => format!("\\{other:03o}"),
    };
    let newlines = bytes.iter().rev().take_while(|byte| **byte == b'\n').count();
    let (text, last) = bytes.split_at(bytes.len() - newlines);
    let after = if last.is_empty() { String::new() } else { format!("'{}'", "\n".repeat(newlines)) };
    format!("\"$(printf '{}')\"{after}", text.iter().map(|byte| escape(*byte)).collect::<String>())
}

/// The options without which curl would make other URLs, or several, of this one.
fn url_options(url: &str) -> &'static str {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let is_dots = |segment: &str| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    match (url.contains(['{', '}', '[', ']']), path.split('/').any(is_dots)) {
        (false, false) => "",
        (true, false) => "-g ",
        (false, true) => "--path-as-is ",
        (true, true) => "-g --path-as-is ",
    }
}

/// A command that sends exactly these headers and bytes with curl, from any POSIX shell.
pub fn curl<N: fmt::Display, V: fmt::Display>(method: &str, url: &str, headers: &[(N, V)], body: &[u8]) -> String {
    let quoted = shell_quote(body).filter(|text| text.len() <= LONGEST_ARGUMENT);
    let mut lines = vec![format!("curl {}-X {} {}", url_options(url), shell(method), shell(url))];
    lines.extend(headers.iter().map(|(name, value)| format!("-H {}", shell(&format!("{name}: {value}")))));
    match quoted {
        Some(body) => {
            lines.push(format!("--data-raw {body}"));
            lines.join(" \\\n  ")
        }
        None => {
            lines.push("--data-binary @-".to_owned());
            format!("base64 -d <<'BODY' | {}\n{}\nBODY", lines.join(" \\\n  "), wrapped(&BASE64.encode(body)))
        }
    }
}

/// An event as syncctl sends it.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// Where to.
    pub url: &'a str,
    /// Its id.
    pub id: &'a str,
    /// Its type.
    pub event_type: &'a str,
    /// Its body.
    pub body: &'a [u8],
}

/// Lines for a shell that sign an event with openssl and send it with curl, as syncctl would now.
///
/// The secret is in the variable `secret` and never in the text.
pub fn reproduce(event: &Outgoing<'_>, secret: &str) -> String {
    let word = |text: &str| shell(text);
    let body = shell_quote(event.body).unwrap_or_else(|| printed(event.body));
    let (url, id, kind) = (word(event.url), word(event.id), word(&format!("X-Sync-Event-Type: {}", event.event_type)));
    let (id_header, standard_id) =
        (word(&format!("X-Sync-Event-Id: {}", event.id)), word(&format!("webhook-id: {}", event.id)));
    format!(
        "hex() {{ od -An -v -tx1 | tr -d ' \\n'; }}\n\
         hmac() {{ openssl dgst -sha256 -mac HMAC -macopt \"hexkey:$1\" -binary; }}\n\
         key=$(printf %s \"${secret}\" | hex)\n\
         case \"${secret}\" in\n\
         whsec_*) standard_key=$(printf %s \"${{{secret}#whsec_}}\" | openssl base64 -d -A | hex) ;;\n\
         *) standard_key=$key ;;\n\
         esac\n\
         body={body}\n\
         timestamp=$(date +%s)\n\
         original=$(printf %s \"$body\" | hmac \"$key\" | hex)\n\
         standard=$(printf %s {id}.\"$timestamp.$body\" | hmac \"$standard_key\" | openssl base64 -A)\n\
         curl -X POST {url} \\\n  \
         -H 'Content-Type: application/json' -H {id_header} -H {kind} \\\n  \
         -H \"X-Webhook-Signature: $original\" \\\n  \
         -H {standard_id} -H \"webhook-timestamp: $timestamp\" -H \"webhook-signature: v1,$standard\" \\\n  \
         --data-raw \"$body\"\n"
    )
}

fn wrapped(text: &str) -> String {
    let lines: Vec<_> = text.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    lines.join("\n")
}

/// A language in which a receiver's author can recompute a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// A shell with openssl.
    Openssl,
    /// Node.js, without packages.
    Node,
    /// Python 3; Ed25519 needs the package `cryptography`.
    Python,
    /// PHP; Ed25519 needs its sodium extension, which comes with it.
    Php,
    /// Go, without modules.
    Go,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 5] = [Self::Openssl, Self::Node, Self::Python, Self::Php, Self::Go];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Openssl => "openssl",
            Self::Node => "node",
            Self::Python => "python",
            Self::Php => "php",
            Self::Go => "go",
        }
    }
}

/// Where a snippet finds what it needs.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The environment variable of the secret.
    pub secret: &'a str,
    /// The file of the body.
    pub body: &'a str,
    /// Whether the secret is base64 after `whsec_`, which schemes that read it so must decode.
    pub encoded: bool,
}

/// A program that recomputes the value of a scheme's signature header for a message and prints it.
///
/// The body is read from a file, byte for byte, and the secret from the environment: neither is in the text.
pub fn snippet(language: Language, scheme: &dyn Scheme, message: &Message<'_>, sources: Sources<'_>) -> String {
    let recipe = Recipe::of(scheme, message, sources);
    match language {
        Language::Openssl => recipe.openssl(),
        Language::Node => recipe.node(),
        Language::Python => recipe.python(),
        Language::Php => recipe.php(),
        Language::Go => recipe.go(),
    }
}

enum Piece {
    Text(String),
    Body,
}

struct Recipe<'a> {
    pieces: Vec<Piece>,
    algorithm: Algorithm,
    encoding: Encoding,
    standard_key: bool,
    before: String,
    after: String,
    sources: Sources<'a>,
}

impl<'a> Recipe<'a> {
    fn of(scheme: &dyn Scheme, message: &Message<'_>, sources: Sources<'a>) -> Self {
        let facts = scheme.facts();
        let (before, after) = around_the_code(scheme, message);
        Self {
            pieces: pieces(scheme, message),
            algorithm: facts.algorithm,
            encoding: facts.encoding,
            standard_key: facts.key_form == KeyForm::Standard && sources.encoded,
            before,
            after,
            sources,
        }
    }

    fn hash(&self) -> &'static str {
        match self.algorithm {
            Algorithm::HmacSha1 => "sha1",
            Algorithm::HmacSha256 | Algorithm::Ed25519 => "sha256",
            Algorithm::HmacSha512 => "sha512",
        }
    }

    fn is_pair(&self) -> bool {
        self.algorithm == Algorithm::Ed25519
    }

    /// The pieces of the content as expressions, the body as `body`.
    fn expressions(&self, text: fn(&str) -> String, body: &str) -> Vec<String> {
        let expression = |piece: &Piece| match piece {
            Piece::Text(content) => text(content),
            Piece::Body => body.to_owned(),
        };
        self.pieces.iter().map(expression).collect()
    }

    /// The code between what the header holds before and after it.
    fn around(&self, quote: fn(&str) -> String, code: &str, join: &str) -> String {
        let text = |text: &str| (!text.is_empty()).then(|| quote(text));
        let parts = [text(&self.before), Some(code.to_owned()), text(&self.after)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(join)
    }

    fn openssl(&self) -> String {
        let (secret, body) = (self.sources.secret, shell(self.sources.body));
        let content = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => format!("printf %s {}; ", shell(text)),
            Piece::Body => format!("cat {body}; "),
        });
        let content = format!("{{ {}}}", content.collect::<String>());
        let encode = match self.encoding {
            Encoding::Hex => "od -An -v -tx1 | tr -d ' \\n'",
            Encoding::Base64 => "openssl base64 -A",
        };
        let print = format!("printf '%s\\n' {}", self.around(shell, "\"$code\"", ""));
        if self.is_pair() {
            return format!(
                "key=$(mktemp); content=$(mktemp)\n\
                 {{ printf '\\060\\056\\002\\001\\000\\060\\005\\006\\003\\053\\145\\160\\004\\042\\004\\040'; \
                 printf %s \"${{{secret}#whsk_}}\" | openssl base64 -d -A | head -c 32; }} > \"$key\"\n\
                 {content} > \"$content\"\n\
                 code=$(openssl pkeyutl -sign -rawin -keyform DER -inkey \"$key\" -in \"$content\" | {encode})\n\
                 rm -f \"$key\" \"$content\"\n{print}\n"
            );
        }
        let bytes = if self.standard_key {
            format!("printf %s \"${{{secret}#whsec_}}\" | openssl base64 -d -A")
        } else {
            format!("printf %s \"${secret}\"")
        };
        format!(
            "key=$({bytes} | od -An -v -tx1 | tr -d ' \\n')\n\
             code=$({content} | openssl dgst -{} -mac HMAC -macopt hexkey:\"$key\" -binary | {encode})\n{print}\n",
            self.hash()
        )
    }

    fn node(&self) -> String {
        let (secret, body) = (json(self.sources.secret), json(self.sources.body));
        let parts = self.expressions(json, "body").join(", ");
        let parts = format!("Buffer.concat([{parts}].map((part) => Buffer.from(part)))");
        let encoding = self.encoding.title();
        let code = if self.is_pair() {
            format!(
                "const seed = Buffer.from(process.env[{secret}].replace(/^whsk_/, \"\"), \"base64\").subarray(0, 32);\n\
                 const der = Buffer.concat([Buffer.from(\"302e020100300506032b657004220420\", \"hex\"), seed]);\n\
                 const key = crypto.createPrivateKey({{ key: der, format: \"der\", type: \"pkcs8\" }});\n\
                 const code = crypto.sign(null, content, key).toString(\"{encoding}\");\n"
            )
        } else {
            let key = if self.standard_key {
                format!("Buffer.from(process.env[{secret}].replace(/^whsec_/, \"\"), \"base64\")")
            } else {
                format!("process.env[{secret}]")
            };
            format!(
                "const code = crypto.createHmac(\"{}\", {key}).update(content).digest(\"{encoding}\");\n",
                self.hash()
            )
        };
        format!(
            "const crypto = require(\"crypto\");\nconst body = require(\"fs\").readFileSync({body});\n\
             const content = {parts};\n{code}console.log({});\n",
            self.around(json, "code", " + ")
        )
    }

    fn python(&self) -> String {
        let (secret, body) = (json(self.sources.secret), json(self.sources.body));
        let parts = self.expressions(|text| format!("{}.encode()", json(text)), "body").join(" + ");
        let code = if self.is_pair() {
            format!(
                "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey\n\
                 seed = base64.b64decode(os.environ[{secret}].removeprefix(\"whsk_\"))[:32]\n\
                 code = Ed25519PrivateKey.from_private_bytes(seed).sign({parts})\n"
            )
        } else {
            let key = if self.standard_key {
                format!("base64.b64decode(os.environ[{secret}].removeprefix(\"whsec_\"))")
            } else {
                format!("os.environb[{secret}.encode()]")
            };
            format!("code = hmac.new({key}, {parts}, hashlib.{}).digest()\n", self.hash())
        };
        let text = match self.encoding {
            Encoding::Hex => "code.hex()",
            Encoding::Base64 => "base64.b64encode(code).decode()",
        };
        format!(
            "import base64, hashlib, hmac, os\nbody = open({body}, \"rb\").read()\n{code}print({})\n",
            self.around(json, text, " + ")
        )
    }

    fn php(&self) -> String {
        let (secret, body) = (php(self.sources.secret), php(self.sources.body));
        let parts = self.expressions(php, "$body").join(" . ");
        let code = if self.is_pair() {
            format!(
                "$seed = substr(base64_decode(preg_replace('/^whsk_/', '', getenv({secret}))), 0, 32);\n\
                 $pair = sodium_crypto_sign_seed_keypair($seed);\n\
                 $code = sodium_crypto_sign_detached({parts}, sodium_crypto_sign_secretkey($pair));\n"
            )
        } else {
            let key = if self.standard_key {
                format!("base64_decode(preg_replace('/^whsec_/', '', getenv({secret})))")
            } else {
                format!("getenv({secret})")
            };
            format!("$code = hash_hmac('{}', {parts}, {key}, true);\n", self.hash())
        };
        let text = match self.encoding {
            Encoding::Hex => "bin2hex($code)",
            Encoding::Base64 => "base64_encode($code)",
        };
        format!("<?php\n$body = file_get_contents({body});\n{code}echo {} . \"\\n\";\n", self.around(php, text, " . "))
    }

    fn go(&self) -> String {
        let (secret, body) = (json(self.sources.secret), json(self.sources.body));
        let mut imports = vec!["fmt", "os"];
        let writes = |sink: &str| {
            let line = |part: String| format!("\t{sink}.Write({part})\n");
            self.expressions(|text| format!("[]byte({})", json(text)), "body").into_iter().map(line).collect::<String>()
        };
        let decoded = |prefix: &str| {
            format!(
                "\tkey, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv({secret}), \"{prefix}\"))\n"
            )
        };
        let code = if self.is_pair() {
            imports.extend(["bytes", "crypto/ed25519", "encoding/base64", "strings"]);
            let writes = writes("content");
            format!(
                "{}\tvar content bytes.Buffer\n{writes}\tcode := ed25519.Sign(ed25519.NewKeyFromSeed(key[:32]), content.Bytes())\n",
                decoded("whsk_")
            )
        } else {
            let key = if self.standard_key {
                imports.extend(["encoding/base64", "strings"]);
                decoded("whsec_")
            } else {
                format!("\tkey := []byte(os.Getenv({secret}))\n")
            };
            imports.extend(["crypto/hmac", self.go_hash()]);
            let hash = self.hash();
            format!("{key}\tmac := hmac.New({hash}.New, key)\n{}\tcode := mac.Sum(nil)\n", writes("mac"))
        };
        let text = match self.encoding {
            Encoding::Hex => "hex.EncodeToString(code)",
            Encoding::Base64 => "base64.StdEncoding.EncodeToString(code)",
        };
        imports.push(if self.encoding == Encoding::Hex { "encoding/hex" } else { "encoding/base64" });
        imports.sort_unstable();
        imports.dedup();
        let imports: String = imports.iter().map(|name| format!("\t\"{name}\"\n")).collect();
        // Go refuses a variable that nobody uses, and a URL with the hash of the body stands for the body.
        let read = if self.pieces.iter().any(|piece| matches!(piece, Piece::Body)) {
            format!("\tbody, err := os.ReadFile({body})\n\tif err != nil {{\n\t\tpanic(err)\n\t}}\n")
        } else {
            String::new()
        };
        format!(
            "package main\n\nimport (\n{imports})\n\nfunc main() {{\n{read}{code}\tfmt.Println({})\n}}\n",
            self.around(json, text, " + ")
        )
    }

    fn go_hash(&self) -> &'static str {
        match self.algorithm {
            Algorithm::HmacSha1 => "crypto/sha1",
            Algorithm::HmacSha256 | Algorithm::Ed25519 => "crypto/sha256",
            Algorithm::HmacSha512 => "crypto/sha512",
        }
    }
}

/// The signed content as fixed texts and the body in its place.
fn pieces(scheme: &dyn Scheme, message: &Message<'_>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    scheme.feed(message, &mut |bytes| {
        if std::ptr::eq(bytes, message.body) {
            pieces.push(Piece::Body);
        } else if let Some(Piece::Text(text)) = pieces.last_mut() {
            text.push_str(&String::from_utf8_lossy(bytes));
        } else {
            pieces.push(Piece::Text(String::from_utf8_lossy(bytes).into_owned()));
        }
    });
    pieces
}

/// What the signature header holds before and after the code.
fn around_the_code(scheme: &dyn Scheme, message: &Message<'_>) -> (String, String) {
    let facts = scheme.facts();
    let code = Code::new(&vec![0x5a; facts.algorithm.code_length()]);
    let mut written = String::new();
    facts.encoding.write(&code, &mut written);
    let value = scheme.value(message, &code.into());
    let (before, after) = value.split_once(&written).unwrap_or(("", ""));
    (before.to_owned(), after.to_owned())
}

fn shell(text: &str) -> String {
    shell_quote(text.as_bytes()).unwrap_or_else(|| printed(text.as_bytes()))
}

/// A string literal of JSON, which JavaScript, Python and Go read alike.
fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

fn php(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::shell_words;

    #[test]
    fn quoted_bytes_are_read_back_exactly() {
        for bytes in [&b""[..], b"plain", b"it's", b"a b\nc\\", "é 'x' $HOME `id`".as_bytes()] {
            let quoted = shell_quote(bytes).expect("text");
            assert_eq!(shell_words(quoted.as_bytes()), Ok(vec![bytes.to_vec()]), "{quoted}");
        }
        for bytes in [&b"a\0b"[..], b"a\tb", b"a\rb", b"\xff", "a\u{85}b".as_bytes()] {
            assert_eq!(shell_quote(bytes), None);
        }
        assert_eq!(printed(b"%a\t'1\\\x011\n\n"), "\"$(printf '%%a\\t\\0471\\\\\\0011')\"'\n\n'");
    }

    #[test]
    fn curl_is_told_to_leave_a_url_as_it_is_only_where_it_would_not() {
        for (url, options) in [
            ("https://h/x?a=b", ""),
            ("https://h/.well-known/a..b?c=/../", ""),
            ("https://h/x?ids[]=1&a={b}", "-g "),
            ("https://h/a/../b", "--path-as-is "),
            ("https://h/a/%2E./{b}", "-g --path-as-is "),
        ] {
            assert!(curl::<&str, &str>("POST", url, &[], b"").starts_with(&format!("curl {options}-X POST ")), "{url}");
        }
    }

    #[test]
    fn a_body_that_no_argument_can_hold_goes_through_a_pipe() {
        let command = curl("POST", "https://h/x", &[("a", "b c")], b"\0\x01");
        assert_eq!(
            command,
            "base64 -d <<'BODY' | curl -X POST https://h/x \\\n  -H 'a: b c' \\\n  --data-binary @-\nAAE=\nBODY"
        );
    }
}

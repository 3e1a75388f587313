//! Shell commands as text to paste, for any POSIX shell.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// The longest body in bytes that is an argument; a longer one is written as base64, because shells limit arguments.
const LONGEST_ARGUMENT: usize = 96 * 1024;

/// Text that any POSIX shell reads as exactly these bytes, also when pasted.
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

/// A word built by `printf` with escapes, for bytes that [`shell_quote`] cannot write.
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
        // Always three octal digits, so that a following digit is not part of the escape.
        other => format!("\\{other:03o}"),
    };
    let newlines = bytes.iter().rev().take_while(|byte| **byte == b'\n').count();
    let (text, last) = bytes.split_at(bytes.len() - newlines);
    let after = if last.is_empty() { String::new() } else { format!("'{}'", "\n".repeat(newlines)) };
    format!("\"$(printf '{}')\"{after}", text.iter().map(|byte| escape(*byte)).collect::<String>())
}

/// The options that keep curl from changing or expanding the URL.
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

/// A curl command that sends exactly these headers and bytes, for any POSIX shell.
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

/// An event that is written as openssl and curl commands for `events reproduce`.
#[derive(Clone, Copy, Debug)]
pub struct OutgoingEvent<'a> {
    /// The URL to send it to.
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
pub fn reproduce(event: &OutgoingEvent<'_>, secret: &str) -> String {
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

/// A shell word that is read as exactly this text.
pub(super) fn shell(text: &str) -> String {
    shell_quote(text.as_bytes()).unwrap_or_else(|| printed(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_change_is_not_quoted() {
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

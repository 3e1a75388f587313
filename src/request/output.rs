//! The output of commands that only write: `echo`, `printf`, `cat` and `base64` of literal text.

use super::body;

/// The output of a command with these words, if it is known without running it. `document` is its standard input.
pub(super) fn written(words: &[&[u8]], document: Option<Vec<u8>>) -> Option<Vec<u8>> {
    let is_plain = |text: &[u8]| !text.contains(&b'\\');
    match (words, document) {
        ([b"base64", b"-d" | b"-D" | b"--decode"], Some(text)) => {
            std::str::from_utf8(&text).ok().and_then(body::base64)
        }
        ([b"cat"] | [b"cat", b"-"], Some(text)) => Some(text),
        ([b"printf", b"%s", text], None) => Some(text.to_vec()),
        ([b"printf", b"%s\\n", text], None) => Some([text, &b"\n"[..]].concat()),
        ([b"printf", text], None) if is_plain(text) && !text.contains(&b'%') => Some(text.to_vec()),
        ([b"echo", b"-n", text], None) if is_plain(text) => Some(text.to_vec()),
        ([b"echo", text], None) if is_plain(text) && !text.starts_with(b"-") => Some([text, &b"\n"[..]].concat()),
        _ => None,
    }
}

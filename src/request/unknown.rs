//! Describes a text in no known format, for the error.

use super::RequestError;

/// The first bytes of other kinds of files, and their names.
const KINDS: &[(&[u8], &str)] = &[
    (b"\xd4\xc3\xb2\xa1", "a capture of packets (pcap): save its stream with Wireshark's \"Follow TCP stream\" as raw"),
    (b"\xa1\xb2\xc3\xd4", "a capture of packets (pcap): save its stream with Wireshark's \"Follow TCP stream\" as raw"),
    (
        b"\x0a\x0d\x0d\x0a",
        "a capture of packets (pcapng): save its stream with Wireshark's \"Follow TCP stream\" as raw",
    ),
    (b"\x1f\x8b", "a gzip file: unpack it"),
    (b"PK\x03\x04", "a zip file: unpack it"),
    (b"%PDF", "a PDF file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"SQLite format 3\0", "a database of SQLite"),
    (b"<!doctype html", "a page of HTML"),
    (b"<html", "a page of HTML"),
    (b"<?xml", "XML, such as an export of Burp: save the request itself"),
    (b"<items", "an export of Burp: save the request itself"),
    (b"-----begin", "a key or a certificate"),
    (b"from ", "a mail"),
    (b"import ", "a program: take the request that it sends, not the program"),
    (b"require", "a program: take the request that it sends, not the program"),
    (b"const ", "a program: take the request that it sends, not the program"),
    (b"type: collection.insomnia", "an export of Insomnia in YAML: export it as HAR, or copy the request as curl"),
    (b"meta {", "a file of Bruno: generate a curl command from it"),
    (b"#include", "a program: take the request that it sends, not the program"),
];

/// The error of a text in no known format.
pub(super) fn error(text: &[u8]) -> RequestError {
    RequestError::Unknown(looks_like(text))
}

fn looks_like(text: &[u8]) -> String {
    let start = text[..text.len().min(64)].to_ascii_lowercase();
    let is_same = |kind: &[u8]| start.starts_with(&kind.to_ascii_lowercase());
    if text.trim_ascii().is_empty() {
        return "it is empty".to_owned();
    }
    if let Some((_, kind)) = KINDS.iter().find(|(begin, _)| is_same(begin)) {
        return format!("it looks like {kind}");
    }
    let printable = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
    if !text.iter().take(1024).all(printable) {
        return "it looks like binary data, and not like a request".to_owned();
    }
    let first: String = String::from_utf8_lossy(text.split(|byte| *byte == b'\n').next().unwrap_or_default())
        .chars()
        .take(60)
        .collect();
    if first.contains('=') && first.contains('&') && !first.contains(' ') {
        return "it looks like the body of a form alone".to_owned();
    }
    format!("its format is unknown; it begins with `{}`", first.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is_is_told_by_how_it_begins() {
        for (text, part) in [
            (&b"\xd4\xc3\xb2\xa1\x02"[..], "pcap"),
            (b"<!DOCTYPE html><html>", "HTML"),
            (b"", "empty"),
            (b"a=b&c=d", "form"),
            (b"\x00\x01\x02", "binary"),
            (b"Lorem ipsum\ndolor", "it begins with `Lorem ipsum`"),
        ] {
            let said = error(text).to_string();
            assert!(said.contains(part), "{said}");
        }
    }
}

//! Reads debug output of clients: curl's `-v`, `--trace-ascii` and `--trace`, and Python's `http.client`.

use super::{Captured, Note, ReadResult, RequestError, raw};
use super::{hex, literal};
use crate::request::wrapping::without_last_break;

/// The prefixes of lines of `curl -v`.
const MARKS: &[&[u8]] = &[b"* ", b"< ", b"{ [", b"} ["];
/// The prefixes of the parts of a trace with sent data.
const SENT: &[&[u8]] = &[b"=> Send header", b"=> Send data"];
/// The prefixes of other parts.
const OTHER: &[&[u8]] = &[b"<= Recv", b"== Info", b"=> Send SSL"];

/// Whether a text begins like output of `curl -v`.
pub(super) fn begins_verbose(text: &[u8]) -> bool {
    (text.starts_with(b"* ") || text.starts_with(b"> "))
        && lines(text).take(200).any(|line| line.starts_with(b"> ") && raw::begins(&line[2..]))
}

/// Whether a text begins like output of `curl --trace` or `--trace-ascii`.
pub(super) fn begins_trace(text: &[u8]) -> bool {
    let first = without_time(lines(text).next().unwrap_or_default());
    SENT.iter().chain(OTHER).any(|mark| first.starts_with(mark))
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

/// A line without the time of `--trace-time`.
fn without_time(line: &[u8]) -> &[u8] {
    match line {
        [h, _, b':', _, _, b':', _, _, b'.', rest @ ..] if h.is_ascii_digit() => rest
            .trim_ascii_start()
            .iter()
            .position(|byte| *byte == b' ')
            .map_or(line, |at| &rest.trim_ascii_start()[at + 1..]),
        _ => line,
    }
}

/// Reads the requests in output of `curl -v`: heads are marked with `> `, and bodies are only there if somebody added them.
pub(super) fn read_verbose(text: &[u8]) -> ReadResult {
    let is_told = |line: &[u8]| MARKS.iter().any(|mark| line.starts_with(mark));
    let mut heads: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let mut is_open = false;
    for line in lines(text) {
        if let Some(marked) = line.strip_prefix(b">") {
            let marked = marked.strip_prefix(b" ").unwrap_or(marked);
            if raw::begins(marked) {
                heads.push(Default::default());
                is_open = true;
            }
            if let Some((head, _)) = heads.last_mut().filter(|_| is_open) {
                head.extend_from_slice(marked);
            }
            is_open &= !marked.trim_ascii().is_empty();
        } else if let Some((_, body)) = heads.last_mut().filter(|_| !is_told(line)) {
            body.extend_from_slice(line);
        }
    }
    let read = |(head, body): &(Vec<u8>, Vec<u8>)| of_head_and_rest(head, body);
    if heads.is_empty() { Err(RequestError::NoBlankLine) } else { Ok(heads.iter().map(read).collect()) }
}

/// A request from its head and the other lines, which may be its body or that of the response: the length decides.
fn of_head_and_rest(head: &[u8], rest: &[u8]) -> Result<Captured, RequestError> {
    let only_head = raw::read_one(head)?;
    let said = only_head.length_said().unwrap_or(0);
    let rest_length = without_last_break(rest).len();
    let mut captured =
        if said > 0 && (said <= rest.len() && said >= rest_length || rest_length > 0 && begins_behind(rest)) {
            raw::read_one(&[head, rest].concat())?
        } else {
            only_head
        };
    if captured.request.body.is_empty() && said > 0 {
        captured.notes.push(Note::BodyMissing);
    }
    Ok(captured.named("output of curl -v"))
}

/// Whether the text after a head is JSON or a form.
fn begins_behind(rest: &[u8]) -> bool {
    matches!(rest.trim_ascii_start().first(), Some(b'{' | b'[')) || rest.contains(&b'=')
}

/// Reads the requests of a trace.
pub(super) fn read_trace(text: &[u8]) -> ReadResult {
    let mut sent = Vec::new();
    let mut dots = 0;
    let mut part: Vec<&[u8]> = Vec::new();
    let mut size = None;
    for line in lines(text).map(without_time) {
        if SENT.iter().chain(OTHER).any(|mark| line.starts_with(mark)) {
            dots += add_part(&part, size, &mut sent);
            part.clear();
            size = SENT.iter().any(|mark| line.starts_with(mark)).then(|| size_of(line)).flatten();
        } else if size.is_some() {
            part.push(line);
        }
    }
    dots += add_part(&part, size, &mut sent);
    let mut all = raw::read(&sent)?;
    for captured in all.iter_mut().flatten() {
        captured.format = "trace of curl".to_owned();
        captured.notes.extend((dots > 0).then_some(Note::DotsForBytes));
    }
    Ok(all)
}

/// The prefix of lines of Python's `http.client` with sent data.
const PYTHON: &[u8] = b"send: b";

/// Whether a text begins like debug output of Python's `http.client`.
pub(super) fn begins_python(text: &[u8]) -> bool {
    text.starts_with(PYTHON)
}

/// Reads the requests in debug output of Python's `http.client`.
pub(super) fn read_python(text: &[u8]) -> ReadResult {
    let mut sent = Vec::new();
    for line in lines(text).filter(|line| line.starts_with(PYTHON)) {
        let shown = String::from_utf8_lossy(&line[PYTHON.len() - 1..]);
        sent.extend(
            literal::bytes(&shown).ok_or(RequestError::Call("its bytes are not written as Python writes them"))?,
        );
    }
    let mut all = raw::read(&sent)?;
    all.iter_mut().flatten().for_each(|one| one.format = "output of Python's http.client".to_owned());
    Ok(all)
}

/// `=> Send header, 150 bytes (0x96)`
fn size_of(line: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(line).ok()?;
    text.split_once(", ")?.1.split(' ').next()?.parse().ok()
}

/// Adds the data of one part, and returns how many of its bytes were printed as dots.
fn add_part(lines: &[&[u8]], size: Option<usize>, sent: &mut Vec<u8>) -> usize {
    let Some(size) = size else { return 0 };
    if let Some(bytes) = hex::trace_bytes(lines) {
        sent.extend(bytes);
        return 0;
    }
    // `--trace-ascii` omits line ends: if the next offset is two bytes further than the line is long, there was one.
    let parts: Vec<(usize, &[u8])> = lines.iter().filter_map(|line| offset_and_text(line)).collect();
    for (at, (offset, text)) in parts.iter().enumerate() {
        sent.extend_from_slice(text);
        let next = parts.get(at + 1).map_or(size, |(next, _)| *next);
        let is_header = parts.first().is_some_and(|(_, first)| raw::begins(first));
        // The last line of a head always has a line end.
        if next.checked_sub(offset + text.len()) == Some(2) || (at + 1 == parts.len() && is_header) {
            sent.extend_from_slice(b"\r\n");
        }
    }
    if parts.first().is_some_and(|(_, first)| raw::begins(first)) && !sent.ends_with(b"\r\n\r\n") {
        sent.extend_from_slice(b"\r\n");
    }
    parts.iter().map(|(_, text)| text.iter().filter(|byte| **byte == b'.').count()).sum()
}

/// `002e: X-Webhook-Signature: …`
fn offset_and_text(line: &[u8]) -> Option<(usize, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':').filter(|colon| (4..=8).contains(colon))?;
    let offset = usize::from_str_radix(std::str::from_utf8(&line[..colon]).ok()?, 16).ok()?;
    let text = without_last_break(&line[colon + 1..]);
    Some((offset, text.strip_prefix(b" ").unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(all: ReadResult) -> Captured {
        let mut all = all.expect("requests");
        assert_eq!(all.len(), 1);
        all.remove(0).expect("a request")
    }

    #[test]
    fn a_head_of_curl_v_is_read_and_a_body_that_is_not_there_is_missed() {
        let head = "* Connected to h\n> POST /x HTTP/1.1\n> Host: h\n> Content-Length: 2\n> \n";
        for (after, body) in [
            ("{}", "{}"),
            ("* upload sent\n{}\n< HTTP/1.1 200 OK\n", "{}"),
            ("* upload sent\n< HTTP/1.1 200 OK\n", ""),
            ("} [2 bytes data]\n", ""),
            ("< HTTP/1.1 401 Unauthorized\n< \n* Connection left intact\nunauthorized", ""),
        ] {
            let text = format!("{head}{after}");
            assert!(begins_verbose(text.as_bytes()));
            let captured = one(read_verbose(text.as_bytes()));
            assert_eq!(
                (captured.request.url.as_deref(), &captured.request.body[..]),
                (Some("https://h/x"), body.as_bytes())
            );
            assert_eq!(captured.notes.contains(&Note::BodyMissing), body.is_empty(), "{after}");
        }
    }

    #[test]
    fn what_python_tells_is_read_as_the_bytes_that_it_sent() {
        let text = "send: b'POST /x HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 4\\r\\n\\r\\n'\nsend: b\"{'\\xff}\"\nreply: 'HTTP/1.1 200 OK\\r\\n'\n";
        assert!(begins_python(text.as_bytes()));
        assert_eq!(&one(read_python(text.as_bytes())).request.body[..], b"{'\xff}");
    }

    #[test]
    fn a_trace_is_read_by_its_offsets() {
        let ascii = "== Info: Connected\n=> Send header, 45 bytes (0x2d)\n0000: POST /x HTTP/1.1\n0012: Host: h\n001b: Content-Length: 6\n002e: \n\
                     => Send data, 6 bytes (0x6)\n0000: {}\n0004: {}\n<= Recv header, 17 bytes (0x11)\n0000: HTTP/1.1 200 OK\n";
        let captured = one(read_trace(ascii.as_bytes()));
        assert_eq!(&captured.request.body[..], b"{}\r\n{}");
        let timed = "10:00:00.123456 == Info: Connected\n10:00:00.123456 => Send header, 27 bytes (0x1b)\n\
                     0000: 50 4f 53 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d POST / HTTP/1.1.\n0010: 0a 41 3a 20 62 0d 0a 0d 0a                      .A: b....\n\
                     10:00:00.2 => Send data, 2 bytes (0x2)\n0000: 7b 7d                                           {}\n";
        assert!(begins_trace(timed.as_bytes()));
        let captured = one(read_trace(timed.as_bytes()));
        assert_eq!(
            (&captured.request.headers["a"], &captured.request.body[..]),
            (&"b".parse().expect("text"), &b"{}"[..])
        );
    }
}

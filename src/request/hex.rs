//! Reads hex dumps of `xxd`, `hexdump -C`, Wireshark and tcpdump.

/// The most bytes of one line.
const LONGEST_LINE: usize = 32;

/// A line of a hex dump.
#[derive(Debug, PartialEq, Eq)]
struct DumpLine {
    /// Whether it is indented: Wireshark indents what the other side sent.
    is_indented: bool,
    offset: usize,
    bytes: Vec<u8>,
}

/// Whether a text begins like a dump.
pub(super) fn begins(text: &[u8]) -> bool {
    let mut lines = lines(text).filter(|line| !line.trim_ascii().is_empty());
    lines.next().and_then(line).is_some_and(|first| first.offset == 0 && !first.bytes.is_empty())
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// The bytes of the dumps in a text: each starts at offset 0, or continues the last one. Indented lines, which Wireshark uses
/// for the other side, are separate dumps.
pub(super) fn dumps(text: &[u8]) -> Vec<Vec<u8>> {
    let mut sides: [Vec<Vec<u8>>; 2] = Default::default();
    let mut last: Option<(usize, Vec<u8>)> = None;
    let mut is_repeated = false;
    // A star stands for any number of lines.
    let mut repeated = 0;
    for text in lines(text) {
        // `hexdump` writes a star for lines like the one before.
        if text == b"*" {
            is_repeated = true;
            continue;
        }
        let Some(DumpLine { is_indented, offset, bytes }) = line(text) else { continue };
        let side = &mut sides[usize::from(is_indented)];
        if offset == 0 {
            side.push(Vec::new());
        }
        let Some(dump) = side.last_mut() else { continue };
        if let Some((_, row)) = last.as_ref().filter(|_| is_repeated) {
            while dump.len() + row.len() <= offset && !row.is_empty() && repeated < super::MOST_BYTES {
                dump.extend_from_slice(row);
                repeated += row.len();
            }
        }
        is_repeated = false;
        // The column of characters may look like bytes; the next offset shows how many bytes there were.
        if let Some((start, _)) = last.as_ref().filter(|(start, _)| *start < offset && offset - start <= LONGEST_LINE) {
            dump.truncate(dump.len().min(offset.max(*start)));
        }
        if dump.len() == offset {
            dump.extend_from_slice(&bytes);
        }
        last = Some((offset, bytes));
    }
    let [first, second] = sides;
    first.into_iter().chain(second).filter(|dump| !dump.is_empty()).collect()
}

/// The bytes of the lines of `curl --trace`; `None` for those of `--trace-ascii`.
pub(super) fn trace_bytes(lines: &[&[u8]]) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    for text in lines.iter().filter(|line| !line.trim_ascii().is_empty()) {
        let text = super::wrapping::without_last_break(text);
        // The column of characters begins where sixteen bytes end.
        let (offset, rest) = offset(text)?;
        let column = rest.get(..TRACE_COLUMN).unwrap_or(rest);
        let bytes = pairs(column, 16);
        if offset != all.len() || bytes.is_empty() {
            return None;
        }
        all.extend(bytes);
    }
    (!all.is_empty()).then_some(all)
}

/// The width of sixteen bytes in `curl --trace`, with the space before them.
const TRACE_COLUMN: usize = 49;

/// The offset at the start of a line, and what follows it.
fn offset(line: &[u8]) -> Option<(usize, &[u8])> {
    let line = line.strip_prefix(b"0x").unwrap_or(line);
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let offset = usize::from_str_radix(std::str::from_utf8(&line[..digits]).ok()?, 16).ok()?;
    let rest = &line[digits..];
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    ((4..=8).contains(&digits) && (rest.is_empty() || rest.starts_with(b" ") || rest.starts_with(b"\t")))
        .then_some((offset, rest))
}

fn line(text: &[u8]) -> Option<DumpLine> {
    let content = text.trim_ascii_start();
    let (offset, rest) = offset(content)?;
    let rest = rest.trim_ascii_start();
    // Two spaces precede the column of characters, and may also be in the middle of the bytes.
    let bytes = pairs(column(rest), LONGEST_LINE);
    Some(DumpLine { is_indented: text.starts_with(b"    "), offset, bytes })
}

/// The column of bytes: up to `|`, or up to two spaces that no byte follows.
fn column(rest: &[u8]) -> &[u8] {
    let bar = rest.windows(2).position(|two| matches!(two, b" |" | b" >")).unwrap_or(rest.len());
    let rest = &rest[..bar];
    let mut end = 0;
    let mut is_halved = false;
    while let Some(gap) = rest[end..].windows(2).position(|two| two == b"  ").map(|at| end + at) {
        let after = rest[gap..].iter().position(|byte| *byte != b' ').map_or(rest.len(), |at| gap + at);
        let eight = pairs(&rest[..gap], LONGEST_LINE).len() == 8;
        let goes_on = eight && !is_halved && after == gap + 2 && is_pairs(&rest[after..]);
        if !goes_on {
            return &rest[..gap];
        }
        is_halved = true;
        end = after;
    }
    rest
}

/// Whether a text begins with a single pair of hex digits.
fn is_pairs(text: &[u8]) -> bool {
    matches!(text, [a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
        || matches!(text, [a, b, b' ', ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

/// The bytes of words of hex digits, up to the first other word.
fn pairs(column: &[u8], most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in column.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty()) {
        match hex::decode(word) {
            Ok(more) if word.len() <= 8 && bytes.len() + more.len() <= most => bytes.extend(more),
            _ => break,
        }
    }
    bytes
}

/// A whole text of hex digits, as `xxd -p` and "copy as hex stream" give them, perhaps with `0x`, `\x`, colons, commas or spaces.
pub(super) fn plain(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let digits: String = text
        .replace("0x", "")
        .replace("\\x", "")
        .split(|c: char| c.is_ascii_whitespace() || ":,-".contains(c))
        .collect();
    if digits.len() < 32 { None } else { hex::decode(digits).ok() }
}

/// The start of Wireshark's C arrays with the data of a connection's initiator.
const SENDERS_ARRAY: &str = "char peer0_";

/// Whether a text begins with such an array.
pub(super) fn begins_arrays(text: &[u8]) -> bool {
    text.starts_with(SENDERS_ARRAY.as_bytes()) || text.starts_with(b"/* Packet")
}

/// The bytes of all such arrays: `char peer0_0[] = { /* Packet 4 */ 0x50, 0x4f };`
pub(super) fn arrays(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let inner = |array: &str| Some(array.split_once('{')?.1.split_once('}')?.0.to_owned());
    let arrays: Vec<String> = text.split(SENDERS_ARRAY).skip(1).filter_map(inner).collect();
    let bytes = arrays.iter().flat_map(|array| array.split([',', ' ', '\n', '\r', '\t']));
    bytes.filter_map(|token| u8::from_str_radix(token.strip_prefix("0x")?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: &[u8] = b"POST / HTTP/1.1\r\nA: b c d e f\r\n\r\nab";

    fn read(text: &str) -> Vec<Vec<u8>> {
        assert!(begins(text.as_bytes()), "{text}");
        dumps(text.as_bytes())
    }

    #[test]
    fn dumps_of_every_program_give_their_bytes() {
        let canonical = "00000000  50 4f 53 54 20 2f 20 48  54 54 50 2f 31 2e 31 0d  |POST / HTTP/1.1.|\n\
                         00000010  0a 41 3a 20 62 20 63 20  64 20 65 20 66 0d 0a 0d  |.A: b c d e f...|\n\
                         00000020  0a 61 62                                          |.ab|\n00000023\n";
        let xxd = "00000000: 504f 5354 202f 2048 5454 502f 312e 310d  POST / HTTP/1.1.\n\
                   00000010: 0a41 3a20 6220 6320 6420 6520 660d 0a0d  .A: b c d e f...\n\
                   00000020: 0a61 62                                  .ab\n";
        let wireshark = "0000   50 4f 53 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d   POST / HTTP/1.1.\n\
                         0010   0a 41 3a 20 62 20 63 20 64 20 65 20 66 0d 0a 0d   .A: b c d e f...\n0020   0a 61 62   .ab\n";
        let od = "000000 50 4f 53 54 20 2f 20 48 54 54 50 2f 31 2e 31 0d  >POST / HTTP/1.1.<\n\
                  000010 0a 41 3a 20 62 20 63 20 64 20 65 20 66 0d 0a 0d  >.A: b c d e f...<\n000020 0a 61 62  >.ab<\n000023\n";
        for text in [canonical, xxd, wireshark, od] {
            assert_eq!(read(text), [BYTES.to_vec()], "{text}");
        }
    }

    #[test]
    fn what_the_other_side_sent_stands_apart_and_repeated_lines_are_filled_in() {
        let stream = "00000000  61 62 63 64                                       abcd\n    00000000  78 79                                             xy\n\
                      00000004  65 66                                             ef\n";
        assert_eq!(read(stream), [b"abcdef".to_vec(), b"xy".to_vec()]);
        let starred = "00000000  20 20 20 20 20 20 20 20  20 20 20 20 20 20 20 20  |                |\n*\n00000030  61  |a|\n00000031\n";
        assert_eq!(read(starred), [[&[b' '; 48][..], b"a"].concat()]);
    }

    #[test]
    fn characters_that_look_like_bytes_are_none() {
        let text = "00000000  61 62 20 63                                       ab c\n00000004  31 32                                             12\n";
        assert_eq!(read(text), [b"ab c12".to_vec()]);
    }

    #[test]
    fn a_stream_of_digits_is_read_whole() {
        assert_eq!(plain(hex::encode(BYTES).as_bytes()).as_deref(), Some(BYTES));
        assert_eq!(plain(b"0x50, 0x4f"), None);
        assert_eq!(plain("zz".repeat(40).as_bytes()), None);
    }
}

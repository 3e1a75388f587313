//! The command-line programs that send requests.

/// A command-line program that sends requests, such as curl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Program {
    Curl,
    Wget,
    Httpie,
    Xh,
}

impl Program {
    /// The program that a word names, by path or name.
    pub(super) fn of(word: &[u8]) -> Option<Self> {
        let name = word.rsplit(|byte| matches!(byte, b'/' | b'\\')).find(|part| !part.is_empty())?;
        match name.strip_suffix(b".exe").unwrap_or(name) {
            b"curl" => Some(Self::Curl),
            b"wget" => Some(Self::Wget),
            b"http" | b"https" => Some(Self::Httpie),
            b"xh" | b"xhs" => Some(Self::Xh),
            _ => None,
        }
    }
}

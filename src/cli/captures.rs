//! Captured requests in files: `listen --save` writes them; `verify`, `replay --from` and `secret rotate-plan` read them.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::exit::{CliError, Exit};
use super::request_file;
use super::values;
use crate::clock::Timestamp;
use crate::request;
use crate::signature::Received;
use crate::untrusted::Untrusted;

/// The extension of a captured request's file.
const ENDING: &str = "http";
/// The most files that are read from one folder.
const MOST_FILES: usize = 100_000;

/// A captured request that was read from a file, and the file's name.
#[derive(Debug)]
pub(super) struct Capture {
    /// Its file.
    pub(super) path: PathBuf,
    /// When it arrived, taken from the name of its file.
    pub(super) at: Option<Timestamp>,
    /// The address of its sender, taken from the name of its file.
    pub(super) peer: Option<String>,
    /// The request.
    pub(super) request: Received,
}

impl Capture {
    /// Its sender: the `User-Agent` and the address.
    pub(super) fn sender(&self) -> String {
        let agent = self.request.headers.get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or("unnamed");
        match &self.peer {
            Some(peer) => format!("{agent} from {peer}"),
            None => agent.to_owned(),
        }
    }
}

/// The requests of a file, or of every capture in a folder, oldest first.
pub(super) fn read(context: &Context, path: &Path) -> Result<Vec<Capture>, CliError> {
    if !path.is_dir() {
        return read_file(context, path);
    }
    let entries = std::fs::read_dir(path).map_err(|e| values::unreadable(&path.display().to_string(), &e))?;
    let mut files: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == ENDING));
    files.sort();
    if files.is_empty() {
        return Err(Exit::NoInput
            .error(format!("{} holds no captured request", super::values::shown_path(path)))
            .hint("capture some with `syncctl listen --save DIR`"));
    }
    if files.len() > MOST_FILES {
        return Err(Exit::Data.error(format!("more than {MOST_FILES} requests in {}", super::values::shown_path(path))));
    }
    let mut all = Vec::new();
    for file in files {
        all.extend(read_file(context, &file)?);
    }
    Ok(all)
}

fn read_file(context: &Context, path: &Path) -> Result<Vec<Capture>, CliError> {
    let name = path.display().to_string();
    let requests = request_file::readable(context, &name)?;
    // A request that is sent again or verified must be complete, and the only one in its file.
    if let Some(captured) = requests.iter().find(|captured| captured.misses_body()) {
        return Err(request_file::without_body(&name, &captured.format));
    }
    let requests: Vec<Received> = requests.into_iter().map(|captured| captured.request).collect();
    if let Some((said, given)) = requests.iter().find_map(Received::length_differs) {
        return Err(Exit::Data
            .error(format!("{} does not hold the request as it was sent", Untrusted(&name)))
            .cause(format!("content-length says {said} bytes and the body has {given}"))
            .hint("inspect it with `syncctl verify --request FILE --explain`"));
    }
    let (at, peer) = path.file_stem().and_then(|stem| stem.to_str()).map(parse_file_name).unwrap_or_default();
    let capture = |request| Capture { path: path.to_owned(), at, peer: peer.clone(), request };
    Ok(requests.into_iter().map(capture).collect())
}

/// `1706702400123-0001-127.0.0.1`: milliseconds, a number, the sender's address.
fn parse_file_name(stem: &str) -> (Option<Timestamp>, Option<String>) {
    let mut parts = stem.splitn(3, '-');
    let at = parts.next().and_then(|millis| millis.parse().ok()).map(Timestamp::from_millis);
    let peer = parts.nth(1).map(|peer| peer.replace('_', ":"));
    if at.is_some() { (at, peer) } else { (None, None) }
}

/// Saves a request in `folder`, readable by its owner only, and returns its file. Nothing is ever overwritten.
pub(super) fn save(
    folder: &Path,
    number: u64,
    at: Timestamp,
    peer: &str,
    request: &Received,
) -> std::io::Result<PathBuf> {
    let path = folder.join(format!("{}-{number:06}-{}.{ENDING}", at.as_millis(), peer.replace(':', "_")));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(&request::to_raw(request))?;
    Ok(path)
}

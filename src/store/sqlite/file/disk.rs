//! The disk below the file.

use std::io::{ErrorKind, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::Access;
use rustix::io::Errno;

use crate::store::{Storage, Volume, WriteObstacle};

/// What is written to see whether anything still fits: more than a short transaction needs.
static PROBE: [u8; 64 * 1024] = [0; 64 * 1024];

pub(crate) fn storage(database: &Path, wal: &Path) -> Storage {
    let error = database.parent().and_then(probe);
    Storage {
        full: matches!(error, Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded)),
        read_only: error == Some(ErrorKind::ReadOnlyFilesystem),
        // Asked of the system, not opened: closing it would drop SQLite's locks.
        wal_bytes: std::fs::metadata(wal).map_or(0, |wal| wal.len()),
    }
}

/// Why a file without a name cannot be written there. Who may not write there at all cannot tell more.
fn probe(directory: &Path) -> Option<ErrorKind> {
    let tried = tempfile::tempfile_in(directory).and_then(|mut file| file.write_all(&PROBE));
    tried.err().map(|error| error.kind())
}

/// See [`write_obstacle`](crate::store::write_obstacle).
pub(crate) fn write_obstacle(database: &Path) -> Option<WriteObstacle> {
    // A directory that is not there yet is made in the first one that is.
    let directory = database.ancestors().skip(1).find(|it| it.exists());
    let existing = [Some(database).filter(|file| file.exists()), directory];
    existing.into_iter().flatten().find_map(|path| match rustix::fs::access(path, Access::WRITE_OK) {
        Err(Errno::ROFS) => Some(WriteObstacle::ReadOnlyFileSystem),
        Err(Errno::ACCESS | Errno::PERM) => Some(WriteObstacle::Permission(path.to_owned())),
        _ => None,
    })
}

/// See [`volume`](crate::store::volume).
pub(crate) fn volume(path: &Path) -> Volume {
    let path = path.ancestors().find_map(|it| it.canonicalize().ok()).unwrap_or_else(|| path.to_owned());
    let mounts = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
    Volume { kind: kind_of(&mounts, &path), free_bytes: free_bytes(&path) }
}

/// The kind of the file system mounted at the longest part of `path`; of two at the same place, the later one hides the other.
fn kind_of(mounts: &[u8], path: &Path) -> Option<String> {
    let mount = |line: &[u8]| {
        // `36 35 98:0 /root /mount/point rw,noatime master:1 - ext4 /dev/sda1 rw`: proc_pid_mountinfo(5).
        let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
        let dash = words.iter().position(|word| *word == b"-")?;
        let point = plain(words.get(4)?);
        let kind = String::from_utf8_lossy(words.get(dash + 1)?).into_owned();
        path.starts_with(Path::new(std::ffi::OsStr::from_bytes(&point))).then_some((point.len(), kind))
    };
    let mounts = mounts.split(|byte| *byte == b'\n').filter_map(mount);
    mounts.max_by_key(|(length, _)| *length).map(|(_, kind)| kind)
}

/// A path of the mount table, in which white space and backslashes stand as three octal digits.
fn plain(escaped: &[u8]) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), escaped);
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..3).and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 8).ok()).filter(|_| *first == b'\\') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

/// What a process without privileges may still write there.
fn free_bytes(path: &Path) -> Option<u64> {
    let volume = rustix::fs::statvfs(path).ok()?;
    Some(volume.f_bavail.saturating_mul(volume.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_system_is_that_of_the_longest_mount_above_the_path() {
        let mounts = b"1 0 0:1 / / rw - ext4 /dev/a rw\n2 1 0:2 / /srv rw,noatime shared:1 master:2 - nfs4 h:/x rw\n\
            3 1 0:3 / /srv/a\\040b rw - tmpfs none rw\n4 2 0:4 / /srv/over rw - xfs /dev/b rw\n\
            5 4 0:5 / /srv/over rw - overlay none rw\n";
        let kind = |path: &str| kind_of(mounts, Path::new(path));
        assert_eq!(kind("/home/q.db").as_deref(), Some("ext4"));
        assert_eq!(kind("/srv/q.db").as_deref(), Some("nfs4"));
        assert_eq!(kind("/srvx/q.db").as_deref(), Some("ext4"), "a part of a name is no directory");
        assert_eq!(kind("/srv/a b/q.db").as_deref(), Some("tmpfs"));
        assert_eq!(kind("/srv/over/q.db").as_deref(), Some("overlay"));
        assert_eq!(kind_of(b"", Path::new("/q.db")), None);
    }
}

//! Which process keeps others from writing, as far as the system shows.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::store::LockHolder;

/// The byte of the `-shm` file whose lock is the right to write: <https://www.sqlite.org/walformat.html>, section 2.3.1.
const WRITE_LOCK: u64 = 120;

/// A file as `/proc/locks` names it: major and minor number of its device, and its inode.
type FileId = (u64, u64, u64);

/// The process that holds the write lock, unless that is this one or it has ended.
pub(crate) fn holder(database: &Path) -> Option<LockHolder> {
    let mut memory = database.as_os_str().to_owned();
    memory.push("-shm");
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let pid = writer(&locks, named(database)?, named(Path::new(&memory)))?;
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    (pid != std::process::id()).then(|| LockHolder { pid, name: name.trim_end().to_owned() })
}

/// A process that has the database open, whatever for, unless that is this one.
pub(crate) fn user(database: &Path) -> Option<u32> {
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let file = named(database)?;
    locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "POSIX", _, _, pid, locked, ..] = words[..] else { return None };
        let pid = pid.parse().ok().filter(|pid| *pid != std::process::id())?;
        (parsed(locked)? == file).then_some(pid)
    })
}

fn named(path: &Path) -> Option<FileId> {
    let metadata = std::fs::metadata(path).ok()?;
    let device = metadata.dev();
    // As the kernel's `MAJOR` and `MINOR` are packed by the C library.
    let major = ((device >> 8) & 0xfff) | ((device >> 32) & !0xfff);
    let minor = (device & 0xff) | ((device >> 12) & !0xff);
    Some((major, minor, metadata.ino()))
}

/// The owner of a lock that keeps others from writing: any write lock on the file itself, or the one of the log's index.
fn writer(locks: &str, database: FileId, memory: Option<FileId>) -> Option<u32> {
    locks.lines().find_map(|line| {
        // `1: POSIX  ADVISORY  WRITE 18704 fe:00:10748051 120 120`, and `1: -> …` for who waits.
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "POSIX", _, "WRITE", pid, file, from, to] = words[..] else { return None };
        let file = parsed(file)?;
        let covers = from.parse().is_ok_and(|from: u64| from <= WRITE_LOCK)
            && (to == "EOF" || to.parse().is_ok_and(|to: u64| to >= WRITE_LOCK));
        let matters = file == database || (Some(file) == memory && covers);
        matters.then(|| pid.parse().ok().filter(|pid| *pid > 0))?
    })
}

fn parsed(file: &str) -> Option<FileId> {
    let mut parts = file.split(':');
    let mut number = |base| u64::from_str_radix(parts.next()?, base).ok();
    Some((number(16)?, number(16)?, number(10)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATABASE: FileId = (0xfe, 1, 70);
    const MEMORY: Option<FileId> = Some((0xfe, 1, 71));

    #[test]
    fn the_writer_is_found_among_readers_waiters_and_strangers() {
        let others = "1: FLOCK  ADVISORY  WRITE 9 fe:01:71 0 EOF\n\
                      2: POSIX  ADVISORY  READ 8 fe:01:71 120 120\n\
                      3: POSIX  ADVISORY  WRITE 7 fe:01:71 124 124\n\
                      3: -> POSIX  ADVISORY  WRITE 6 fe:01:71 120 120\n\
                      4: POSIX  ADVISORY  WRITE 5 fd:01:71 120 120\n\
                      5: POSIX  ADVISORY  READ 4 fe:01:70 1073741826 1073742335\n";
        assert_eq!(writer(others, DATABASE, MEMORY), None);
        for holds in ["fe:01:71 120 120", "fe:01:71 0 EOF", "fe:01:70 1073741824 1073742335"] {
            let locks = format!("{others}6: POSIX  ADVISORY  WRITE 42 {holds}\n");
            assert_eq!(writer(&locks, DATABASE, MEMORY), Some(42), "{holds}");
        }
        assert_eq!(
            writer("7: POSIX  ADVISORY  WRITE 0 fe:01:71 120 120\n", DATABASE, MEMORY),
            None,
            "of another container"
        );
    }
}

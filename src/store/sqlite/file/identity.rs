//! Which file is open: writes to a file that was moved away would be lost.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::store::sqlite::error;
use crate::store::{Result, StoreError};

/// Which file was opened, by device and inode: shows when another one was put in its place.
#[derive(Clone, Debug)]
pub(crate) struct FileIdentity {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl FileIdentity {
    pub(crate) fn of(path: &Path) -> Result<Self> {
        let found = path.metadata().map_err(|e| error::io(&e))?;
        Ok(Self { path: path.to_owned(), device: found.dev(), inode: found.ino() })
    }

    /// Fails while another file or none is where the opened one was; once it is back, all is well.
    pub(crate) fn check(&self) -> Result<()> {
        let found = self.path.metadata();
        if found.is_ok_and(|found| (found.dev(), found.ino()) == (self.device, self.inode)) {
            return Ok(());
        }
        Err(StoreError::Io(
            "the open file was moved or replaced: put it back, or start again with the new one".to_owned(),
        ))
    }
}

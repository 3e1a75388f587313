//! A small disk for one place: a file system in memory that really fills up, in a mount namespace of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::place::{Place, Ran};
use super::tools::{has_tools, may};

/// The place's `state` directory, on a disk of its own. It is gone when this value is.
pub struct SmallDisk {
    holder: Child,
    directory: PathBuf,
}

impl SmallDisk {
    /// Mounts it, where that is allowed; says so where not.
    pub fn under(place: &Place, kib: u32) -> Option<Self> {
        if !has_tools(&["unshare", "nsenter"]) {
            return None;
        }
        let directory = place.path("state");
        std::fs::create_dir_all(&directory).unwrap();
        let script = format!("mount -t tmpfs -o size={kib}k tmpfs \"$0\" && echo ready && exec sleep 600");
        let mut command = Command::new("unshare");
        command.args(["-rm", "sh", "-c", &script]).arg(&directory);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut holder = command.spawn().unwrap();
        let mut said = String::new();
        let _ = BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said);
        let disk = Self { holder, directory };
        may("mounting a file system", || said == "ready\n").then_some(disk)
    }

    /// A command of the place that sees this disk.
    pub fn command(&self, place: &Place, args: &[&str]) -> Command {
        let pid = self.holder.id().to_string();
        let enter = ["--preserve-credentials", "-U", "-m", "-t", &pid, "--", env!("CARGO_BIN_EXE_syncctl")];
        place.prepare(Command::new("nsenter"), &[&enter[..], args].concat())
    }

    pub fn run(&self, place: &Place, args: &[&str]) -> Ran {
        Ran::of(&self.command(place, args).output().unwrap())
    }

    /// Writes until nothing more fits.
    pub fn fill(&self) {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(self.seen("filler")).unwrap();
        for size in [4_096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Gives all of it back.
    pub fn free(&self) {
        std::fs::remove_file(self.seen("filler")).unwrap();
    }

    /// Mounts it again in another way: `ro` or `rw`.
    pub fn remount(&self, way: &str) {
        let pid = self.holder.id().to_string();
        let enter = ["--preserve-credentials", "-U", "-m", "-t", &pid, "--", "mount", "-o"];
        let mut command = Command::new("nsenter");
        command.args(enter).arg(format!("remount,{way}")).arg(&self.directory);
        assert!(command.status().unwrap().success());
    }

    /// A file of the disk, as it is seen from here.
    pub fn seen(&self, name: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(self.directory.strip_prefix("/").unwrap()).join(name)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

//! What several test targets share.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "each target uses a part of it"
)]

use std::path::PathBuf;
use std::time::Duration;

pub mod cluster;
pub mod long_lists;
pub mod original;
pub mod place;
pub mod receiver;
pub mod redis;
pub mod small_disk;
pub mod tools;

/// A small random source with a seed that can be printed and given again.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// SplitMix64.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0..limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }

    /// True once in `n` times.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// A number in `0.0..1.0`.
    pub fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// The seeds of a randomised test: `SYNCCTL_SEED` for one, else `SYNCCTL_HISTORIES` of them.
pub fn seeds(default: u64) -> Vec<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    match number("SYNCCTL_SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("SYNCCTL_HISTORIES").unwrap_or(default)).collect(),
    }
}

/// Whether tests that take minutes were asked for with `SYNCCTL_LONG=1`.
pub fn long() -> bool {
    std::env::var_os("SYNCCTL_LONG").is_some_and(|value| value == "1")
}

/// The processor time of the children of a process that have ended.
pub fn processor_time_of_children(process: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The name, which may hold anything, ends with the last bracket: proc_pid_stat(5).
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(13).take(2).map(|field| field.parse::<u64>().unwrap());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

/// A directory in memory where there is one, so that an fsync costs nothing.
pub fn memory_dir() -> tempfile::TempDir {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

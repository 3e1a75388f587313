//! What the system knows of this process, by the names that every client library of Prometheus gives it.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use rustix::process::{Resource, getrlimit};

/// The metrics of this process: memory, processor time, open files.
#[derive(Default)]
pub(super) struct ProcessMetrics {
    cpu: Counter<f64, AtomicU64>,
    started: Gauge<f64, AtomicU64>,
    resident: Gauge,
    mapped: Gauge,
    files: Gauge,
    most_files: Gauge,
}

impl ProcessMetrics {
    pub(super) fn register(&self, r: &mut Registry) {
        r.register_with_unit("process_cpu", "Processor time used", Unit::Seconds, self.cpu.clone());
        let text = "When the process started";
        r.register_with_unit("process_start_time", text, Unit::Seconds, self.started.clone());
        r.register_with_unit("process_resident_memory", "Memory in use", Unit::Bytes, self.resident.clone());
        r.register_with_unit("process_virtual_memory", "Memory mapped", Unit::Bytes, self.mapped.clone());
        r.register("process_open_fds", "Files that are open", self.files.clone());
        r.register("process_max_fds", "Files that may be open", self.most_files.clone());
    }

    /// Measures again. What the system does not provide stays as it was.
    pub(super) fn measure(&self) {
        if let Some(stat) = std::fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(ProcStat::parse) {
            let ticks = rustix::param::clock_ticks_per_second() as f64;
            self.cpu.inc_by((stat.cpu_ticks as f64 / ticks - self.cpu.get()).max(0.0));
            self.started.set(booted_at().unwrap_or_default() + stat.start_ticks as f64 / ticks);
            let page = rustix::param::page_size();
            self.resident.set(i64::try_from(stat.resident_pages.saturating_mul(page as u64)).unwrap_or(i64::MAX));
            self.mapped.set(i64::try_from(stat.mapped_bytes).unwrap_or(i64::MAX));
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            self.files.set(i64::try_from(files.count()).unwrap_or(i64::MAX));
        }
        let most = getrlimit(Resource::Nofile).current;
        self.most_files.set(most.map_or(i64::MAX, |most| i64::try_from(most).unwrap_or(i64::MAX)));
    }
}

/// When the machine started, in seconds since 1970.
fn booted_at() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

/// The processor time and start of this process, from `/proc/self/stat` (see proc_pid_stat(5)).
#[derive(Debug, PartialEq, Eq)]
struct ProcStat {
    cpu_ticks: u64,
    start_ticks: u64,
    mapped_bytes: u64,
    resident_pages: u64,
}

impl ProcStat {
    /// The name of the program may hold anything, so fields are counted from its closing bracket.
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
        Some(Self {
            cpu_ticks: number(14)? + number(15)?,
            start_ticks: number(22)?,
            mapped_bytes: number(23)?,
            resident_pages: number(24)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_behind_the_name_whatever_that_is() {
        let text = "42 (a ) b) S 1 2 3 4 5 6 7 8 9 10 700 30 0 0 20 0 1 0 5000 4096 17 18446744073709551615 1";
        let expected = ProcStat { cpu_ticks: 730, start_ticks: 5000, mapped_bytes: 4096, resident_pages: 17 };
        assert_eq!(ProcStat::parse(text), Some(expected));
        assert_eq!(ProcStat::parse("42 (x) S 1"), None);
    }

    #[test]
    fn this_process_is_measured() {
        let metrics = ProcessMetrics::default();
        metrics.measure();
        assert!(metrics.resident.get() > 0 && metrics.files.get() > 2 && metrics.started.get() > 1e9);
        assert!(metrics.most_files.get() >= metrics.files.get());
    }
}

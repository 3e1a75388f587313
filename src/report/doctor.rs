//! The findings of `doctor`: their texts, and the table of them. Pure: no I/O.

use std::time::Duration;

use serde::Serialize;

use super::{Cell, Column, Level, Report, Table};
use crate::clock::Timestamp;
use crate::format::{bytes, count, short_duration};
use crate::monitor::schedule::ScheduleEvidence;
use crate::monitor::{Grade, HUGE_LOG, Health, HealthLimits, LARGE_LOG, due_age};
use crate::store::{
    DatabaseInfo, LockHolder, OpenRuns, QueueFigures, RunRow, ServerInfo, Storage, Volume, WriteObstacle,
};
use crate::untrusted::Untrusted;

/// Free bytes below which the finding fails: the queue will soon stop.
const LITTLE_SPACE: u64 = 16 << 20;
/// Free bytes below which the finding warns.
const SOME_SPACE: u64 = 256 << 20;
/// File systems on which locks or the shared memory of the log do not work across machines.
const NETWORKS: &[&str] =
    &["nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "9p", "ceph", "lustre", "afs", "glusterfs", "vboxsf"];
/// File systems whose content is lost on a restart.
const PASSING: &[&str] = &["tmpfs", "ramfs"];
/// 2020-01-01; a clock before that was never set.
const LONG_AGO_MS: i64 = 1_577_836_800_000;
/// How long a transaction may stay open before it keeps dead rows from being cleared away for too long.
const OLD_SNAPSHOT: Duration = Duration::from_secs(60);
/// Bytes of WAL between two checkpoints that a busy queue needs.
const ENOUGH_WAL: u64 = 4 << 30;
/// A clock skew that is normal: a `Date` header has whole seconds, and travels for a while.
const NEAR: Duration = Duration::from_secs(5);
/// A clock skew beyond which receivers will soon refuse signatures.
const FAR: Duration = Duration::from_secs(60);

/// How serious a finding of `doctor` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// A warning.
    Warn,
    /// A failure.
    Fail,
}

impl Severity {
    /// Its word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// Something that `doctor` found, good or bad, and what to do. Foreign text in it is not yet escaped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The name of the check.
    pub name: &'static str,
    /// How serious it is.
    #[serde(rename = "verdict")]
    pub severity: Severity,
    /// What was found.
    pub detail: String,
    /// The command that helps, or another remedy.
    pub hint: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, severity: Severity::Ok, detail: detail.into(), hint: None }
    }

    /// A warning.
    pub fn warn(name: &'static str, detail: impl Into<String>) -> Self {
        Self { severity: Severity::Warn, ..Self::ok(name, detail) }
    }

    /// A failure.
    pub fn fail(name: &'static str, detail: impl Into<String>) -> Self {
        Self { severity: Severity::Fail, ..Self::ok(name, detail) }
    }

    /// The same with a remedy.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// The finding about the database file. `wrong` lists what a check found, `checked` names that check.
pub fn database(info: &DatabaseInfo, checked: &str, wrong: &[String]) -> Finding {
    let name = "database";
    if let Some(first) = wrong.first() {
        let more = if wrong.len() > 1 { format!(" (and {} more)", wrong.len() - 1) } else { String::new() };
        return Finding::fail(name, format!("{checked}: {first}{more}"))
            .hint("keep the file as it is, and restore a backup with `syncctl db restore FILE`; list all findings with `syncctl db verify`");
    }
    // A file that is only inspected has no journal mode; the next command that opens it uses WAL.
    let journal = match &info.file {
        Some(file) if file.journal_mode == "wal" => "WAL, ",
        Some(_) => "not in use, ",
        None => "",
    };
    let (size, engine, version) = (bytes(info.bytes), info.engine, &info.engine_version);
    Finding::ok(name, format!("schema {}, {journal}{checked}, {size}, {engine} {version}", info.schema))
}

/// The finding about the settings and state of a database server.
pub fn server(info: &ServerInfo) -> Finding {
    let name = "server";
    let mut wrong: Vec<(Severity, String, &str)> = Vec::new();
    if !info.fsync {
        let what = "fsync is off: a crash of its machine destroys the queue".to_owned();
        wrong.push((Severity::Fail, what, "`ALTER SYSTEM SET fsync = on`, then restart the server"));
    }
    if info.synchronous_commit == "off" {
        let what = "synchronous_commit is off: a crash loses what was acknowledged".to_owned();
        wrong.push((Severity::Fail, what, "`ALTER DATABASE name SET synchronous_commit = on`"));
    }
    if let Some(age) = info.oldest_snapshot.filter(|age| *age > OLD_SNAPSHOT) {
        let what = format!(
            "a transaction has been open for {}: vacuum cannot remove dead rows meanwhile",
            short_duration(age)
        );
        wrong.push((
            Severity::Warn,
            what,
            "find it by xact_start in pg_stat_activity, and end it with pg_terminate_backend",
        ));
    }
    let apart = Duration::from_millis(info.clock_ahead_ms.unsigned_abs());
    if apart > NEAR {
        let side = if info.clock_ahead_ms > 0 { "ahead of" } else { "behind" };
        let what = format!("its clock is {} {side} this machine's", short_duration(apart));
        wrong.push((Severity::Warn, what, "synchronise both clocks: `timedatectl set-ntp true`"));
    }
    if info.wal_compression == "off" {
        let what = "wal_compression is off: its log is twice as large".to_owned();
        wrong.push((Severity::Warn, what, "`ALTER SYSTEM SET wal_compression = on` and `SELECT pg_reload_conf()`"));
    }
    if info.max_wal_bytes < ENOUGH_WAL {
        let what = format!("max_wal_size is {}: checkpoints are frequent under load", bytes(info.max_wal_bytes));
        wrong.push((Severity::Warn, what, "`ALTER SYSTEM SET max_wal_size = '4GB'` and `SELECT pg_reload_conf()`"));
    }
    let address = info.address.as_deref().unwrap_or("a socket of this machine");
    let way = if info.pooled { ", through a pooler" } else { "" };
    let Some((severity, _, hint)) = wrong.first().cloned() else { return Finding::ok(name, format!("{address}{way}")) };
    let told = wrong.into_iter().map(|(_, what, _)| what).collect::<Vec<_>>().join("; ");
    Finding { severity, ..Finding::ok(name, format!("{address}{way}; {told}")) }.hint(hint)
}

/// What to do about a file system that is mounted read-only.
const READ_ONLY_REMEDY: &str = "see why with `dmesg`, then remount it writable or move the database with --db";

/// Why a database file cannot be written, and what to do about it.
pub fn write_obstacle(obstacle: &WriteObstacle) -> (String, String) {
    match obstacle {
        WriteObstacle::ReadOnlyFileSystem => {
            ("its file system is mounted read-only".to_owned(), READ_ONLY_REMEDY.to_owned())
        }
        WriteObstacle::Permission(path) => {
            let path = Untrusted(&path.to_string_lossy()).to_string();
            (
                format!("this user may not write {path}"),
                format!(
                    "see owner and permissions with `ls -ld {path}`; run as its owner, or name another database with --db"
                ),
            )
        }
    }
}

/// The finding about the disk of the database file, and its WAL.
pub fn disk(volume: &Volume, storage: Storage) -> Finding {
    let Storage { full, read_only, wal_bytes } = storage;
    let name = "disk";
    let kind = volume.kind.as_deref().unwrap_or("unknown file system");
    let free =
        volume.free_bytes.map_or_else(|| "free space unknown".to_owned(), |free| format!("{} free", bytes(free)));
    let detail = format!("{kind}, {free}, log {}", bytes(wal_bytes));
    let make_room = "free space; `syncctl db prune --dry-run` shows what could be deleted";
    if NETWORKS.contains(&kind) {
        return Finding::fail(name, format!("{detail}: SQLite's log and locks do not work over the network"))
            .hint("put the database on a local disk, with --db, SYNCCTL_DB or `database` in the configuration");
    }
    match (volume.free_bytes.unwrap_or(u64::MAX), wal_bytes) {
        _ if read_only => {
            Finding::fail(name, format!("{detail}: mounted read-only, nothing can be stored")).hint(READ_ONLY_REMEDY)
        }
        _ if full => Finding::fail(name, format!("{detail}: the disk is full")).hint(make_room),
        (..LITTLE_SPACE, _) => Finding::fail(name, format!("{detail}: the disk is almost full")).hint(make_room),
        (_, HUGE_LOG..) => Finding::fail(name, format!("{detail}: a long-running reader blocks WAL checkpoints"))
            .hint("stop the long-running reader, such as an open `sqlite3`"),
        (..SOME_SPACE, _) => Finding::warn(name, detail).hint(make_room),
        (_, LARGE_LOG..) => Finding::warn(name, detail),
        _ if PASSING.contains(&kind) => Finding::warn(name, format!("{detail}: its files are lost at a restart")),
        _ if kind.starts_with("fuse") => Finding::warn(name, format!("{detail}: make sure that its locks work")),
        _ => Finding::ok(name, detail),
    }
}

/// The finding about a process that held the write lock all the time it was watched.
pub fn write_lock(holder: &LockHolder, at_least: Duration) -> Finding {
    let (pid, held) = (holder.pid, short_duration(at_least));
    Finding::fail("lock", format!("process {pid} ({}) has held the write lock for more than {held}", holder.name))
        .hint(format!("nothing can be stored until it ends: inspect it with `ps -fp {pid}`, and stop it"))
}

/// The finding about the latest runs, compared with what is due. `runs` are newest first.
pub fn runs(
    runs: &[RunRow],
    runs_open: OpenRuns,
    figures: &QueueFigures,
    limits: &HealthLimits,
    now: Timestamp,
) -> Finding {
    let name = "runs";
    let age = due_age(figures, now);
    let pending = figures.endpoints.iter().filter(|row| row.oldest_due.is_some()).map(|row| row.counts.waiting).sum();
    let last = runs.first().map(|run| match run.ended_at {
        None if runs_open.alive > 0 => (format!("`{}` is running in {}", run.command, run.process), None),
        ended => {
            let at = ended.unwrap_or(run.started_at);
            (format!("`{}` ran {} ago", run.command, short_duration(now.since(at))), run.exit.filter(|it| *it != 0))
        }
    });
    let (said, exit) = last.unwrap_or_else(|| ("no run is recorded".to_owned(), None));
    if age > limits.max_due_age {
        let due = format!("{} waiting, the oldest due for {}, and {said}", pending_words(pending), short_duration(age));
        return match runs_open.alive {
            0 => Finding::fail(name, format!("{due}: check the cron job or the service"))
                .hint("deliver with `syncctl process`; `syncctl process --help` shows a command for `crontab -e`"),
            _ => Finding::fail(name, due).hint("see the queue with `syncctl status`"),
        };
    }
    match (runs_open.dead, exit) {
        (0, None | Some(0)) => Finding::ok(name, said),
        (0, Some(exit)) => Finding::warn(name, format!("{said} and ended with exit status {exit}"))
            .hint("list exit codes with `syncctl help exit-codes`"),
        (dead, _) => {
            let died = count(usize::try_from(dead).unwrap_or(usize::MAX), "run");
            Finding::warn(name, format!("{said}; {died} died; the next run releases their claims"))
                .hint("release the claims with `syncctl process`")
        }
    }
}

/// The finding about the schedule that the runs of the last day show.
pub fn schedule(evidence: &ScheduleEvidence) -> Finding {
    let name = "schedule";
    let ScheduleEvidence { period, runs, missed, longest_gap: (from, gap), overlapping, cut_short } = *evidence;
    let usual = format!("`process` every {}, {} in the last day", short_duration(period), count(runs, "run"));
    if evidence.is_regular() {
        return Finding::ok(name, usual);
    }
    let gap = format!("{missed} missed (none for {} from {from} on)", short_duration(gap));
    let told: Vec<String> = [
        (missed, gap),
        (overlapping, format!("{overlapping} started before the previous one ended")),
        (cut_short, format!("{cut_short} cut short by a signal or killed")),
    ]
    .into_iter()
    .filter(|(times, _)| *times > 0)
    .map(|(_, text)| text)
    .collect();
    Finding::warn(name, format!("{usual}: {}", told.join(", "))).hint(match (missed, overlapping) {
        (1.., _) => "see whether the scheduler ran: `journalctl -u cron -u syncctl-process.timer --since yesterday`",
        (0, 1..) => "keep each run shorter than its period with `--max-time`, or let only one run with `--single`",
        (0, 0) => "see what ended them with `journalctl --since yesterday`; `--max-time` ends a run by itself",
    })
}

fn pending_words(pending: i64) -> String {
    count(usize::try_from(pending).unwrap_or(0), "pending delivery")
}

/// The finding about the health of the queue, without the checks that other findings cover.
pub fn queue(health: &Health) -> Finding {
    let told_elsewhere = ["oldest due", "storage"];
    let of = |grade: Grade| {
        let checks = health.checks.iter().filter(move |it| it.state == grade && !told_elsewhere.contains(&it.name));
        checks.filter_map(|check| check.message.clone()).collect::<Vec<_>>()
    };
    let hint = "see more with `syncctl health` and `syncctl failures`";
    match (of(Grade::Critical), of(Grade::Warning)) {
        (critical, _) if !critical.is_empty() => Finding::fail("queue", critical.join("; ")).hint(hint),
        (_, warnings) if !warnings.is_empty() => Finding::warn("queue", warnings.join("; ")).hint(hint),
        _ => {
            let (attempts, failed) = (health.recent_attempts, health.recent_failures);
            Finding::ok("queue", format!("{failed} of {attempts} attempts failed in the last hour"))
        }
    }
}

/// How far another clock, of a server or a sender, is from ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockSkew {
    /// The owner of the clock.
    pub whose: String,
    /// Milliseconds by which it is ahead of ours; negative if it is behind.
    pub ahead_ms: i64,
}

/// The finding about our clock, compared with the newest stored time and with other clocks.
pub fn clock(newest: Option<Timestamp>, skews: &[ClockSkew], now: Timestamp) -> Finding {
    let name = "clock";
    let set = "`timedatectl set-ntp true`; receivers refuse signatures that are 5 minutes off";
    if now.as_millis() < LONG_AGO_MS {
        return Finding::fail(name, format!("it shows {now}: it was never set")).hint(set);
    }
    let back = newest.map_or(Duration::ZERO, |newest| newest.since(now));
    if back > NEAR {
        let detail = format!("it is {} behind the newest time in the database: it jumped back", short_duration(back));
        return if back > FAR { Finding::fail(name, detail) } else { Finding::warn(name, detail) }.hint(set);
    }
    let mut sorted: Vec<&ClockSkew> = skews.iter().collect();
    sorted.sort_by_key(|skew| skew.ahead_ms);
    // The median: one wrong clock among several is not ours.
    let Some(middle) = sorted.get(sorted.len() / 2) else { return Finding::ok(name, now.to_string()) };
    let apart = Duration::from_millis(middle.ahead_ms.unsigned_abs());
    let side = if middle.ahead_ms > 0 { "behind" } else { "ahead of" };
    let detail = format!("{} {side} the clock of {}", short_duration(apart), middle.whose);
    match apart {
        _ if apart > FAR => Finding::fail(name, detail).hint(set),
        _ if apart > NEAR => Finding::warn(name, detail).hint(set),
        _ => Finding::ok(name, format!("within {} of the clock of {}", short_duration(NEAR), middle.whose)),
    }
}

pub(super) const FINDINGS: &[Column] = &[
    Column::text("verdict", "VERDICT"),
    Column::text("check", "CHECK"),
    Column::text("found", "FOUND"),
    Column::text("hint", "REMEDY").only_wide(),
];

const REMEDIES: &[Column] = &[Column::text("check", "CHECK"), Column::text("hint", "REMEDY")];

/// The JSON answer of `doctor`.
#[derive(Serialize)]
struct FindingsView<'a> {
    checks: Vec<&'a Finding>,
    failures: usize,
    warnings: usize,
}

/// What `doctor` answers: each finding with its remedy, without the good ones if `only_wrong`.
pub fn findings(findings: &[Finding], only_wrong: bool) -> Report {
    let of = |severity: Severity| findings.iter().filter(|it| it.severity == severity).count();
    let (failures, warnings) = (of(Severity::Fail), of(Severity::Warn));
    let summary = match (failures, warnings) {
        (0, 0) => "nothing is wrong".to_owned(),
        _ => format!("{}, {}", count(failures, "failure"), count(warnings, "warning")),
    };
    let shown: Vec<&Finding> = findings.iter().filter(|it| !only_wrong || it.severity != Severity::Ok).collect();
    let table = Table::new(FINDINGS, shown.iter().map(|it| cells(it)).collect()).summed_up(summary);
    let remedy = |finding: &&Finding| Some(vec![finding.name.into(), finding.hint.as_deref()?.into()]);
    let remedies = Table::new(REMEDIES, shown.iter().filter_map(remedy).collect());
    Report::new(&FindingsView { checks: shown.clone(), failures, warnings })
        .with_table(table)
        .with_table(remedies)
        .with_names(shown.iter().map(|finding| finding.name))
}

fn cells(finding: &Finding) -> Vec<Cell> {
    let level = match finding.severity {
        Severity::Ok => Level::Good,
        Severity::Warn => Level::Warning,
        Severity::Fail => Level::Bad,
    };
    vec![
        (level, finding.severity.name()).into(),
        finding.name.into(),
        finding.detail.as_str().into(),
        finding.hint.as_deref().into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{ClaimHolder, RunId, RunStats};

    const NOW: Timestamp = Timestamp::from_millis_const(1_706_702_400_000);

    fn on(kind: &str, free_mib: u64, wal_mib: u64) -> Severity {
        let volume = Volume { kind: Some(kind.to_owned()), free_bytes: Some(free_mib << 20) };
        disk(&volume, Storage { wal_bytes: wal_mib << 20, ..Storage::default() }).severity
    }

    #[test]
    fn a_disk_is_judged_by_its_kind_its_space_and_its_log() {
        assert_eq!(on("ext4", 1024, 1), Severity::Ok);
        assert_eq!([on("nfs4", 1024, 1), on("cifs", 1024, 1)], [Severity::Fail; 2]);
        assert_eq!([on("tmpfs", 1024, 1), on("fuse.sshfs", 1024, 1)], [Severity::Warn; 2]);
        assert_eq!([on("ext4", 255, 1), on("ext4", 1024, 64)], [Severity::Warn; 2]);
        assert_eq!([on("ext4", 15, 1), on("ext4", 1024, 256)], [Severity::Fail; 2]);
        assert_eq!(disk(&Volume::default(), Storage { full: true, ..Storage::default() }).severity, Severity::Fail);
        let read_only = Storage { read_only: true, ..Storage::default() };
        assert_eq!(disk(&Volume::default(), read_only).severity, Severity::Fail);
        assert_eq!(
            disk(&Volume::default(), Storage::default()).severity,
            Severity::Ok,
            "what nobody tells is not wrong"
        );
    }

    #[test]
    fn a_server_is_judged_by_what_a_crash_and_a_busy_queue_need() {
        let good = ServerInfo {
            address: Some("10.0.0.1:5432".to_owned()),
            fsync: true,
            synchronous_commit: "on".to_owned(),
            max_wal_bytes: 4 << 30,
            wal_compression: "lz4".to_owned(),
            oldest_snapshot: Some(Duration::from_secs(60)),
            clock_ahead_ms: -5_000,
            pooled: false,
        };
        assert_eq!(server(&good), Finding::ok("server", "10.0.0.1:5432"));
        let found = |changed: ServerInfo| server(&changed).severity;
        assert_eq!(found(ServerInfo { fsync: false, ..good.clone() }), Severity::Fail);
        assert_eq!(found(ServerInfo { synchronous_commit: "off".to_owned(), ..good.clone() }), Severity::Fail);
        assert_eq!(
            found(ServerInfo { oldest_snapshot: Some(Duration::from_secs(61)), ..good.clone() }),
            Severity::Warn
        );
        assert_eq!(found(ServerInfo { clock_ahead_ms: 5_001, ..good.clone() }), Severity::Warn);
        assert_eq!(found(ServerInfo { wal_compression: "off".to_owned(), ..good.clone() }), Severity::Warn);
        assert_eq!(found(ServerInfo { max_wal_bytes: 1 << 30, ..good }), Severity::Warn);
    }

    #[test]
    fn a_clock_is_judged_by_the_stored_times_and_by_the_middle_of_the_others() {
        let ahead = |ms: i64| NOW.plus(Duration::from_millis(ms.unsigned_abs()));
        let by = |newest, skews: &[i64]| {
            let skews: Vec<_> = skews.iter().map(|ms| ClockSkew { whose: "x".to_owned(), ahead_ms: *ms }).collect();
            clock(newest, &skews, NOW).severity
        };
        assert_eq!(by(None, &[]), Severity::Ok);
        assert_eq!(clock(None, &[], Timestamp::from_millis(0)).severity, Severity::Fail);
        assert_eq!([by(Some(ahead(5_000)), &[]), by(Some(ahead(5_001)), &[])], [Severity::Ok, Severity::Warn]);
        assert_eq!(by(Some(ahead(60_001)), &[]), Severity::Fail);
        assert_eq!(
            [by(None, &[5_000]), by(None, &[-5_001]), by(None, &[-60_001])],
            [Severity::Ok, Severity::Warn, Severity::Fail]
        );
        assert_eq!(by(None, &[900_000, 0, 100]), Severity::Ok, "one of three is wrong, and not ours");
    }

    #[test]
    fn what_ended_badly_or_died_is_told_though_nothing_is_due() {
        let run = |exit| RunRow {
            id: RunId(1),
            process: ClaimHolder { host: None, pid: 1 },
            command: "process".to_owned(),
            started_at: NOW.minus(Duration::from_secs(22)),
            ended_at: Some(NOW.minus(Duration::from_secs(22))),
            stats: RunStats::default(),
            exit,
        };
        let found = |exit, dead| {
            runs(&[run(exit)], OpenRuns { alive: 0, dead }, &QueueFigures::default(), &HealthLimits::default(), NOW)
        };
        assert_eq!(found(Some(0), 0), Finding::ok("runs", "`process` ran 22s ago"));
        assert_eq!([found(Some(78), 0).severity, found(None, 1).severity], [Severity::Warn; 2]);
    }
}

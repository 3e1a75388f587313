//! Infers the schedule that starts runs, and finds missed, overlapping and interrupted ones.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::store::RunRow;

/// The window of runs that are judged.
pub const SCHEDULE_WINDOW: Duration = Duration::from_hours(24);
/// The most runs that are judged: one a minute for a day.
pub const SCHEDULED_RUNS: u64 = 1_440;
/// The command that schedulers start.
const SCHEDULED: &str = "process";
/// The fewest gaps that show a schedule.
const FEWEST_GAPS: usize = 5;
/// Exit statuses of a run that a signal ended.
const SIGNALLED: [i64; 2] = [130, 143];

/// How regularly `process` has been run, as its past runs show, and where runs are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduleEvidence {
    /// The usual time from one start to the next.
    pub period: Duration,
    /// Runs in the window.
    pub runs: usize,
    /// Runs that are missing between two others, or since the last one.
    pub missed: usize,
    /// The longest gap between two starts, and when it began.
    pub longest_gap: (Timestamp, Duration),
    /// Runs that started before the one before them had ended.
    pub overlapping: usize,
    /// Runs that were killed or stopped by a signal.
    pub cut_short: usize,
}

impl ScheduleEvidence {
    /// Whether every run started in time and ended by itself before the next.
    pub fn is_regular(&self) -> bool {
        self.missed + self.overlapping + self.cut_short == 0
    }
}

/// Judges the latest runs, in any order; `None` if they show no schedule: too few runs, or no regular gap.
pub fn evidence(runs: &[RunRow], now: Timestamp) -> Option<ScheduleEvidence> {
    let since = now.minus(SCHEDULE_WINDOW);
    let mut runs: Vec<&RunRow> = runs
        .iter()
        .filter(|run| run.command == SCHEDULED && run.started_at >= since && run.started_at <= now)
        .collect();
    runs.sort_by_key(|run| run.started_at);
    let gaps: Vec<(Timestamp, Duration)> =
        runs.windows(2).map(|two| (two[0].started_at, two[1].started_at.since(two[0].started_at))).collect();
    let period = usual(&gaps)?;
    let last = runs.last().map(|run| (run.started_at, now.since(run.started_at)))?;
    let missed = gaps.iter().chain([&last]).map(|(_, gap)| missed(*gap, period)).sum();
    let longest_gap = gaps.iter().copied().chain([last]).max_by_key(|(_, gap)| *gap)?;
    // The end of a killed run is when it was reaped.
    let is_known = |run: &RunRow| run.ended_at.is_none() || run.exit.is_some();
    let overlaps = |two: &&[&RunRow]| is_known(two[0]) && two[0].ended_at.is_none_or(|end| end > two[1].started_at);
    Some(ScheduleEvidence {
        period,
        runs: runs.len(),
        missed,
        longest_gap,
        overlapping: runs.windows(2).filter(overlaps).count(),
        cut_short: runs.iter().filter(|run| is_cut_short(run)).count(),
    })
}

/// The median gap, if most gaps are about that long.
fn usual(gaps: &[(Timestamp, Duration)]) -> Option<Duration> {
    if gaps.len() < FEWEST_GAPS {
        return None;
    }
    let mut sorted: Vec<Duration> = gaps.iter().map(|(_, gap)| *gap).collect();
    sorted.sort_unstable();
    let median = sorted[sorted.len() / 2];
    let tolerated = (median / 5).max(Duration::from_secs(2));
    let alike = sorted.iter().filter(|gap| gap.abs_diff(median) <= tolerated).count();
    (median >= Duration::from_secs(1) && alike * 10 >= sorted.len() * 6).then_some(median)
}

/// How many starts fit into a gap; a late one is not missed.
fn missed(gap: Duration, period: Duration) -> usize {
    let rounded = (gap + period / 2).as_millis() / period.as_millis().max(1);
    usize::try_from(rounded).unwrap_or(usize::MAX).saturating_sub(1)
}

fn is_cut_short(run: &RunRow) -> bool {
    run.ended_at.is_some() && run.exit.is_none_or(|exit| SIGNALLED.contains(&exit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{ClaimHolder, RunId, RunStats};

    const NOW: Timestamp = Timestamp::from_millis_const(1_795_359_600_000);

    fn run(seconds_ago: u64, took: Option<u64>, exit: Option<i64>) -> RunRow {
        let started_at = NOW.minus(Duration::from_secs(seconds_ago));
        RunRow {
            id: RunId(1),
            process: ClaimHolder { host: None, pid: 1 },
            command: "process".to_owned(),
            started_at,
            ended_at: took.map(|took| started_at.plus(Duration::from_secs(took))),
            stats: RunStats::default(),
            exit,
        }
    }

    fn minutely(minutes: impl Iterator<Item = u64>) -> Vec<RunRow> {
        minutes.map(|minute| run(minute * 60 + 10, Some(5), Some(0))).collect()
    }

    #[test]
    fn a_regular_schedule_is_recognised_by_its_usual_gap() {
        let found = evidence(&minutely(0..30), NOW).expect("a schedule");
        assert_eq!((found.period, found.runs), (Duration::from_secs(60), 30));
        assert!(found.is_regular(), "{found:?}");
        assert_eq!(evidence(&minutely(0..5), NOW), None, "too few");
        let by_hand: Vec<_> = [1_u64, 7, 300, 2_000, 2_100, 9_000, 30_000].map(|ago| run(ago, Some(1), Some(0))).into();
        assert_eq!(evidence(&by_hand, NOW), None, "nothing is usual about it");
        let mut watching = minutely(0..30);
        watching.iter_mut().for_each(|run| "process --watch".clone_into(&mut run.command));
        assert_eq!(evidence(&watching, NOW), None);
        let (old, new) = (minutely(2_000..2_030), minutely(0..30));
        assert_eq!(evidence(&[old, new].concat(), NOW).map(|it| it.missed), Some(0), "yesterday is over");
    }

    #[test]
    fn what_was_missed_overlapped_or_was_cut_short_is_counted() {
        let gap = evidence(&minutely((0..30).filter(|minute| !(10..22).contains(minute))), NOW).expect("a schedule");
        assert_eq!((gap.missed, gap.longest_gap.1), (12, Duration::from_secs(13 * 60)));
        assert_eq!(gap.longest_gap.0, NOW.minus(Duration::from_secs(22 * 60 + 10)));
        let stopped = evidence(&minutely(40..70), NOW).expect("a schedule");
        assert_eq!(stopped.missed, 39, "those since the last run count");
        let mut runs = minutely(0..30);
        runs[5] = run(5 * 60 + 10, Some(75), Some(0));
        runs[9] = run(9 * 60 + 10, Some(5), None);
        runs[11] = run(11 * 60 + 10, Some(5), Some(143));
        runs[0] = run(10, None, None);
        let found = evidence(&runs, NOW).expect("a schedule");
        assert_eq!((found.missed, found.overlapping, found.cut_short), (0, 1, 2), "the last one is still running");
    }
}

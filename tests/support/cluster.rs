//! A PostgreSQL server of a test's own: on loopback, in a temporary directory, gone with the value.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::place::within;
use super::tools;

/// The server's settings: TLS off unless a test turns it on, and every commit really on disk.
const SETTINGS: &str =
    "listen_addresses = '127.0.0.1'\nmax_connections = 200\nwal_compression = lz4\nlog_min_messages = fatal\n";

pub struct Cluster {
    /// Where its files are on a disk of their own; unmounted before its directory is removed.
    disk: Option<SmallDisk>,
    dir: tempfile::TempDir,
    bin: PathBuf,
    pub port: u16,
}

impl Cluster {
    /// Starts one, or skips the test aloud.
    pub fn start() -> Option<Self> {
        Self::start_in(tempfile::tempdir().unwrap(), "")
    }

    /// Starts one that keeps nothing when the machine fails, for tests that end no process.
    pub fn start_in_memory() -> Option<Self> {
        Self::start_in(super::memory_dir(), "fsync = off\nsynchronous_commit = off\nshared_buffers = 32MB\n")
    }

    /// Starts one whose files are on a disk of `kib`, which only root can make here.
    pub fn start_on_a_small_disk(kib: u32) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={kib}k");
        let mount = || {
            is_root()
                && Command::new("mount")
                    .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
                    .arg(dir.path())
                    .stderr(Stdio::null())
                    .status()
                    .is_ok_and(|status| status.success())
        };
        if !tools::may("mounting a file system", mount) {
            return None;
        }
        let disk = SmallDisk { mounted: dir.path().to_owned() };
        let settings = "shared_buffers = 16MB\nmin_wal_size = 32MB\nmax_wal_size = 48MB\n";
        let mut cluster = Self::start_in(dir, settings)?;
        cluster.disk = Some(disk);
        Some(cluster)
    }

    fn start_in(dir: tempfile::TempDir, settings: &str) -> Option<Self> {
        let Some(bin) = programs() else {
            tools::skip("not installed: the programs of a PostgreSQL server");
            return None;
        };
        make_owner(dir.path());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let cluster = Self { disk: None, dir, bin, port };
        cluster.do_well("initdb", &["-D", "data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"]);
        cluster.configure(&format!("{SETTINGS}{settings}port = {port}\nunix_socket_directories = ''\n"));
        cluster.up();
        cluster.sql("postgres", "CREATE DATABASE queue");
        Some(cluster)
    }

    /// A standby that streams from this one.
    pub fn standby(&self) -> Self {
        let dir = tempfile::tempdir().unwrap();
        make_owner(dir.path());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let standby = Self { disk: None, dir, bin: self.bin.clone(), port };
        let primary = self.port.to_string();
        let copy = ["-h", "127.0.0.1", "-p", &primary, "-U", "postgres", "-D", "data", "-R", "-c", "fast", "--no-sync"];
        standby.do_well("pg_basebackup", &copy);
        standby.configure(&format!("port = {port}\n"));
        standby.up();
        standby
    }

    /// Makes a standby the one that takes writes.
    pub fn promote(&self) {
        self.do_well("pg_ctl", &["-D", "data", "-w", "promote"]);
    }

    /// Adds to the server's settings; they hold from its next start.
    pub fn configure(&self, settings: &str) {
        use std::io::Write as _;
        let path = self.dir.path().join("data/postgresql.conf");
        std::fs::OpenOptions::new().append(true).open(path).unwrap().write_all(settings.as_bytes()).unwrap();
    }

    /// Where the queue is.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/queue", self.port)
    }

    /// Where a queue is that is only this test's.
    pub fn url_of(&self, schema: &str) -> String {
        format!("{}?schema={schema}", self.url())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Starts the server and waits until it answers.
    pub fn up(&self) {
        self.do_well("pg_ctl", &["-D", "data", "-l", "log", "-w", "-t", "60", "start"]);
    }

    /// Writes to the server's small disk until nothing more fits.
    pub fn fill_disk(&self) {
        use std::io::Write as _;
        let mut file = std::fs::File::create(self.path("filler")).unwrap();
        for size in [4_096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Gives all of it back.
    pub fn free_disk(&self) {
        std::fs::remove_file(self.path("filler")).unwrap();
    }

    /// Starts the server where it has given up.
    pub fn up_again(&self) {
        let status = self.command("pg_ctl", &["-D", "data", "status"]).stdout(Stdio::null()).status().unwrap();
        if !status.success() {
            self.up();
        }
    }

    /// Stops it: `fast`, or `immediate`, which is as if its processes were killed.
    pub fn down(&self, how: &str) {
        self.do_well("pg_ctl", &["-D", "data", "-w", "-m", how, "stop"]);
    }

    /// Runs SQL, and returns what it answers, one row a line.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let port = self.port.to_string();
        let args = ["-XqAt", "-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-d", database, "-c", sql];
        self.do_well("psql", &args)
    }

    /// The processor time of the sessions that have ended, which those of commands do soon.
    pub fn processor_time_of_ended_sessions(&self) -> Duration {
        let pid = std::fs::read_to_string(self.path("data/postmaster.pid")).unwrap();
        let pid = pid.lines().next().unwrap();
        within(Duration::from_secs(10), "the sessions to end", || {
            let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
            let name = |child: &str| std::fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap_or_default();
            !children.split_whitespace().any(|child| name(child).starts_with("postgres: postgres "))
        });
        super::processor_time_of_children(pid)
    }

    /// Runs SQL in the schema of the queue.
    pub fn queue(&self, sql: &str) -> String {
        self.sql("queue", &format!("SET search_path = syncctl; {sql}"))
    }

    /// A session that has run these statements in a transaction, and stays in it until the value is dropped.
    pub fn open_transaction(&self, statements: &str) -> OpenTransaction<'_> {
        static BEGUN: AtomicU64 = AtomicU64::new(0);
        let name = format!("open-{}", BEGUN.fetch_add(1, Ordering::Relaxed));
        let sql = format!("BEGIN; {statements}; SELECT pg_sleep(3600)");
        let mut psql = self.command("psql", &["-Xq", "-d", &self.url(), "-c", &sql]);
        let client = psql.env("PGAPPNAME", &name).stdout(Stdio::null()).spawn().unwrap();
        let transaction = OpenTransaction { cluster: self, name, client };
        within(Duration::from_secs(20), "the transaction is open", || transaction.is_open());
        transaction
    }

    /// How many sessions wait for what another one holds, while they run a statement that contains `part`.
    pub fn waiting(&self, part: &str) -> u64 {
        let waiting = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND strpos(query, '{part}') > 0"
        );
        self.sql("queue", &waiting).parse().unwrap()
    }

    /// Waits until no session is left but those of open transactions: each tells what it read when it ends.
    pub fn wait_for_sessions_to_end(&self) {
        let left = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'
            AND application_name NOT LIKE 'open-%' AND pid <> pg_backend_pid()";
        within(Duration::from_secs(20), "the sessions end", || self.sql("queue", left) == "0");
    }

    pub fn command(&self, program: &str, args: &[&str]) -> Command {
        // The server refuses to run as root.
        let path = self.bin.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null()).env("LC_ALL", "C");
        command
    }

    fn do_well(&self, program: &str, args: &[&str]) -> String {
        let out = self.dir.path().join(format!("{program}-{}.out", self.port));
        // The server keeps what it inherits, so it is given no pipe that somebody waits for.
        let answers = if program == "pg_ctl" {
            let file = std::fs::File::create(&out).unwrap();
            let status = self.command(program, args).stdout(file.try_clone().unwrap()).stderr(file).status().unwrap();
            (status, std::fs::read_to_string(&out).unwrap())
        } else {
            let output = self.command(program, args).output().unwrap();
            let text = String::from_utf8_lossy(if output.status.success() { &output.stdout } else { &output.stderr });
            (output.status, text.trim().to_owned())
        };
        assert!(answers.0.success(), "{program} {args:?}: {}", answers.1);
        answers.1
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stop = ["-D", "data", "-w", "-m", "immediate", "stop"];
        let _ = self.command("pg_ctl", &stop).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// A transaction that stays open, with its locks and its snapshot.
pub struct OpenTransaction<'a> {
    cluster: &'a Cluster,
    name: String,
    client: Child,
}

impl OpenTransaction<'_> {
    /// Whether its session has run its statements and is there still.
    pub fn is_open(&self) -> bool {
        let asleep = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = '{}' AND wait_event = 'PgSleep'",
            self.name
        );
        self.cluster.sql("queue", &asleep) == "1"
    }
}

impl Drop for OpenTransaction<'_> {
    fn drop(&mut self) {
        let end =
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{}'", self.name);
        let url = self.cluster.url();
        let mut psql = self.cluster.command("psql", &["-Xq", "-d", &url, "-c", &end]);
        let _ = psql.stdout(Stdio::null()).stderr(Stdio::null()).status();
        let _ = self.client.kill();
        let _ = self.client.wait();
    }
}

/// A mounted file system that one server has to itself.
struct SmallDisk {
    mounted: PathBuf,
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.mounted).status();
    }
}

/// The directory of the newest server's programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = versions.flatten().map(|it| it.path().join("bin")).collect();
    found.sort();
    found.into_iter().rfind(|bin| bin.join("initdb").is_file())
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|it| it.uid() == 0)
}

/// Gives the directory to the user that the server runs as.
fn make_owner(directory: &Path) {
    if is_root() {
        let given = Command::new("chown").arg("postgres").arg(directory).status().unwrap();
        assert!(given.success());
    }
}

//! Names that resolve badly, slowly, to many addresses, or to others each time: an internet of the test's own.
//!
//! Each test runs itself again in a network namespace, where public addresses are on loopback and the name server is ours.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::memory_dir;
use crate::support::place::Place;
use crate::support::receiver::{Receiver, Reply};
use crate::support::tools::{has_tools, may};

const INSIDE: &str = "SYNCCTL_TEST_NETWORK";
/// Public addresses that are ours in there, a private one, and the one cloud machines ask for their secrets.
const ADDRESSES: [&str; 4] = ["1.2.3.4", "1.2.3.5", "10.1.2.3", "169.254.169.254"];
const PUBLIC: &str = "1.2.3.4";

/// Runs `test` in a network of its own, where that is allowed.
fn in_own_network(name: &str, test: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return test();
    }
    let allowed = || Command::new("unshare").args(["-rnm", "true"]).output().is_ok_and(|ran| ran.status.success());
    if !(has_tools(&["unshare", "ip"]) && may("making a network namespace", allowed)) {
        return;
    }
    let directory = memory_dir();
    let servers = directory.path().join("resolv.conf");
    std::fs::write(&servers, "nameserver 127.0.0.1\noptions timeout:5 attempts:1\n").unwrap();
    let ours = ADDRESSES.map(|address| format!("ip addr add {address}/32 dev lo")).join(" && ");
    let script = format!(
        "ip link set lo up && {ours} && mount --bind {} /etc/resolv.conf && exec \"$0\" \"$@\"",
        servers.display()
    );
    let exe = std::env::current_exe().unwrap();
    let mut command = Command::new("unshare");
    command.args(["-rnm", "sh", "-c", &script]).arg(exe).args(["--exact", name, "--nocapture"]).env(INSIDE, "1");
    let ran = command.output().unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success() && told.contains("1 passed"), "{told}");
}

/// What the name server says to a question.
enum Says {
    Addresses(Vec<IpAddr>),
    Alias(&'static str),
    Error(u8),
    Nothing,
}

/// Answers questions on port 53 until the process ends.
fn name_server(answer: impl Fn(&str) -> Says + Send + 'static) {
    let socket = UdpSocket::bind("127.0.0.1:53").unwrap();
    std::thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            if let Some(response) = respond(&question[..length], &answer) {
                let _ = socket.send_to(&response, from);
            }
        }
    });
}

/// A response in the words of RFC 1035, section 4.
fn respond(question: &[u8], answer: &impl Fn(&str) -> Says) -> Option<Vec<u8>> {
    let (mut at, mut labels) = (12, Vec::new());
    while question[at] != 0 {
        let length = usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..at + 1 + length]).to_lowercase());
        at += 1 + length;
    }
    let wants_v6 = question[at + 2] == 28;
    let (mut records, mut code) = (Vec::new(), 0);
    let mut record = |kind: u8, data: &[u8]| {
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        let head = [0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 1];
        records.push([&head[..], &length[..], data].concat());
    };
    match answer(&labels.join(".")) {
        Says::Nothing => return None,
        Says::Error(what) => code = what,
        Says::Alias(to) => {
            let labels =
                to.split('.').flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat());
            record(5, &labels.chain([0]).collect::<Vec<u8>>());
        }
        Says::Addresses(all) => all.iter().for_each(|address| match address {
            IpAddr::V4(v4) if !wants_v6 => record(1, &v4.octets()),
            IpAddr::V6(v6) if wants_v6 => record(28, &v6.octets()),
            _ => {}
        }),
    }
    // What does not fit is left out and said to be: whoever wants it all asks by TCP, where nobody answers.
    let fits = records.len().min(28);
    let cut = if records.len() > fits { 2 } else { 0 };
    let count = u16::try_from(fits).unwrap().to_be_bytes();
    let mut response = [&question[..2], &[0x84 | cut, 0x80 | code, 0, 1, count[0], count[1], 0, 0, 0, 0]].concat();
    response.extend(&question[12..at + 5]);
    records.iter().take(fits).for_each(|record| response.extend(record));
    Some(response)
}

fn v4(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// One attempt at that name: its outcome, its words, and how long the run took.
fn attempt(place: &mut Place, url: &str) -> (String, String, Duration) {
    place.set("SYNC_WEBHOOK_URLS", url);
    let id = place.emit("user.created", "u");
    let began = Instant::now();
    let ran = place.run(&["process"]);
    let took = began.elapsed();
    assert!(matches!(ran.code, 0 | 3), "{ran:?}");
    let attempts = place.data(&["events", "show", &id])["attempts"].clone();
    let text = |name: &str| attempts[0][name].as_str().unwrap().to_owned();
    (text("outcome"), text("detail"), took)
}

fn place() -> Place {
    let mut place = Place::new();
    place.set("SYNCCTL_DELIVERY_TIMEOUT", "1s");
    place
}

#[test]
fn a_name_that_leads_nowhere_is_tried_again_within_the_time_and_told_as_dns() {
    in_own_network("names::a_name_that_leads_nowhere_is_tried_again_within_the_time_and_told_as_dns", || {
        name_server(|name| match name {
            "unknown.test" => Says::Error(3),
            "broken.test" => Says::Error(2),
            "empty.test" => Says::Addresses(Vec::new()),
            "loop-a.test" => Says::Alias("loop-b.test"),
            "loop-b.test" => Says::Alias("loop-a.test"),
            _ => Says::Nothing,
        });
        for name in ["unknown", "broken", "empty", "loop-a"] {
            let mut place = place();
            let (outcome, detail, took) = attempt(&mut place, &format!("http://{name}.test/"));
            assert_eq!(outcome, "unreachable", "{name}: {detail}");
            assert!(detail.starts_with(&format!("dns: {name}.test")), "{name}: {detail}");
            assert!(took < Duration::from_secs(3), "{name}: {took:?}");
            assert_eq!(place.queue()["pending"], 1, "{name}: it is tried again");
        }
        let mut place = place();
        let (outcome, detail, took) = attempt(&mut place, "http://silent.test/");
        assert_eq!(
            (outcome.as_str(), detail.as_str()),
            ("timed out", "timed out after 1s waiting for the name to resolve")
        );
        assert!(took < Duration::from_secs(3), "{took:?}");
    });
}

#[test]
fn of_several_addresses_the_first_that_answers_is_used() {
    in_own_network("names::of_several_addresses_the_first_that_answers_is_used", || {
        let receiver = Receiver::on(TcpListener::bind((PUBLIC, 8080)).unwrap(), |_| Reply::Status(200));
        name_server(|name| match name {
            // Nobody listens there, and there is no way to it.
            "second.test" => Says::Addresses(vec![v4("1.2.3.5"), v4(PUBLIC)]),
            "six-first.test" => Says::Addresses(vec!["2001:db8::1".parse().unwrap(), v4(PUBLIC)]),
            "six-only.test" => Says::Addresses(vec!["2001:db8::1".parse().unwrap()]),
            "many.test" => Says::Addresses((0..1_000).map(|_| v4(PUBLIC)).collect()),
            _ => Says::Error(3),
        });
        for name in ["second", "six-first"] {
            let (outcome, detail, took) = attempt(&mut place(), &format!("http://{name}.test:8080/"));
            assert_eq!(outcome, "delivered", "{name}: {detail}");
            assert!(took < Duration::from_secs(2), "{name}: {took:?}");
        }
        let (outcome, detail, _) = attempt(&mut place(), "http://six-only.test:8080/");
        assert!(outcome == "unreachable" && detail.starts_with("connect: [2001:db8::1]:8080"), "{detail}");
        let (outcome, detail, took) = attempt(&mut place(), "http://many.test:8080/");
        assert!(outcome == "delivered" || detail.contains("dns") || outcome == "timed out", "{outcome}: {detail}");
        assert!(took < Duration::from_secs(3), "{took:?}");
        assert!((2..=3).contains(&receiver.count()));
    });
}

#[test]
fn a_name_that_changes_its_address_reaches_nothing_forbidden() {
    in_own_network("names::a_name_that_changes_its_address_reaches_nothing_forbidden", || {
        let forbidden = ["169.254.169.254", "10.1.2.3", "127.0.0.1"];
        let canaries = forbidden.map(|at| Receiver::on(TcpListener::bind((at, 8080)).unwrap(), |_| Reply::Status(200)));
        let good = Receiver::on(TcpListener::bind((PUBLIC, 8080)).unwrap(), |_| Reply::Status(500));
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        name_server(move |name| {
            // Each look-up asks twice: for addresses of either kind.
            let n = count.fetch_add(1, Ordering::SeqCst) / 2;
            let other = v4(forbidden[n % forbidden.len()]);
            match name {
                "flips.test" if n.is_multiple_of(2) => Says::Addresses(vec![v4(PUBLIC)]),
                "flips.test" => Says::Addresses(vec![other]),
                "mixed.test" => Says::Addresses(vec![v4(PUBLIC), other]),
                _ => Says::Addresses(vec![IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254))]),
            }
        });
        let mut place = place();
        place.set("SYNCCTL_EGRESS_DENY_PRIVATE", "true");
        place.set("SYNCCTL_DELIVERY_MAX_ATTEMPTS", "1");
        let (outcome, detail, _) = attempt(&mut place, "http://mixed.test:8080/");
        assert!(outcome == "unreachable" && detail.contains("may not be called"), "{outcome}: {detail}");
        assert_eq!(good.count(), 0, "one forbidden address forbids the name");
        place.set("SYNC_WEBHOOK_URLS", "http://flips.test:8080/");
        place.emit_many(200);
        assert_eq!(place.run(&["process", "--concurrency", "20"]).code, 3);
        assert_eq!(canaries.iter().map(Receiver::count).sum::<usize>(), 0, "after {asked:?} questions");
        let address: SocketAddr = good.address;
        assert!(good.count() > 10, "{address} was called {} times", good.count());
    });
}

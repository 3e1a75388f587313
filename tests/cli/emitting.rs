//! `emit`: what it says of what it did, would do, and did for nobody.

use crate::support::place::{Place, Ran};
use crate::support::receiver::{Receiver, Reply};

/// Two endpoints, one of which wants enrollments alone.
fn two_endpoints() -> Place {
    let mut place = Place::new();
    let config = "[[endpoints]]\nname = \"all\"\nurl = \"http://127.0.0.1:9/\"\n\
                  [[endpoints]]\nname = \"some\"\nurl = \"http://127.0.0.1:9/some\"\nevents = [\"enrollment.*\"]\n";
    std::fs::write(place.path("c.toml"), config).unwrap();
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
    place
}

#[test]
fn a_dry_run_counts_the_endpoints_that_want_it_and_is_marked_as_that() {
    let place = two_endpoints();
    for (event_type, deliveries, counted) in
        [("user.created", 1, "1 endpoint"), ("enrollment.created", 2, "2 endpoints")]
    {
        let args = ["emit", event_type, "r", "--data", "{}"];
        let would = place.data(&[&args[..], &["--dry-run"]].concat());
        assert_eq!((&would["deliveries"], &would["dryRun"]), (&deliveries.into(), &true.into()));
        let line = place.run(&[&args[..], &["--dry-run"]].concat()).stdout;
        assert!(line.contains(&format!("for {counted}; nothing changed")), "{line}");
        let done = place.data(&args);
        assert_eq!((&done["deliveries"], done.get("dryRun")), (&deliveries.into(), None));
    }
}

#[test]
fn an_event_for_nobody_is_warned_about_once() {
    let place = Place::new();
    let args = ["emit", "user.created", "u", "--data", "{}", "--id", "mine"];
    let first = place.run(&args);
    let (created, warned) = first.stderr.split_once('\n').unwrap();
    assert_eq!(created, format!("created the database {}", place.database().display()));
    assert!(warned.starts_with("warning: no endpoint is configured"), "{first:?}");
    assert_eq!(first.stdout.trim_end(), "mine  user.created  user/u  stored without deliveries");
    let again = place.run(&args);
    assert_eq!((again.code, again.stderr.as_str()), (0, ""), "nothing was stored this time");
    let place = two_endpoints();
    std::fs::write(
        place.path("c.toml"),
        "[[endpoints]]\nname = \"some\"\nurl = \"http://127.0.0.1:9/\"\nevents = [\"enrollment.*\"]\n",
    )
    .unwrap();
    let unwanted = place.run(&["emit", "user.created", "u", "--data", "{}"]);
    assert!(unwanted.stderr.contains("\nwarning: no endpoint subscribes to `user.created`"), "{unwanted:?}");
}

fn batch(place: &Place, lines: &str, more: &[&str]) -> Ran {
    place.run_with_input(&[&["emit", "--batch", "-"], more].concat(), lines.as_bytes())
}

fn line(id: &str, event_type: &str, data: &str) -> String {
    format!("{{\"id\":\"{id}\",\"type\":\"{event_type}\",\"resourceId\":\"{id}\",\"data\":{data}}}\n")
}

#[test]
fn one_line_that_was_rejected_is_exit_three_whatever_was_wrong_with_it() {
    let place = two_endpoints();
    let good = line("a", "user.created", "{}");
    let wrong = batch(&place, &format!("{good}\n  \nnot json\n"), &["--skip-invalid", "-o", "json"]);
    assert_eq!(wrong.code, 3, "{wrong:?}");
    let told = wrong.data();
    assert_eq!((&told["accepted"], &told["rejected"]), (&1.into(), &1.into()), "blank lines are none");
    assert!(wrong.stderr.starts_with("warning: line 4, column 2: "), "{wrong:?}");
    assert_eq!((&told["rejectedLines"][0]["line"], &told["rejectedLines"][0]["column"]), (&4.into(), &2.into()));
    assert!(!wrong.stderr.contains("line 1"), "a line is named once: {wrong:?}");
    // A known id with another content is rejected, one with the same is a duplicate.
    let other = line("a", "user.created", "{\"n\":1}");
    let mixed =
        batch(&place, &format!("{good}{other}{}", line("b", "user.created", "{}")), &["--skip-invalid", "-o", "json"]);
    assert_eq!(mixed.code, 3, "{mixed:?}");
    let told = mixed.data();
    assert_eq!((&told["accepted"], &told["duplicates"], &told["rejected"]), (&1.into(), &1.into(), &1.into()));
    assert!(mixed.stderr.contains("line 2: an event with the id `a`"), "{mixed:?}");
    // The line is that of the input, whatever was left out before it.
    let late = batch(&place, &format!("\nnot json\n{good}{other}"), &["--skip-invalid"]);
    assert!(late.stderr.contains("warning: line 4: an event with the id `a`"), "{late:?}");
    let whole = batch(&place, &format!("\n{good}{other}"), &[]);
    assert!(whole.code == 65 && whole.stderr.contains("error: line 3: an event with the id `a`"), "{whole:?}");
    assert_eq!(batch(&place, &good, &["--skip-invalid"]).code, 0);
    let dry = batch(&place, "not json\n", &["--skip-invalid", "--dry-run", "-o", "json"]);
    assert_eq!((dry.code, &dry.data()["rejected"]), (3, &1.into()), "{dry:?}");
}

#[test]
fn a_line_that_is_refused_is_named_once_with_its_column() {
    let place = two_endpoints();
    let refused = batch(&place, &format!("{}{{\"type\":\"user.created\",]}}\n", line("a", "user.created", "{}")), &[]);
    assert!(refused.code == 65 && refused.stderr.starts_with("error: line 2, column 24: "), "{refused:?}");
    assert!(!refused.stderr.contains("line 1"), "{refused:?}");
    let one = batch(&place, &line("a", "user.created", "{}"), &[]).stdout;
    assert!(one.starts_with("1 event queued, 0 duplicates, 0 lines rejected"), "{one}");
}

#[test]
fn twenty_rejected_lines_are_named_and_the_rest_is_counted() {
    let place = two_endpoints();
    for (lines, told) in [(20, 20), (21, 21), (25, 21)] {
        let ran = batch(&place, &"nonsense\n".repeat(lines), &["--skip-invalid", "-o", "json"]);
        assert_eq!((ran.code, &ran.data()["rejected"]), (3, &lines.into()));
        let warnings: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
        assert_eq!(warnings.len(), told, "{ran:?}");
        assert!(warnings[19].starts_with("warning: line 20, column 2: "), "{ran:?}");
        assert!(told == 20 || warnings[20] == "warning: further rejected lines are not listed", "{ran:?}");
    }
}

#[test]
fn a_batch_says_how_many_of_its_events_nobody_wants() {
    let place = two_endpoints();
    std::fs::write(
        place.path("c.toml"),
        "[[endpoints]]\nname = \"some\"\nurl = \"http://127.0.0.1:9/\"\nevents = [\"enrollment.*\"]\n",
    )
    .unwrap();
    let lines: String =
        ["a", "b"].map(|id| line(id, "user.created", "{}")).concat() + &line("c", "enrollment.created", "{}");
    let ran = batch(&place, &lines, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("\nwarning: no endpoint subscribes to 2 of the events"), "{ran:?}");
    let wanted = batch(&place, &line("d", "enrollment.created", "{}"), &[]);
    assert_eq!(wanted.stderr, "");
}

#[test]
fn what_process_would_send_is_neither_blocked_nor_behind_a_rest() {
    let resting = Receiver::new(|_| Reply::With(429, vec![("retry-after", "3600".into())], Vec::new()));
    let good = Receiver::good();
    let place = Place::sending_to(&[good.url("/")]);
    place.emit_lines(["first", "second"].map(|id| (id.to_owned(), "same".to_owned())).into_iter());
    let due = |place: &Place| {
        let rows = place.data(&["process", "--dry-run"]);
        rows.as_array().unwrap().iter().map(|row| row["eventId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(due(&place), ["first"], "the second waits behind it");
    assert_eq!(good.count(), 0);
    let place = Place::sending_to(&[resting.url("/")]);
    place.emit_many(1);
    assert_eq!(due(&place), ["e0"]);
    assert_eq!(place.run(&["process"]).code, 0);
    place.emit("user.created", "due-but-for-the-rest");
    assert!(due(&place).is_empty());
}

#[test]
fn a_batch_that_is_not_json_lines_is_recognised_and_stores_nothing() {
    let place = Place::new();
    let good = line("a", "user.created", "{}");
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(good.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let array = format!("[{}]", good.trim());
    for (input, told) in [(utf16.as_slice(), "UTF-16"), (array.as_bytes(), "a JSON array"), (b" [\n", "a JSON array")] {
        for more in [&[][..], &["--skip-invalid"]] {
            let ran = place.run_with_input(&[&["emit", "--batch", "-"], more].concat(), input);
            assert!(
                ran.code == 65 && ran.stderr.contains(told) && ran.stderr.contains("nothing was stored"),
                "{ran:?}"
            );
        }
    }
    assert!(!place.database().exists());
    let marked = [b"\xef\xbb\xbf", good.as_bytes()].concat();
    assert_eq!(place.run_with_input(&["emit", "--batch", "-", "-q"], &marked).code, 0, "a byte order mark is no harm");
    let mixed = line("b", "user.created", "{}") + "{}\n" + &line("a", "user.created", "{\"x\":1}");
    let ran = place.run_with_input(&["emit", "--batch", "-", "--skip-invalid", "-o", "json"], mixed.as_bytes());
    let rejected = &ran.data()["rejectedLines"];
    assert_eq!((ran.code, &rejected[0]["line"], &rejected[1]["line"]), (3, &2.into(), &3.into()), "{ran:?}");
}

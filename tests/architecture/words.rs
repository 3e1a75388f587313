//! Names that were given up for the standard term must not come back.

use crate::names::Names;
use crate::{OURS, root};

/// For a part of `src`, the names that no type, function, constant, variant, module or file has there any more.
const RETIRED: &[(&str, &[&str])] = &[
    (
        "outbound",
        &[
            "Shift",
            "Turn",
            "turn",
            "turned",
            "COMPANY",
            "LINGER",
            "PATIENCE",
            "Trouble",
            "endure",
            "look_around",
            "stir",
            "land",
            "Hand",
            "dry",
            "fed",
            "sift",
            "in_doubt",
            "Returns",
            "Landing",
            "landed",
            "die_if_asked",
            "Bell",
            "rung",
            "Outlet",
            "Letter",
            "sealed",
            "Chance",
            "Sight",
            "Contenders",
            "Relayed",
            "reach",
            "look",
            "chance",
            "hand",
            "returns",
            "Sender",
            "About",
        ],
    ),
    ("delivery", &["Standing", "strikes", "Rest", "Verdict", "is_unsettling", "spares", "told_to_wait", "judge"]),
    (
        "store",
        &[
            "address",
            "forget",
            "forgettable",
            "candidate",
            "Look",
            "Tally",
            "Outlook",
            "Left",
            "Copied",
            "Lives",
            "Census",
            "Mirror",
            "Part",
            "moved",
            "ended",
            "Reach",
            "Shared",
            "Beside",
            "Still",
            "Hand",
            "stand",
            "forgive_clock",
            "apart",
            "mirror",
            "reach",
            "due",
            "Condition",
            "condition",
            "Bound",
            "Dialect",
            "Changes",
            "Told",
            "Untold",
            "Observed",
            "Notice",
            "Rate",
            "Advanced",
            "Configured",
            "Incoming",
            "Edited",
            "Expects",
            "Sort",
            "Fault",
            "fault",
            "Held",
            "Flight",
            "Want",
            "Wanted",
            "Low",
            "Seen",
            "Mark",
            "Own",
            "New",
            "Bare",
            "Old",
            "Mapped",
            "Chosen",
        ],
    ),
    (
        "server",
        &[
            "Who", "Door", "Guesses", "Guest", "AtWork", "show_out", "welcome", "Patient", "HEAVY", "Holds",
            "patience", "refusals", "Version",
        ],
    ),
    (
        "broker",
        &[
            "Refused",
            "Fate",
            "Kit",
            "Held",
            "Extender",
            "Shared",
            "Waiting",
            "Chain",
            "Taken",
            "Open",
            "refusal",
            "give_back",
            "leave",
        ],
    ),
    ("delivery", &["Reason"]),
    ("endpoint", &["Condition", "condition", "Spec"]),
    ("explain", &["Variant"]),
    ("monitor", &["Cluster", "Clusters", "Measured", "Behaviour"]),
    ("outbound", &["Job", "Tested", "Until"]),
    ("config", &["Keeping", "Kept", "Said", "said", "spoken", "Parted", "Walk", "afresh"]),
    (
        "cli",
        &[
            "Fault",
            "Desk",
            "tell_untold",
            "Crew",
            "workbench",
            "Delivered",
            "Parted",
            "afresh",
            "What",
            "Named",
            "OfQueue",
            "Chosen",
            "Typed",
            "Asked",
            "Looked",
            "Came",
            "Ends",
            "Told",
            "Theirs",
            "parcel",
            "said_of_nobody",
            "tell_left",
            "needs_a_yes",
            "the_signed",
        ],
    ),
    ("render", &["Picked", "Fitted", "Surroundings", "said", "inert", "people", "give_back", "can_be_taken_over"]),
    (
        "report",
        &[
            "Seen",
            "Moment",
            "Part",
            "Parts",
            "Flawed",
            "Tried",
            "Came",
            "Outside",
            "WouldCopy",
            "ToldView",
            "FoundView",
            "said",
        ],
    ),
    ("service", &["Wish", "LOOK_EVERY", "ENDS_SOON", "try_sink"]),
    ("alert", &["tell", "TELL_LIMIT", "keeping"]),
    ("monitor", &["Playing", "Ended", "next_moment"]),
    ("inbound", &["is_doubled", "even_null"]),
    ("explain", &["Seen", "With", "Make", "Needs", "Out", "Round", "habit"]),
    ("request", &["OfMembers", "OfItems", "Awaited", "First", "Read"]),
    ("record", &["What"]),
    ("signature", &["Half", "Only", "only", "Clue", "Heard", "Older", "Texts", "Readable", "told_by", "speaks_of"]),
    ("explain", &["Half", "Only", "only", "Clue", "Heard"]),
    ("request", &["Half", "Only", "only", "Clue", "Heard"]),
    ("monitor", &["Ages", "checkup", "Verdict"]),
    ("report", &["Heard", "Sender"]),
    ("", &["text"]),
];

/// Phrases of earlier help texts and messages that a reader had to read twice, with the plain ones that took their place.
const RETIRED_PHRASES: &[(&str, &str)] = &[
    ("attempt as what it meant", "Show the audit log"),
    ("in the form of Nagios", "in Nagios plugin format"),
    ("Look after the database", "Inspect, back up, verify and prune"),
    ("Look for what is wrong", "Diagnose"),
    ("See what is known of", "List records"),
    ("rehearse their rotation", "prepare a rotation"),
    ("See the whole story", "Run a self-contained demonstration"),
    ("in the place of the queue", "Replace the database with a backup"),
    ("Form of the answer", "Output format"),
    ("Leave out the line of headings", "Omit the header row"),
    ("refuse what would need an answer", "Never prompt; fail instead"),
    ("Start nothing new after", "Stop starting attempts after"),
    ("what other runs are sending", "attempts of other processes"),
    ("whoever verifies does not apply", "test requests that receivers ignore"),
    ("letting go of what was claimed", "claimed deliveries were released"),
    ("past the wait", "timed out"),
    ("nobody will get it", "stored without deliveries"),
    ("nobody drains", "no worker is running"),
    ("reads without an end", "a long-running reader blocks WAL checkpoints"),
    ("does not go by that name", "unknown Host header"),
    ("reachable by any name", "any Host is accepted"),
    ("outage costs nothing", "Events are kept during an outage"),
    ("a killed one had in hand", "its claims are released at once"),
    ("stands where it stands", "explain its state"),
    ("that want it", "that subscribe to it"),
    ("one object a line", "one object per line"),
    ("parsed and written again", "parsed and serialized again"),
];

/// Which files that an operator reads, or that print what one reads, have a retired phrase.
fn retired_phrases(files: &[(String, String)]) -> Vec<String> {
    let found = files.iter().flat_map(|(name, text)| {
        let retired = RETIRED_PHRASES.iter().filter(|(phrase, _)| text.contains(phrase));
        retired.map(move |(phrase, better)| format!("{name}: `{phrase}`; write `{better}`"))
    });
    found.collect()
}

/// The files below a directory with one of these endings, with their text.
fn texts(directory: &str, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut left = vec![root().join(directory)];
    while let Some(directory) = left.pop() {
        for path in std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|it| endings.iter().any(|ending| it == *ending)) {
                found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

#[test]
fn retired_phrases_do_not_come_back() {
    let mut files = [texts("src", &["rs"]), texts("docs", &["md"]), texts("man", &["1"])].concat();
    files.push(("README.md".to_owned(), std::fs::read_to_string(root().join("README.md")).unwrap()));
    assert!(files.len() > 400, "{}", files.len());
    let found = retired_phrases(&files);
    assert!(found.is_empty(), "{}", found.join("\n"));
    let planted = [("a.rs".to_owned(), "/// See every attempt as what it meant".to_owned())];
    assert_eq!(retired_phrases(&planted).len(), 1);
}

/// Which files define a retired name, or have one.
pub fn retired(names: &Names) -> Vec<String> {
    let mut found = Vec::new();
    for (file, defined) in &names.defined {
        let part = file.split(['/', '.']).next().unwrap();
        for (_, words) in RETIRED.iter().filter(|(of, _)| *of == part || (of.is_empty() && part == "lib")) {
            found.extend(words.iter().filter(|word| defined.contains(**word)).map(|word| format!("{file}: {word}")));
        }
    }
    for file in names.taken.keys() {
        let mut parts = file.trim_end_matches(".rs").split('/');
        let (part, name) = (parts.next().unwrap(), parts.next_back());
        let is_retired = |word: &&&str| name == Some(**word);
        let words = RETIRED.iter().filter(|(of, _)| *of == part).flat_map(|(_, words)| *words);
        found.extend(words.filter(is_retired).map(|word| format!("{file}: {word}")));
    }
    found.sort();
    found.dedup();
    found
}

#[test]
fn retired_words_do_not_come_back() {
    let found = retired(&OURS);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

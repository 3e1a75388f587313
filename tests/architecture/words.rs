//! Names that were given up for the standard term must not come back.

use crate::OURS;
use crate::names::Names;

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

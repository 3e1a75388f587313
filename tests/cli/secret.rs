use super::listen::Listening;
use super::sign::{BODY, SIGNATURE};
use crate::support::place::{Place, SECRET};

#[test]
fn a_new_secret_is_strong_and_never_twice_the_same() {
    let place = Place::new();
    let one = place.data(&["secret", "new"])["secret"].as_str().unwrap().to_owned();
    let two = place.run(&["secret", "new"]).stdout.trim().to_owned();
    assert_ne!(one, two);
    for secret in [one, two] {
        assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}");
        std::fs::write(place.path("s"), &secret).unwrap();
        assert_eq!(place.run(&["secret", "check", "--secret-file", "s"]).code, 0);
    }
}

#[test]
fn flaws_are_named_and_the_secret_is_not_shown() {
    let mut place = Place::new();
    place.set("CRON_SECRET", SECRET);
    let ran = place.run(&["secret", "check", "-o", "json"]);
    assert_eq!(ran.code, 1);
    let flaws = ran.data()["flaws"].clone();
    let names: Vec<_> = flaws.as_array().unwrap().iter().map(|flaw| flaw["flaw"].as_str().unwrap()).collect();
    assert_eq!(names, ["short", "reused"]);
    assert!(!ran.stdout.contains(SECRET));
    assert!(flaws[1]["text"].as_str().unwrap().contains("cron.secret"));
    place.set("PADDED", " 0123456789abcdefghijklmnop ");
    let padded = place.run(&["secret", "check", "--secret-env", "PADDED"]);
    assert_eq!((padded.code, padded.stdout.contains("outer-white-space")), (1, true));
    let form = place.run(&["secret", "check", "--standard-form"]);
    assert_eq!(form.stdout, "whsec_c3luY2N0bC10ZXN0LXNlY3JldA==\n");
}

#[test]
fn a_rotation_is_rehearsed_on_what_was_captured_and_on_every_endpoint() {
    let mut place = Place::new();
    place.set("NEW", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    let listening = Listening::start(&place, &["--save", "captured", "--count", "3"]);
    let new = place.data(&["sign", "--data", BODY, "--secret-env", "NEW"]);
    let new = new["headers"]["x-webhook-signature"].as_str().unwrap();
    listening.send(&format!("User-Agent: a\r\nX-Webhook-Signature: {SIGNATURE}\r\n"), BODY.as_bytes());
    listening.send(&format!("User-Agent: b\r\nX-Webhook-Signature: {new}\r\n"), BODY.as_bytes());
    listening.send(&format!("User-Agent: c\r\nX-Webhook-Signature: {}\r\n", "0".repeat(64)), BODY.as_bytes());
    listening.shown();
    let config = "[[endpoints]]\nname = \"shared\"\nurl = \"https://a.example/\"\n\
                  [[endpoints]]\nname = \"own\"\nurl = \"https://b.example/\"\nsecret_env = \"NEW\"\n";
    std::fs::write(place.path("c.toml"), config).unwrap();
    let args = ["secret", "rotate-plan", "--new-env", "NEW", "--captured", "captured", "--config", "c.toml"];
    let ran = place.run(&[&args[..], &["-o", "json"]].concat());
    assert_eq!(ran.code, 1, "not everybody has the new one: {ran:?}");
    let uses = |list: &str| -> Vec<String> {
        let data = ran.data();
        let all = data[list].as_array().unwrap();
        all.iter().map(|one| format!("{} {}", one["name"].as_str().unwrap(), one["uses"].as_str().unwrap())).collect()
    };
    assert_eq!(uses("senders"), ["a from 127.0.0.1 old", "b from 127.0.0.1 new", "c from 127.0.0.1 neither"]);
    assert_eq!(uses("endpoints"), ["to shared old", "to own new"]);
    let words = place.run(&args).stdout;
    assert!(words.starts_with("1 of 3 senders still uses the old one, last seen "), "{words}");
    assert!(words.contains("1 of 2 endpoints still uses the old one"), "{words}");
}

#[test]
fn a_difference_is_told_by_its_place_and_by_the_habit_it_looks_like() {
    let place = Place::new();
    std::fs::write(place.path("sent"), BODY).unwrap();
    std::fs::write(place.path("pretty"), BODY.replace(':', ": ").replace(',', ", ")).unwrap();
    std::fs::write(place.path("cut"), &BODY[..40]).unwrap();
    assert_eq!(place.run(&["diff", "sent", "sent"]).code, 0);
    let ran = place.run(&["diff", "sent", "pretty", "-o", "json"]);
    let data = ran.data();
    assert_eq!((ran.code, &data["offset"], &data["causes"][0]), (1, &6.into(), &"json-minified".into()));
    assert_eq!(place.run(&["diff", "sent", "cut", "-o", "json"]).data()["habit"], "cut-off");
    assert_eq!(place.run(&["diff", "sent"]).code, 2);
    assert_eq!(place.run(&["diff", "sent", "missing"]).code, 66);
}

//! Who compares secrets otherwise than in constant time tells by the time it takes how much of a guess is right.

use crate::root;

/// The code of a file of the server, without its comments and tests.
fn code(name: &str) -> String {
    let text = std::fs::read_to_string(root().join("src/server").join(name)).unwrap();
    let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn secrets_of_callers_are_compared_as_hashes_in_constant_time_alone() {
    let (auth, session) = (code("auth.rs"), code("session.rs"));
    assert_eq!(auth.matches(".ct_eq(").count(), 1, "`Hashed::is` is the one comparison");
    let hashed = auth.split("pub(super) struct Hashed([u8; 32]);").next().unwrap();
    let derives = hashed.rsplit("#[derive(").next().unwrap();
    assert!(derives.starts_with("Clone)]"), "hashes of secrets have no other comparison: {derives}");
    let secrets = auth.split("pub struct Secrets {").nth(1).unwrap().split('}').next().unwrap();
    assert_eq!(secrets.matches("Option<Hashed>").count(), 2, "{secrets}");
    let kept = session.split("struct Session {").nth(1).unwrap().split('}').next().unwrap();
    assert_eq!(kept.matches(": Hashed").count(), 2, "{kept}");
    assert!(!session.contains(".ct_eq("), "sessions are compared by `Hashed::is`");
}

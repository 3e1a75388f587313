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
    let (secrets, sessions) = (code("secrets.rs"), code("sessions.rs"));
    assert_eq!(secrets.matches(".ct_eq(").count(), 1, "`HashedSecret::is` is the one comparison");
    let hashed = secrets.split("pub(super) struct HashedSecret([u8; 32]);").next().unwrap();
    let derives = hashed.rsplit("#[derive(").next().unwrap();
    assert!(derives.starts_with("Clone)]"), "hashes of secrets have no other comparison: {derives}");
    let fields = |name: &str| secrets.split(name).nth(1).unwrap().split('}').next().unwrap().to_owned();
    let (configured, token) = (fields("pub struct Secrets {"), fields("struct Token {"));
    assert!(
        configured.contains("tokens: Vec<Token>") && configured.contains("cron: Option<HashedSecret>"),
        "{configured}"
    );
    assert!(token.contains("hash: HashedSecret"), "{token}");
    let rest = secrets.replace(".ct_eq(", "");
    assert!(!rest.contains(" == ") && !rest.contains(" != "), "secrets are compared by `HashedSecret::is`");
    assert!(
        !sessions.contains("ct_eq") && !sessions.contains("HashedSecret"),
        "sessions are found by their hash alone"
    );
}

//! The OpenAPI document, held true by a tool that reads nothing else.

use std::process::Command;

use super::running::{ADMIN, Running, place};
use crate::support::place::SECRET;
use crate::support::tools::has_tools;

#[test]
fn schemathesis_finds_no_failure_of_ours_and_no_undocumented_answer() {
    if !has_tools(&["schemathesis"]) {
        return;
    }
    let place = place();
    let server = Running::start(&place, &["--no-process"]);
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/schemathesis");
    let examples = std::env::var("SYNCCTL_EXAMPLES").unwrap_or("5".to_owned());
    let seed = std::env::var("SYNCCTL_SEED").unwrap_or("1".to_owned());
    let output = Command::new("schemathesis")
        .args(["--config-file", &format!("{fixtures}/schemathesis.toml"), "run"])
        .args([&format!("http://{}/openapi.json", server.address), "--header", ADMIN.trim_end()])
        .args(["--max-examples", &examples, "--seed", &seed, "--request-timeout", "10", "--no-color"])
        .args(["--suppress-health-check", "all"])
        .env("SCHEMATHESIS_HOOKS", "signed")
        .env("PYTHONPATH", fixtures)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("WEBHOOK_SECRET", SECRET)
        .current_dir(place.dir.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "seed {seed}\n{told}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("Selected: 84/85"), "{told}");
    assert_eq!(server.get("/healthz", "").status, 200);
}

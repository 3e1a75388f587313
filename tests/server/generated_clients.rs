//! Clients that others' tools generate from the OpenAPI document: they have fields, and they work.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::running::{ADMIN, Running, place};
use crate::support::tools::{has_tools, may};

const TOKEN: &str = "admin-token-of-the-tests";

fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let told = [&output.stdout[..], &output.stderr[..]].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    assert!(output.status.success(), "{command:?}\n{}", told.join("\n"));
    output
}

/// A server, and a directory with its document and the program of that name.
fn prepared(program: &str) -> (crate::support::place::Place, Running, std::path::PathBuf) {
    let place = place();
    let server = Running::start(&place, &["--no-process"]);
    let directory = place.path("client");
    std::fs::create_dir(&directory).unwrap();
    std::fs::write(directory.join("document.json"), server.get("/openapi.json", ADMIN).body).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clients");
    std::fs::copy(fixtures.join(program), directory.join(program)).unwrap();
    (place, server, directory)
}

#[test]
fn a_generated_python_client_has_fields_and_works() {
    if !has_tools(&["openapi-python-client"]) {
        return;
    }
    let (_place, server, directory) = prepared("client.py");
    run(Command::new("openapi-python-client")
        .args(["generate", "--path", "document.json", "--meta", "none", "--output-path", "generated"])
        .current_dir(&directory));
    let url = format!("http://{}", server.address);
    run(Command::new("python").args(["client.py", &url, TOKEN]).current_dir(&directory));
}

#[test]
fn generated_typescript_types_have_fields_and_hold() {
    if !has_tools(&["node"]) {
        return;
    }
    // Beside the package that another test names.
    let modules = std::env::var_os("SYNCCTL_AXE").and_then(|axe| Some(Path::new(&axe).ancestors().nth(2)?.to_owned()));
    let modules = modules.filter(|modules| modules.join(".bin/openapi-typescript").exists());
    if !may("running openapi-typescript, which SYNCCTL_AXE leads to,", || modules.is_some()) {
        return;
    }
    let modules = modules.unwrap();
    let (_place, server, directory) = prepared("client.ts");
    assert_eq!(
        server.send("POST /api/enrollments", ADMIN, br#"{"userId":"u","courseId":"c"}"#).status,
        201,
        "there is one to be listed"
    );
    std::os::unix::fs::symlink(&modules, directory.join("node_modules")).unwrap();
    let tool = |name: &str| directory.join("node_modules/.bin").join(name);
    std::fs::write(directory.join("package.json"), r#"{"type":"module"}"#).unwrap();
    run(Command::new(tool("openapi-typescript"))
        .args(["document.json", "-o", "generated.d.ts"])
        .current_dir(&directory));
    let options = ["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node", "--skipLibCheck"];
    run(Command::new(tool("tsc")).args(options).arg("client.ts").current_dir(&directory));
    let url = format!("http://{}", server.address);
    let output = run(Command::new("node").args(["client.js", &url, TOKEN]).current_dir(&directory));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told, serde_json::json!({"events": 1, "healthy": true, "course": "c", "total": 1}));
}

//! What goes wrong between a command and its server, told with an exit code and without a password.

use crate::story::place;
use crate::support::cluster::Cluster;
use crate::support::place::Place;
use crate::support::tools::has_tools;

fn exit_of(place: &mut Place, location: &str) -> (i32, String) {
    place.set("SYNCCTL_DB", location);
    let ran = place.run(&["status"]);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("s3cret"), "{ran:?}");
    (ran.code, ran.stderr)
}

#[test]
fn each_way_to_fail_has_its_exit_code_and_never_shows_the_password() {
    let Some(cluster) = Cluster::start() else { return };
    let mut place = place(&cluster, &[]);
    place.emit("user.updated", "u");
    let port = cluster.port;
    let at = |rest: &str| format!("postgres://postgres:s3cret@127.0.0.1:{port}/{rest}");
    assert_eq!(exit_of(&mut place, &at("queue")).0, 0);
    assert_eq!(exit_of(&mut place, &at("none")).0, 10, "no database");
    assert_eq!(exit_of(&mut place, &at("queue?schema=other")).0, 10, "no schema");
    assert_eq!(exit_of(&mut place, &at("queue?nonsense=1")).0, 78);
    assert_eq!(exit_of(&mut place, &at("queue?sslmode=verify-full")).0, 78, "a server without TLS");
    assert_eq!(exit_of(&mut place, "postgres://postgres:s3cret@127.0.0.1:1/queue").0, 11, "nobody listens");
    let (_, told) = exit_of(&mut place, &at("none"));
    assert!(told.contains("createdb"), "{told}");
    cluster.sql("postgres", "CREATE ROLE reader LOGIN");
    let reader = format!("postgres://reader:s3cret@127.0.0.1:{port}/queue");
    let (code, told) = exit_of(&mut place, &reader);
    assert_eq!(code, 78, "{told}");
    let (code, told) =
        exit_of(&mut place, &format!("host=127.0.0.1 port={port} user=postgres password=s3cret dbname=queue"));
    assert_eq!(code, 0, "{told}");
    cluster.queue("UPDATE schema_version SET version = 99");
    assert_eq!(exit_of(&mut place, &at("queue")).0, 12, "a newer schema");
}

#[test]
fn a_wrong_password_is_refused_and_one_from_a_file_is_taken() {
    let Some(cluster) = Cluster::start() else { return };
    cluster.sql("postgres", "ALTER ROLE postgres PASSWORD 's3cret'");
    std::fs::write(cluster.path("data/pg_hba.conf"), "host all all 127.0.0.1/32 scram-sha-256\n").unwrap();
    cluster.down("fast");
    cluster.up();
    let mut place = Place::new();
    let port = cluster.port;
    let (code, told) = exit_of(&mut place, &format!("postgres://postgres:wrong@127.0.0.1:{port}/queue"));
    assert_eq!(code, 78, "{told}");
    let passwords = place.path("passwords");
    std::fs::write(&passwords, format!("127.0.0.1:{port}:*:postgres:s3cret\n")).unwrap();
    let location = format!("postgres://postgres@127.0.0.1:{port}/queue?passfile={}", passwords.display());
    place.set("SYNCCTL_DB", &location);
    let emitted = place.run(&["emit", "user.updated", "u", "--data", "{}"]);
    assert_eq!(emitted.code, 0, "{emitted:?}");
    place.set("SYNCCTL_DB", &format!("postgres://postgres@127.0.0.1:{port}/queue"));
    place.set("PGPASSWORD", "s3cret");
    assert_eq!(place.run(&["status"]).code, 0);
}

#[test]
fn what_a_role_may_not_do_is_told_with_what_an_administrator_has_to_do() {
    let Some(cluster) = Cluster::start() else { return };
    cluster.sql("postgres", "CREATE ROLE app LOGIN");
    let mut place = Place::new();
    place.set("SYNCCTL_DB", &format!("postgres://app@127.0.0.1:{}/queue", cluster.port));
    let refused = place.run(&["emit", "user.updated", "u", "--data", "{}"]);
    assert_eq!(refused.code, 78, "{refused:?}");
    assert!(refused.stderr.contains("CREATE SCHEMA syncctl AUTHORIZATION"), "{refused:?}");
    cluster.sql("queue", "CREATE SCHEMA syncctl AUTHORIZATION app");
    let emitted = place.run(&["emit", "user.updated", "u", "--data", "{}"]);
    assert_eq!(emitted.code, 0, "{emitted:?}");
    assert!(emitted.stderr.contains("created the database"), "{emitted:?}");
    assert!(!place.run(&["emit", "user.updated", "u", "--data", "{}"]).stderr.contains("created"));
}

#[test]
fn a_standby_takes_no_writes_and_is_found_next_to_the_server_that_does() {
    let Some(cluster) = Cluster::start() else { return };
    let standby = cluster.standby();
    let mut place = place(&cluster, &[]);
    place.emit("user.updated", "u");
    let (code, told) = exit_of(&mut place, &format!("postgres://postgres:s3cret@127.0.0.1:{}/queue", standby.port));
    assert_eq!(code, 74, "{told}");
    assert!(told.contains("standby") && told.contains("separated by commas"), "{told}");
    let both = format!("postgres://postgres:s3cret@127.0.0.1:{},127.0.0.1:{}/queue", standby.port, cluster.port);
    let (code, told) = exit_of(&mut place, &both);
    assert_eq!(code, 0, "{told}");
}

/// A certificate for `127.0.0.1`, signed by itself, and its key.
fn certificate(cluster: &Cluster) {
    let mut make = cluster.command(
        "/usr/bin/openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=queue",
            "-addext",
            "subjectAltName=IP:127.0.0.1,DNS:queue.example",
            "-addext",
            "basicConstraints=critical,CA:TRUE",
            "-keyout",
            "data/server.key",
            "-out",
            "data/server.crt",
        ],
    );
    let output = make.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let key = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(cluster.path("data/server.key"), key).unwrap();
}

#[test]
fn a_certificate_is_verified_for_its_authority_and_its_host() {
    if !has_tools(&["openssl"]) {
        return;
    }
    let Some(cluster) = Cluster::start() else { return };
    certificate(&cluster);
    cluster.configure("ssl = on\n");
    cluster.down("fast");
    cluster.up();
    let mut place = place(&cluster, &[]);
    place.emit("user.updated", "u");
    let port = cluster.port;
    let root = place.path("root.crt");
    std::fs::copy(cluster.path("data/server.crt"), &root).unwrap();
    let root = root.display();
    let at = |host: &str, parameters: &str| format!("postgres://postgres:s3cret@{host}:{port}/queue?{parameters}");
    let trusted = format!("sslmode=verify-full&sslrootcert={root}");
    let (code, told) = exit_of(&mut place, &at("127.0.0.1", &trusted));
    assert_eq!(code, 0, "{told}");
    let (code, told) = exit_of(&mut place, &at("127.0.0.1", "sslmode=verify-full"));
    assert_eq!(code, 78, "an authority that nobody knows: {told}");
    assert!(told.contains("sslrootcert"), "{told}");
    let (code, told) = exit_of(&mut place, &at("localhost", &trusted));
    assert_eq!(code, 78, "another host than the certificate names: {told}");
    let (code, told) = exit_of(&mut place, &at("localhost", &trusted.replace("verify-full", "verify-ca")));
    assert_eq!(code, 0, "the host is not looked at: {told}");
    let (code, told) = exit_of(&mut place, &at("127.0.0.1", "sslmode=require"));
    assert_eq!(code, 0, "{told}");
    let (code, told) = exit_of(&mut place, &at("127.0.0.1", "sslmode=verify-full&sslrootcert=/none.crt"));
    assert_eq!(code, 78, "{told}");
}

#[test]
fn a_password_is_in_no_output_and_no_log_of_any_command() {
    let Some(cluster) = Cluster::start() else { return };
    let mut place = place(&cluster, &[]);
    place.emit("user.updated", "u");
    let port = cluster.port;
    for location in [
        format!("postgres://postgres:c4nary-s3cret@127.0.0.1:{port}/queue"),
        format!("host=127.0.0.1 port={port} user=postgres password='c4nary-s3cret' dbname=queue"),
        format!("postgres://postgres:c4nary-s3cret@127.0.0.1:{port}/none"),
        "postgres://postgres:c4nary-s3cret@127.0.0.1:1/queue".to_owned(),
        "postgres://postgres:c4nary-s3cret".to_owned(),
        format!("postgres://postgres:c4nary-s3cret@127.0.0.1:{port}/queue?nonsense=c4nary-s3cret"),
        "host=127.0.0.1 password='c4nary-s3cret".to_owned(),
    ] {
        place.set("SYNCCTL_DB", &location);
        for args in [
            &["status", "-vv"][..],
            &["db", "path"],
            &["db", "status", "--json"],
            &["db", "backup", "b"],
            &["db", "restore", "b"],
            &["doctor", "--json"],
            &["config", "show", "--origin"],
            &["config", "validate"],
            &["bundle"],
            &["process", "-vv"],
        ] {
            let ran = place.run(args);
            let told = format!("{}{}", ran.stdout, ran.stderr);
            assert!(!told.contains("c4nary"), "{location} {args:?}: {told}");
        }
    }
}

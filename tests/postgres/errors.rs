//! What goes wrong between a command and its server, told with an exit code and without a password.

use crate::story::place;
use crate::support::cluster::Cluster;
use crate::support::place::Place;

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

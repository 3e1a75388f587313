//! Small trees that break a rule each, so that the checks are seen to fail.

use crate::circles::circles;
use crate::layers::{crossings, sql_outside_the_store, strays};
use crate::names::{Names, resolve};
use crate::words::retired;

fn read(files: &[(&str, &str)]) -> Names {
    let sources = files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
    resolve(&sources, "ours")
}

/// The files of each circle in a tree.
fn found(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    circles(&read(files)).into_iter().map(|circle| circle.files.into_iter().collect()).collect()
}

#[test]
fn a_tree_without_a_circle_is_clean() {
    let tree = [
        ("lib.rs", "pub mod a; pub mod b; pub mod c;"),
        ("a.rs", "use crate::b::B; use crate::c; pub struct A(B, c::C);"),
        ("b.rs", "pub struct B(crate::c::C);"),
        ("c.rs", "//! `crate::a::A` uses this.\npub struct C;\n#[cfg(test)]\nmod tests { use crate::a::A; }"),
    ];
    assert!(found(&tree).is_empty());
}

#[test]
fn two_files_that_use_each_other_are_a_circle() {
    let tree = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B; pub struct A(B);"),
        ("b.rs", "pub struct B(Option<Box<crate::a::A>>);"),
    ];
    assert_eq!(found(&tree), [["a.rs", "b.rs"]]);
}

#[test]
fn a_circle_through_a_third_file_is_found() {
    let tree = [
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b; pub fn a() { b::b() }"),
        ("b.rs", "pub fn b() { crate::c::c() }"),
        ("c.rs", "pub fn c() { use crate::a::a as again; again() }"),
        ("d.rs", "pub fn d() { crate::a::a() }"),
    ];
    assert_eq!(found(&tree), [["a.rs", "b.rs", "c.rs"]]);
}

#[test]
fn a_circle_through_super_is_found() {
    let tree = [
        ("lib.rs", "mod room;"),
        ("room.rs", "mod left; mod right;"),
        ("room/left.rs", "use super::right::Right; pub struct Left;"),
        ("room/right.rs", "use super::*; pub struct Right(left::Left);"),
    ];
    assert_eq!(found(&tree), [["room/left.rs", "room/right.rs"]]);
}

#[test]
fn a_circle_through_a_re_export_is_found() {
    let tree = [
        ("lib.rs", "mod room; mod user;"),
        ("room.rs", "mod inner; pub use inner::deep::{Deep as Renamed}; pub use inner::*;"),
        ("room/inner.rs", "pub mod deep; pub struct Inner;"),
        ("room/inner/deep.rs", "pub struct Deep(crate::user::User);"),
        ("user.rs", "use crate::room::Renamed; pub struct User(Option<Box<Renamed>>);"),
    ];
    assert_eq!(found(&tree), [["room/inner/deep.rs", "user.rs"]]);
}

#[test]
fn a_circle_through_a_glob_of_re_exports_is_found() {
    let tree = [
        ("lib.rs", "mod room; mod user;"),
        ("room.rs", "mod inner; pub use inner::*;"),
        ("room/inner.rs", "pub struct Inner; impl Inner { fn get() { crate::user::user() } }"),
        ("user.rs", "use crate::room::*; pub fn user() { let _ = Inner; }"),
    ];
    assert_eq!(found(&tree), [["room/inner.rs", "user.rs"]]);
}

#[test]
fn a_circle_through_a_macro_call_or_an_attribute_is_found() {
    let through_macro = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "pub fn a() -> String { format!(\"{}\", crate::b::b()) }"),
        ("b.rs", "pub fn b() -> u8 { assert!(crate::a::a().is_empty()); 1 }"),
    ];
    assert_eq!(found(&through_macro), [["a.rs", "b.rs"]]);
    let through_attribute = [
        ("lib.rs", "mod a; mod b;"),
        (
            "a.rs",
            "#[derive(Serialize)] pub struct A { #[serde(with = \"crate::b\", default = \"crate::b::zero\")] at: u8 }",
        ),
        ("b.rs", "#[arg(value_parser = crate::a::A::parse)] pub fn zero() {}"),
    ];
    assert_eq!(found(&through_attribute), [["a.rs", "b.rs"]]);
}

#[test]
fn a_circle_through_a_macro_of_ours_is_found() {
    let tree = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "macro_rules! of_b { () => { $crate::b::b() } } pub(crate) use of_b;"),
        ("b.rs", "pub fn b() { crate::a::of_b!() }"),
    ];
    assert_eq!(found(&tree), [["a.rs", "b.rs"]]);
}

#[test]
fn a_method_of_self_is_taken_from_the_file_of_its_impl() {
    let tree = [
        ("lib.rs", "mod room;"),
        ("room.rs", "mod left; mod right; pub struct Room;"),
        ("room/left.rs", "use super::Room; impl Room { pub fn left(&self) { self.right() } }"),
        ("room/right.rs", "use super::Room; impl Room { pub fn right(&self) { Self::left(self) } }"),
    ];
    assert_eq!(found(&tree), [["room/left.rs", "room/right.rs"]]);
}

#[test]
fn a_parent_and_its_own_child_may_use_each_other() {
    let tree = [
        ("lib.rs", "mod room;"),
        ("room.rs", "mod inner; pub struct Room(inner::Inner);"),
        ("room/inner.rs", "use super::Room; pub struct Inner(Option<Box<Room>>);"),
    ];
    assert!(found(&tree).is_empty());
}

#[test]
fn a_module_and_a_function_of_one_name_are_told_apart() {
    let tree = [
        ("lib.rs", "mod room; mod user;"),
        ("room.rs", "mod check; mod code; pub use check::check; "),
        ("room/check.rs", "use super::code::Code; pub fn check(code: Code) {} "),
        ("room/code.rs", "pub struct Code; "),
        ("user.rs", "use crate::room; pub fn user() { room::check(); }"),
    ];
    let names = read(&tree);
    assert!(circles(&names).is_empty());
    assert!(names.taken["user.rs"]["room/check.rs"].contains("check"));
}

#[test]
fn a_layer_that_is_crossed_is_found() {
    let upwards = [
        ("lib.rs", "mod clock; mod store; mod cli;"),
        ("clock.rs", "use crate::cli::Flag;"),
        ("store.rs", "pub struct Store;"),
        ("cli.rs", "pub struct Flag(crate::store::Store);"),
    ];
    assert_eq!(crossings(&read(&upwards)), ["clock.rs uses `cli`, which is not to its right"]);
    let sideways = [
        ("lib.rs", "mod render; mod server; mod report;"),
        ("render.rs", "use {crate::report::Report, crate::server::{self as web}}; fn f() { web::serve() }"),
        ("server.rs", "pub use crate::report::Report; pub fn serve() {}"),
        ("report.rs", "pub struct Report;"),
    ];
    assert_eq!(crossings(&read(&sideways)), ["render.rs uses `server`, which is not to its right"]);
    // The name is the clock's, but the path leads through the command line.
    let through_re_export = [
        ("lib.rs", "mod cli; mod clock; mod store;"),
        ("cli.rs", "pub use crate::clock::now;"),
        ("clock.rs", "pub fn now() {}"),
        ("store/sqlite.rs", "pub fn f() { crate::cli::now() }"),
        ("store.rs", "mod sqlite;"),
    ];
    assert_eq!(crossings(&read(&through_re_export)), ["store/sqlite.rs uses `cli`, which is not to its right"]);
    let unknown = [
        ("lib.rs", "mod helpers; mod cli;"),
        ("cli.rs", "use crate::helpers::help;"),
        ("helpers.rs", "pub fn help() {}"),
    ];
    assert_eq!(crossings(&read(&unknown)), ["cli.rs uses `helpers`: one of them stands in no layer"]);
    let from_main =
        [("lib.rs", "pub mod cli;"), ("main.rs", "fn main() { ours::cli::main() }"), ("cli.rs", "pub fn main() {}")];
    assert!(crossings(&read(&from_main)).is_empty());
}

#[test]
fn a_crate_away_from_its_place_is_found() {
    let tree = [
        ("lib.rs", "mod cli; mod store; mod outbound; mod server; mod hyper_notes;"),
        ("cli.rs", "use hyper::{body::Bytes, client::conn}; fn f() { rusqlite::Connection::open() }"),
        ("store.rs", "mod sqlite; fn f() -> sqlite::Connection { todo!() }"),
        ("store/sqlite.rs", "pub use rusqlite::Connection;"),
        ("outbound.rs", "use hyper::client::conn::http1;"),
        ("server.rs", "use axum::Router; use hyper::server;"),
        ("hyper_notes.rs", "//! axum::Router\nfn f() { let axum = 1; }"),
    ];
    let names = read(&tree);
    let found = strays(&names);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found[0].starts_with("cli.rs names `rusqlite`") && found[1].starts_with("cli.rs names `hyper::client`"),
        "{found:?}"
    );
    assert!(found[2].starts_with("store.rs names `rusqlite`"), "a re-export does not move a crate: {found:?}");
}

#[test]
fn sql_outside_the_store_is_found() {
    let tree = [
        ("lib.rs", "mod cli; mod store;"),
        ("cli.rs", "fn f() { run(concat!(\"  SELECT 1\", \" FROM event\")) }"),
        ("store.rs", "const Q: &str = \"SELECT 1\";"),
    ];
    assert_eq!(sql_outside_the_store(&read(&tree)), ["cli.rs holds SQL:   SELECT 1"]);
}

#[test]
fn a_retired_word_is_found_where_it_was_retired() {
    let tree = [
        ("lib.rs", "mod outbound; mod cli;"),
        ("outbound.rs", "mod chance; pub struct Hand; impl Hand { fn endure(&self) {} } enum E { Landing }"),
        ("outbound/chance.rs", "fn f() { let hand = 1; }"),
        ("cli.rs", "pub struct Hand;"),
    ];
    let found: Vec<String> =
        retired(&read(&tree)).iter().map(|line| line.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(found, ["outbound.rs", "outbound.rs", "outbound.rs", "outbound.rs", "outbound/chance.rs"]);
}

#[test]
#[should_panic(expected = "no `mod` declares")]
fn a_file_that_no_module_declares_is_told() {
    read(&[("lib.rs", ""), ("lost.rs", "")]);
}

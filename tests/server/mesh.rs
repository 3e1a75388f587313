//! Real servers that are pointed at each other: what is changed anywhere is the same everywhere, and nothing is passed on.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::running::{ADMIN, Running, with_secrets};
use crate::support::place::{Place, within};
use crate::support::{Chance, seeds};

const EDITS: usize = 60;

struct Mesh {
    ports: Vec<u16>,
    places: Vec<Place>,
    servers: Vec<Option<Running>>,
    /// Changes that were acknowledged, by node.
    emitted: Vec<u64>,
}

impl Mesh {
    /// Starts as many servers as are listed, each with the numbers of those that it sends to and what its place is given beyond that.
    fn start(sends_to: &[&[usize]], prepare: impl Fn(usize, &mut Place)) -> Self {
        // All are held open together, so that no two are the same.
        let held: Vec<_> = sends_to.iter().map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let ports: Vec<u16> = held.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        let url = |n: &usize| format!("http://127.0.0.1:{}/api/webhooks/sync", ports[*n]);
        let place = |(n, others): (usize, &&[usize])| {
            let mut place = with_secrets(Place::sending_to(&others.iter().map(url).collect::<Vec<_>>()));
            prepare(n, &mut place);
            place
        };
        let places = sends_to.iter().enumerate().map(place).collect();
        drop(held);
        let mut mesh = Self { ports, places, servers: Vec::new(), emitted: vec![0; sends_to.len()] };
        mesh.servers = (0..sends_to.len()).map(|n| Some(mesh.serve(n))).collect();
        mesh
    }

    fn serve(&self, n: usize) -> Running {
        Running::at(&self.places[n], &format!("127.0.0.1:{}", self.ports[n]), &[])
    }

    fn server(&self, n: usize) -> &Running {
        self.servers[n].as_ref().unwrap()
    }

    /// A change through the API of one node that is up.
    fn edit(&mut self, chance: &mut Chance) {
        let up: Vec<usize> = (0..self.servers.len()).filter(|n| self.servers[*n].is_some()).collect();
        let n = *chance.pick(&up);
        let (id, number) = (chance.below(4), chance.below(1_000));
        let (line, body) = match chance.below(7) {
            0 => ("POST /api/enrollments".to_owned(), json!({"id": format!("e{id}"), "userId": "u", "courseId": "c"})),
            1 | 2 => (format!("PATCH /api/enrollments/e{id}"), json!({"status": number.to_string()})),
            3 => (format!("DELETE /api/enrollments/e{id}"), json!(null)),
            4 => (
                format!("PUT /api/profile?userId=u{id}"),
                json!({"name": number.to_string(), "profile": {"bio": number}}),
            ),
            5 => (format!("POST /api/progress?userId=u{id}&courseId=c"), json!({"lesson": number})),
            _ => (
                "POST /api/events".to_owned(),
                json!({"type": "user.updated", "resourceId": format!("u{id}"), "data": {"role": number.to_string()}}),
            ),
        };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        match self.server(n).send(&line, ADMIN, body.as_bytes()).status {
            200 | 201 => self.emitted[n] += 1,
            status => assert!([404, 409].contains(&status), "{status}: {line}"),
        }
    }

    fn kill(&mut self, n: usize) {
        let server = self.servers[n].take().unwrap();
        server.signal("-9");
        server.ended();
    }

    /// What an operator does after an outage: ends the rests, and sends again what was given up.
    fn heal(&self) {
        for place in &self.places {
            for endpoint in place.data(&["endpoints", "list"]).as_array().unwrap() {
                place.run(&["endpoints", "resume", endpoint["name"].as_str().unwrap()]);
            }
            place.run(&["replay", "--failed", "--yes"]);
        }
    }

    fn is_drained(&self) -> bool {
        (0..self.servers.len()).all(|n| self.server(n).get("/api/sync/status", ADMIN).data()["queue"]["total"] == 0)
    }

    fn records(&self, n: usize) -> BTreeSet<String> {
        self.places[n].run(&["records", "export"]).stdout.lines().map(ToOwned::to_owned).collect()
    }

    fn received(&self, n: usize) -> u64 {
        let page = self.places[n].run(&["audit", "list", "--direction", "inbound", "--limit", "1", "--json"]).stdout;
        let page: serde_json::Value = serde_json::from_str(&page).unwrap();
        page["pagination"]["total"].as_u64().unwrap()
    }
}

/// Edits in three parts, with one server away for the second, until everything was delivered.
fn edit_and_kill(mesh: &mut Mesh, unlucky: usize, chance: &mut Chance) {
    (0..EDITS).for_each(|_| mesh.edit(chance));
    mesh.kill(unlucky);
    (0..EDITS).for_each(|_| mesh.edit(chance));
    mesh.servers[unlucky] = Some(mesh.serve(unlucky));
    (0..EDITS).for_each(|_| mesh.edit(chance));
    within(Duration::from_secs(30), "everything is delivered everywhere", || {
        mesh.heal();
        mesh.is_drained()
    });
}

fn events_of(server: &Running) -> u64 {
    server.get("/api/sync/status", ADMIN).data()["queue"]["events"].as_u64().unwrap()
}

#[test]
fn three_servers_agree_after_one_was_killed_and_nothing_is_passed_on() {
    const NODES: usize = 3;
    for seed in seeds(2) {
        let mut chance = Chance::new(seed);
        let mut mesh = Mesh::start(&[&[1, 2], &[0, 2], &[0, 1]], |_, _| {});
        let unlucky = chance.below(NODES);
        edit_and_kill(&mut mesh, unlucky, &mut chance);
        let first = mesh.records(0);
        assert!(first.len() >= 8, "seed {seed}: {} records", first.len());
        for n in 1..NODES {
            assert_eq!(first, mesh.records(n), "seed {seed}: node {n} differs from node 0");
        }
        let all: u64 = mesh.emitted.iter().sum();
        for n in 0..NODES {
            let emitted = mesh.emitted[n];
            assert_eq!(events_of(mesh.server(n)), emitted, "seed {seed}: node {n} emitted its own changes only");
            assert_eq!(mesh.received(n), all - emitted, "seed {seed}: node {n} applied each change of the others once");
        }
    }
}

/// Servers 0 to 2 have one database, as behind a load balancer that sends what comes from outside to the first; server 3 is the
/// other side.
#[cfg(feature = "postgres")]
#[test]
fn three_servers_on_one_database_agree_with_the_other_side_after_one_was_killed() {
    let Some(cluster) = crate::support::cluster::Cluster::start_in_memory() else { return };
    for seed in seeds(2) {
        let mut chance = Chance::new(seed);
        let shared = cluster.url_of(&format!("mesh{seed}"));
        let mut mesh = Mesh::start(&[&[3], &[3], &[3], &[0]], |n, place| {
            if n < 3 {
                place.set("SYNCCTL_DB", &shared);
            }
        });
        let unlucky = chance.below(4);
        edit_and_kill(&mut mesh, unlucky, &mut chance);
        let ours = mesh.records(0);
        assert!(ours.len() >= 8, "seed {seed}: {} records", ours.len());
        assert_eq!(ours, mesh.records(3), "seed {seed}: the two sides differ");
        let sent = [mesh.emitted[..3].iter().sum::<u64>(), mesh.emitted[3]];
        assert_eq!(
            [0, 3].map(|n| events_of(mesh.server(n))),
            sent,
            "seed {seed}: each side emitted its own changes only"
        );
        assert_eq!(
            [3, 0].map(|n| mesh.received(n)),
            sent,
            "seed {seed}: each side applied each change of the other once"
        );
    }
}

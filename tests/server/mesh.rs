//! Three real servers, each pointed at the two others: what is changed anywhere is the same everywhere, and nothing is passed on.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;

use super::running::{ADMIN, Running, with_secrets};
use crate::support::place::{Place, within};
use crate::support::{Chance, seeds};

const NODES: usize = 3;
const EDITS: usize = 60;

struct Mesh {
    ports: Vec<u16>,
    places: Vec<Place>,
    servers: Vec<Option<Running>>,
    /// Changes that were acknowledged, by node.
    emitted: Vec<u64>,
}

impl Mesh {
    fn start() -> Self {
        // All are held open together, so that no two are the same.
        let held: Vec<_> = (0..NODES).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let ports: Vec<u16> = held.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        let url = |n: usize| format!("http://127.0.0.1:{}/api/webhooks/sync", ports[n]);
        let others = |n: usize| (0..NODES).filter(|other| *other != n).map(url).collect::<Vec<_>>();
        let places = (0..NODES).map(|n| with_secrets(Place::sending_to(&others(n)))).collect();
        drop(held);
        let mut mesh = Self { ports, places, servers: Vec::new(), emitted: vec![0; NODES] };
        mesh.servers = (0..NODES).map(|n| Some(mesh.serve(n))).collect();
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
        let up: Vec<usize> = (0..NODES).filter(|n| self.servers[*n].is_some()).collect();
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
        (0..NODES).all(|n| self.server(n).get("/api/sync/status", ADMIN).data()["queue"]["total"] == 0)
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

#[test]
fn three_servers_agree_after_one_was_killed_and_nothing_is_passed_on() {
    for seed in seeds(2) {
        let mut chance = Chance::new(seed);
        let mut mesh = Mesh::start();
        (0..EDITS).for_each(|_| mesh.edit(&mut chance));
        let unlucky = chance.below(NODES);
        mesh.kill(unlucky);
        (0..EDITS).for_each(|_| mesh.edit(&mut chance));
        mesh.servers[unlucky] = Some(mesh.serve(unlucky));
        (0..EDITS).for_each(|_| mesh.edit(&mut chance));
        within(Duration::from_secs(30), "everything is delivered everywhere", || {
            mesh.heal();
            mesh.is_drained()
        });
        let first = mesh.records(0);
        assert!(first.len() >= 8, "seed {seed}: {} records", first.len());
        for n in 1..NODES {
            assert_eq!(first, mesh.records(n), "seed {seed}: node {n} differs from node 0");
        }
        let all: u64 = mesh.emitted.iter().sum();
        for n in 0..NODES {
            let events = mesh.server(n).get("/api/sync/status", ADMIN).data()["queue"]["events"].as_u64();
            assert_eq!(events, Some(mesh.emitted[n]), "seed {seed}: node {n} emitted its own changes only");
            assert_eq!(
                mesh.received(n),
                all - mesh.emitted[n],
                "seed {seed}: node {n} applied each change of the others once"
            );
        }
    }
}

//! `retry simulate`: the rules that are configured, played through.

use crate::support::place::Place;

fn place_with(config: &str) -> Place {
    let mut place = Place::new();
    let path = place.path("config.toml");
    std::fs::write(&path, config).unwrap();
    place.set("SYNCCTL_CONFIG", path.to_str().unwrap());
    place
}

#[test]
fn an_outage_of_three_hours_costs_no_delivery_by_default() {
    let place = Place::new();
    let data = place.data(&["retry", "simulate"]);
    assert_eq!(
        (data["outage"]["delivered"].as_u64(), data["outage"]["failed"].to_string()),
        (Some(5_000), "{}".into())
    );
    assert_eq!(data["attempts"].as_array().unwrap().len(), 3);
    let told = place.run(&["retry", "simulate"]);
    assert!(told.stdout.contains("an outage of 3h (timeout) with 5000 deliveries due"), "{told:?}");
    assert!(told.stdout.contains("5000 delivered, the first "), "{told:?}");
    assert!(!place.database().exists(), "it needs no queue, and makes none");
}

#[test]
fn an_endpoint_has_rules_of_its_own() {
    let place = place_with("[[endpoints]]\nname = \"admin\"\nurl = \"http://127.0.0.1:9/\"\nmax_attempts = 5\n");
    let simulate = |endpoint: &str| {
        place.run(&["retry", "simulate", "--endpoint", endpoint, "--failing", "500", "--events", "7", "--json"])
    };
    let data: serde_json::Value = serde_json::from_str(&simulate("admin").stdout).unwrap();
    let data = &data["data"];
    assert_eq!(data["attempts"].as_array().unwrap().len(), 5);
    assert_eq!(
        (data["outage"]["failed"]["attempts-used-up"].as_u64(), data["outage"]["attempts"].as_u64()),
        (Some(7), Some(35))
    );
    let unknown = simulate("admn");
    assert_eq!((unknown.code, unknown.stderr.contains("did you mean `admin`?")), (2, true), "{unknown:?}");
    assert_eq!(place.run(&["retry", "simulate", "--failing", "200"]).code, 2);
}

//! Endpoints that get a name, another name, or leave: what waits for them goes on, or is told.

use crate::support::place::Place;
use crate::support::receiver::Receiver;

/// Configures these endpoints, by name and URL, and no other.
fn configure(place: &mut Place, endpoints: &[(&str, &str)]) {
    place.unset("SYNC_WEBHOOK_URLS");
    let text: String =
        endpoints.iter().map(|(name, url)| format!("[[endpoints]]\nname = \"{name}\"\nurl = \"{url}\"\n")).collect();
    std::fs::write(place.path("c.toml"), text).unwrap();
    place.set("SYNCCTL_CONFIG", place.path("c.toml").to_str().unwrap());
}

fn emit(place: &Place, id: &str) -> String {
    let ran = place.run(&["emit", "user.updated", "one", "--id", id, "--data", "{}", "-q"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.stderr
}

fn names(place: &Place) -> Vec<String> {
    let listed = place.data(&["endpoints", "list"]);
    listed.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

fn arrived(receiver: &Receiver) -> Vec<String> {
    receiver.requests().iter().map(|request| request.event_id().to_owned()).collect()
}

#[test]
fn what_waits_for_a_url_goes_on_in_its_order_when_the_url_gets_a_name_and_another() {
    let receiver = Receiver::good();
    let mut place = Place::sending_to(&[receiver.url("/")]);
    emit(&place, "a");
    for (id, name) in [("b", "admin"), ("c", "office"), ("d", "office")] {
        configure(&mut place, &[(name, &receiver.url("/"))]);
        assert_eq!(emit(&place, id), "", "nothing is left behind");
        assert_eq!(names(&place), [name]);
    }
    assert_eq!(place.run(&["process", "--wait"]).code, 0);
    assert_eq!(arrived(&receiver), ["a", "b", "c", "d"]);
    assert_eq!(place.run(&["db", "verify"]).code, 0);
}

#[test]
fn names_of_one_url_are_not_guessed_and_a_name_that_stays_is_not_taken() {
    let receiver = Receiver::good();
    let mut place = Place::new();
    let url = receiver.url("/");
    configure(&mut place, &[("a", &url), ("b", &url)]);
    emit(&place, "1");
    configure(&mut place, &[("b", &url), ("c", &url)]);
    emit(&place, "2");
    assert_eq!(names(&place), ["c", "b"], "`c` takes the place of `a`, the only one that was free");
    configure(&mut place, &[("d", &url)]);
    let told = emit(&place, "3");
    assert!(told.contains("`c`") && told.contains("`b`"), "either might be meant: {told}");
    assert_eq!(names(&place), ["c", "b", "d"]);
}

#[test]
fn an_endpoint_that_leaves_with_something_waiting_is_told_once_and_has_a_way_out() {
    let (receiver, other) = (Receiver::good(), Receiver::good());
    let mut place = Place::new();
    let (gone, stays) = (receiver.url("/"), other.url("/"));
    configure(&mut place, &[("gone", &gone), ("stays", &stays)]);
    emit(&place, "1");
    emit(&place, "2");
    configure(&mut place, &[("stays", &stays)]);
    let told = emit(&place, "3");
    assert!(told.contains("`gone` is not configured any more: 2 deliveries are held"), "{told}");
    assert_eq!(emit(&place, "4"), "", "told once");
    let resumed = place.run(&["endpoints", "resume", "gone"]);
    assert!(!resumed.stdout.contains("is resumed") && resumed.stdout.contains("2 deliveries stay held"), "{resumed:?}");
    assert!(resumed.stderr.contains("syncctl config path"), "it may be the wrong file: {resumed:?}");
    let ran = place.run(&["deliveries", "give-up", "--endpoint", "gone", "--yes"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(place.run(&["process", "--wait"]).code, 0);
    assert_eq!((arrived(&other), receiver.count()), (["1", "2", "3", "4"].map(str::to_owned).to_vec(), 0));
    configure(&mut place, &[("gone", &gone)]);
    assert_eq!(emit(&place, "5"), "", "what is finished waits for nobody");
}

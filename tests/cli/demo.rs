//! `demo`: what a newcomer sees first.

use crate::support::place::Place;

#[test]
fn the_demo_delivers_everything_through_the_outage() {
    let place = Place::new();
    let ran = place.run(&["demo", "--events", "60"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("The backup verified 60 signatures and refused"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("refused 0 requests"), "{}", ran.stderr);
    assert!(ran.stderr.contains("0 of them different"), "{}", ran.stderr);
}

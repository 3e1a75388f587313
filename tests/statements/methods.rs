//! Which methods the traits of a store have, so that none is left out of the workload.

use syn::{Item, TraitItem};

/// Each trait, and the file that it stands in.
const TRAITS: &[(&str, &str)] = &[
    ("Store", include_str!("../../src/store.rs")),
    ("Records", include_str!("../../src/store/inbound.rs")),
    ("Incidents", include_str!("../../src/store/incidents.rs")),
    ("Operators", include_str!("../../src/store/operators.rs")),
    ("Transfer", include_str!("../../src/store/transfer.rs")),
];

/// What runs no statement; what checks every row, as it says; and what fills a queue that is being copied.
const LEFT_OUT: &[&str] = &["file", "changes", "verify", "begin_filling", "write_rows", "finish_filling"];

const WORKLOAD: [&str; 3] = [include_str!("workload.rs"), include_str!("inbound.rs"), include_str!("lists.rs")];

fn methods(name: &str, source: &str) -> Vec<String> {
    let items = syn::parse_file(source).unwrap().items;
    let found = items.into_iter().find_map(|item| match item {
        Item::Trait(found) if found.ident == name => Some(found.items),
        _ => None,
    });
    let method = |item| match item {
        TraitItem::Fn(method) => Some(method.sig.ident.to_string()),
        _ => None,
    };
    found.unwrap_or_else(|| panic!("no trait {name}")).into_iter().filter_map(method).collect()
}

#[test]
fn the_workload_calls_every_method_of_a_store() {
    let methods: Vec<String> = TRAITS.iter().flat_map(|(name, source)| methods(name, source)).collect();
    assert!(methods.len() > 60, "{} methods were found", methods.len());
    for method in methods.iter().filter(|method| !LEFT_OUT.contains(&method.as_str())) {
        let call = format!(".{method}(");
        assert!(WORKLOAD.iter().any(|text| text.contains(&call)), "add `{method}` to the workload");
    }
}

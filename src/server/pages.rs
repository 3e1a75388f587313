//! Pages for browsers, one file each. They are whole without a script; a short one of our own keeps them fresh.
//!
//! `frame` is what is around every page, `viewer` who looks at it and which part of it, `table`, `chart` and `parts` are what pages
//! are made of, `forms` what their buttons do.

mod alerts;
mod audit;
mod buttons;
mod causes;
mod chart;
mod configuration;
mod deliveries;
mod endpoints;
mod event;
mod events;
mod explained;
pub(super) mod forms;
mod frame;
mod live;
mod overview;
mod parts;
mod plan;
pub(super) mod problem;
mod received;
mod records;
pub(super) mod routes;
mod runs;
mod search;
mod table;
mod viewer;

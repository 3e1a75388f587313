//! What only a queue in a file has: its plans, copies, and what is left of a log that was cut.

mod blocked;
mod files;
mod torn;

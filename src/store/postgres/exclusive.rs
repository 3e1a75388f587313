//! Locks by name among all processes that use a queue.

use sha2::{Digest, Sha256};

use super::client::Client;
use super::connection::{ConnectionUse, args};
use super::known_ids::first_bytes;
use super::settings::SessionMode;
use super::{Result, StoreError};

/// Takes the lock of `name` on a session of its own; false while another holds it.
pub(super) async fn take(client: &Client, name: &str) -> Result<bool> {
    if client.settings.mode == SessionMode::Pooler {
        return Err(StoreError::Configuration("a lock needs a session, which a pooler does not keep".to_owned()));
    }
    if client.exclusive.borrow().contains_key(name) {
        return Ok(false);
    }
    let scope = format!("{}/{name}", client.channel());
    let key = i64::from_le_bytes(first_bytes(&Sha256::digest(scope)));
    let connection = client.connect(ConnectionUse::General).await.map_err(|error| error.into_error())?;
    let taken = connection.first("SELECT pg_try_advisory_lock($1)", args![key]).await;
    let taken = taken.map_err(|error| error.into_error())?.is_some_and(|row| row.get(0));
    if taken {
        client.exclusive.borrow_mut().insert(name.to_owned(), connection);
    }
    Ok(taken)
}

//! The keys of the defaults in `[delivery]` that every endpoint may also set for itself.

use super::key::{Key, ValueForm, key, set};
use super::text::{attempts, concurrency, millis, millis_above_zero, millis_shown};
use crate::delivery::RetryPolicy;

/// Settings of deliveries, as `[delivery]` has them for all endpoints and an endpoint for its own.
pub(super) trait DeliverySettings {
    /// When and how often a delivery is tried again.
    fn retry(&self) -> &RetryPolicy;
    /// The same, to be set.
    fn retry_mut(&mut self) -> &mut RetryPolicy;
    /// Requests in flight to one endpoint.
    fn concurrency(&self) -> u16;
    /// The same, to be set.
    fn concurrency_mut(&mut self) -> &mut u16;
}

/// The key of the number of attempts.
pub(super) const fn max_attempts<T: DeliverySettings>(name: &'static str) -> Key<T> {
    key(
        name,
        ValueForm::One,
        |it, text| set(&mut it.retry_mut().max_attempts, attempts(text)),
        |it| it.retry().max_attempts.to_string(),
    )
}

/// The key of the wait after the first failed attempt.
pub(super) const fn first_delay<T: DeliverySettings>(name: &'static str) -> Key<T> {
    key(
        name,
        ValueForm::One,
        |it, text| set(&mut it.retry_mut().first_delay_ms, millis(text)),
        |it| millis_shown(it.retry().first_delay_ms),
    )
}

/// The key of the longest wait between two attempts.
pub(super) const fn max_delay<T: DeliverySettings>(name: &'static str) -> Key<T> {
    key(
        name,
        ValueForm::One,
        |it, text| set(&mut it.retry_mut().max_delay_ms, millis(text)),
        |it| millis_shown(it.retry().max_delay_ms),
    )
}

/// The key of how long an attempt may take.
pub(super) const fn timeout<T: DeliverySettings>(name: &'static str) -> Key<T> {
    key(
        name,
        ValueForm::One,
        |it, text| set(&mut it.retry_mut().timeout_ms, millis_above_zero(text)),
        |it| millis_shown(it.retry().timeout_ms),
    )
}

/// The key of the requests in flight.
pub(super) const fn in_flight<T: DeliverySettings>(name: &'static str) -> Key<T> {
    key(
        name,
        ValueForm::One,
        |it, text| set(it.concurrency_mut(), concurrency(text)),
        |it| it.concurrency().to_string(),
    )
}

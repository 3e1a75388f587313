//! When the queue will be empty, in words and as JSON.

use serde::Serialize;

use crate::format::short_duration;
use crate::monitor::forecast::{FORECAST_WINDOW, Flow, Flows, Forecast};
use crate::untrusted::Untrusted;

/// The rates at which deliveries are queued and delivered, and when the queue is empty.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ForecastView {
    /// Milliseconds until nothing waits; null if never.
    empty_in_ms: Option<u64>,
    /// Deliveries delivered per second.
    delivered_per_second: f64,
    /// Deliveries queued per second.
    queued_per_second: f64,
}

impl ForecastView {
    pub(super) fn of(flow: &Flow, forecast: Forecast) -> Self {
        let empty_in_ms = match forecast {
            Forecast::Empty => Some(0),
            Forecast::In(span) => Some(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
            Forecast::Never => None,
        };
        let (delivered_per_second, queued_per_second) = (flow.delivered_per_second, flow.queued_per_second);
        Self { empty_in_ms, delivered_per_second, queued_per_second }
    }
}

/// The forecast for the whole queue in one line; `None` if nothing waits.
pub(super) fn line(flows: &Flows) -> Option<String> {
    match flows.forecast() {
        Forecast::Empty => None,
        Forecast::In(span) => {
            let total = flows.total();
            Some(format!("empty in {} at this rate ({})", short_duration(span), rates(&total)))
        }
        Forecast::Never => {
            let never = flows.0.iter().filter(|(_, flow)| flow.forecast() == Forecast::Never);
            let told: Vec<_> = never.map(|(name, flow)| format!("{} ({})", Untrusted(name), why_never(flow))).collect();
            Some(format!("never empty at this rate: {}", told.join(", ")))
        }
    }
}

fn rates(flow: &Flow) -> String {
    format!("{} delivered and {} queued a second", rate(flow.delivered_per_second), rate(flow.queued_per_second))
}

fn rate(per_second: f64) -> String {
    match per_second {
        0.0 => "0".to_owned(),
        ..0.1 => "less than 0.1".to_owned(),
        ..10.0 => format!("{per_second:.1}"),
        _ => format!("{per_second:.0}"),
    }
}

fn why_never(flow: &Flow) -> String {
    match (flow.is_stopped, flow.delivered_per_second) {
        (true, _) => "circuit open".to_owned(),
        (_, 0.0) => format!("nothing was delivered in the last {}", short_duration(FORECAST_WINDOW)),
        _ => rates(flow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_when_or_why_never() {
        let flow = |waiting, delivered_per_second, queued_per_second| Flow {
            waiting,
            delivered_per_second,
            queued_per_second,
            is_stopped: false,
        };
        let told = |flows: &[(&str, Flow)]| {
            line(&Flows(flows.iter().map(|(name, flow)| ((*name).to_owned(), *flow)).collect()))
        };
        assert_eq!(told(&[("a", flow(0, 0.0, 1.0))]), None);
        assert_eq!(
            told(&[("a", flow(13_200, 12.4, 2.4))]).as_deref(),
            Some("empty in 22m at this rate (12 delivered and 2.4 queued a second)")
        );
        let open = Flow { is_stopped: true, ..flow(1, 3.0, 0.0) };
        assert_eq!(
            told(&[("a", flow(5, 1.0, 0.0)), ("b", open), ("c", flow(2, 0.0, 0.01)), ("d", flow(9, 1.5, 3.0))])
                .as_deref(),
            Some(
                "never empty at this rate: b (circuit open), c (nothing was delivered in the last 10m), \
                 d (1.5 delivered and 3.0 queued a second)"
            )
        );
    }
}

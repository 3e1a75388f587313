//! The two text formats of Prometheus, and which of them a scraper asks for.

/// The content type of OpenMetrics.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The content type of the older text format.
const CLASSIC: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The content type that an `Accept` header prefers, and the text in it: OpenMetrics if it is named, else the older format.
pub(in crate::server) fn negotiate(accept: &str, text: String) -> (&'static str, String) {
    let quality = |wanted: &str| {
        let ranges = accept.split(',').filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let is_wanted = parts.next()?.eq_ignore_ascii_case(wanted);
            let given = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse::<f32>().ok());
            given.filter(|_| is_wanted)
        });
        ranges.fold(0.0, f32::max)
    };
    let open = quality("application/openmetrics-text");
    match open > 0.0 && open >= quality("text/plain") {
        true => (OPEN_METRICS, text),
        false => (CLASSIC, classic(&text)),
    }
}

/// OpenMetrics as the older text format that files of the node exporter are read as.
///
/// There a family of counters has the name of its samples, and information is a gauge.
pub fn classic(text: &str) -> String {
    let line = |line: &str| {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "UNIT", ..] | ["#", "EOF", ..] => None,
            ["#", what @ ("TYPE" | "HELP"), name, rest] => {
                let kind = text.lines().find_map(|line| line.strip_prefix(&format!("# TYPE {name} ")));
                let (name, rest) = match kind {
                    Some("counter") => (format!("{name}_total"), rest),
                    Some("info") => (format!("{name}_info"), if what == "TYPE" { "gauge" } else { rest }),
                    _ => (name.to_owned(), rest),
                };
                Some(format!("# {what} {name} {rest}\n"))
            }
            _ => Some(format!("{line}\n")),
        }
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_format_names_families_as_their_samples() {
        let open = "# HELP a About a.\n# TYPE a counter\na_total{x=\"y z\"} 1\n# HELP b B.\n# TYPE b info\nb_info{v=\"1\"} 1\n\
                    # HELP c_seconds C.\n# TYPE c_seconds gauge\n# UNIT c_seconds seconds\nc_seconds 2\n# EOF\n";
        let old = "# HELP a_total About a.\n# TYPE a_total counter\na_total{x=\"y z\"} 1\n# HELP b_info B.\n\
                   # TYPE b_info gauge\nb_info{v=\"1\"} 1\n# HELP c_seconds C.\n# TYPE c_seconds gauge\nc_seconds 2\n";
        assert_eq!(classic(open), old);
    }

    #[test]
    fn a_scraper_gets_what_it_names_and_everybody_else_the_older_format() {
        let given = |accept: &str| negotiate(accept, "# EOF\n".to_owned()).0;
        let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1";
        assert_eq!(given(prometheus), OPEN_METRICS);
        assert_eq!(given("application/openmetrics-text"), OPEN_METRICS);
        for other in ["", "*/*", "text/plain, application/openmetrics-text;q=0.5", "application/openmetrics-text;q=0"] {
            assert_eq!(given(other), CLASSIC, "{other}");
        }
    }
}

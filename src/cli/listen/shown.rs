//! The filter for requests that are shown and saved. All requests are answered.

use url::Url;

use crate::signature::Received;

/// The options of `listen` that say which requests it prints and keeps.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ShownArgs {
    /// Show and save only requests to these paths; a trailing `*` matches any rest
    #[arg(long, value_name = "PATH", value_delimiter = ',', value_parser = path, hide_short_help = true)]
    path: Vec<String>,
    /// Show and save only requests with these verdicts; without a signature or secret it is unverified
    #[arg(long, value_name = "VERDICT", value_delimiter = ',', value_parser = VERDICTS, hide_short_help = true)]
    verdict: Vec<String>,
}

const VERDICTS: [&str; 3] = ["valid", "invalid", "unverified"];

fn path(text: &str) -> Result<String, String> {
    match text.starts_with('/') {
        true => Ok(text.to_owned()),
        false => Err("a path begins with `/`".to_owned()),
    }
}

impl ShownArgs {
    /// Whether a request is shown. `result` is the result of verifying its signature, if it was verified.
    pub(super) fn is_shown(&self, received: &Received, result: Option<Result<(), &str>>) -> bool {
        let [valid, invalid, unverified] = VERDICTS;
        let verdict = match result {
            Some(Ok(())) => valid,
            Some(Err(_)) => invalid,
            None => unverified,
        };
        let url = received.url.as_deref().and_then(|url| Url::parse(url).ok());
        let at = url.as_ref().map_or("/", Url::path);
        let is_at = |wanted: &String| match wanted.strip_suffix('*') {
            Some(begin) => at.starts_with(begin),
            None => at == wanted,
        };
        (self.path.is_empty() || self.path.iter().any(is_at))
            && (self.verdict.is_empty() || self.verdict.iter().any(|wanted| wanted == verdict))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_shown_by_its_path_and_its_verdict() {
        let to = |url: &str| Received { url: Some(format!("http://h.example{url}")), ..Received::default() };
        let of = |path: &[&str], verdict: &[&str]| ShownArgs {
            path: path.iter().map(ToString::to_string).collect(),
            verdict: verdict.iter().map(ToString::to_string).collect(),
        };
        let all = of(&[], &[]);
        assert!(all.is_shown(&to("/a"), None) && all.is_shown(&to("/"), Some(Err("code-mismatch"))));
        let below = of(&["/in/*", "/b"], &[]);
        assert!(below.is_shown(&to("/in/x?q=1"), None) && below.is_shown(&to("/b?q"), None));
        assert!(!below.is_shown(&to("/in"), None) && !below.is_shown(&to("/b/c"), None));
        let wrong = of(&[], &["invalid"]);
        assert!(wrong.is_shown(&to("/"), Some(Err("code-mismatch"))));
        assert!(!wrong.is_shown(&to("/"), Some(Ok(()))) && !wrong.is_shown(&to("/"), None));
        assert!(of(&[], &["unverified"]).is_shown(&to("/"), None));
    }
}

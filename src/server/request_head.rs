//! Checks of a request's head: how its body is framed, and which host it names.

use std::net::IpAddr;

use http::header::{HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Version};

use super::response::Problem;

/// Refuses a head that proxies in front of us could read differently.
pub(super) fn check_framing(parts: &Parts) -> Result<(), Problem> {
    check_transfer_encoding(&parts.headers)?;
    host(parts).map(drop)
}

/// Refuses a `Host` that is neither an address, nor `localhost`, nor one of `hosts`. Without `hosts`, any name will do.
pub(super) fn check_host(parts: &Parts, hosts: Option<&[String]>) -> Result<(), Problem> {
    match host(parts)? {
        Some(host) if !is_known(host, hosts) => Err(Problem::unknown_host()),
        _ => Ok(()),
    }
}

/// No coding but `chunked` (RFC 9112, 6.1). Where a length stands beside it, hyper drops that and hangs up afterwards.
fn check_transfer_encoding(headers: &HeaderMap) -> Result<(), Problem> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        (Some(_), _) => Err(Problem::ambiguous("the only Transfer-Encoding is chunked")),
    }
}

/// The host of a request: exactly one `Host` since HTTP/1.1, and the same host in an absolute target (RFC 9112, 3.2).
fn host(parts: &Parts) -> Result<Option<&str>, Problem> {
    let mut given = parts.headers.get_all(HOST).iter();
    let host = match (given.next(), given.next()) {
        (Some(host), None) => host.to_str().ok(),
        (None, _) if parts.version < Version::HTTP_11 => return Ok(None),
        _ => None,
    };
    let host = host.ok_or_else(|| Problem::invalid("the request needs exactly one Host header"))?;
    let is_name = host.parse::<Authority>().is_ok_and(|it| !it.as_str().contains('@') && it.as_str() == host);
    if !is_name {
        return Err(Problem::ambiguous("the Host header is not a host"));
    }
    match parts.uri.authority() {
        Some(target) if !target.as_str().eq_ignore_ascii_case(host) => {
            Err(Problem::ambiguous("the target names another host than the Host header"))
        }
        _ => Ok(Some(host)),
    }
}

/// Against DNS rebinding: a name has to be known, because a page can make its own name resolve to this server.
fn is_known(host: &str, hosts: Option<&[String]>) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !host.ends_with(']') => (name, port),
        _ => (host, ""),
    };
    let Some(hosts) = hosts else { return port.bytes().all(|b| b.is_ascii_digit()) };
    let literal = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    let known =
        literal || name.eq_ignore_ascii_case("localhost") || hosts.iter().any(|it| name.eq_ignore_ascii_case(it));
    known && port.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(target: &str, headers: &[(&str, &str)]) -> Parts {
        let request =
            headers.iter().fold(http::Request::get(target), |request, (name, value)| request.header(*name, *value));
        request.body(()).expect("a request").into_parts().0
    }

    fn status(result: Result<(), Problem>) -> u16 {
        result.map_or_else(|problem| problem.status().as_u16(), |()| 200)
    }

    #[test]
    fn names_have_to_be_known_and_addresses_need_not() {
        let hosts = ["sync.example.com".to_owned()];
        let known = |host: &str| status(check_host(&parts("/", &[("host", host)]), Some(&hosts)));
        for good in ["localhost", "LOCALHOST:3000", "127.0.0.1:3000", "[::1]:3000", "10.1.2.3", "Sync.Example.com:443"]
        {
            assert_eq!(known(good), 200, "{good}");
        }
        for bad in ["evil.test", "evil.test:3000", "localhost.evil.test", "127.0.0.1.nip.io"] {
            assert_eq!(known(bad), 403, "{bad}");
        }
        for wrong in
            ["", "localhost:x", "a@localhost", "localhost/x", "local host", "localhost, evil.test", "[::1", ":"]
        {
            assert!(known(wrong) >= 400, "{wrong}");
        }
        for wrong in ["", "a@localhost", "localhost/x", "local host", "localhost, evil.test"] {
            assert_eq!(status(check_framing(&parts("/", &[("host", wrong)]))), 400, "{wrong}");
        }
        assert_eq!(status(check_framing(&parts("/", &[("host", "evil.test")]))), 200);
    }

    #[test]
    fn a_request_needs_exactly_one_host_and_no_other_in_its_target() {
        let with = |target: &str, headers: &[(&str, &str)]| status(check_framing(&parts(target, headers)));
        assert_eq!(with("/", &[]), 400);
        assert_eq!(with("/", &[("host", "localhost"), ("host", "localhost")]), 400);
        assert_eq!(with("http://localhost/", &[("host", "LOCALHOST")]), 200);
        assert_eq!(with("http://evil.test/", &[("host", "localhost")]), 400);
        let mut old = parts("/", &[]);
        old.version = Version::HTTP_10;
        assert_eq!(status(check_framing(&old)), 200);
    }

    #[test]
    fn a_body_is_framed_in_one_way() {
        let with = |headers: &[(&str, &str)]| status(check_framing(&parts("/", &[&[("host", "h")], headers].concat())));
        assert_eq!(with(&[("content-length", "5")]), 200);
        assert_eq!(with(&[("transfer-encoding", "Chunked")]), 200);
        for coding in ["gzip, chunked", "chunked, chunked", "identity, chunked", "identity", ""] {
            assert_eq!(with(&[("transfer-encoding", coding)]), 400, "{coding}");
        }
        assert_eq!(with(&[("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")]), 400);
    }
}

//! A request's head before anything else of it counts: how its body is framed, and by which name it calls us.

use std::net::IpAddr;

use http::header::{HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Version};

use super::answer::Problem;
use super::auth::Who;

/// Refuses what proxies in front of us could read differently, and names that are not ours.
pub(super) fn check(parts: &Parts, who: Who, hosts: Option<&[String]>) -> Result<(), Problem> {
    check_framing(&parts.headers)?;
    let Some(host) = host(parts)? else { return Ok(()) };
    match hosts {
        // Webhooks prove themselves by their signature, whatever name a proxy calls us by.
        Some(hosts) if who != Who::Signed && !is_known(host, hosts) => {
            Err(Problem::forbidden("this server does not go by that name"))
        }
        _ => Ok(()),
    }
}

/// No coding but `chunked` (RFC 9112, 6.1). Where a length stands beside it, hyper drops that and hangs up afterwards.
fn check_framing(headers: &HeaderMap) -> Result<(), Problem> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(()),
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(()),
        (Some(_), _) => Err(Problem::ambiguous("the only Transfer-Encoding is chunked")),
    }
}

/// The name the request calls us by: exactly one since HTTP/1.1, and the same in its target if that has one.
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

/// A page that made a name of its own point here may not read anything: names have to be known, addresses cannot be faked.
fn is_known(host: &str, hosts: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let literal = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    literal || name.eq_ignore_ascii_case("localhost") || hosts.iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(target: &str, headers: &[(&str, &str)]) -> Parts {
        let request =
            headers.iter().fold(http::Request::get(target), |request, (name, value)| request.header(*name, *value));
        request.body(()).expect("a request").into_parts().0
    }

    fn status(parts: &Parts, who: Who, hosts: Option<&[String]>) -> u16 {
        check(parts, who, hosts).map_or_else(|problem| problem.status().as_u16(), |()| 200)
    }

    #[test]
    fn names_have_to_be_known_and_addresses_need_not() {
        let hosts = ["sync.example.com".to_owned()];
        let called = |who, hosts, host: &str| status(&parts("/", &[("host", host)]), who, hosts);
        let known = |host: &str| called(Who::Admin, Some(&hosts[..]), host);
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
            assert_eq!(called(Who::Signed, None, wrong), 400, "{wrong}");
        }
        assert_eq!(called(Who::Signed, Some(&hosts), "evil.test"), 200);
        assert_eq!(called(Who::Admin, None, "any.test"), 200);
        assert_eq!(called(Who::Visitor, Some(&hosts), "evil.test"), 403);
    }

    #[test]
    fn a_request_needs_exactly_one_host_and_no_other_in_its_target() {
        let with = |target: &str, headers: &[(&str, &str)]| status(&parts(target, headers), Who::Anyone, None);
        assert_eq!(with("/", &[]), 400);
        assert_eq!(with("/", &[("host", "localhost"), ("host", "localhost")]), 400);
        assert_eq!(with("http://localhost/", &[("host", "LOCALHOST")]), 200);
        assert_eq!(with("http://evil.test/", &[("host", "localhost")]), 400);
        let mut old = parts("/", &[]);
        old.version = Version::HTTP_10;
        assert_eq!(status(&old, Who::Anyone, None), 200);
    }

    #[test]
    fn a_body_is_framed_in_one_way() {
        let with =
            |headers: &[(&str, &str)]| status(&parts("/", &[&[("host", "h")], headers].concat()), Who::Anyone, None);
        assert_eq!(with(&[("content-length", "5")]), 200);
        assert_eq!(with(&[("transfer-encoding", "Chunked")]), 200);
        for coding in ["gzip, chunked", "chunked, chunked", "identity, chunked", "identity", ""] {
            assert_eq!(with(&[("transfer-encoding", coding)]), 400, "{coding}");
        }
        assert_eq!(with(&[("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")]), 400);
    }
}

//! Trusted proxies: the address of the client behind a proxy.

use std::net::{IpAddr, SocketAddr};

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The header in which trusted proxies name the client. The other header is never read: a proxy may pass on what its
/// client wrote into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum ProxyHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The proxies in front of the server that may say for which client they ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    /// Their networks.
    pub networks: Vec<IpNet>,
    /// The header in which they name the client.
    pub header: ProxyHeader,
}

impl TrustedProxies {
    /// The client behind `peer`: the last address in the header that is not a trusted proxy.
    ///
    /// An unreadable address ends the search, because its writer may have forged everything before it.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer;
        let mut hops = self.hops(headers).into_iter().rev();
        while self.trusts(client) {
            match hops.next().flatten() {
                Some(hop) => client = hop,
                None => break,
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// The addresses of the header in the order they were added; `None` for an invalid one.
    fn hops(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        if self.networks.is_empty() {
            return Vec::new();
        }
        let name = match self.header {
            ProxyHeader::XForwardedFor => &X_FORWARDED_FOR,
            ProxyHeader::Forwarded => &FORWARDED,
        };
        let values = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
        let hop = |text: &str| match self.header {
            ProxyHeader::XForwardedFor => address(text),
            ProxyHeader::Forwarded => forwarded_for(text),
        };
        values.flat_map(|value| value.split(',')).map(hop).collect()
    }
}

/// The `for` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    match (named.next(), named.next()) {
        (Some((_, value)), None) => address(value.trim().trim_matches('"')),
        _ => None,
    }
}

/// An address with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(header: ProxyHeader, peer: &str, lines: &[&str]) -> String {
        let networks = ["10.0.0.0/8", "::1/128"].map(|it| it.parse().expect("a network")).to_vec();
        let name = if header == ProxyHeader::Forwarded { FORWARDED } else { X_FORWARDED_FOR };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(&name, line.parse().expect("a value"));
        }
        TrustedProxies { networks, header }.client(peer.parse().expect("an address"), &headers).to_string()
    }

    #[test]
    fn the_last_address_that_no_proxy_vouches_for_is_the_client() {
        let of = |peer: &str, lines: &[&str]| client(ProxyHeader::XForwardedFor, peer, lines);
        assert_eq!(of("10.0.0.1", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(of("::ffff:10.0.0.1", &["192.0.2.1"]), "192.0.2.1", "an IPv4 proxy on an IPv6 socket");
        assert_eq!(
            of("10.0.0.1", &["6.6.6.6, 192.0.2.1"]),
            "192.0.2.1",
            "what the client wrote itself is not believed"
        );
        assert_eq!(of("10.0.0.1", &["6.6.6.6", "192.0.2.1,10.0.0.2"]), "192.0.2.1", "lines count in order");
        assert_eq!(of("192.0.2.9", &["6.6.6.6"]), "192.0.2.9", "nobody else is believed");
        assert_eq!(of("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(of("10.0.0.1", &["10.0.0.3"]), "10.0.0.3");
        for wrong in ["unknown", "6.6.6.6, nonsense", ""] {
            assert_eq!(of("10.0.0.1", &[wrong]), "10.0.0.1", "{wrong}");
        }
        assert_eq!(of("::1", &["[2001:db8::1]:4711"]), "2001:db8::1");
        assert_eq!(of("::1", &["192.0.2.1:80"]), "192.0.2.1");
    }

    #[test]
    fn forwarded_is_read_as_its_rfc_says() {
        let of = |line: &str| client(ProxyHeader::Forwarded, "10.0.0.1", &[line]);
        assert_eq!(of("for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60");
        assert_eq!(of(r#"For="[2001:db8:cafe::17]:4711""#), "2001:db8:cafe::17");
        assert_eq!(of("for=6.6.6.6, for=192.0.2.43;host=x"), "192.0.2.43");
        assert_eq!(of("for=_hidden"), "10.0.0.1");
        assert_eq!(of("for=6.6.6.6;for=7.7.7.7"), "10.0.0.1", "two names are none");
    }

    #[test]
    fn without_trusted_proxies_nothing_is_read() {
        let headers = [(X_FORWARDED_FOR, "6.6.6.6".parse().expect("a value"))].into_iter().collect();
        assert_eq!(TrustedProxies::default().client("::1".parse().expect("an address"), &headers).to_string(), "::1");
    }
}

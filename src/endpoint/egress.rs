//! Egress rules: the addresses that requests may go to.

use std::net::IpAddr;

use ipnet::IpNet;

/// The rules on which addresses may be called, checked on the address that a connection is about to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Egress {
    /// Also refuse loopback, private and every other network that is not public.
    pub deny_private: bool,
    /// Networks that may be called although they are not public.
    pub allow: Vec<IpNet>,
}

impl Egress {
    /// Whether `address` may be called.
    ///
    /// Metadata services, link-local, multicast, broadcast and unspecified addresses never; with
    /// [`deny_private`](Self::deny_private), nothing but globally reachable unicast addresses (the IANA
    /// special-purpose registries, RFC 6890) and the networks of [`allow`](Self::allow).
    pub fn allows(&self, address: IpAddr) -> bool {
        self.check(address).is_ok()
    }

    /// The rule that allows `address`, or as an error the rule that forbids it, in words.
    pub fn check(&self, address: IpAddr) -> Result<String, String> {
        let meant = embedded_v4(address);
        let refused = |rule: &str| Err(format!("address {address} may not be called (egress rules: {rule})"));
        if is_never_called(meant) {
            return refused("metadata services, link-local, multicast and unspecified addresses never");
        }
        let is_private = is_special(meant) || is_special(address);
        match (is_private, self.allow.iter().find(|network| network.contains(&meant))) {
            (false, _) => Ok("a public address".to_owned()),
            (true, Some(network)) => Ok(format!("{network} is in egress.allow")),
            (true, None) if self.deny_private => {
                refused("egress.deny_private, and no network of egress.allow holds it")
            }
            (true, None) => Ok("not a public address, and egress.deny_private is not set".to_owned()),
        }
    }
}

/// The IPv4 address that an IPv6 address stands for (mapped, compatible, NAT64 or 6to4), or the address itself.
fn embedded_v4(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let segments = v6.segments();
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        IpAddr::from([a, b, c, d])
    };
    match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        _ => address,
    }
}

fn is_never_called(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            // 168.63.129.16 and 100.100.100.200 are metadata services outside the link-local range.
            a == 0
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || matches!([a, b, c, d], [168, 63, 129, 16] | [100, 100, 100, 200] | [192, 0, 0, 192])
        }
        IpAddr::V6(v6) => {
            let aws_metadata = [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254];
            v6.is_unspecified() || v6.is_multicast() || v6.is_unicast_link_local() || v6.segments() == aws_metadata
        }
    }
}

fn is_special(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            v4.is_loopback()
                || v4.is_private()
                || v4.is_documentation()
                || (a == 100 && (64..128).contains(&b))
                || matches!([a, b, c], [192, 0, 0] | [192, 88, 99])
                || (a == 198 && matches!(b, 18 | 19))
                || a >= 240
        }
        IpAddr::V6(v6) => match v6.segments() {
            // An IPv4-mapped address is judged as the IPv4 address it stands for.
            [0, 0, 0, 0, 0, 0xffff, ..] => false,
            // Loopback and IPv4-compatible; translation by NAT64; discard only.
            [0, 0, 0, 0, 0, 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0x64, 0xff9b, 1, ..] | [0x100, 0, 0, 0, ..] => {
                true
            }
            // IETF protocols with Teredo; documentation; 6to4 and the 6bone; segment routing.
            [0x2001, second, ..] => second < 0x200 || second == 0xdb8,
            [0x2002 | 0x3ffe | 0x5f00, ..] | [0x3fff, 0..=0x0fff, ..] => true,
            // Unique local, and site local as it once was.
            [first, ..] => first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfec0,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_and_link_local_addresses_are_never_called() {
        let open = Egress::default();
        for never in [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "224.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "ff02::1",
            "fe80::1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "fd00:ec2::254",
            "100.100.100.200",
        ] {
            assert!(!open.allows(never.parse().expect(never)), "{never}");
        }
        for own in ["127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "fd00::1", "8.8.8.8", "2606:4700::1111"] {
            assert!(open.allows(own.parse().expect(own)), "{own}");
        }
    }

    /// Addresses from the tests of other senders, and those at the edges of the ranges.
    #[test]
    fn where_private_networks_are_denied_only_public_addresses_are_called() {
        let strict = Egress { deny_private: true, ..Egress::default() };
        let wrong: Vec<&str> = include_str!("../../tests/fixtures/egress.csv")
            .lines()
            .skip(1)
            .filter(|line| {
                let (address, expected) = line.split_once(',').expect("address and verdict");
                strict.allows(address.parse().expect(address)) != (expected == "allow")
            })
            .collect();
        assert_eq!(wrong, Vec::<&str>::new());
    }

    #[test]
    fn networks_that_are_allowed_are_called_although_private_ones_are_denied_and_metadata_services_never() {
        let allow = ["10.1.0.0/16", "fd00::/8", "169.254.0.0/16"].map(|text| text.parse().expect(text)).to_vec();
        let egress = Egress { deny_private: true, allow };
        for (address, expected) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("fd12::1", true),
            ("10.2.0.1", false),
            ("127.0.0.1", false),
            ("169.254.169.254", false),
            ("fd00:ec2::254", false),
            ("8.8.8.8", true),
        ] {
            assert_eq!(egress.allows(address.parse().expect(address)), expected, "{address}");
        }
        let rule = egress.check("10.1.2.3".parse().expect("an address"));
        assert_eq!(rule.as_deref(), Ok("10.1.0.0/16 is in egress.allow"));
    }
}

//! Networks as people write them, and which of them are private.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use relay::policy::Network;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkError {
    /// Neither a subnet, nor an address, nor a range.
    NotOne,
    /// `192.168.1.7/24`: the network and the one address it may have meant.
    HostBits { network: IpNet, address: IpAddr },
    /// `::ffff:10.0.0.1`, which no client ever has: the IPv4 form of it.
    Mapped(String),
    /// A range whose ends belong together, the wrong way round: how it would be right.
    Backwards(String),
    /// A range from one family to the other.
    TwoFamilies,
}

/// A subnet (`192.168.1.0/24`), one address (`10.0.0.7`) or a range (`10.0.0.20-10.0.0.29`).
pub fn parse(text: &str) -> Result<Network, NetworkError> {
    if let Some((first, last)) = text.split_once('-') {
        return range(first.trim(), last.trim());
    }
    let network: IpNet = match text.parse::<IpAddr>() {
        Ok(address) => address.into(),
        Err(_) => text.parse().map_err(|_| NetworkError::NotOne)?,
    };
    if let IpNet::V6(v6) = network
        && let Some(mapped) = v6.addr().to_ipv4_mapped()
        && let Some(network) = v6.prefix_len().checked_sub(96).and_then(|prefix| Ipv4Net::new(mapped, prefix).ok())
    {
        return Err(NetworkError::Mapped(network.trunc().to_string()));
    }
    if network.trunc() != network {
        return Err(NetworkError::HostBits { network: network.trunc(), address: network.addr() });
    }
    Ok(network.into())
}

fn range(first: &str, last: &str) -> Result<Network, NetworkError> {
    let end = |text: &str| text.parse::<IpAddr>().map_err(|_| NetworkError::NotOne);
    let (first, last) = (end(first)?, end(last)?);
    let (plain_first, plain_last) = (first.to_canonical(), last.to_canonical());
    if plain_first.is_ipv4() != plain_last.is_ipv4() {
        return Err(NetworkError::TwoFamilies);
    }
    if (plain_first, plain_last) != (first, last) {
        return Err(NetworkError::Mapped(format!("{plain_first}-{plain_last}")));
    }
    Network::range(first, last).ok_or_else(|| NetworkError::Backwards(format!("{last}-{first}")))
}

/// Whether it is the whole of IPv4 or IPv6.
pub fn is_everybody(network: Network) -> bool {
    ["0.0.0.0/0", "::/0"].iter().any(|all| parse(all) == Ok(network))
}

/// Whether nobody outside can have an address in it: loopback, RFC 1918, RFC 4193, link-local,
/// and the shared addresses of RFC 6598.
pub fn is_private(network: Network) -> bool {
    private().iter().any(|private| private.contains(&network.first()) && private.contains(&network.last()))
}

fn private() -> [IpNet; 9] {
    let v4 = |a, b, prefix| IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, 0, 0), prefix));
    let v6 = |first, prefix| IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0), prefix));
    [
        v4(10, 0, 8),
        v4(172, 16, 12),
        v4(192, 168, 16),
        v4(127, 0, 8),
        v4(169, 254, 16),
        v4(100, 64, 10),
        v6(0xfc00, 7),
        v6(0xfe80, 10),
        IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_private_and_what_is_not() {
        for private in [
            "10.1.2.3",
            "10.0.0.0/8",
            "172.31.0.0/16",
            "192.168.1.0/24",
            "127.0.0.1",
            "100.100.0.0/16",
            "fd00::/8",
            "fe80::/64",
            "::1",
            "10.0.0.0-10.255.255.255",
            "fd00::1-fd00::9",
        ] {
            assert!(is_private(parse(private).unwrap()), "{private}");
        }
        for public in [
            "0.0.0.0/0",
            "::/0",
            "8.8.8.8",
            "10.0.0.0/7",
            "172.32.0.0/16",
            "192.0.0.0/8",
            "2001:db8::/32",
            "100.0.0.0/8",
            "::/127",
            "10.0.0.0-11.0.0.0",
            "10.0.0.0-192.168.0.1",
        ] {
            assert!(!is_private(parse(public).unwrap()), "{public}");
        }
    }

    #[test]
    fn host_bits_mapped_addresses_and_odd_ranges_are_told_apart() {
        assert_eq!(
            parse("192.168.1.7/24"),
            Err(NetworkError::HostBits { network: "192.168.1.0/24".parse().unwrap(), address: "192.168.1.7".parse().unwrap() })
        );
        assert_eq!(parse("::ffff:10.0.0.1"), Err(NetworkError::Mapped("10.0.0.1/32".into())));
        assert_eq!(parse("::ffff:10.0.0.0/104"), Err(NetworkError::Mapped("10.0.0.0/8".into())));
        assert_eq!(parse("::ffff:10.0.0.1-10.0.0.9"), Err(NetworkError::Mapped("10.0.0.1-10.0.0.9".into())));
        assert_eq!(parse("10.0.0.9-10.0.0.1"), Err(NetworkError::Backwards("10.0.0.1-10.0.0.9".into())));
        assert_eq!(parse("10.0.0.9-fd00::1"), Err(NetworkError::TwoFamilies));
        assert_eq!(parse("10.0.0.1 - 10.0.0.9"), parse("10.0.0.1-10.0.0.9"));
        for strange in [
            "",
            "office",
            "10.0.0",
            "10.0.0.0/33",
            "10.0.0.0/255.0.0.0",
            " 10.0.0.1",
            "-",
            "10.0.0.1-",
            "10.0.0.1-9",
            "10.0.0.0/24-10.0.0.9",
        ] {
            assert_eq!(parse(strange), Err(NetworkError::NotOne), "{strange}");
        }
    }
}

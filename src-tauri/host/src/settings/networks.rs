//! Networks as people write them, and which of them are private.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkError {
    /// Neither a subnet nor an address.
    NotOne,
    /// `192.168.1.7/24`: the network and the one address it may have meant.
    HostBits { network: IpNet, address: IpAddr },
    /// `::ffff:10.0.0.1`, which no client ever has: the IPv4 form of it.
    Mapped(IpNet),
}

/// A subnet (`192.168.1.0/24`) or one address (`10.0.0.7`).
pub fn parse(text: &str) -> Result<IpNet, NetworkError> {
    let network: IpNet = match text.parse::<IpAddr>() {
        Ok(address) => address.into(),
        Err(_) => text.parse().map_err(|_| NetworkError::NotOne)?,
    };
    if let IpNet::V6(v6) = network
        && let Some(mapped) = v6.addr().to_ipv4_mapped()
        && let Some(network) = v6.prefix_len().checked_sub(96).and_then(|prefix| Ipv4Net::new(mapped, prefix).ok())
    {
        return Err(NetworkError::Mapped(network.trunc().into()));
    }
    if network.trunc() != network {
        return Err(NetworkError::HostBits { network: network.trunc(), address: network.addr() });
    }
    Ok(network)
}

/// Whether nobody outside can have an address in it: loopback, RFC 1918, RFC 4193, link-local,
/// and the shared addresses of RFC 6598.
pub fn is_private(network: &IpNet) -> bool {
    private().iter().any(|private| private.contains(network))
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
        for private in
            ["10.1.2.3", "10.0.0.0/8", "172.31.0.0/16", "192.168.1.0/24", "127.0.0.1", "100.100.0.0/16", "fd00::/8", "fe80::/64", "::1"]
        {
            assert!(is_private(&parse(private).unwrap()), "{private}");
        }
        for public in
            ["0.0.0.0/0", "::/0", "8.8.8.8", "10.0.0.0/7", "172.32.0.0/16", "192.0.0.0/8", "2001:db8::/32", "100.0.0.0/8", "::/127"]
        {
            assert!(!is_private(&parse(public).unwrap()), "{public}");
        }
    }

    #[test]
    fn host_bits_and_mapped_addresses_are_told_apart() {
        assert_eq!(
            parse("192.168.1.7/24"),
            Err(NetworkError::HostBits { network: "192.168.1.0/24".parse().unwrap(), address: "192.168.1.7".parse().unwrap() })
        );
        assert_eq!(parse("::ffff:10.0.0.1"), Err(NetworkError::Mapped("10.0.0.1/32".parse().unwrap())));
        assert_eq!(parse("::ffff:10.0.0.0/104"), Err(NetworkError::Mapped("10.0.0.0/8".parse().unwrap())));
        for strange in ["", "office", "10.0.0", "10.0.0.0/33", "10.0.0.0-10.0.0.9", "10.0.0.0/255.0.0.0", " 10.0.0.1"] {
            assert_eq!(parse(strange), Err(NetworkError::NotOne), "{strange}");
        }
    }
}

//! Networks as rules name them: a subnet, one address, a range of addresses.
//!
//! In: checked values. Out: whether an address is in it, and whether one network leaves nothing to another.
//! An IPv4 address in the clothes of IPv6 (`::ffff:10.0.0.7`) is its IPv4, on either side.

use ipnet::IpNet;
use std::fmt;
use std::net::IpAddr;

/// All addresses from the first to the last; both of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    last: IpAddr,
}

impl Network {
    /// None when the two are of different families, or the wrong way round.
    pub fn range(first: IpAddr, last: IpAddr) -> Option<Self> {
        let (first, last) = (first.to_canonical(), last.to_canonical());
        (first.is_ipv4() == last.is_ipv4() && first <= last).then_some(Self { first, last })
    }

    pub fn first(&self) -> IpAddr {
        self.first
    }

    pub fn last(&self) -> IpAddr {
        self.last
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        // Addresses of different families are ordered too, but never between two of the other one.
        self.first.is_ipv4() == address.is_ipv4() && self.first <= address && address <= self.last
    }

    /// Whether these together hold every address of this one.
    pub fn is_covered_by<'a>(&self, others: impl IntoIterator<Item = &'a Self>) -> bool {
        let mut others: Vec<(u128, u128)> =
            others.into_iter().filter(|other| other.first.is_ipv4() == self.first.is_ipv4()).map(Self::numbers).collect();
        others.sort_unstable();
        let (mut next, last) = self.numbers();
        for (from, to) in others {
            if from > next {
                return false;
            }
            if to >= last {
                return true;
            }
            next = next.max(to + 1);
        }
        false
    }

    fn numbers(&self) -> (u128, u128) {
        let number = |address| match address {
            IpAddr::V4(four) => u128::from(u32::from(four)),
            IpAddr::V6(six) => u128::from(six),
        };
        (number(self.first), number(self.last))
    }
}

/// As people write it: one address, a subnet, or a range.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last } = *self;
        let bits = if first.is_ipv4() { 32 } else { 128 };
        let subnet = (0..bits).filter_map(|prefix| IpNet::new(first, prefix).ok()).find(|net| Self::from(*net) == *self);
        match subnet {
            Some(subnet) => write!(f, "{subnet}"),
            None if first == last => write!(f, "{first}"),
            None => write!(f, "{first}-{last}"),
        }
    }
}

impl From<IpNet> for Network {
    fn from(net: IpNet) -> Self {
        let (first, last) = (net.network().to_canonical(), net.broadcast().to_canonical());
        if first.is_ipv4() == last.is_ipv4() {
            return Self { first, last };
        }
        // Shorter than /96: more than the IPv4 addresses in it.
        Self { first: net.network(), last: net.broadcast() }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn network(text: &str) -> Network {
        match text.split_once('-') {
            Some((first, last)) => Network::range(first.parse().unwrap(), last.parse().unwrap()).unwrap(),
            None => text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).unwrap().into(),
        }
    }

    #[test]
    fn it_is_shown_as_it_is_written() {
        for text in ["10.0.0.7", "10.0.0.0/24", "0.0.0.0/0", "10.0.0.20-10.0.0.29", "fd00::/8", "::1", "::/0", "fd00::1-fd00::9"] {
            assert_eq!(network(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_in_a_network() {
        for (of, address, is_in) in [
            ("10.0.0.0/24", "10.0.0.0", true),
            ("10.0.0.0/24", "10.0.0.255", true),
            ("10.0.0.0/24", "10.0.1.0", false),
            ("10.0.0.0/24", "::ffff:10.0.0.5", true),
            ("10.0.0.0/24", "::a00:5", false),
            ("10.0.0.77/32", "10.0.0.77", true),
            ("10.0.0.77/32", "10.0.0.78", false),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "fe80::1", true),
            ("::/0", "10.0.0.5", false),
            ("::ffff:10.0.0.0/104", "10.9.9.9", true),
            ("::ffff:10.0.0.0/120", "::ffff:10.0.0.9", true),
            ("fd00::/8", "fd00::7", true),
            ("fd00::/8", "fe80::7", false),
            ("10.0.0.20-10.0.0.29", "10.0.0.19", false),
            ("10.0.0.20-10.0.0.29", "10.0.0.20", true),
            ("10.0.0.20-10.0.0.29", "10.0.0.29", true),
            ("10.0.0.20-10.0.0.29", "10.0.0.30", false),
            ("10.0.0.250-10.0.1.5", "10.0.1.1", true),
            ("::ffff:10.0.0.20-10.0.0.29", "10.0.0.25", true),
            ("fd00::9-fd00::11", "fd00::10", true),
            ("fd00::9-fd00::11", "fd00::12", false),
        ] {
            assert_eq!(network(of).contains(address.parse().unwrap()), is_in, "{address} in {of}");
        }
    }

    #[test]
    fn a_range_has_two_ends_of_one_family_in_order() {
        for (first, last) in [("10.0.0.9", "10.0.0.8"), ("10.0.0.9", "fd00::1"), ("fd00::2", "fd00::1")] {
            assert_eq!(Network::range(first.parse().unwrap(), last.parse().unwrap()), None);
        }
    }

    #[test]
    fn what_leaves_nothing_to_a_later_rule() {
        for (of, others, covered) in [
            ("10.0.0.7/32", &[][..], false),
            ("10.0.0.7/32", &["10.0.0.0/24"], true),
            ("10.0.0.0/24", &["10.0.0.7/32"], false),
            ("10.0.0.0/24", &["10.0.0.128/25", "10.0.0.0/25"], true),
            ("10.0.0.0/24", &["10.0.0.0-10.0.0.100", "10.0.0.102-10.0.0.255"], false),
            ("10.0.0.0/24", &["10.0.0.0-10.0.0.100", "10.0.0.50-10.0.0.255"], true),
            ("10.0.0.0/24", &["::/0"], false),
            ("fd00::/64", &["10.0.0.0/8", "fd00::/8"], true),
            ("::/0", &["::/1", "8000::/1"], true),
        ] {
            let others: Vec<Network> = others.iter().map(|text| network(text)).collect();
            assert_eq!(network(of).is_covered_by(&others), covered, "{of} by {others:?}");
        }
    }

    proptest! {
        #[test]
        fn a_covered_network_has_no_address_of_its_own(ranges in prop::collection::vec((0u8.., 0u8..), 1..6)) {
            let ranges: Vec<Network> = ranges
                .into_iter()
                .map(|(a, b)| Network::range([10, 0, 0, a.min(b)].into(), [10, 0, 0, a.max(b)].into()).unwrap())
                .collect();
            let (this, others) = ranges.split_first().unwrap();
            let own = (0..=255u8).map(|n| IpAddr::from([10, 0, 0, n]))
                .filter(|address| this.contains(*address) && !others.iter().any(|other| other.contains(*address)))
                .count();
            prop_assert_eq!(this.is_covered_by(others), own == 0);
        }
    }
}

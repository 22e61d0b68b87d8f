//! How many connections there may be: in all, from one address, from one subnet.
//!
//! In: who comes. Out: a [`Place`], held for as long as the connection lives, or which limit is reached.

use crate::config::Limits;
use ipnet::IpNet;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug, Clone, Default)]
pub struct Caps(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_client: HashMap<IpAddr, usize>,
    by_subnet: HashMap<IpNet, usize>,
}

/// How many there may be.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    pub in_all: usize,
    pub per_client: usize,
    pub per_subnet: usize,
}

/// Which limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    InAll,
    Client,
    Subnet(IpNet),
}

/// Held by a connection for as long as it lives.
#[derive(Debug)]
pub struct Place {
    caps: Caps,
    client: Option<IpAddr>,
}

impl From<&Limits> for Most {
    fn from(limits: &Limits) -> Self {
        Self { in_all: limits.connections, per_client: limits.connections_per_client, per_subnet: limits.connections_per_subnet }
    }
}

impl Caps {
    /// For a connection of which nothing is known yet.
    pub fn enter(&self, most: Most) -> Result<Place, Full> {
        let mut counts = self.lock();
        if counts.all >= most.in_all {
            return Err(Full::InAll);
        }
        counts.all += 1;
        Ok(Place { caps: self.clone(), client: None })
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Now it is known whose it is.
    pub fn claim(&mut self, client: IpAddr, most: Most) -> Result<(), Full> {
        let mut counts = self.caps.lock();
        let subnet = subnet(client);
        let of = |count: Option<&usize>| count.copied().unwrap_or(0);
        if of(counts.by_client.get(&client)) >= most.per_client {
            return Err(Full::Client);
        }
        if of(counts.by_subnet.get(&subnet)) >= most.per_subnet {
            return Err(Full::Subnet(subnet));
        }
        *counts.by_client.entry(client).or_default() += 1;
        *counts.by_subnet.entry(subnet).or_default() += 1;
        drop(counts);
        self.client = Some(client);
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.caps.lock();
        counts.all = counts.all.saturating_sub(1);
        if let Some(client) = self.client {
            one_less(&mut counts.by_client, client);
            one_less(&mut counts.by_subnet, subnet(client));
        }
    }
}

fn one_less<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

/// What one office, or one owner of IPv6 addresses, has.
fn subnet(client: IpAddr) -> IpNet {
    let length = if client.is_ipv4() { 24 } else { 64 };
    IpNet::new(client, length).unwrap_or_else(|_| client.into()).trunc()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn most(in_all: usize, per_client: usize, per_subnet: usize) -> Most {
        Most { in_all, per_client, per_subnet }
    }

    /// The places of all that may come in, and what the others hear.
    fn come(caps: &Caps, most: Most, clients: &[&str]) -> (Vec<Place>, Vec<Full>) {
        let (mut places, mut turned_away) = (Vec::new(), Vec::new());
        for client in clients {
            let place = caps.enter(most).and_then(|mut place| place.claim(client.parse().unwrap(), most).map(|()| place));
            match place {
                Ok(place) => places.push(place),
                Err(full) => turned_away.push(full),
            }
        }
        (places, turned_away)
    }

    #[test]
    fn places_are_limited_in_all_by_client_and_by_subnet() {
        let caps = Caps::default();
        let (_held, away) = come(&caps, most(3, 2, 9), &["10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.1.1", "10.0.2.1"]);
        assert_eq!(away, [Full::Client, Full::InAll]);

        let caps = Caps::default();
        let (_held, away) =
            come(&caps, most(9, 9, 2), &["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.1.1", "fd00::1", "fd00::2", "fd00:0:0:1::1"]);
        assert_eq!(away, [Full::Subnet("10.0.0.0/24".parse().unwrap())]);
        let (_more, away) = come(&caps, most(9, 9, 2), &["fd00::3", "fd00:0:0:1::2"]);
        assert_eq!(away, [Full::Subnet("fd00::/64".parse().unwrap())]);
    }

    #[test]
    fn places_are_given_back_also_by_those_turned_away() {
        let caps = Caps::default();
        let most = most(2, 1, 1);
        for _ in 0..3 {
            let (held, away) = come(&caps, most, &["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.1.1"]);
            assert_eq!((held.len(), away.len()), (2, 2));
            drop(held);
            let counts = caps.lock();
            assert_eq!((counts.all, counts.by_client.len(), counts.by_subnet.len()), (0, 0, 0));
        }
    }

    proptest! {
        /// Who comes in and goes when: as many as a list of those who are there says.
        #[test]
        fn a_place_is_given_when_a_list_of_those_inside_has_room(
            visits in prop::collection::vec((0u8..3, 0u8..3, any::<bool>(), 0usize..8), 1..80),
            in_all in 1usize..8, per_client in 1usize..4, per_subnet in 1usize..6,
        ) {
            let (caps, most) = (Caps::default(), most(in_all, per_client, per_subnet));
            let mut inside: Vec<(IpAddr, Place)> = Vec::new();
            for (subnet, host, goes, which) in visits {
                if goes && !inside.is_empty() {
                    inside.swap_remove(which % inside.len());
                    continue;
                }
                let client = IpAddr::from([10, 0, subnet, host]);
                let of_client = inside.iter().filter(|(other, _)| *other == client).count();
                let of_subnet = inside.iter().filter(|(other, _)| matches!(other, IpAddr::V4(four) if four.octets()[2] == subnet)).count();
                let expected = if inside.len() >= in_all {
                    Some(Full::InAll)
                } else if of_client >= per_client {
                    Some(Full::Client)
                } else if of_subnet >= per_subnet {
                    Some(Full::Subnet(IpNet::new(client, 24).unwrap().trunc()))
                } else {
                    None
                };
                let place = caps.enter(most).and_then(|mut place| place.claim(client, most).map(|()| place));
                prop_assert_eq!(place.as_ref().err().copied(), expected);
                inside.extend(place.ok().map(|place| (client, place)));
            }
        }
    }
}

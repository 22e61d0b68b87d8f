//! How many connections there may be, in all and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Clone, Default)]
pub struct Caps(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_client: HashMap<IpAddr, usize>,
}

/// Held by a connection for as long as it lives.
#[derive(Debug)]
pub struct Place {
    caps: Caps,
    client: IpAddr,
}

impl Caps {
    /// None when one of the limits is reached.
    pub fn take(&self, client: IpAddr, in_all: usize, per_client: usize) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_client = counts.by_client.get(&client).copied().unwrap_or(0);
        if counts.all >= in_all || of_client >= per_client {
            return None;
        }
        counts.all += 1;
        counts.by_client.insert(client, of_client + 1);
        Some(Place { caps: self.clone(), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.caps.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all = counts.all.saturating_sub(1);
        if let Some(of_client) = counts.by_client.get_mut(&self.client) {
            *of_client -= 1;
            if *of_client == 0 {
                counts.by_client.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_limited_and_given_back() {
        let caps = Caps::default();
        let (a, b): (IpAddr, IpAddr) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let first = caps.take(a, 2, 1);
        assert!(first.is_some());
        assert!(caps.take(a, 2, 1).is_none(), "per client");
        let second = caps.take(b, 2, 1);
        assert!(second.is_some());
        assert!(caps.take([10, 0, 0, 3].into(), 2, 1).is_none(), "in all");
        drop(first);
        assert!(caps.take(a, 2, 1).is_some());
    }
}

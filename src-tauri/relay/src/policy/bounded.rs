//! A map that strangers cannot make grow: when it is full, what was used longest ago is forgotten.

use jiff::Timestamp;
use std::collections::HashMap;
use std::hash::Hash;

#[derive(Debug)]
pub struct Bounded<K, V> {
    most: usize,
    entries: HashMap<K, (Timestamp, V)>,
}

impl<K: Eq + Hash + Clone, V: Default> Bounded<K, V> {
    pub fn new(most: usize) -> Self {
        Self { most, entries: HashMap::new() }
    }

    pub fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|(_, value)| value)
    }

    /// What is kept for this key, begun if there is none yet.
    pub fn entry(&mut self, key: &K, now: Timestamp) -> &mut V {
        if self.entries.len() >= self.most && !self.entries.contains_key(key) {
            self.make_room();
        }
        let (used, value) = self.entries.entry(key.clone()).or_insert_with(|| (now, V::default()));
        *used = now;
        value
    }

    pub fn remove(&mut self, key: &K) {
        self.entries.remove(key);
    }

    /// An eighth goes at once, so that looking through all is rare.
    fn make_room(&mut self) {
        let mut used: Vec<Timestamp> = self.entries.values().map(|(used, _)| *used).collect();
        let (_, limit, _) = used.select_nth_unstable(self.most / 8);
        let limit = *limit;
        let mut room = self.most / 8 + 1;
        self.entries.retain(|_, (used, _)| {
            let goes = *used <= limit && room > 0;
            room -= usize::from(goes);
            !goes
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or_default()
    }

    #[test]
    fn the_longest_unused_are_forgotten_and_the_map_never_grows_over_its_size() {
        let mut map: Bounded<i64, u32> = Bounded::new(16);
        for second in 0..1000 {
            *map.entry(&second, at(second)) += 1;
            assert!(map.entries.len() <= 16);
            assert_eq!(map.get(&second), Some(&1));
        }
        assert!(map.get(&999).is_some() && map.get(&990).is_some());
        assert_eq!(map.get(&900), None);
    }

    #[test]
    fn many_of_one_moment_are_not_all_forgotten_together() {
        let mut map: Bounded<i64, u32> = Bounded::new(16);
        for key in 0..17 {
            map.entry(&key, at(1));
        }
        assert_eq!(map.entries.len(), 14);
    }
}

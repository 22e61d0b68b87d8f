//! Repeatable chance: octets cut into pieces, and seeds changed at random.

/// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough to cut octets into pieces.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to `below`, without it; 0 when that is 0.
    pub fn below(&mut self, below: usize) -> usize {
        let number = usize::try_from(self.roll() >> 33).unwrap_or(0);
        number.checked_rem(below).unwrap_or(0)
    }

    /// Cuts what is left into pieces, mostly small.
    pub fn pieces<'a>(&mut self, octets: &'a [u8]) -> Vec<&'a [u8]> {
        let (mut pieces, mut rest) = (Vec::new(), octets);
        while !rest.is_empty() {
            let most = if self.below(4) == 0 { 500 } else { 9 };
            let (piece, more) = rest.split_at(1 + self.below(rest.len().min(most)));
            pieces.push(piece);
            rest = more;
        }
        pieces
    }
}

/// A seed, changed in some places.
pub fn mutated(seeds: &[Vec<u8>], words: &[&[u8]], dice: &mut Dice) -> Vec<u8> {
    let mut octets = seeds.get(dice.below(seeds.len())).cloned().unwrap_or_default();
    for _ in 0..=dice.below(6) {
        let at = dice.below(octets.len() + 1);
        let to = at + dice.below((octets.len() - at + 1).min(40));
        match dice.below(8) {
            0 if at < octets.len() => octets[at] ^= 1 << dice.below(8),
            1 if at < octets.len() => octets[at] = dice.roll() as u8,
            2 => drop(octets.drain(at..to)),
            3 => {
                let again = octets[at..to].to_vec();
                octets.splice(at..at, again);
            }
            4 => {
                let (octet, times) = (dice.roll() as u8, dice.below(300));
                octets.splice(at..at, std::iter::repeat_n(octet, times));
            }
            5 => {
                let other = seeds.get(dice.below(seeds.len())).map_or(&[][..], Vec::as_slice);
                let from = dice.below(other.len() + 1);
                octets.truncate(at);
                octets.extend_from_slice(&other[from..]);
            }
            _ => {
                let word = words.get(dice.below(words.len())).copied().unwrap_or_default();
                octets.splice(at..at, word.iter().copied());
            }
        }
    }
    octets
}

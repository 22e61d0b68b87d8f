//! Refusals as records, folded: one a client, reason and hour, with a count. Pure: the time is an argument.
//!
//! In: refusals as they happen. Out: [`RefusalLine`]s to be written now and then, a few at a time.
//! Invariant: an attack costs at most [`LINES_AN_HOUR`] lines an hour and one more for each reason, however many
//! addresses it comes from; what is beyond is counted without its address.

use crate::policy::RefusedWhy;
use crate::session::Refused;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// Clients and reasons that are told apart in one hour.
const LINES_AN_HOUR: usize = 256;
/// Letters that are kept of what strangers wrote.
const NAME_LETTERS: usize = 100;
const TEXT_LETTERS: usize = 320;

/// Refusals of one client for one reason in one hour; of those that were written before, only what came since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalLine {
    /// Hours since 1970.
    pub hour: i64,
    /// None: clients beyond the number that is told apart.
    pub client: Option<IpAddr>,
    pub client_name: String,
    pub why: RefusedWhy,
    pub count: u32,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// Of the last of them.
    pub sender: String,
    pub recipient: String,
    pub reply: String,
}

type Key = (IpAddr, RefusedWhy);

/// What was refused and is not written yet.
#[derive(Debug, Default)]
pub struct Refusals {
    hour: i64,
    /// Told apart in this hour, also those that are written.
    known: HashSet<Key>,
    waiting: HashMap<(i64, Option<IpAddr>, RefusedWhy), RefusalLine>,
}

impl Refusals {
    /// What was written of this hour before the engine was started.
    pub fn begin(&mut self, hour: i64, known: impl IntoIterator<Item = Key>) {
        self.hour = hour;
        self.known = known.into_iter().collect();
    }

    pub fn note(&mut self, client: IpAddr, client_name: &str, refused: &Refused, now: Timestamp) {
        let hour = now.as_second().div_euclid(3600);
        if hour != self.hour {
            self.begin(hour, []);
        }
        let key = (client, refused.why);
        let told_apart = self.known.contains(&key) || self.known.len() < LINES_AN_HOUR && self.known.insert(key);
        let (client, client_name) = if told_apart { (Some(client), cut(client_name, NAME_LETTERS)) } else { (None, String::new()) };
        let line = self.waiting.entry((hour, client, refused.why)).or_insert_with(|| RefusalLine {
            hour,
            client,
            client_name: String::new(),
            why: refused.why,
            count: 0,
            first_at: now,
            last_at: now,
            sender: String::new(),
            recipient: String::new(),
            reply: String::new(),
        });
        line.count = line.count.saturating_add(1);
        line.last_at = line.last_at.max(now);
        line.client_name = client_name;
        line.sender = cut(&refused.sender, TEXT_LETTERS);
        line.recipient = cut(&refused.recipient, TEXT_LETTERS);
        line.reply = cut(&refused.reply.to_string(), TEXT_LETTERS);
    }

    /// What waits to be written.
    pub fn take(&mut self) -> Vec<RefusalLine> {
        self.waiting.drain().map(|(_, line)| line).collect()
    }
}

fn cut(text: &str, letters: usize) -> String {
    text.chars().take(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Reply, Severity};
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap_or_default()
    }

    fn refused(why: RefusedWhy, sender: &str) -> Refused {
        Refused { why, sender: sender.into(), recipient: String::new(), reply: Reply::new(Severity::Permanent, 50, 7, 1, "no") }
    }

    fn client(n: u32) -> IpAddr {
        IpAddr::from((0x0a00_0000 + n).to_be_bytes())
    }

    #[test]
    fn the_same_again_is_counted_and_the_last_one_told() {
        let mut refusals = Refusals::default();
        for second in 0..50 {
            refusals.note(client(1), "scanner", &refused(RefusedWhy::NotAllowed, &format!("{second}@x.test")), at(second));
        }
        refusals.note(client(1), "scanner", &refused(RefusedWhy::Loop, ""), at(50));
        refusals.note(client(2), "printer", &refused(RefusedWhy::NotAllowed, ""), at(51));
        let mut lines = refusals.take();
        lines.sort_by_key(|line| line.last_at);
        let told: Vec<_> = lines.iter().map(|line| (line.client, line.why, line.count, line.sender.as_str())).collect();
        assert_eq!(
            told,
            [
                (Some(client(1)), RefusedWhy::NotAllowed, 50, "49@x.test"),
                (Some(client(1)), RefusedWhy::Loop, 1, ""),
                (Some(client(2)), RefusedWhy::NotAllowed, 1, "")
            ]
        );
        assert_eq!((lines[0].first_at, lines[0].last_at, lines[0].reply.as_str()), (at(0), at(49), "550 5.7.1 no"));
        assert_eq!(refusals.take(), [], "what was taken is not told again");
    }

    #[test]
    fn an_hour_begins_a_new_line_and_new_room() {
        let mut refusals = Refusals::default();
        for n in 0..300 {
            refusals.note(client(n), "", &refused(RefusedWhy::NotAllowed, ""), at(0));
        }
        refusals.note(client(299), "", &refused(RefusedWhy::NotAllowed, ""), at(3600));
        let lines = refusals.take();
        assert_eq!(lines.iter().filter(|line| line.client == Some(client(299))).count(), 1);
        assert_eq!(lines.iter().find(|line| line.client.is_none()).map(|line| line.count), Some(44));
    }

    #[test]
    fn what_was_told_apart_before_a_restart_takes_its_room() {
        let mut refusals = Refusals::default();
        refusals.begin(at(0).as_second().div_euclid(3600), (0..256).map(|n| (client(n), RefusedWhy::NotAllowed)));
        refusals.note(client(7), "", &refused(RefusedWhy::NotAllowed, ""), at(0));
        refusals.note(client(999), "", &refused(RefusedWhy::NotAllowed, ""), at(0));
        let clients: HashSet<_> = refusals.take().into_iter().map(|line| line.client).collect();
        assert_eq!(clients, [Some(client(7)), None].into());
    }

    #[test]
    fn endless_texts_are_cut() {
        let mut refusals = Refusals::default();
        refusals.note(client(1), &"ü".repeat(9000), &refused(RefusedWhy::NotAllowed, &"x".repeat(9000)), at(0));
        let lines = refusals.take();
        assert_eq!((lines[0].client_name.chars().count(), lines[0].sender.len()), (NAME_LETTERS, TEXT_LETTERS));
    }

    proptest! {
        #[test]
        fn an_attack_costs_few_lines_and_every_refusal_is_counted(
            steps in prop::collection::vec((0u32..2000, 0usize..3, any::<bool>()), 0..3000)
        ) {
            let whys = [RefusedWhy::NotAllowed, RefusedWhy::SignInFailed, RefusedWhy::TooMuch];
            let mut refusals = Refusals::default();
            let mut lines = Vec::new();
            let all = steps.len();
            for (n, why, write) in steps {
                refusals.note(client(n), "x", &refused(whys[why], ""), at(0));
                if write {
                    lines.extend(refusals.take());
                }
            }
            lines.extend(refusals.take());
            let keys: HashSet<_> = lines.iter().map(|line| (line.client, line.why)).collect();
            prop_assert!(keys.len() <= LINES_AN_HOUR + whys.len());
            prop_assert_eq!(lines.iter().map(|line| line.count as usize).sum::<usize>(), all);
        }
    }
}

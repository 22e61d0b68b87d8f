//! What the writer remembers while it cannot write: when it tries again, and what shows that it is over. Pure.

use std::time::Duration;
use tokio::time::Instant;

/// Pauses between tries: doubled from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// So long after the last mail that was refused for it, a trouble is over although no other has come.
const QUIET: Duration = Duration::from_secs(600);

pub struct Trouble {
    said: String,
    tries: u32,
    next_try: Instant,
    /// A small thing could be written since.
    eased: bool,
    /// When mail was refused last. A small thing often still finds a place where a message does not:
    /// that alone must not make a notice come and go.
    refused_mail: Option<Instant>,
}

impl Trouble {
    pub fn new(now: Instant) -> Self {
        Self { said: String::new(), tries: 1, next_try: now + FIRST_PAUSE, eased: false, refused_mail: None }
    }

    /// Something could not be written. False when that was known.
    pub fn fails(&mut self, said: &str, refused_mail: bool, now: Instant) -> bool {
        if refused_mail {
            self.refused_mail = Some(now);
        }
        let news = self.eased || self.said != said;
        if self.eased {
            (self.tries, self.next_try) = (1, now + FIRST_PAUSE);
        }
        (self.said, self.eased) = (said.to_owned(), false);
        news
    }

    /// A try of ours has failed.
    pub fn tried(&mut self, now: Instant) {
        self.next_try = now + FIRST_PAUSE.saturating_mul(1 << self.tries.min(10)).min(LONGEST_PAUSE);
        self.tries = self.tries.saturating_add(1);
    }

    /// Something else was written: what could not be is worth a try soon.
    pub fn hurries(&mut self, now: Instant) {
        self.next_try = self.next_try.min(now + FIRST_PAUSE);
    }

    /// Nothing is owed any more. False when that was known.
    pub fn eases(&mut self, now: Instant) -> bool {
        let news = !std::mem::replace(&mut self.eased, true);
        self.next_try = now + QUIET;
        news
    }

    /// Whether all is well again, now that something was written; `mail`: a message was.
    pub fn is_over(&self, mail: bool, now: Instant) -> bool {
        self.refused_mail.is_none_or(|at| mail || now.saturating_duration_since(at) >= QUIET)
    }

    pub fn next_try(&self) -> Instant {
        self.next_try
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::waiting_now;

    #[test]
    fn pauses_grow_while_it_lasts_and_begin_anew_when_it_comes_back() {
        let start = waiting_now();
        let mut trouble = Trouble::new(start);
        let pause = |trouble: &Trouble| trouble.next_try().saturating_duration_since(start).as_secs();
        assert!(trouble.fails("locked", false, start));
        assert!(!trouble.fails("locked", false, start), "said once");
        let mut pauses = vec![pause(&trouble)];
        for _ in 0..6 {
            trouble.tried(start);
            pauses.push(pause(&trouble));
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        assert!(trouble.fails("disk I/O error", false, start), "for another reason");
        assert_eq!(pause(&trouble), 30);
        trouble.hurries(start);
        assert_eq!(pause(&trouble), 1);
        assert!(trouble.eases(start));
        assert!(!trouble.eases(start));
        assert!(trouble.fails("disk I/O error", false, start), "once more");
        trouble.tried(start);
        assert_eq!(pause(&trouble), 2);
    }

    #[test]
    fn a_small_thing_written_does_not_say_that_mail_can_be() {
        let start = waiting_now();
        let mut trouble = Trouble::new(start);
        trouble.fails("the disk is full", false, start);
        assert!(trouble.is_over(false, start), "no mail was refused");
        trouble.fails("the disk is full", true, start);
        assert!(!trouble.is_over(false, start));
        assert!(!trouble.is_over(false, start + QUIET / 2));
        assert!(trouble.is_over(true, start));
        assert!(trouble.is_over(false, start + QUIET));
    }
}

//! Replies written down once: the function that gives one, and its row in the reference, from the same line.
//!
//! In: a list of replies with what each is said for. Out: a function for each, and `ALL` of them as [`Known`].
//! RFC 5321 §4.2, RFC 3463.
//!
//! Invariant: what is not in such a list is not said, or the reference would not be whole.

#[cfg(test)]
use super::status::EnhancedStatus;
#[cfg(test)]
use std::fmt;

/// A reply as the reference lists it; only the test that writes the reference asks for it.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub code: u16,
    pub enhanced: Option<EnhancedStatus>,
    /// Names in braces stand for what differs from case to case.
    pub text: &'static str,
    pub when: &'static str,
}

/// `550 5.7.1 …`, with `…` for what differs.
#[cfg(test)]
impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, " {enhanced}")?;
        }
        let mut pieces = self.text.split('{');
        write!(f, " {}", pieces.next().unwrap_or_default())?;
        for piece in pieces {
            write!(f, "…{}", piece.split_once('}').map_or("", |(_, rest)| rest))?;
        }
        Ok(())
    }
}

/// `name(arguments) = (Severity, other two digits, subject, detail, "text {argument}"), "when it is said";`
/// or, for one without an enhanced code, `name(arguments) = (code, "text {argument}"), "when it is said";`.
macro_rules! known_replies {
    ($($(#[$note:meta])* $name:ident($($argument:ident: $kind:ty),* $(,)?) = $made:tt, $when:literal;)*) => {
        $(
            $(#[$note])*
            pub(crate) fn $name($($argument: $kind),*) -> $crate::mail::Reply {
                $crate::mail::known::known_reply!(reply $made)
            }
        )*
        /// All of the above, for the reference.
        #[cfg(test)]
        pub(crate) const ALL: &[$crate::mail::known::Known] = &[$($crate::mail::known::known_reply!(row $made, $when)),*];
    };
}

macro_rules! known_reply {
    (reply ($severity:ident, $rest:literal, $subject:literal, $detail:literal, $text:literal)) => {
        $crate::mail::Reply::new($crate::mail::Severity::$severity, $rest, $subject, $detail, format!($text))
    };
    (reply ($code:literal, $text:literal)) => {
        $crate::mail::Reply::plain($code, [format!($text)])
    };
    (row ($severity:ident, $rest:literal, $subject:literal, $detail:literal, $text:literal), $when:literal) => {
        $crate::mail::known::Known {
            code: $crate::mail::Severity::$severity.digit() as u16 * 100 + $rest,
            enhanced: Some($crate::mail::EnhancedStatus::new($crate::mail::Severity::$severity, $subject, $detail)),
            text: $text,
            when: $when,
        }
    };
    (row ($code:literal, $text:literal), $when:literal) => {
        $crate::mail::known::Known { code: $code, enhanced: None, text: $text, when: $when }
    };
}

pub(crate) use {known_replies, known_reply};

#[cfg(test)]
mod tests {
    known_replies! {
        go_on() = (354, "go on"), "DATA";
        refused(who: &str, times: u8) = (Permanent, 50, 7, 1, "{who} may not, {times} times"), "never";
    }

    #[test]
    fn one_line_makes_a_reply_and_its_row() {
        assert_eq!(go_on().to_wire(), "354 go on\r\n");
        assert_eq!(refused("ann", 2).to_wire(), "550 5.7.1 ann may not, 2 times\r\n");
        assert_eq!(ALL.iter().map(ToString::to_string).collect::<Vec<_>>(), ["354 go on", "550 5.7.1 … may not, … times"]);
        assert_eq!(ALL[1].when, "never");
    }
}

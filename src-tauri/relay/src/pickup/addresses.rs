//! Reads the addresses out of a header field (RFC 5322 §3.4, §4.4): display names, comments, groups and routes left out.
//!
//! In: a field's value. Out: every address in it, or the first piece that is none. Nothing is guessed and nothing passed
//! over: a recipient that cannot be read would be one who never gets the message.

use crate::mail::{AddressError, Mailbox};

/// What stands where an address should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoAddress {
    pub piece: String,
    pub why: Option<AddressError>,
}

/// All of them, in order. A semicolon between two is taken for a comma, as Outlook writes it.
pub fn read(value: &str) -> Result<Vec<Mailbox>, NoAddress> {
    let mut reader = Reader { rest: value.chars().peekable(), found: Vec::new() };
    let mut piece = Piece::default();
    while let Some(letter) = reader.rest.next() {
        match letter {
            '(' => reader.comment().map_err(|()| piece.is_none(None))?,
            '"' => piece.push_all(&reader.quoted('"', '"').ok_or_else(|| piece.is_none(None))?),
            '[' => piece.push_all(&reader.quoted('[', ']').ok_or_else(|| piece.is_none(None))?),
            '<' => piece.angle = Some(reader.angle().ok_or_else(|| piece.is_none(None))?),
            ',' | ';' => reader.end(std::mem::take(&mut piece))?,
            // The name of a group; its members follow.
            ':' if piece.angle.is_none() && !piece.text.contains('@') => piece = Piece::default(),
            letter => piece.push(letter),
        }
    }
    reader.end(piece)?;
    Ok(reader.found)
}

/// What stands between two commas.
#[derive(Debug, Default)]
struct Piece {
    text: String,
    angle: Option<String>,
    /// Something stands behind the `>`.
    more: bool,
}

impl Piece {
    fn push(&mut self, letter: char) {
        self.more |= self.angle.is_some() && !letter.is_whitespace();
        self.text.push(letter);
    }

    fn push_all(&mut self, letters: &str) {
        letters.chars().for_each(|letter| self.push(letter));
    }

    fn is_none(&self, why: Option<AddressError>) -> NoAddress {
        let text = match &self.angle {
            Some(angle) => format!("{}<{angle}>", self.text),
            None => self.text.clone(),
        };
        NoAddress { piece: text.trim().to_owned(), why }
    }
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    found: Vec<Mailbox>,
}

impl Reader<'_> {
    fn end(&mut self, piece: Piece) -> Result<(), NoAddress> {
        let address = match &piece.angle {
            Some(_) if piece.more => return Err(piece.is_none(None)),
            Some(angle) => angle.as_str(),
            None if piece.text.trim().is_empty() => return Ok(()),
            None => piece.text.as_str(),
        };
        let mailbox = Mailbox::parse(&joined(address)).map_err(|why| piece.is_none(Some(why)))?;
        self.found.push(mailbox);
        Ok(())
    }

    /// Behind its parenthesis; comments may be nested.
    fn comment(&mut self) -> Result<(), ()> {
        let mut depth = 1;
        while depth > 0 {
            match self.rest.next().ok_or(())? {
                '\\' => drop(self.rest.next()),
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
        }
        Ok(())
    }

    /// With its marks, as it stands.
    fn quoted(&mut self, begin: char, end: char) -> Option<String> {
        let mut quoted = String::from(begin);
        loop {
            let letter = self.rest.next()?;
            quoted.push(letter);
            match letter {
                '\\' => quoted.push(self.rest.next()?),
                letter if letter == end => return Some(quoted),
                _ => {}
            }
        }
    }

    /// What stands between `<` and `>`, without a route.
    fn angle(&mut self) -> Option<String> {
        let mut address = String::new();
        loop {
            match self.rest.next()? {
                '>' => return Some(address),
                '"' => address.push_str(&self.quoted('"', '"')?),
                '(' => self.comment().ok()?,
                // `<@relay.test,@other.test:ann@away.test>`; an IPv6 literal has colons too.
                ':' if address.trim_start().starts_with('@') => address.clear(),
                letter => address.push(letter),
            }
        }
    }
}

/// Without the white space that may stand around the dots and the @ (RFC 5322 §4.4), and without any at the ends.
fn joined(address: &str) -> String {
    let mut joined = String::with_capacity(address.len());
    let mut space = false;
    let mut quoted = false;
    let mut letters = address.trim().chars();
    while let Some(letter) = letters.next() {
        if letter.is_whitespace() && !quoted {
            space = true;
            continue;
        }
        if space && !matches!(letter, '.' | '@') && !joined.ends_with(['.', '@']) {
            joined.push(' ');
        }
        space = false;
        quoted ^= letter == '"';
        joined.push(letter);
        if letter == '\\' && quoted {
            joined.extend(letters.next());
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn addresses(value: &str) -> Result<Vec<String>, String> {
        read(value).map(|found| found.iter().map(ToString::to_string).collect()).map_err(|none| none.piece)
    }

    #[test]
    fn every_address_is_found_and_nothing_else() {
        for (value, expected) in [
            ("", &[][..]),
            (" \t", &[]),
            ("ann@away.test", &["ann@away.test"]),
            ("Ann <ann@away.test>", &["ann@away.test"]),
            ("<ann@away.test>, bob@away.test ,", &["ann@away.test", "bob@away.test"]),
            ("ann@away.test; Bob <bob@away.test>;", &["ann@away.test", "bob@away.test"]),
            ("\"Doe, John; <x>\" <john@away.test>", &["john@away.test"]),
            ("\"Jo \\\"hn\" <john@away.test> (from (the) \\) shop)", &["john@away.test"]),
            ("ann@away.test (Ann, of course)", &["ann@away.test"]),
            ("(Ann) ann (here) @ away.test", &["ann@away.test"]),
            ("ann . lee @ away . test", &["ann.lee@away.test"]),
            ("=?utf-8?q?J=C3=B6rg=2C?= <joerg@away.test>", &["joerg@away.test"]),
            ("Jörg <joerg@away.test>", &["joerg@away.test"]),
            ("Undisclosed recipients:;", &[]),
            ("Office: ann@away.test, Bob <bob@away.test>;, eve@away.test", &["ann@away.test", "bob@away.test", "eve@away.test"]),
            ("mailto:ann@away.test", &["ann@away.test"]),
            ("<@one.test,@two.test:ann@away.test>", &["ann@away.test"]),
            ("\"a b\"@away.test", &["\"a b\"@away.test"]),
            ("<\"a>, b\"@away.test>", &["\"a>, b\"@away.test"]),
            ("a@[10.0.0.1], b@[IPv6:fd00::1], <c@[IPv6:fd00::2]>", &["a@[10.0.0.1]", "b@[IPv6:fd00::1]", "c@[IPv6:fd00::2]"]),
        ] {
            assert_eq!(addresses(value), Ok(expected.iter().map(|address| (*address).to_owned()).collect()), "{value:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_named_and_never_passed_over() {
        for (value, piece) in [
            ("ann", "ann"),
            ("ann@away.test, bob", "bob"),
            ("Doe, John <john@away.test>", "Doe"),
            ("ann@away.test bob@away.test", "ann@away.test bob@away.test"),
            ("Ann <ann@away.test> bob@away.test", "Ann  bob@away.test<ann@away.test>"),
            ("Ann <ann@away.test", "Ann"),
            ("\"Ann <ann@away.test>", ""),
            ("ann@away.test (Ann", "ann@away.test"),
            ("<>", "<>"),
            ("Ann <>", "Ann <>"),
            ("ann@away.test: bob@away.test", "ann@away.test: bob@away.test"),
            ("ann@away..test", "ann@away..test"),
        ] {
            assert_eq!(addresses(value), Err(piece.to_owned()), "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn addresses_written_out_are_read_back(locals in proptest::collection::vec("[a-z]{1,8}(\\.[a-z]{1,8})?", 0..6), name in "[A-Za-z ]{0,10}") {
            let written: Vec<String> = locals.iter().map(|local| format!("\"{name}, x\" (a, b) <{local}@away.test>")).collect();
            let expected: Vec<String> = locals.iter().map(|local| format!("{local}@away.test")).collect();
            prop_assert_eq!(addresses(&written.join(", ")), Ok(expected));
        }

        #[test]
        fn whatever_stands_there_ends(value in "\\PC{0,200}") {
            let _ = read(&value);
        }
    }
}

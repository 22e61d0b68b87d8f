//! Senders that become others: what is wrong with them, and what they are for the engine.

use super::access::pattern;
use super::check::Rules;
use super::short;
use control::settings::{self, RewritingRow, RewritingSettings, RewrittenSenders, SignIn, SmartHostSettings};
use relay::mail::Mailbox;
use relay::smarthost::rewrite::{DisplayName, Rewriting, Row, Senders};

const EVERYBODY: &str = "*";
const MOST_ROWS: usize = 1000;

impl Rules<'_> {
    pub(super) fn rewriting(&mut self, at: &str, rewriting: &RewritingSettings, sign_in: &SignIn) {
        let RewritingSettings { senders, display_name: _, reply_to: _ } = rewriting;
        match senders {
            RewrittenSenders::All { address: Some(address) } => self.becomes(format!("{at}.senders.address"), address),
            RewrittenSenders::All { address: None } => {
                if account(sign_in).is_none() {
                    let wrong = "the account's own address is wanted, and the user that signs in is no address";
                    self.wrong(
                        format!("{at}.senders.address"),
                        "",
                        wrong,
                        "the address that mail is to be from, as in `mail@office.example`",
                    );
                }
            }
            RewrittenSenders::Rows { rows } => self.rows(&format!("{at}.senders.rows"), rows),
        }
    }

    fn rows(&mut self, at: &str, rows: &[RewritingRow]) {
        if rows.is_empty() || rows.len() > MOST_ROWS {
            self.wrong(at, rows.len(), "there is nothing in this list, or too much", format!("1 to {MOST_ROWS} rows"));
        }
        for (index, RewritingRow { from, to }) in rows.iter().enumerate() {
            let field = format!("{at}[{index}].from");
            if from != EVERYBODY && pattern(from).is_none() {
                let remedy = "an address, a domain as in `office.example`, `.office.example` for its subdomains, or `*` for everybody";
                self.wrong(&field, short(from), "this is neither an address nor a domain", remedy);
            } else if let Some(first) =
                rows[..index].iter().position(|before| before.from == EVERYBODY || before.from.eq_ignore_ascii_case(from))
            {
                let wrong = format!("row {} decides about all of these already", first + 1);
                self.wrong(&field, short(from), wrong, format!("put it in front of row {}, or leave it out", first + 1));
            }
            self.becomes(format!("{at}[{index}].to"), to);
        }
    }

    fn becomes(&mut self, field: String, address: &str) {
        if Mailbox::parse(address).is_err() {
            self.wrong(field, short(address), "this is no mail address", "one address, as in `mail@office.example`");
        } else if !address.is_ascii() {
            let remedy = "an address that every server takes: its domain in the form `xn--…`";
            self.wrong(field, short(address), "not every server takes an address with letters beyond ASCII", remedy);
        }
    }
}

/// The address of who signs in, if it is one.
fn account(sign_in: &SignIn) -> Option<Mailbox> {
    sign_in.user().and_then(|user| Mailbox::parse(user).ok()).filter(Mailbox::is_ascii)
}

/// For the engine; only what has been checked is whole.
pub fn of(smart_host: &SmartHostSettings) -> Option<Rewriting> {
    let RewritingSettings { senders, display_name, reply_to } = smart_host.rewriting.as_ref()?;
    let rows = match senders {
        RewrittenSenders::All { address } => {
            let to = address.as_ref().map_or_else(|| account(&smart_host.sign_in), |address| Mailbox::parse(address).ok());
            to.map(|to| Row { senders: Senders::All, to }).into_iter().collect()
        }
        RewrittenSenders::Rows { rows } => rows.iter().filter_map(row).collect(),
    };
    let display_name = match display_name {
        settings::DisplayName::Kept => DisplayName::Kept,
        settings::DisplayName::Address => DisplayName::Address,
        settings::DisplayName::NameAndAddress => DisplayName::NameAndAddress,
    };
    Some(Rewriting { rows, display_name, reply_to: *reply_to })
}

fn row(RewritingRow { from, to }: &RewritingRow) -> Option<Row> {
    let senders = if from == EVERYBODY { Senders::All } else { Senders::These([pattern(from)?].into_iter().collect()) };
    Some(Row { senders, to: Mailbox::parse(to).ok()? })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Facts, check};
    use relay::mail::ReversePath;
    use std::collections::HashMap;

    fn checked(user: &str, senders: &str) -> Result<Vec<String>, Vec<String>> {
        let text = format!(
            r#"{{"version": 1, "smartHost": {{"server": "a.test", "port": 587, "encryption": "starttls",
                "signIn": {{"kind": "password", "user": "{user}"}}, "rewriting": {{"senders": {senders}}}}}}}"#
        );
        let settings = serde_json::from_str(&text).unwrap();
        let checked = check(&settings, &Facts::new("/nowhere".into(), "relay.test"));
        let checked = checked
            .map_err(|problems| problems.into_iter().map(|problem| format!("{}: {}", problem.field, problem.wrong)).collect::<Vec<_>>())?;
        let rewriting = checked.config(None, HashMap::new(), Vec::new()).smart_host.unwrap().rewriting.unwrap();
        let becomes = |from: &&str| rewriting.envelope(&ReversePath::parse(from).unwrap()).to_string();
        Ok(["a@one.test", "b@one.test", "c@two.one.test", "d@three.test"].iter().map(becomes).collect())
    }

    #[test]
    fn senders_become_the_account_an_address_or_what_a_row_says() {
        let all = |address: &str| Ok(vec![address.to_owned(); 4]);
        assert_eq!(checked("mail@office.test", r#"{"kind": "all"}"#), all("mail@office.test"));
        assert_eq!(checked("apikey", r#"{"kind": "all", "address": "x@office.test"}"#), all("x@office.test"));
        let rows = r#"{"kind": "rows", "rows": [{"from": "a@one.test", "to": "1@o.test"}, {"from": "one.test", "to": "2@o.test"},
            {"from": ".one.test", "to": "3@o.test"}, {"from": "*", "to": "4@o.test"}]}"#;
        assert_eq!(checked("apikey", rows), Ok(["1@o.test", "2@o.test", "3@o.test", "4@o.test"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn what_cannot_be_a_sender_is_told_with_its_place() {
        let wrong = |user: &str, senders: &str| checked(user, senders).unwrap_err();
        assert_eq!(
            wrong("apikey", r#"{"kind": "all"}"#),
            ["smartHost.rewriting.senders.address: the account's own address is wanted, and the user that signs in is no address"]
        );
        assert_eq!(
            wrong("ann", r#"{"kind": "all", "address": "office.test"}"#),
            ["smartHost.rewriting.senders.address: this is no mail address"]
        );
        assert_eq!(
            wrong("ann", r#"{"kind": "all", "address": "jörg@office.test"}"#),
            ["smartHost.rewriting.senders.address: not every server takes an address with letters beyond ASCII"]
        );
        assert_eq!(
            wrong("ann", r#"{"kind": "rows", "rows": []}"#),
            ["smartHost.rewriting.senders.rows: there is nothing in this list, or too much"]
        );
        let rows = r#"{"kind": "rows", "rows": [{"from": "one test", "to": "1@o.test"}, {"from": "*", "to": "2"}, {"from": "a.test", "to": "3@o.test"}]}"#;
        assert_eq!(
            wrong("ann", rows),
            [
                "smartHost.rewriting.senders.rows[0].from: this is neither an address nor a domain",
                "smartHost.rewriting.senders.rows[1].to: this is no mail address",
                "smartHost.rewriting.senders.rows[2].from: row 2 decides about all of these already",
            ]
        );
    }
}

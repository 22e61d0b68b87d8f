//! Domains whose mail is signed: what is wrong with them.

use super::check::{Rules, is_host_name};
use super::short;
use control::settings::DkimDomain;

const MOST: usize = 100;

impl Rules<'_> {
    pub(super) fn dkim(&mut self, domains: &[DkimDomain]) {
        if domains.len() > MOST {
            self.wrong("dkim", domains.len(), "these are too many", format!("{MOST} at most"));
        }
        for (index, DkimDomain { domain, selector, enabled: _ }) in domains.iter().enumerate() {
            let at = format!("dkim[{index}]");
            if !is_domain(domain) {
                let remedy = "the part behind the @ of your senders, as in `office.example`; with other letters in the form `xn--…`";
                self.wrong(format!("{at}.domain"), short(domain), "this is no domain", remedy);
            }
            if !is_selector(selector) {
                let remedy = "letters, digits and hyphens, as in `outtray` or `2026a`";
                self.wrong(format!("{at}.selector"), short(selector), "this is no selector", remedy);
            }
            let same = |other: &DkimDomain| other.domain.eq_ignore_ascii_case(domain) && other.selector.eq_ignore_ascii_case(selector);
            if let Some(first) = domains[..index].iter().position(same) {
                self.wrong(
                    format!("{at}.selector"),
                    short(selector),
                    format!("dkim[{first}] is the same key"),
                    "another selector for a second key",
                );
            }
        }
    }
}

pub fn is_domain(domain: &str) -> bool {
    is_host_name(domain) && domain.contains('.')
}

/// RFC 6376 §3.1; its secret's name has to fit as well.
pub fn is_selector(selector: &str) -> bool {
    selector.len() <= 100
        && selector.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Facts, check};

    #[test]
    fn what_cannot_sign_is_told_with_its_place() {
        let text = r#"{"version": 1, "dkim": [{"domain": "office.test"}, {"domain": "Office.test", "selector": "Outtray"}, {"domain": "office"},
            {"domain": "a@b.test"}, {"domain": "a.test", "selector": ""}, {"domain": "a.test", "selector": "2026.a-b", "enabled": false}]}"#;
        let problems = check(&serde_json::from_str(text).unwrap(), &Facts::new("/nowhere".into(), "relay.test")).unwrap_err();
        let problems: Vec<_> = problems.iter().map(|problem| format!("{}: {}", problem.field, problem.wrong)).collect();
        assert_eq!(
            problems,
            [
                "dkim[1].selector: dkim[0] is the same key",
                "dkim[2].domain: this is no domain",
                "dkim[3].domain: this is no domain",
                "dkim[4].selector: this is no selector"
            ]
        );
    }
}

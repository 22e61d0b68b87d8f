//! Room 3, may: who may send through here (RFC 5321 §7.9). Pure decisions.
//!
//! In: the client's address. Out: a [`Verdict`], with the reply to give if it is a refusal.
//! What is not listed is refused, this machine itself too: an empty list is a relay for nobody.

pub(crate) mod replies;

use crate::mail::Reply;
use ipnet::{IpNet, Ipv4Net};
use std::net::IpAddr;

/// The networks whose machines may send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    allowed: Vec<IpNet>,
    /// Device accounts may sign in, over encrypted connections.
    pub sign_in: bool,
    /// Over others too.
    pub plain_sign_in: bool,
}

/// Who asks: what is known of a client when it says MAIL or RCPT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asking<'a> {
    pub client: IpAddr,
    pub encrypted: bool,
    /// The device account it has signed in with.
    pub account: Option<&'a str>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Permit,
    Refuse(Reply),
}

impl Policy {
    pub fn new(allowed: impl IntoIterator<Item = IpNet>) -> Self {
        Self { allowed: allowed.into_iter().map(canonical).collect(), sign_in: false, plain_sign_in: false }
    }

    /// Whether this client may sign in, as things stand.
    pub fn offers_sign_in(&self, asking: &Asking<'_>) -> bool {
        self.sign_in && (asking.encrypted || self.plain_sign_in)
    }

    /// Whether this client may hand in mail. An IPv4 address that came in over an IPv6 socket is its IPv4.
    pub fn may_send(&self, asking: &Asking<'_>) -> Verdict {
        let client = asking.client.to_canonical();
        if self.allowed.iter().any(|net| net.contains(&client)) {
            return Verdict::Permit;
        }
        Verdict::Refuse(replies::not_allowed(client))
    }
}

/// `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
fn canonical(net: IpNet) -> IpNet {
    let IpNet::V6(six) = net else { return net };
    let Some(address) = six.addr().to_ipv4_mapped() else { return net };
    match six.prefix_len().checked_sub(96).map(|length| Ipv4Net::new(address, length)) {
        Some(Ok(four)) => IpNet::V4(four),
        Some(Err(_)) | None => net,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn of(client: &str) -> Asking<'static> {
        Asking { client: client.parse().unwrap(), encrypted: false, account: None }
    }

    #[test]
    fn only_listed_networks_may_send() {
        for (allowed, client, may) in [
            (vec![], "10.0.0.5", false),
            (vec![], "127.0.0.1", false),
            (vec![], "::1", false),
            (vec!["10.0.0.0/24"], "10.0.0.5", true),
            (vec!["10.0.0.0/24"], "10.0.1.5", false),
            (vec!["10.0.0.0/24"], "127.0.0.1", false),
            (vec!["10.0.0.0/24"], "::ffff:10.0.0.5", true),
            (vec!["10.0.0.0/24"], "::ffff:10.0.1.5", false),
            (vec!["10.0.0.0/24", "127.0.0.0/8"], "127.0.0.1", true),
            (vec!["0.0.0.0/0"], "::1", false),
            (vec!["::/0"], "10.0.0.5", false),
            (vec!["::ffff:10.0.0.0/104"], "10.9.9.9", true),
            (vec!["::ffff:10.0.0.0/120"], "::ffff:10.0.0.9", true),
            (vec!["fd00::/8"], "fd00::7", true),
            (vec!["fd00::/8"], "fe80::7", false),
            (vec!["10.0.0.77/32"], "10.0.0.77", true),
            (vec!["10.0.0.77/32"], "10.0.0.78", false),
        ] {
            let policy = Policy::new(allowed.iter().map(|net| net.parse().unwrap()));
            let verdict = policy.may_send(&of(client));
            assert_eq!(verdict == Verdict::Permit, may, "{client} with {allowed:?}");
        }
    }

    #[test]
    fn a_refusal_names_the_address_as_the_administrator_knows_it() {
        let Verdict::Refuse(reply) = Policy::default().may_send(&of("::ffff:10.0.0.77")) else { panic!("permitted") };
        assert_eq!(
            reply.to_string(),
            "550 5.7.1 <10.0.0.77>: this address may not send mail through here; the administrator can allow it in Outtray"
        );
    }
}

//! What a client hears that may not send (RFC 5321 §7.9, RFC 3463).

use crate::mail::known::known_replies;
use std::net::IpAddr;

known_replies! {
    not_allowed(client: IpAddr) = (Permanent, 50, 7, 1, "<{client}>: this address may not send mail through here; the administrator can allow it in Outtray"), "this client's address is in no allowed network";
}

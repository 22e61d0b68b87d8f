//! What a client hears before there is a session (RFC 5321 §4.2).

use crate::mail::known::known_replies;

known_replies! {
    too_many_connections() = (Transient, 21, 7, 0, "too many connections, try again later"), "too many connections in all";
    too_many_from(origin: &str) = (Transient, 21, 7, 0, "too many connections from {origin}, try again later"), "too many connections from this address, or from its subnet";
}

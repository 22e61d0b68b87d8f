//! How the window and an engine are connected, as it is told.

use control::{Client, Event};
use serde::Serialize;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub enum Link {
    Connecting,
    Connected {
        client: Client,
        embedded: bool,
    },
    /// Connected, but it has not answered for a while.
    Busy {
        client: Client,
        embedded: bool,
    },
    Lost {
        reason: Reason,
        why: String,
    },
}

/// Why there is no engine, as far as the window can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// None runs.
    Gone,
    /// One is about to start or to stop.
    Restarting,
    /// One is there and does not answer.
    Busy,
    /// The service is installed and does not run.
    ServiceStopped,
    /// One is there, and this account may not speak to it, or it is not ours.
    NotAllowed,
    /// Mail is being moved to the service, or back.
    Moving,
    /// Our own could not start.
    Failed,
}

/// What happens, in order.
#[derive(Debug, Clone)]
pub enum Told {
    Link(Link),
    Event(Arc<Event>),
}

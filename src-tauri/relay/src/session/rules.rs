//! What a session must know of the settings.

use crate::config::Config;
use crate::policy::Policy;

/// Shared by all sessions of a listener; replaced as a whole when settings change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    pub host_name: String,
    pub policy: Policy,
    pub message_bytes: u64,
    pub recipients: usize,
    /// Received lines a message may have, when it comes to us (RFC 5321 §6.3).
    pub hops: u32,
    /// Commands after which the connection is closed.
    pub commands: u32,
    /// Mistakes in a row after which the connection is closed.
    pub errors: u32,
    pub starttls_offered: bool,
}

impl Rules {
    /// `starttls_offered` is the listener's: it wants encryption, and there is a certificate.
    pub fn new(config: &Config, starttls_offered: bool) -> Self {
        Self {
            host_name: config.host_name.clone(),
            policy: config.policy.clone(),
            message_bytes: config.limits.message_bytes,
            recipients: config.limits.recipients,
            hops: config.limits.hops,
            commands: config.limits.commands,
            errors: config.limits.errors,
            starttls_offered,
        }
    }
}

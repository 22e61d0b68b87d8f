//! Whether two configurations lead to the same lines: then those that are open can stay so.
//!
//! In: a configuration and the files it names. Out: a number that differs when anything does that a line is made of.
//! How fast and how many is no part of it. Kept in memory only, since a password is in it.

use crate::config::{Pace, SignIn, SmartHostConfig, Timeouts};
use secrecy::ExposeSecret;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Likeness(u64);

impl Likeness {
    pub fn of(config: &SmartHostConfig, host_name: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        let SmartHostConfig {
            server,
            port,
            encryption,
            sign_in,
            extra_ca_file,
            timeouts,
            parallel_connections: _,
            messages_per_connection: _,
            pace: Pace { messages_per_minute: _, recipients_per_day: _, recipients_per_message: _ },
        } = config;
        let Timeouts { connect, tls, command, data_block, data_end, idle: _ } = timeouts;
        (host_name, server, port, std::mem::discriminant(encryption)).hash(&mut hasher);
        (connect, tls, command, data_block, data_end).hash(&mut hasher);
        std::mem::discriminant(sign_in).hash(&mut hasher);
        match sign_in {
            SignIn::None => {}
            SignIn::Password { user, password } => {
                (user, password.as_ref().map(ExposeSecret::expose_secret)).hash(&mut hasher);
            }
            SignIn::Token { user, tokens } => (user, Arc::as_ptr(tokens).cast::<()>() as usize).hash(&mut hasher),
            SignIn::Certificate { certificate_file, key_file } => {
                file(certificate_file, &mut hasher);
                file(key_file, &mut hasher);
            }
        }
        extra_ca_file.is_some().hash(&mut hasher);
        if let Some(path) = extra_ca_file {
            file(path, &mut hasher);
        }
        Self(hasher.finish())
    }
}

/// What stands in it is what counts: a new certificate comes under the old name.
fn file(path: &Path, hasher: &mut DefaultHasher) {
    (path, std::fs::read(path).ok()).hash(hasher);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SmartHostEncryption;
    use std::time::Duration;

    #[test]
    fn what_lines_are_made_of_tells_two_configurations_apart() {
        let second = Duration::from_secs;
        let config = SmartHostConfig {
            server: "smart.test".into(),
            port: 587,
            encryption: SmartHostEncryption::Starttls,
            sign_in: SignIn::Password { user: "relay".into(), password: Some("one".into()) },
            extra_ca_file: None,
            parallel_connections: 3,
            messages_per_connection: 100,
            pace: Pace::default(),
            timeouts: Timeouts {
                connect: second(1),
                tls: second(1),
                command: second(1),
                data_block: second(1),
                data_end: second(1),
                idle: second(1),
            },
        };
        let of = |config: &SmartHostConfig| Likeness::of(config, "relay.test");
        let same = SmartHostConfig { parallel_connections: 9, ..config.clone() };
        let other_password =
            SmartHostConfig { sign_in: SignIn::Password { user: "relay".into(), password: Some("two".into()) }, ..config.clone() };
        let other_port = SmartHostConfig { port: 25, ..config.clone() };
        assert!(of(&config) == of(&same));
        assert!(of(&config) != of(&other_password) && of(&config) != of(&other_port));
        assert!(of(&config) != Likeness::of(&config, "other.test"));
    }
}

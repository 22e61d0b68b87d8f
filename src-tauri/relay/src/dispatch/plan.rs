//! The part of the configuration that concerns the way out: the lanes and the routes over them.

use crate::config::{Config, DEFAULT_LANE, Pace, SmartHostConfig};
use crate::queue::Schedule;
use crate::route::Routing;
use crate::smarthost::{Likeness, SmartHost, SmtpHost};
use std::sync::Arc;
use std::time::Duration;

/// The part of the configuration that concerns the way out.
pub struct Plan {
    pub number: u64,
    pub host_name: String,
    pub schedule: Schedule,
    pub first_rest: Duration,
    pub longest_rest: Duration,
    pub failover_after: Duration,
    pub history_keep: Duration,
    /// The default one first; none: nothing is set up.
    pub lanes: Vec<Arc<Out>>,
    pub routing: Routing,
}

/// One way out.
pub struct Out {
    pub name: String,
    pub smart_host: Arc<dyn SmartHost>,
    pub server: String,
    pub port: u16,
    pub parallel: usize,
    pub per_connection: usize,
    pub pace: Pace,
    pub idle: Duration,
    /// None: never the same as another.
    pub likeness: Option<Likeness>,
}

impl Plan {
    /// Without a way out.
    pub fn new(number: u64, config: &Config) -> Self {
        let delivery = &config.delivery;
        Self {
            number,
            host_name: config.host_name.clone(),
            schedule: Schedule {
                first_retry: delivery.first_retry,
                longest_retry: delivery.longest_retry,
                lifetime: delivery.lifetime,
                delay_notice: delivery.delay_notice,
            },
            first_rest: delivery.first_rest,
            longest_rest: delivery.longest_rest,
            failover_after: delivery.failover_after,
            history_keep: config.history_keep,
            lanes: Vec::new(),
            routing: config.routing.clone(),
        }
    }

    /// With the lanes of the configuration. Reads the files it names.
    pub fn with_lanes(number: u64, config: &Config) -> Self {
        let default = config.smart_host.iter().map(|smart_host| (DEFAULT_LANE, smart_host));
        let others = config.other_smart_hosts.iter().map(|(name, smart_host)| (name.as_str(), smart_host));
        // Lanes are numbered, the default one first: without it there is none.
        let all = if config.smart_host.is_some() { default.chain(others).collect() } else { Vec::new() };
        let lanes = all.into_iter().map(|(name, smart_host)| Arc::new(Out::of(name, smart_host, &config.host_name))).collect();
        Self { lanes, ..Self::new(number, config) }
    }
}

impl Out {
    fn of(name: &str, config: &SmartHostConfig, host_name: &str) -> Self {
        Self {
            name: name.to_owned(),
            smart_host: Arc::new(SmtpHost::new(config.clone(), host_name.to_owned())),
            server: config.server.clone(),
            port: config.port,
            parallel: config.parallel_connections.max(1),
            per_connection: config.messages_per_connection.max(1),
            pace: config.pace,
            idle: config.timeouts.idle,
            likeness: Some(Likeness::of(config, host_name)),
        }
    }
}

//! The part of the configuration that concerns the way out, as one number that lines and attempts carry.

use crate::config::{Config, Pace, Reports};
use crate::mail::Mailbox;
use crate::queue::Schedule;
use crate::smarthost::SmartHost;
use std::sync::Arc;
use std::time::Duration;

/// The part of the configuration that concerns the way out.
pub struct Plan {
    pub number: u64,
    pub host_name: String,
    pub schedule: Schedule,
    pub first_rest: Duration,
    pub longest_rest: Duration,
    pub history_keep: Duration,
    pub reports: Reports,
    pub out: Option<Out>,
}

pub struct Out {
    pub smart_host: Arc<dyn SmartHost>,
    pub server: String,
    pub port: u16,
    pub parallel: usize,
    pub per_connection: usize,
    pub pace: Pace,
    pub null_sender_as: Option<Mailbox>,
    pub idle: Duration,
}

impl Plan {
    pub fn new(number: u64, config: &Config, smart_host: Option<Arc<dyn SmartHost>>) -> Self {
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
            history_keep: config.history_keep,
            reports: config.reports.clone(),
            out: config.smart_host.as_ref().zip(smart_host).map(|(config, smart_host)| Out {
                smart_host,
                server: config.server.clone(),
                port: config.port,
                parallel: config.parallel_connections.max(1),
                per_connection: config.messages_per_connection.max(1),
                pace: config.pace,
                null_sender_as: config.null_sender_as.clone(),
                idle: config.timeouts.idle,
            }),
        }
    }
}

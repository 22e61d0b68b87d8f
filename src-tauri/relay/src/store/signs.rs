//! Which lanes open messages wait for, as lists show it. Nothing of it is kept: it follows from routes and from the health of
//! the lanes, which the dispatcher tells.
//!
//! In: a [`Signpost`], anew whenever it changes. Out: names of lanes for a message; the messages that wait for a lane.

use super::error::StoreError;
use super::read::open_recipients;
use crate::config::DEFAULT_LANE;
use crate::event::EntrySummary;
use crate::mail::{ForwardPath, ReversePath};
use crate::queue::Seq;
use crate::route::Signpost;
use rusqlite::Connection;
use std::sync::{Arc, PoisonError, RwLock};

/// None where there is one lane: then nobody asks which.
#[derive(Default)]
pub struct Signs(RwLock<Option<Arc<Signpost>>>);

impl Signs {
    pub fn now(&self) -> Option<Arc<Signpost>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set(&self, signpost: Option<Signpost>) {
        let known = self.now();
        if known.as_deref() != signpost.as_ref() {
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = signpost.map(Arc::new);
        }
    }
}

/// Adds to a message's summary what it waits for.
pub fn add(sql: &Connection, seq: Seq, summary: &mut EntrySummary, signpost: Option<&Signpost>) -> Result<(), StoreError> {
    let Some(signpost) = signpost.filter(|_| summary.unsettled > 0) else { return Ok(()) };
    let from = ReversePath::parse(&summary.sender).unwrap_or(ReversePath::Null);
    let mut select = sql.prepare_cached("SELECT forward_path FROM recipient WHERE message = ?1 AND due IS NOT NULL")?;
    let mut rows = select.query([seq])?;
    let mut lanes: Vec<&str> = Vec::new();
    while let Some(row) = rows.next()? {
        // What cannot be read goes no way at all.
        let Ok(path) = ForwardPath::parse(row.get_ref(0)?.as_str().unwrap_or_default()) else { continue };
        if let Some(lane) = signpost.lane_of(summary.client, &from, &path.mailbox)
            && !lanes.contains(&lane)
        {
            lanes.push(lane);
        }
    }
    summary.waits_for = lanes.into_iter().map(str::to_owned).collect();
    Ok(())
}

/// The open messages that wait for a lane, as a JSON list for SQL; None: all of them do.
pub fn waiting_for(sql: &Connection, lane: &str, signpost: Option<&Signpost>) -> Result<Option<String>, StoreError> {
    let Some(signpost) = signpost else { return Ok((lane != DEFAULT_LANE).then(|| "[]".to_owned())) };
    let mut seqs = Vec::new();
    for open in open_recipients(sql)? {
        let waits = |path: &ForwardPath| signpost.lane_of(open.client, &open.reverse_path, &path.mailbox) == Some(lane);
        if open.unsettled.iter().any(|(_, path, _)| path.as_ref().is_some_and(waits)) {
            seqs.push(open.seq.to_string());
        }
    }
    Ok(Some(format!("[{}]", seqs.join(","))))
}

//! Smart hosts by their names: what a person does about one, and who gets tokens for each.

use super::{Force, FrontDesk, done, sign_in};
use crate::oauth::Oauth;
use crate::secrets;
use control::request::{Answer, LaneAct, Refused};
use control::settings::{DEFAULT_SMART_HOST, SmartHostSettings};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

pub async fn act(desk: &FrontDesk, lane: String, act: LaneAct) -> Result<Answer, Refused> {
    let settings = desk.force.checked().settings;
    if settings.smart_host_of(&lane).is_none() {
        let known: Vec<&str> = settings.smart_hosts().map(|(name, _)| name).collect();
        let said = format!("there is no such smart host; there is: {}", known.join(", "));
        return Err(Refused::BadValue { field: "lane".into(), said });
    }
    match act {
        LaneAct::Pause => done(desk.relay.pause_lane(&lane, true).await),
        LaneAct::Resume => done(desk.relay.pause_lane(&lane, false).await),
        LaneAct::TryNow => {
            desk.force.look_for_password(&desk.relay).await;
            desk.relay.try_lane(Some(lane));
            Ok(Answer::Done)
        }
        LaneAct::CancelSignIn => sign_in::cancel(desk, &lane).await,
        LaneAct::SignOut => sign_in::sign_out(desk, &lane).await,
    }
}

impl Force {
    /// Who gets tokens for a smart host.
    pub fn oauth_of(&self, lane: &str) -> Arc<Oauth> {
        if lane == DEFAULT_SMART_HOST {
            return Arc::clone(&self.oauth);
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(others.entry(lane.to_owned()).or_insert_with(|| Arc::new(self.oauth.of_lane(lane))))
    }

    /// All of them, to keep what they are used for from ending.
    pub fn oauths(&self) -> Vec<Arc<Oauth>> {
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::once(&self.oauth).chain(others.values()).cloned().collect()
    }

    /// Nobody asks for tokens any more for a smart host that is gone.
    pub(super) async fn forget_other_lanes(&self, settings: &control::Settings) {
        let gone: Vec<Arc<Oauth>> = {
            let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
            let known: HashMap<String, Arc<Oauth>> = std::mem::take(&mut *others);
            let (kept, gone) = known.into_iter().partition(|(lane, _)| settings.smart_host_of(lane).is_some());
            *others = kept;
            let gone: HashMap<_, _> = gone;
            gone.into_values().collect()
        };
        for oauth in gone {
            oauth.cancel();
            oauth.put_in_force(None, None).await;
        }
    }

    /// Of a smart host that a person has taken out.
    pub(super) async fn forget_secrets_of(&self, lane: &str) {
        let password = self.secrets.remove(&secrets::of_lane(lane)).await;
        let sign_in = self.secrets.remove_long(&secrets::sign_in_of_lane(lane)).await;
        for error in password.err().into_iter().chain(sign_in.err()) {
            tracing::warn!(%error, "The secret of a smart host that is gone could not be removed");
        }
    }
}

/// The default one, also where there is none, and all others.
pub(super) fn all(settings: &control::Settings) -> Vec<(String, Option<SmartHostSettings>)> {
    let others = settings.other_smart_hosts.iter().map(|other| (other.name.clone(), Some(other.smart_host.clone())));
    std::iter::once((DEFAULT_SMART_HOST.to_owned(), settings.smart_host.clone())).chain(others).collect()
}

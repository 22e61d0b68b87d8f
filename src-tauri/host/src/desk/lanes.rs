//! What a person does about one smart host: pause it, go on, try it now, end its sign-in.

use super::{FrontDesk, done, sign_in};
use control::request::{Answer, LaneAct, Refused};

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

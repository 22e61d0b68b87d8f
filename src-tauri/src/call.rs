//! The window's only door: `call` for whatever the engine answers, nine commands for what only this process can do (how
//! it is linked, `outtrayd` with an administrator's rights, what the tray asks for), and one event, `engine`. No logic.

use crate::engine::{Engine, missed};
use crate::link::{Link, Reason, Told};
use crate::service::moving::{self, Moved, Step};
use crate::service::{own_account, taking_over};
use control::{Answer, Event, Request};
use serde::Serialize;
use std::sync::{Mutex, PoisonError};
use tauri::{AppHandle, Emitter, Manager, State};
use tokio::sync::broadcast::error::RecvError;

#[tauri::command]
pub async fn call(engine: State<'_, Engine>, request: Request) -> Result<Answer, String> {
    engine.call(request).await
}

/// How things are now, for a window that opens late.
#[tauri::command]
pub fn link(engine: State<'_, Engine>) -> LinkView {
    view(&engine)
}

/// Moves everything into the service, or back; the steps come as events.
#[tauri::command]
pub async fn keep_sending(app: AppHandle, engine: State<'_, Engine>, on: bool) -> Result<Moved, String> {
    let step = |step| emit(&app, Payload::Moving { step });
    if on { moving::there(&engine, step).await } else { moving::back(&engine, step).await }
}

#[tauri::command]
pub async fn start_service(engine: State<'_, Engine>) -> Result<bool, String> {
    engine.service().ask(vec!["service".into(), "start".into()]).await
}

/// A rule in the firewall for these ports and networks; `outtrayd` refuses public ones.
#[tauri::command]
pub async fn open_firewall(engine: State<'_, Engine>, ports: Vec<u16>, networks: Vec<String>) -> Result<bool, String> {
    let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
    let words = ["firewall", "open", "--ports", &ports.join(","), "--networks", &networks.join(",")];
    engine.service().ask(words.map(Into::into).to_vec()).await
}

/// This account's window may speak to the service from now on.
#[tauri::command]
pub async fn let_in(engine: State<'_, Engine>) -> Result<bool, String> {
    engine.service().ask(["service", "install", "--user", &own_account()?].map(Into::into).to_vec()).await
}

/// Ends the engine and starts it again.
#[tauri::command]
pub async fn restart(engine: State<'_, Engine>) -> Result<bool, String> {
    moving::restart(&engine).await
}

/// The Windows SMTP service makes room for the engine, or takes its ports back.
#[tauri::command]
pub async fn take_over(engine: State<'_, Engine>, on: bool) -> Result<bool, String> {
    taking_over::take_over(&engine, on).await
}

/// An administrator reads what the Windows SMTP service is set to, for an engine that may not.
#[tauri::command]
pub async fn read_windows_smtp(engine: State<'_, Engine>) -> Result<bool, String> {
    taking_over::read(&engine).await
}

/// What the tray asks of the window, kept until the window takes it: its page may still be loading.
#[derive(Debug, Default)]
pub struct Wish(Mutex<Option<Wanted>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Wanted {
    /// The form that sends a test message.
    SendTest,
}

#[tauri::command]
pub fn take_wish(wish: State<'_, Wish>) -> Option<Wanted> {
    wish.0.lock().unwrap_or_else(PoisonError::into_inner).take()
}

pub fn wish(app: &AppHandle, wanted: Wanted) {
    *app.state::<Wish>().0.lock().unwrap_or_else(PoisonError::into_inner) = Some(wanted);
    emit(app, Payload::Wish);
}

/// `Wish`: there is one to take.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
enum Payload<'a> {
    Event { event: &'a Event },
    Link { link: LinkView },
    Moving { step: Step },
    Wish,
}

/// `Link` of `ui/src/bridge/bridge.ts`.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkView {
    state: &'static str,
    reason: Option<Reason>,
    /// In the system's words.
    why: Option<String>,
    service: &'static str,
    can_be_let_in: bool,
}

/// Passes on what the engine tells, until it has ended.
pub async fn tell(app: AppHandle, engine: Engine) {
    let mut told = engine.told();
    emit(&app, Payload::Link { link: view(&engine) });
    loop {
        match told.recv().await {
            Ok(Told::Event(event)) => emit(&app, Payload::Event { event: &event }),
            Ok(Told::Link(now)) => emit(&app, Payload::Link { link: view_of(&engine, &now) }),
            Err(RecvError::Lagged(_)) => {
                emit(&app, Payload::Link { link: view(&engine) });
                emit(&app, Payload::Event { event: &missed() });
            }
            Err(RecvError::Closed) => return,
        }
    }
}

fn view(engine: &Engine) -> LinkView {
    view_of(engine, &engine.link())
}

fn view_of(engine: &Engine, link: &Link) -> LinkView {
    let (state, reason, why) = match link {
        Link::Connecting => ("connecting", None, None),
        Link::Connected { .. } => ("connected", None, None),
        Link::Busy { .. } => ("lost", Some(Reason::Busy), None),
        Link::Lost { reason, why } => ("lost", Some(*reason), Some(why.clone())),
    };
    let service = match (engine.service().is_installed(), engine.service().can_be_installed()) {
        (true, _) => "installed",
        (false, true) => "offered",
        (false, false) => "none",
    };
    let can_be_let_in = reason == Some(Reason::NotAllowed) && engine.service().is_installed() && engine.service().can_be_installed();
    LinkView { state, reason, why, service, can_be_let_in }
}

fn emit(app: &AppHandle, payload: Payload<'_>) {
    if let Err(error) = app.emit("engine", payload) {
        tracing::warn!(%error, "The window could not be told");
    }
}

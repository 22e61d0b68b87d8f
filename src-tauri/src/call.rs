//! The window's only door: one command, `call`, and one event, `engine`. No logic.

use crate::engine::{Engine, Link, Told, missed};
use control::{Answer, Event, Request};
use serde::Serialize;
use tauri::{AppHandle, Emitter, State};
use tokio::sync::broadcast::error::RecvError;

#[tauri::command]
pub async fn call(engine: State<'_, Engine>, request: Request) -> Result<Answer, String> {
    engine.call(request).await
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
enum Payload<'a> {
    Event { event: &'a Event },
    Link { state: &'static str },
}

/// Passes on what the engine tells, until it has ended.
pub async fn tell(app: AppHandle, engine: Engine) {
    let mut told = engine.told();
    emit(&app, link(&engine.link()));
    loop {
        match told.recv().await {
            Ok(Told::Event(event)) => emit(&app, Payload::Event { event: &event }),
            Ok(Told::Link(now)) => emit(&app, link(&now)),
            Err(RecvError::Lagged(_)) => {
                emit(&app, link(&engine.link()));
                emit(&app, Payload::Event { event: &missed() });
            }
            Err(RecvError::Closed) => return,
        }
    }
}

fn link(link: &Link) -> Payload<'static> {
    let state = match link {
        Link::Connecting => "connecting",
        Link::Connected { .. } => "connected",
        Link::Lost { .. } => "lost",
    };
    Payload::Link { state }
}

fn emit(app: &AppHandle, payload: Payload<'_>) {
    if let Err(error) = app.emit("engine", payload) {
        tracing::warn!(%error, "The window could not be told");
    }
}

//! The icon in the tray: how the mail is doing, and the few things worth doing without a window.
//!
//! In: what the engine tells. Out: icon, first line, Pause or Resume, the wish to send a test message, and
//! a notification when mail stands still and when it flows again.

use crate::engine::Engine;
use crate::link::{Link, Reason, Told};
use crate::mood::{Light, Mood};
use crate::{app, call};
use control::{Answer, Client, Request};
use std::time::Duration;
use tauri::image::Image;
use tauri::menu::{Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager, include_image};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

const FLOWING: Image<'_> = include_image!("../icons/tray-flowing.png");
const NEEDS_YOU: Image<'_> = include_image!("../icons/tray-attention.png");
const STOPPED: Image<'_> = include_image!("../icons/tray-stopped.png");

/// A trouble that mends itself sooner is not worth a notification.
const STILL_FOR: Duration = Duration::from_secs(30);

const ANSWER_WITHIN: Duration = Duration::from_secs(20);

struct Tray {
    icon: TrayIcon,
    state: MenuItem<tauri::Wry>,
    pause: MenuItem<tauri::Wry>,
    test: MenuItem<tauri::Wry>,
}

/// What of a mood is to be seen: drawn anew only when it changes, since some desktops blink then.
#[derive(PartialEq)]
struct Face {
    light: Light,
    sentence: String,
    paused: bool,
    /// Whether there is an engine to ask something of.
    known: bool,
}

/// Shows the icon, and keeps it true from now on. A desktop without a tray is no reason not to start.
pub fn start(app: &AppHandle, engine: Engine) {
    // The library behind it is loaded on demand on Linux, and says that it is missing by a panic.
    let built = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| build(app)));
    match built {
        Ok(Ok(tray)) => {
            app.manage(tray);
        }
        Ok(Err(error)) => tracing::warn!(%error, "There is no tray"),
        Err(_) => tracing::warn!("There is no tray"),
    }
    tauri::async_runtime::spawn(follow(app.clone(), engine));
}

pub fn is_there(app: &AppHandle) -> bool {
    app.try_state::<Tray>().is_some()
}

fn build(app: &AppHandle) -> tauri::Result<Tray> {
    let state = MenuItem::with_id(app, "state", Mood::Starting.sentence(), false, None::<&str>)?;
    let open = MenuItem::with_id(app, "open", "Open Outtray", true, None::<&str>)?;
    let pause = MenuItem::with_id(app, "pause", PAUSE, false, None::<&str>)?;
    let test = MenuItem::with_id(app, "open-test", "Send test…", false, None::<&str>)?;
    let quit = MenuItem::with_id(app, "quit", "Quit…", true, None::<&str>)?;
    let line = || PredefinedMenuItem::separator(app);
    let menu = Menu::with_items(app, &[&state, &line()?, &open, &pause, &test, &line()?, &quit])?;
    let icon = TrayIconBuilder::with_id("outtray")
        .icon(FLOWING)
        .tooltip("Outtray")
        .menu(&menu)
        .show_menu_on_left_click(false)
        .on_menu_event(|app, event| match event.id.as_ref() {
            "open" => app::show(app),
            "open-test" => {
                app::show(app);
                call::wish(app, call::Wanted::SendTest);
            }
            "pause" => pause_or_resume(app),
            "quit" => app::ask_to_quit(app),
            _ => {}
        })
        .on_tray_icon_event(|tray, event| {
            if let TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. } = event {
                app::show(tray.app_handle());
            }
        })
        .build(app)?;
    Ok(Tray { icon, state, pause, test })
}

const PAUSE: &str = "Pause delivery";
const RESUME: &str = "Resume delivery";

fn pause_or_resume(app: &AppHandle) {
    let Some(tray) = app.try_state::<Tray>() else { return };
    let resume = tray.pause.text().is_ok_and(|text| text == RESUME);
    let engine = app.state::<Engine>().inner().clone();
    tauri::async_runtime::spawn(async move {
        if let Err(why) = engine.call(if resume { Request::Resume } else { Request::Pause }).await {
            tracing::warn!(why, "Delivery could not be paused or resumed");
        }
    });
}

async fn follow(app: AppHandle, engine: Engine) {
    let mut told = engine.told();
    let mut mood = mood_of(&engine).await;
    let mut alarm = Alarm::default();
    let mut drawn = None;
    loop {
        let face = Face::of(&mood);
        if drawn.as_ref() != Some(&face) {
            draw(&app, &face);
            drawn = Some(face);
        }
        let happened = tokio::select! {
            happened = told.recv() => happened,
            () = alarm.due(&mood) => {
                if let Some((title, body)) = alarm.ring(&mood) {
                    app::notify(&app, title, &body);
                }
                continue;
            }
        };
        let current = match happened {
            Ok(Told::Event(event)) => mood.hear(&event.fact),
            Ok(Told::Link(_)) | Err(RecvError::Lagged(_)) => false,
            Err(RecvError::Closed) => return,
        };
        if !current {
            mood = mood_of(&engine).await;
        }
    }
}

async fn mood_of(engine: &Engine) -> Mood {
    match engine.link() {
        // An engine that does not answer is told about by the next change of the link.
        Link::Connected { client, .. } => tokio::time::timeout(ANSWER_WITHIN, ask(&client)).await.unwrap_or(Mood::Lost(Reason::Busy)),
        Link::Connecting => Mood::Starting,
        Link::Busy { .. } => Mood::Lost(Reason::Busy),
        Link::Lost { reason, .. } => Mood::Lost(reason),
    }
}

async fn ask(client: &Client) -> Mood {
    // Subscribing twice on one connection does no harm: the window does so as well.
    if client.call(Request::Subscribe).await.is_err() {
        return Mood::Lost(Reason::Gone);
    }
    match client.call(Request::Snapshot).await {
        Ok(Answer::Snapshot { snapshot }) => Mood::from(*snapshot),
        Ok(_) | Err(_) => Mood::Lost(Reason::Gone),
    }
}

impl Face {
    fn of(mood: &Mood) -> Self {
        Self { light: mood.light(), sentence: mood.sentence(), paused: mood.paused(), known: mood.is_known() }
    }
}

fn draw(app: &AppHandle, face: &Face) {
    let Some(tray) = app.try_state::<Tray>() else { return };
    let icon = match face.light {
        Light::Flowing => FLOWING,
        Light::NeedsYou => NEEDS_YOU,
        Light::Stopped => STOPPED,
    };
    let drawn = tray
        .icon
        .set_icon(Some(icon))
        .and_then(|()| tray.state.set_text(&face.sentence))
        .and_then(|()| tray.icon.set_tooltip(Some(format!("Outtray – {}", face.sentence))))
        .and_then(|()| tray.pause.set_text(if face.paused { RESUME } else { PAUSE }))
        .and_then(|()| tray.pause.set_enabled(face.known))
        .and_then(|()| tray.test.set_enabled(face.known));
    if let Err(error) = drawn {
        tracing::warn!(%error, "The tray could not be drawn");
    }
}

/// One notification when mail has stood still for a while, one when it flows again.
#[derive(Default)]
struct Alarm {
    since: Option<Instant>,
    rung: bool,
}

impl Alarm {
    /// Waits until there is something to say about this mood; for ever when there is not.
    async fn due(&mut self, mood: &Mood) {
        match (mood.mail_stands_still(), self.rung) {
            (Some(true), false) => tokio::time::sleep_until(*self.since.get_or_insert_with(Instant::now) + STILL_FOR).await,
            (Some(false), true) => {}
            (Some(true), true) | (None, _) => std::future::pending().await,
            (Some(false), false) => {
                self.since = None;
                std::future::pending().await
            }
        }
    }

    fn ring(&mut self, mood: &Mood) -> Option<(&'static str, String)> {
        let still = mood.mail_stands_still().filter(|still| *still != self.rung)?;
        self.rung = still;
        self.since = None;
        Some(if still {
            ("Mail stands still", format!("{}. What was accepted is kept.", mood.sentence()))
        } else {
            ("Mail is moving again", format!("{}.", mood.sentence()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mood::tests::{flowing, second_rests};

    const GONE: Mood = Mood::Lost(Reason::Gone);

    #[tokio::test(start_paused = true)]
    async fn it_rings_once_when_mail_stands_still_and_once_when_it_flows() {
        let mut alarm = Alarm::default();
        let begun = Instant::now();
        alarm.due(&GONE).await;
        assert_eq!(begun.elapsed(), STILL_FOR);
        assert!(alarm.ring(&GONE).is_some());
        assert!(alarm.ring(&GONE).is_none());
        alarm.due(&flowing()).await;
        assert!(alarm.ring(&flowing()).is_some_and(|(title, _)| title == "Mail is moving again"));
    }

    #[tokio::test(start_paused = true)]
    async fn it_rings_for_a_second_provider_too() {
        let mut alarm = Alarm::default();
        alarm.due(&second_rests(3)).await;
        assert!(alarm.ring(&second_rests(3)).is_some_and(|(title, body)| title == "Mail stands still" && body.contains("Invoices")));
        alarm.due(&flowing()).await;
        assert!(alarm.ring(&flowing()).is_some_and(|(title, _)| title == "Mail is moving again"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_seen_rings_neither_way() {
        let mut alarm = Alarm::default();
        for unseen in [Mood::Starting, Mood::Lost(Reason::Busy), Mood::Lost(Reason::NotAllowed)] {
            assert!(tokio::time::timeout(STILL_FOR * 2, alarm.due(&unseen)).await.is_err());
        }
        alarm.due(&GONE).await;
        assert!(alarm.ring(&GONE).is_some());
        assert!(tokio::time::timeout(STILL_FOR, alarm.due(&Mood::Starting)).await.is_err());
        assert!(alarm.ring(&Mood::Starting).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_trouble_is_silent() {
        let mut alarm = Alarm::default();
        let short = Duration::from_secs(10);
        assert!(tokio::time::timeout(short, alarm.due(&GONE)).await.is_err());
        assert!(tokio::time::timeout(short, alarm.due(&flowing())).await.is_err());
        assert!(tokio::time::timeout(STILL_FOR - short, alarm.due(&GONE)).await.is_err());
        assert!(alarm.ring(&flowing()).is_none());
    }
}

//! The desktop's side: one window, its closing, the end of the process.
//!
//! Closing the window hides it and mail goes on; the first time, a notification says so. The process
//! ends by Quit in the tray, by a signal, or with the session.

use crate::arguments::Arguments;
use crate::engine::{Engine, Keeper};
use crate::{call, download, remote_desktop, tray};
use anyhow::{Context as _, Result};
use std::time::Duration;
use tauri::{AppHandle, Manager, RunEvent, Runtime, WebviewUrl, WebviewWindow, WebviewWindowBuilder, Window, WindowEvent};
use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind};
use tauri_plugin_notification::NotificationExt;
use tauri_plugin_window_state::StateFlags;

const WINDOW: &str = "main";
const TITLE: &str = "Outtray";
/// When the session ends, the system waits about five seconds.
const SHORT_STOP: Duration = Duration::from_secs(3);
/// In the app's own folder, once the person knows that closing is not quitting.
const CLOSING_EXPLAINED: &str = "closing-explained";

/// Runs until the window's process is to end; gives its exit code.
pub fn run(arguments: &Arguments, engine: Engine, keeper: Keeper) -> Result<i32> {
    let mut builder = tauri::Builder::default();
    if !arguments.trial {
        // First of all plugins: a second start must not get as far as a second engine.
        builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| show(app)));
    }
    let (hidden, for_setup) = (arguments.hidden, engine.clone());
    let app = builder
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        // Links are opened by the window's own code, which knows which; a click on any other does nothing.
        .plugin(tauri_plugin_opener::Builder::new().open_js_links_on_click(false).build())
        .plugin(
            tauri_plugin_window_state::Builder::new()
                .with_state_flags(StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED)
                .build(),
        )
        .manage(engine.clone())
        .manage(call::Wish::default())
        .invoke_handler(tauri::generate_handler![
            call::call,
            call::link,
            call::keep_sending,
            call::start_service,
            call::open_firewall,
            call::let_in,
            call::restart,
            call::take_over,
            call::read_windows_smtp,
            call::take_wish
        ])
        .on_window_event(|window, event| {
            if let WindowEvent::CloseRequested { api, .. } = event {
                api.prevent_close();
                close(window);
            }
        })
        .setup(move |app| {
            let app = app.handle();
            tauri::async_runtime::spawn(keeper.keep());
            tauri::async_runtime::spawn(call::tell(app.clone(), for_setup.clone()));
            tray::start(app, for_setup);
            open(app, !hidden)?;
            end_with_a_signal(app.clone());
            Ok(())
        })
        .build(tauri::generate_context!())
        .context("the desktop does not let us open a window")?;

    Ok(app.run_return(move |_, event| match event {
        // No window is left: the tray is, and mail goes on.
        RunEvent::ExitRequested { code: None, api, .. } => api.prevent_exit(),
        // The session ends, and on Windows the process with it as soon as we return.
        // After Quit everything has stopped already, and this costs nothing.
        RunEvent::Exit => {
            let _ = tauri::async_runtime::block_on(async { tokio::time::timeout(SHORT_STOP, engine.stop()).await });
        }
        _ => {}
    }))
}

fn open(app: &AppHandle, visible: bool) -> Result<WebviewWindow> {
    let mut window = WebviewWindowBuilder::new(app, WINDOW, WebviewUrl::default())
        .title(TITLE)
        .inner_size(1200.0, 760.0)
        .min_inner_size(800.0, 560.0)
        .center()
        .visible(visible)
        .disable_drag_drop_handler()
        .on_navigation(|url| matches!(url.scheme(), "tauri" | "blob") || url.host_str() == Some("tauri.localhost"))
        .on_download(|webview, event| download::allow(&webview, event));
    if let Some(arguments) = remote_desktop::webview_arguments() {
        window = window.additional_browser_args(arguments);
    }
    window.build().context("no window")
}

/// Brings the window to the front, wherever it is.
pub fn show(app: &AppHandle) {
    let window = app.get_webview_window(WINDOW).map_or_else(|| open(app, true), Ok);
    let shown = window.and_then(|window| {
        window.show()?;
        window.unminimize()?;
        window.set_focus()?;
        Ok(())
    });
    if let Err(error) = shown {
        tracing::warn!(%error, "The window could not be shown");
    }
}

fn close(window: &Window) {
    let app = window.app_handle();
    if !tray::is_there(app) {
        // Nothing would be left to find it by.
        return ask_to_quit(app);
    }
    if let Err(error) = window.hide() {
        tracing::warn!(%error, "The window could not be hidden");
    }
    if explain_closing_once(app) {
        notify(app, "Outtray keeps running", "Mail is still taken and handed over. Open the window or quit from the icon in the tray.");
    }
}

/// True the first time on this account.
fn explain_closing_once<R: Runtime>(app: &AppHandle<R>) -> bool {
    let Ok(folder) = app.path().app_config_dir() else { return false };
    let _ = std::fs::create_dir_all(&folder);
    std::fs::OpenOptions::new().write(true).create_new(true).open(folder.join(CLOSING_EXPLAINED)).is_ok()
}

/// A notification of the desktop; never about a single message.
pub fn notify<R: Runtime>(app: &AppHandle<R>, title: &str, body: &str) {
    if let Err(error) = app.notification().builder().title(title).body(body).show() {
        tracing::info!(%error, "The desktop shows no notifications");
    }
}

pub fn ask_to_quit(app: &AppHandle) {
    let ours = app.state::<Engine>().is_ours();
    let (title, said, button) = if ours {
        (
            "Stop mail and quit?",
            "The relay runs inside this program. Devices cannot send until Outtray is started again. Mail that waits is kept.",
            "Stop mail and quit",
        )
    } else {
        ("Quit Outtray?", "Mail goes on: the relay runs outside this program. Only this window and its icon go away.", "Quit")
    };
    let buttons = MessageDialogButtons::OkCancelCustom(button.into(), "Keep running".into());
    let kind = if ours { MessageDialogKind::Warning } else { MessageDialogKind::Info };
    let quitting = app.clone();
    app.dialog().message(said).title(title).kind(kind).buttons(buttons).show(move |sure| {
        if sure {
            quit(quitting);
        }
    });
}

/// Ends what is under way, then the process.
fn quit(app: AppHandle) {
    tauri::async_runtime::spawn(async move {
        if let Some(window) = app.get_webview_window(WINDOW) {
            let _ = window.hide();
        }
        app.state::<Engine>().stop().await;
        app.exit(0);
    });
}

fn end_with_a_signal(app: AppHandle) {
    tauri::async_runtime::spawn(async move {
        signalled().await;
        tracing::info!("Asked to end");
        quit(app);
    });
}

#[cfg(unix)]
async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt()), signal(SignalKind::hangup())) {
        (Ok(mut terminate), Ok(mut interrupt), Ok(mut hangup)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
                _ = hangup.recv() => {}
            }
        }
        _ => std::future::pending().await,
    }
}

/// A program with a window gets no console signals; the end of the session comes as `RunEvent::Exit`.
#[cfg(not(unix))]
async fn signalled() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}

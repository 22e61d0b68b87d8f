//! Outtray's window. It starts the engine (or finds the one that runs) and stands in front of it.
//!
//! ```text
//! main ── app (window, tray, closing) ── call ── engine ── control::Client ── host
//! ```
//!
//! Invariant: nothing may need a goodbye. The system can end this process at any time; what got its
//! 250 is on the disk by then. The orderly end is a courtesy to connections under way.

#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

mod app;
mod arguments;
mod call;
mod download;
mod engine;
mod link;
mod mood;
mod remote_desktop;
mod service;
mod tray;

use anyhow::{Context as _, Result};
use std::process::ExitCode;

fn main() -> ExitCode {
    log_panics();
    match start() {
        Ok(code) => code,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "The window cannot be opened");
            complain(&format!("Outtray cannot start: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn start() -> Result<ExitCode> {
    let arguments = arguments::Arguments::read(std::env::args_os().skip(1), std::env::var_os("OUTTRAY_DATA"))?;
    // Our own runtime, made before Tauri makes one: it outlives the event loop, and the engine with it.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads")?;
    tauri::async_runtime::set(runtime.handle().clone());
    let (engine, keeper) = engine::Engine::new(service::Service::new(&arguments));
    let code = app::run(&arguments, engine.clone(), keeper)?;
    runtime.block_on(engine.stop());
    // What hangs now (a name look-up, a locked credential store) must not keep a window-less process alive.
    runtime.shutdown_background();
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

fn log_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let said = panic.payload_as_str().unwrap_or("no words");
        tracing::error!(place, said, "Something ended that must never end");
        usual(panic);
    }));
}

#[allow(clippy::print_stderr)]
fn complain(said: &str) {
    eprintln!("{said}");
    remote_desktop::message_box(said);
}

//! `outtrayd run`: the engine without a window, until a signal.

use super::{Exit, Failure, Outcome, Place, settings};
use control::settings::ListenerEncryption;
use control::view::ListenerView;
use control::{Answer, Request};
use host::lock::LockError;
use host::{Host, HostError, LogsTo, Options};
use serde_json::json;

pub async fn run(place: &Place) -> Outcome {
    // Before the engine starts: a signal during the start must not kill it half-way.
    let mut signals = Signals::new()?;
    let options = Options { logs: LogsTo::FileAndConsole, needs_settings: true, ..Options::default() };
    let host = Host::start(&place.data, options).await.map_err(|error| match error {
        HostError::Settings(problems) => {
            let _ = settings::print_problems(place, &problems);
            Failure::new(Exit::SettingsProblems, "the settings file cannot be used; see the problems above")
        }
        HostError::Lock(LockError::Held(holder)) => Failure::new(Exit::AlreadyRuns, LockError::Held(holder).to_string()),
        other @ (HostError::Folder(..)
        | HostError::Lock(_)
        | HostError::MovedAway(_)
        | HostError::Moving(_)
        | HostError::Logs(_)
        | HostError::Engine(_)
        | HostError::Control(..)) => Failure::from(other),
    })?;
    #[cfg(unix)]
    let systemd = host::service::notify::Notify::from_environment();
    let ready = match say_ready(place, &host).await {
        Ok(ready) => ready,
        Err(failure) => {
            host.stop().await;
            return Err(failure);
        }
    };
    #[cfg(unix)]
    systemd.ready(&ready);
    #[cfg(windows)]
    drop(ready);
    while let Signal::Reload = signals.next().await {
        #[cfg(unix)]
        systemd.reloading();
        host.reload().await;
        #[cfg(unix)]
        if let Ok((_, listeners)) = ready_words(&host).await {
            systemd.ready(&format!("Takes mail on {listeners}"));
        }
    }
    #[cfg(unix)]
    systemd.stopping();
    host.stop().await;
    Ok(())
}

/// The one line a script waits for; gives where mail is taken.
async fn say_ready(place: &Place, host: &Host) -> Result<String, Failure> {
    for problem in host.settings_problems() {
        eprintln!("outtrayd: the settings file cannot be used, older settings are in force: {}: {}", problem.field, problem.wrong);
    }
    let (ready, listeners) = ready_words(host).await?;
    let control = host.control_address();
    place.print(&json!({ "ready": true, "listeners": ready, "control": control, "process": std::process::id() }), || {
        format!("outtrayd ready: {listeners}; control {control}")
    })?;
    Ok(format!("Takes mail on {listeners}"))
}

/// The ports that are open, and all of them in words. Those that are not open are told on standard error.
async fn ready_words(host: &Host) -> Result<(Vec<ListenerView>, String), Failure> {
    let answer = super::link::call(&host.client(), Request::Snapshot).await?;
    let Answer::Snapshot { snapshot } = answer else { return Err(super::link::strange(&answer)) };
    let (ready, down): (Vec<_>, Vec<_>) = snapshot.listeners.into_iter().partition(|listener| listener.problem.is_none());
    for listener in down {
        let why = listener.problem.as_ref().map(super::show::trouble).unwrap_or_default();
        eprintln!("outtrayd: not listening on {}: {why}", show(&listener));
    }
    let listed: Vec<_> = ready.iter().map(show).collect();
    Ok((ready, if listed.is_empty() { "no port".to_owned() } else { listed.join(", ") }))
}

fn show(listener: &ListenerView) -> String {
    let encryption = match listener.encryption {
        ListenerEncryption::Starttls => "starttls",
        ListenerEncryption::Implicit => "implicit",
        ListenerEncryption::Plain => "plain",
    };
    if listener.address.contains(':') {
        format!("[{}]:{} {encryption}", listener.address, listener.port)
    } else {
        format!("{}:{} {encryption}", listener.address, listener.port)
    }
}

enum Signal {
    Stop,
    #[cfg_attr(windows, allow(dead_code))] // no signal of Windows means it
    Reload,
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Stop,
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.hang_up.recv() => Signal::Reload,
        }
    }
}

#[cfg(windows)]
struct Signals {
    ctrl_c: tokio::signal::windows::CtrlC,
    ctrl_break: tokio::signal::windows::CtrlBreak,
    close: tokio::signal::windows::CtrlClose,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::windows;
        Ok(Self {
            ctrl_c: windows::ctrl_c()?,
            ctrl_break: windows::ctrl_break()?,
            close: windows::ctrl_close()?,
            shutdown: windows::ctrl_shutdown()?,
        })
    }

    /// Nothing on Windows says "read your settings again"; `settings reload` does.
    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.ctrl_c.recv() => {}
            _ = self.ctrl_break.recv() => {}
            _ = self.close.recv() => {}
            _ = self.shutdown.recv() => {}
        }
        Signal::Stop
    }
}

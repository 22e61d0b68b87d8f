//! A desktop of its own for programs that need one: a display, a session bus, an unlocked credential
//! store, and folders that are not the person's.
//!
//! Everything on it ends with it.

use anyhow::{Context as _, Result, bail};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Ends the program when it is dropped.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub struct Stage {
    surroundings: Vec<(&'static str, String)>,
    // Ended in this order: what uses a thing before the thing.
    _keyring: Running,
    _bus: Running,
    _display: Option<Running>,
    _folder: Folder,
}

impl Stage {
    /// With a display when something is to be seen, else without.
    pub fn set(display: bool) -> Result<Self> {
        let folder = Folder::new("stage")?;
        let mut surroundings = Vec::new();
        for (name, place) in
            [("XDG_RUNTIME_DIR", "run"), ("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache")]
        {
            let place = folder.path().join(place);
            make_private(&place)?;
            surroundings.push((name, place.display().to_string()));
        }
        let _display = if display { Some(start_display(&mut surroundings)?) } else { None };
        let _bus = start_bus(&mut surroundings)?;
        let _keyring = start_keyring(&surroundings)?;
        Ok(Self { surroundings, _keyring, _bus, _display, _folder: folder })
    }

    /// Lets the program run on this stage.
    pub fn dress<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs(self.surroundings.iter().map(|(name, value)| (name, value)))
    }
}

fn start_display(surroundings: &mut Vec<(&'static str, String)>) -> Result<Running> {
    // It looks for a free number itself and writes it to its standard output.
    let mut display = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1400x900x24", "-nolisten", "tcp"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("Xvfb")?;
    let number = first_line(&mut display).context("Xvfb did not start")?;
    surroundings.push(("DISPLAY", format!(":{number}")));
    surroundings.push(("WAYLAND_DISPLAY", String::new()));
    surroundings.push(("GDK_BACKEND", "x11".into()));
    surroundings.push(("LIBGL_ALWAYS_SOFTWARE", "1".into()));
    surroundings.push(("NO_AT_BRIDGE", "1".into()));
    if Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n") {
        // WebKit's sandbox does not work for root; the pages are our own.
        surroundings.push(("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1".into()));
    }
    Ok(Running(display))
}

fn start_bus(surroundings: &mut Vec<(&'static str, String)>) -> Result<Running> {
    let mut bus = Command::new("dbus-daemon")
        .args(["--session", "--nofork", "--print-address=1"])
        .envs(surroundings.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("dbus-daemon")?;
    let address = first_line(&mut bus).context("dbus-daemon did not start")?;
    surroundings.push(("DBUS_SESSION_BUS_ADDRESS", address));
    Ok(Running(bus))
}

fn start_keyring(surroundings: &[(&'static str, String)]) -> Result<Running> {
    let mut keyring = Command::new("gnome-keyring-daemon")
        .args(["--foreground", "--unlock", "--components=secrets"])
        .envs(surroundings.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("gnome-keyring-daemon")?;
    // Unlocks what this password has just made; it protects nothing.
    keyring.stdin.take().context("no way in")?.write_all(b"throw-away")?;
    Ok(Running(keyring))
}

fn first_line(child: &mut Child) -> Result<String> {
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
    match line.trim() {
        "" => bail!("it said nothing"),
        line => Ok(line.to_owned()),
    }
}

/// A folder that goes when it is dropped.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        // Short: sockets lie in it, and their paths have little room.
        let path = std::env::temp_dir().join(format!("outtray-{name}-{}-{count}", std::process::id()));
        make_private(&path)?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn make_private(path: &Path) -> Result<()> {
    let mut folder = fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(path).with_context(|| path.display().to_string())
}

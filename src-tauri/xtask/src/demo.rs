//! The window on a practice provider, with real mail going through.
//!
//! With a display: until the window is quit. Without: on a stage of its own, with pictures, and success
//! only when every letter arrived as it was sent.

use crate::stage::{Folder, Running, Stage};
use crate::trickle::{self, Fate, Letter};
use crate::{cargo, node, program, setup, step, target};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

const LETTERS: usize = 12;
const PATIENCE: Duration = Duration::from_secs(90);

pub fn demo(headless: bool) -> Result<ExitCode> {
    setup::packages(&[setup::WINDOW, setup::MAIL, if headless { setup::STAGE } else { &[] }].concat())?;
    setup::pages()?;
    let built = ["build", "--locked", "--package", "outtray", "--package", "host", "--package", "e2e", "--bins"];
    step::must("build the window, outtrayd and the practice provider", cargo().args(built))?;
    let folder = Folder::new("demo")?;
    let provider = Provider::start(folder.path())?;
    println!("practice provider on {}:{}, STARTTLS and sign-in demanded", provider.server, provider.port);
    if headless { on_a_stage(&folder, &provider) } else { on_the_desktop(&folder, &provider) }
}

struct Provider {
    server: String,
    port: String,
    user: String,
    password: String,
    authority: String,
    taken: PathBuf,
    _running: Running,
}

impl Provider {
    fn start(folder: &Path) -> Result<Self> {
        let mut child =
            Command::new(program("debug", "practice-provider")).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let running = Running(child);
        let mut next = |name: &str| -> Result<String> {
            let line = lines.next().context("the practice provider did not start")??;
            line.strip_prefix(name).map(|value| value.trim().to_owned()).with_context(|| format!("{line}, and not {name}"))
        };
        let provider = Self {
            server: next("server")?,
            port: next("port")?,
            user: next("user")?,
            password: next("password")?,
            authority: next("authority")?,
            taken: folder.join("taken"),
            _running: running,
        };
        next("ready")?;
        Ok(provider)
    }

    /// Retries come quickly: nobody wants to wait five minutes for a demonstration.
    fn settings(&self, port: u16) -> String {
        let Self { server, port: to, user, authority, .. } = self;
        format!(
            r#"{{
  "version": 1,
  "hostName": "outtray.office.example",
  "listeners": [{{ "address": "127.0.0.1", "port": {port}, "encryption": "starttls" }}],
  "rules": [{{ "network": "127.0.0.1", "name": "This machine" }}],
  "smartHost": {{
    "provider": "other", "server": "{server}", "port": {to}, "encryption": "starttls",
    "signIn": {{ "kind": "password", "user": "{user}" }},
    "extraCaFile": {authority:?}
  }},
  "delivery": {{ "firstRetrySeconds": 6, "longestRetrySeconds": 30, "firstRestSeconds": 5, "longestRestSeconds": 30 }}
}}
"#
        )
    }
}

fn on_the_desktop(folder: &Folder, provider: &Provider) -> Result<ExitCode> {
    let data = folder.path().join("data");
    let port = free_port()?;
    fs::create_dir_all(&data)?;
    fs::write(data.join("settings.json"), provider.settings(port))?;
    let mut window = Running(Command::new(program("debug", "outtray")).arg("--data").arg(&data).spawn()?);
    let talk = Talk { data, stage: None };
    // Nothing of a demonstration stays in this person's keyring.
    talk.keep_password(&provider.password, true)?;
    println!("mail goes in on 127.0.0.1:{port}; quit from the icon in the tray, or with Ctrl-C here");
    for number in 0.. {
        if window.0.try_wait()?.is_some() {
            break;
        }
        if let Err(error) = trickle::send(folder.path(), port, number) {
            println!("{error:#}");
        }
        std::thread::sleep(Duration::from_secs(3));
    }
    Ok(ExitCode::SUCCESS)
}

fn on_a_stage(folder: &Folder, provider: &Provider) -> Result<ExitCode> {
    let pictures = target().join("demo");
    let _ = fs::remove_dir_all(&pictures);
    let stage = Stage::set(true)?;
    let data = folder.path().join("data");
    let port = free_port()?;
    let mut tour = Tour::start(&stage, &data, &pictures)?;
    tour.ask("setup")?;

    // From here on as an administrator without a window would do it, and the window follows.
    let talk = Talk { data, stage: Some(&stage) };
    let settings = folder.path().join("settings.json");
    fs::write(&settings, provider.settings(port))?;
    talk.say(&["settings", "apply", &settings.display().to_string()])?;
    talk.keep_password(&provider.password, false)?;

    let mut letters = Vec::new();
    for number in 0..LETTERS {
        letters.push(trickle::send(folder.path(), port, number)?);
        std::thread::sleep(Duration::from_millis(700));
    }
    tour.ask("pages")?;

    let mut all_well = wait_for(&letters, &provider.taken)?;
    println!();
    for letter in &letters {
        all_well &= journey(letter, &talk, &provider.taken)?;
    }
    println!("{}", talk.say(&["status"])?);
    tour.ask("end")?;
    println!("pictures of every step of the setup, every page and every part of one: {}", pictures.display());
    println!(
        "{}",
        if all_well {
            "Every letter became what it was to become, and arrived as it was sent."
        } else {
            "NOT everything arrived as it was sent."
        }
    );
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn wait_for(letters: &[Letter], taken: &Path) -> Result<bool> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if letters.iter().filter(|letter| letter.is_to_arrive()).all(|letter| letter.found(taken).is_some()) {
            return Ok(true);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    Ok(false)
}

/// Prints what became of it. True when that is what was to become of it.
fn journey(letter: &Letter, talk: &Talk<'_>, taken: &Path) -> Result<bool> {
    let Some(id) = &letter.id else {
        println!("refused   {}: never in the queue\n", letter.subject);
        return Ok(letter.found(taken).is_none());
    };
    let story = talk.say(&["story", id])?;
    println!("{}", story.trim_end());
    let Some(arrived) = letter.found(taken) else {
        println!("MISSING   {}\n", letter.subject);
        return Ok(false);
    };
    let told = match letter.fate {
        Fate::ArrivesForOne => story.contains("refused by"),
        Fate::ArrivesLate | Fate::Arrives | Fate::Refused => true,
    };
    let intact = letter.is_intact(&arrived)?;
    println!();
    Ok(intact && told)
}

/// The engine in the window's process, spoken to from a shell.
struct Talk<'a> {
    data: PathBuf,
    stage: Option<&'a Stage>,
}

impl Talk<'_> {
    fn say(&self, words: &[&str]) -> Result<String> {
        self.say_with(words, "")
    }

    fn keep_password(&self, password: &str, until_restart: bool) -> Result<()> {
        let words: &[&str] =
            if until_restart { &["secret", "set", "smart-host", "--until-restart"] } else { &["secret", "set", "smart-host"] };
        let begun = Instant::now();
        loop {
            match self.say_with(words, &format!("{password}\n")) {
                Ok(_) => return Ok(()),
                // The engine may still be starting.
                Err(error) if begun.elapsed() > PATIENCE => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(200)),
            }
        }
    }

    fn say_with(&self, words: &[&str], input: &str) -> Result<String> {
        let mut command = Command::new(program("debug", "outtrayd"));
        command.args(words).arg("--data").arg(&self.data);
        if let Some(stage) = self.stage {
            stage.dress(&mut command);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        child.stdin.take().context("no way in")?.write_all(input.as_bytes())?;
        let said = child.wait_with_output()?;
        if !said.status.success() {
            bail!("outtrayd {}: {}", words.join(" "), String::from_utf8_lossy(&said.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&said.stdout).into_owned())
    }
}

/// The one who opens the window and walks through its pages.
struct Tour {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Tour {
    fn start(stage: &Stage, data: &Path, pictures: &Path) -> Result<Self> {
        let mut command = node("tests/ui/window-tour.mjs");
        command.arg(program("debug", "outtray")).arg(data).arg(pictures);
        let mut child = stage.dress(&mut command).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("node")?;
        let said = BufReader::new(child.stdout.take().context("no output")?);
        Ok(Self { child, said })
    }

    /// Waits until it says that this is done.
    fn ask(&mut self, what: &str) -> Result<()> {
        let way = self.child.stdin.as_mut().context("no way in")?;
        writeln!(way, "{what}")?;
        way.flush()?;
        let mut line = String::new();
        loop {
            line.clear();
            if self.said.read_line(&mut line)? == 0 {
                bail!("the window went away during {what}");
            }
            if line.trim() == format!("done {what}") {
                return Ok(());
            }
            print!("{line}");
        }
    }
}

impl Drop for Tour {
    fn drop(&mut self) {
        // Its input ends, and it closes the window.
        drop(self.child.stdin.take());
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(15) {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

//! A Windows of its own for programs to be tried in: a Wine prefix in a temporary folder, with a display nobody sees.
//!
//! Takes: the folder of the programs, from `OUTTRAY_WINDOWS`. Gives: ways to run them and to find their files.
//! Made once for all tests of a run, since that takes half a minute. Who changes what the whole machine has
//! (a service, a firewall rule, `C:\ProgramData\Outtray`) holds [`Wine::machine`] meanwhile.
//! When this process ends, however it ends, a caretaker ends every program in the prefix and removes it.
//!
//! Wine 8 lacks `bcryptprimitives.dll`, which Rust's library wants, and has the Restart Manager and the firewall in name only: the
//! prefix gets ours (`stand_in/`), as every Windows has its own. It calls itself Windows 10, the oldest we are for.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write as _};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// No program of ours takes nearly as long, also on a machine that is busy with other tests.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// For all tests of a run, five times what they take on two cores.
const LONGEST: Duration = Duration::from_mins(15);

pub struct Wine {
    prefix: PathBuf,
    folder: PathBuf,
    programs: PathBuf,
    display: String,
    machine: Mutex<()>,
    /// The caretaker waits until this is closed.
    _care: ChildStdin,
}

/// How a program ended, and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Wine {
    /// The one of this run.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Wine> = OnceLock::new();
        // Asked first, so that every test says what is missing, and not only the first.
        let programs = programs();
        SHARED.get_or_init(|| Self::boot(programs))
    }

    fn boot(programs: PathBuf) -> Self {
        let folder = tempfile::Builder::new().prefix("outtray-wine").tempdir().expect("a folder").keep();
        let (mut screen, display) = start_display();
        let care = take_care(&mut screen, &folder);
        let wine = Self { prefix: folder.join("prefix"), folder, programs, display, machine: Mutex::new(()), _care: care };
        let booted = wine.command("wineboot").arg("--init").output().expect("wine (package wine)");
        assert!(booted.status.success(), "wine cannot make a prefix: {booted:?}");
        for name in ["bcryptprimitives.dll", "rstrtmgr.dll", "hnetcfg.dll"] {
            let (ours, place) = (wine.programs.join(name), wine.windows().join("system32").join(name));
            fs::copy(&ours, place).unwrap_or_else(|error| panic!("{ours:?}: {error}"));
        }
        watch();
        wine.sign_in();
        let named = wine.command("winecfg").args(["-v", "win10"]).output().expect("winecfg");
        assert!(named.status.success(), "{named:?}");
        wine
    }

    /// Somebody is there from now on: Wine shuts down, services and all, with the last program that is no service.
    #[allow(clippy::zombie_processes)] // the caretaker ends it
    fn sign_in(&self) {
        let mut somebody = self.command(self.made("window.exe"));
        let somebody = somebody.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("wine");
        let mut line = String::new();
        BufReader::new(somebody.stdout.expect("its output")).read_line(&mut line).expect("a line");
        assert!(!line.is_empty(), "nobody could sign in");
    }

    /// Held by whoever changes what the whole machine has.
    pub fn machine(&self) -> MutexGuard<'_, ()> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A program by its path here, or by its name there (`sc`, `reg`).
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("wine");
        command
            .arg(program.as_ref())
            .env("WINEARCH", "win64")
            .env("WINEDEBUG", "-all")
            .env("WINEPREFIX", &self.prefix)
            // Nobody is asked to install .NET or a browser, and nobody's menus get our entries.
            .env("WINEDLLOVERRIDES", "mscoree,mshtml,winemenubuilder.exe=;rstrtmgr,hnetcfg=n")
            .env("DISPLAY", &self.display)
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Said {
        self.run_with_input(program, arguments, "")
    }

    /// Ends a program that takes too long, and the test with it.
    pub fn run_with_input(&self, program: impl AsRef<Path>, arguments: &[&str], input: &str) -> Said {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let number = RUNS.fetch_add(1, Ordering::Relaxed);
        // Files, not pipes: what a program leaves running would keep a pipe open.
        let [input_file, out, err] = ["in", "out", "err"].map(|name| self.folder.join(format!("{number}.{name}")));
        fs::write(&input_file, input).expect("its input");
        let mut command = self.command(program);
        command.args(arguments).stdin(File::open(&input_file).expect("its input"));
        command.stdout(File::create(&out).expect("a file")).stderr(File::create(&err).expect("a file"));
        let mut child = command.spawn().expect("wine");
        let code = ended(&mut child).unwrap_or_else(|| panic!("stuck: {command:?}"));
        let read = |path: &Path| String::from_utf8_lossy(&fs::read(path).expect("its output")).replace("\r\n", "\n");
        let said = Said { code, out: read(&out), err: read(&err) };
        for file in [input_file, out, err] {
            let _ = fs::remove_file(file);
        }
        said
    }

    /// The program from the folder under test.
    pub fn outtrayd(&self) -> PathBuf {
        self.made("outtrayd.exe")
    }

    /// Another one of that folder.
    pub fn made(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// A folder of the prefix as this system names it; `C:\ProgramData\Outtray` for example.
    pub fn path(&self, there: &str) -> PathBuf {
        let rest = there.strip_prefix(r"C:\").unwrap_or_else(|| panic!("not on drive C: {there}"));
        self.prefix.join("drive_c").join(rest.replace('\\', "/"))
    }

    fn windows(&self) -> PathBuf {
        self.path(r"C:\windows")
    }
}

fn programs() -> PathBuf {
    let folder = std::env::var_os("OUTTRAY_WINDOWS").map(PathBuf::from).unwrap_or_default();
    assert!(
        folder.join("outtrayd.exe").is_file(),
        "OUTTRAY_WINDOWS must name a folder with outtrayd.exe, made for Windows; `cargo xtask test windows` makes one"
    );
    fs::canonicalize(folder).expect("a folder")
}

/// A path of this system as a Windows program reads it.
pub fn windows_path(here: &Path) -> String {
    assert!(here.is_absolute(), "{here:?}");
    format!("Z:{}", here.display()).replace('/', "\\")
}

fn start_display() -> (Child, String) {
    let mut screen = Command::new("Xvfb")
        // It looks for a free number itself and says it.
        .args(["-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp"])
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Xvfb (package xvfb)");
    let mut number = String::new();
    BufReader::new(screen.stdout.take().expect("its output")).read_line(&mut number).expect("a number");
    assert!(!number.trim().is_empty(), "Xvfb did not start");
    (screen, format!(":{}", number.trim()))
}

/// All of it takes a few minutes. A test that waits for ever is ended, and what runs then is told.
fn watch() {
    std::thread::spawn(|| {
        std::thread::sleep(LONGEST);
        let running = Command::new("ps").args(["-eo", "pid,ppid,stat,etimes,wchan:24,args"]).output();
        let running = running.map_or_else(|error| error.to_string(), |said| String::from_utf8_lossy(&said.stdout).into_owned());
        let ours = running.lines().filter(|line| [".exe", "wine", "PPID"].iter().any(|word| line.contains(word)));
        let ours = ours.collect::<Vec<_>>().join("\n");
        // Not by a macro: what those print is kept until the end of a test, which does not come.
        let _ = writeln!(std::io::stderr(), "stuck for {} minutes; what runs under Wine:\n{ours}", LONGEST.as_secs() / 60);
        std::process::exit(1);
    });
}

/// Clears up when our end of its input is closed: statics are not dropped, and a test run may be killed.
#[allow(clippy::zombie_processes)] // it is to outlive us
fn take_care(screen: &mut Child, folder: &Path) -> ChildStdin {
    let mut caretaker = Command::new("sh")
        .args(["-c", r#"cat; wineserver -k; kill "$1"; rm -rf "$2""#, "caretaker"])
        .arg(screen.id().to_string())
        .arg(folder)
        .env("WINEPREFIX", folder.join("prefix"))
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh");
    caretaker.stdin.take().expect("its input")
}

/// Its exit code; None when it did not end and was killed.
fn ended(child: &mut Child) -> Option<Option<i32>> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().expect("a child") {
            return Some(status.code());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

/// `outtrayd.exe run` on a data folder. Under Wine it is a process of this system, too, with signals and a number.
pub struct WindowsDaemon {
    wine: &'static Wine,
    process: Child,
    data: PathBuf,
    /// Where it listens, in the order of its ready line.
    pub addresses: Vec<SocketAddr>,
    pub ready: String,
}

impl WindowsDaemon {
    /// Starts it and waits for its one line. What it prints on standard error is in `stderr.txt` of the folder.
    pub fn start(wine: &'static Wine, data: &Path) -> Self {
        let mut command = wine.command(wine.outtrayd());
        let errors = File::options().create(true).append(true).open(data.join("stderr.txt")).expect("a file");
        command.args(["run", "--data", &windows_path(data)]).stdout(Stdio::piped()).stderr(errors);
        let mut process = command.spawn().expect("wine");
        let mut out = BufReader::new(process.stdout.take().expect("its output"));
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let _ = out.read_line(&mut line);
            let _ = tell.send(line);
            // It must not meet a closed pipe later.
            let _ = std::io::copy(&mut out, &mut std::io::sink());
        });
        let ready = told.recv_timeout(PATIENCE).unwrap_or_default().trim_end().to_owned();
        let daemon = Self { wine, process, data: data.to_owned(), addresses: addresses(&ready), ready };
        assert!(daemon.ready.starts_with("outtrayd ready: "), "not ready: {:?}\n{}", daemon.ready, daemon.errors());
        daemon
    }

    pub fn address(&self) -> SocketAddr {
        *self.addresses.first().unwrap_or_else(|| panic!("it listens nowhere: {}\n{}", self.ready, self.errors()))
    }

    /// In megabytes: what it has written, and its share of everything (the kernel's Private_Dirty and Pss).
    pub fn memory(&self) -> (f64, f64) {
        let told = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.process.id())).expect("a process of this system");
        let of = |wanted: &str| -> f64 {
            let size = told.lines().filter_map(|line| line.split_once(':')).find(|(name, _)| *name == wanted).map(|(_, size)| size.trim());
            size.and_then(|size| size.strip_suffix(" kB")?.parse::<f64>().ok()).map_or(0.0, |size| size * 1024.0 / 1e6)
        };
        let (own, shared) = (of("Private_Dirty"), of("Pss"));
        assert!(own > 0.0 && shared >= own, "{told}");
        (own, shared)
    }

    pub fn errors(&self) -> String {
        fs::read_to_string(self.data.join("stderr.txt")).unwrap_or_default()
    }

    /// `outtrayd.exe` spoken to from a shell, about this data folder.
    pub fn told(&self, words: &[&str], input: &str) -> Said {
        say(self.wine, &self.data, words, input)
    }

    /// The same, where success is JSON.
    pub fn asked(&self, words: &[&str]) -> serde_json::Value {
        let said = self.told(&[words, &["--json"]].concat(), "");
        assert_eq!(said.code, Some(0), "{words:?}: {said:?}");
        serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
    }

    /// Asks until the answer is as wanted.
    pub fn until(&self, words: &[&str], wanted: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        let begun = Instant::now();
        loop {
            let answer = self.asked(words);
            if wanted(&answer) {
                return answer;
            }
            assert!(begun.elapsed() < PATIENCE, "never came: {words:?}: {answer:#}\n{}", self.errors());
        }
    }

    /// As a power cut would end it.
    pub fn kill(mut self) {
        self.process.kill().expect("kill -9");
        self.process.wait().expect("its end");
    }

    /// Ctrl-C, which Wine makes of SIGINT; and its exit code.
    pub fn stop(mut self) -> Option<i32> {
        let status = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status().expect("kill");
        assert!(status.success());
        ended(&mut self.process).unwrap_or_else(|| panic!("it did not stop\n{}", self.errors()))
    }
}

impl Drop for WindowsDaemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn say(wine: &Wine, data: &Path, words: &[&str], input: &str) -> Said {
    wine.run_with_input(wine.outtrayd(), &[words, &["--data", &windows_path(data)]].concat(), input)
}

fn addresses(ready: &str) -> Vec<SocketAddr> {
    ready.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

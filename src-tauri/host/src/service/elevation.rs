//! A verb of `outtrayd` with an administrator's rights: the system asks the person, once.
//!
//! In: the program and its words. Out: done, cancelled, or why not. On Linux polkit's `pkexec` asks, and what the verb
//! says on standard error is the reason. On Windows UAC asks, and the verb runs where nobody sees what it says: it leaves
//! its reason in the registry ([`leave_word`]), under a mark that the caller chose.
//!
//! Invariant: what is read there was written by an administrator, for this call and no other.

use super::is_elevated;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

/// Why a verb was not carried out.
#[derive(Debug, PartialEq, Eq)]
pub enum Undone {
    /// The person said no to the system's question.
    Cancelled,
    Failed(String),
}

/// Asks the person, runs it, waits for its end. Who has the rights already is not asked.
pub fn elevated(program: &Path, words: &[OsString]) -> Result<(), Undone> {
    if is_elevated() { run(Command::new(program).args(words)) } else { platform::elevated(program, words) }
}

/// Runs it as it is; what it said is the reason when it fails. 126: somebody said no to pkexec.
pub fn run(command: &mut Command) -> Result<(), Undone> {
    #[cfg(windows)]
    // No black window flashes up.
    std::os::windows::process::CommandExt::creation_flags(command, windows_sys::Win32::System::Threading::CREATE_NO_WINDOW);
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| Undone::Failed(format!("{}: {error}", command.get_program().display())))?;
    match output.status.code() {
        Some(0) => Ok(()),
        Some(126) => Err(Undone::Cancelled),
        _ => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(Undone::Failed(if said.is_empty() { format!("it ended with {}", output.status) } else { said }))
        }
    }
}

#[cfg(windows)]
pub use platform::{forget_word, leave_word};

#[cfg(unix)]
mod platform {
    use super::*;

    pub fn elevated(program: &Path, words: &[OsString]) -> Result<(), Undone> {
        run(Command::new("pkexec").arg(program).args(words))
    }
}

#[cfg(windows)]
#[allow(unsafe_code)] // calls of the system, each with its reason
mod platform {
    use super::{OsString, Path, Undone};
    use crate::service::windows::OWN_KEY;
    use std::ffi::OsStr;
    use std::io;
    use std::os::windows::ffi::OsStrExt;
    use windows_registry::LOCAL_MACHINE;
    use windows_sys::Win32::Foundation::{CloseHandle, ERROR_CANCELLED, WAIT_OBJECT_0};
    use windows_sys::Win32::System::Threading::{GetExitCodeProcess, INFINITE, WaitForSingleObject};
    use windows_sys::Win32::UI::Shell::{SEE_MASK_NOASYNC, SEE_MASK_NOCLOSEPROCESS, SHELLEXECUTEINFOW, ShellExecuteExW};
    use windows_sys::Win32::UI::WindowsAndMessaging::SW_HIDE;

    const LAST_WORD: &str = "LastWord";

    pub fn elevated(program: &Path, words: &[OsString]) -> Result<(), Undone> {
        let mark = uuid::Uuid::now_v7().to_string();
        let words: Vec<OsString> = words.iter().cloned().chain(["--answer-to".into(), mark.clone().into()]).collect();
        match ask_and_run(program, &words)? {
            0 => Ok(()),
            code => Err(Undone::Failed(word_left(&mark).unwrap_or_else(|| format!("outtrayd ended with {code} and did not say why")))),
        }
    }

    /// Says why, to the process that asked for this one. Only an administrator's process can.
    pub fn leave_word(mark: &str, said: &str) {
        let text: String = said.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let left = LOCAL_MACHINE.create(OWN_KEY).and_then(|key| key.set_string(LAST_WORD, format!("{mark} {text}")));
        if let Err(error) = left {
            tracing::warn!(%error, "The reason could not be left for the window");
        }
    }

    pub fn forget_word() {
        if let Ok(key) = LOCAL_MACHINE.options().read().write().open(OWN_KEY) {
            let _ = key.remove_value(LAST_WORD);
        }
    }

    pub(super) fn word_left(mark: &str) -> Option<String> {
        let text = LOCAL_MACHINE.open(OWN_KEY).and_then(|key| key.get_string(LAST_WORD)).ok()?;
        text.strip_prefix(mark)?.strip_prefix(' ').map(str::to_owned)
    }

    /// Its exit code.
    pub(super) fn ask_and_run(program: &Path, words: &[OsString]) -> Result<u32, Undone> {
        let verb = wide(OsStr::new("runas"));
        let file = wide(program.as_os_str());
        let parameters = wide(&command_line(words));
        let mut execute = SHELLEXECUTEINFOW {
            cbSize: size_of::<SHELLEXECUTEINFOW>() as u32,
            // Not left to a thread of the shell: ours ends when this returns.
            fMask: SEE_MASK_NOCLOSEPROCESS | SEE_MASK_NOASYNC,
            lpVerb: verb.as_ptr(),
            lpFile: file.as_ptr(),
            lpParameters: parameters.as_ptr(),
            nShow: SW_HIDE,
            ..SHELLEXECUTEINFOW::default()
        };
        // SAFETY: its size is told, and its texts end with NUL and live until the call returns.
        if unsafe { ShellExecuteExW(&mut execute) } == 0 {
            let error = io::Error::last_os_error();
            return Err(match error.raw_os_error() {
                Some(code) if code == ERROR_CANCELLED as i32 => Undone::Cancelled,
                _ => Undone::Failed(format!("{}: {error}", program.display())),
            });
        }
        let process = execute.hProcess;
        let unknown = || Undone::Failed("Windows did not say what became of it".into());
        if process.is_null() {
            return Err(unknown());
        }
        let mut code = 0;
        // SAFETY: the process's handle is ours, and closed once.
        let known = unsafe {
            let known = WaitForSingleObject(process, INFINITE) == WAIT_OBJECT_0 && GetExitCodeProcess(process, &mut code) != 0;
            CloseHandle(process);
            known
        };
        if known { Ok(code) } else { Err(unknown()) }
    }

    /// As a program takes its command line apart again: quotes around each word, backslashes doubled before a quote.
    pub(super) fn command_line(words: &[OsString]) -> OsString {
        let mut line = String::new();
        for word in words {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push('"');
            let mut backslashes = 0;
            for letter in word.to_string_lossy().chars() {
                if letter == '\\' {
                    backslashes += 1;
                    continue;
                }
                line.push_str(&"\\".repeat(if letter == '"' { backslashes * 2 + 1 } else { backslashes }));
                backslashes = 0;
                line.push(letter);
            }
            line.push_str(&"\\".repeat(backslashes * 2));
            line.push('"');
        }
        line.into()
    }

    fn wide(text: &OsStr) -> Vec<u16> {
        text.encode_wide().chain([0]).collect()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_verb_said_is_the_reason_and_a_no_is_told_from_a_failure() {
        let sh = |script: &str| run(Command::new("sh").args(["-c", script]));
        assert_eq!(sh("exit 0"), Ok(()));
        assert_eq!(sh("exit 126"), Err(Undone::Cancelled));
        assert_eq!(sh("echo '  no room ' >&2; exit 1"), Err(Undone::Failed("no room".into())));
        assert_eq!(sh("exit 3"), Err(Undone::Failed("it ended with exit status: 3".into())));
    }
}

#[cfg(all(test, windows))]
mod tests {
    use super::platform::{ask_and_run, command_line, forget_word, leave_word, word_left};
    use super::*;

    #[test]
    fn a_folder_with_blanks_and_a_last_backslash_stays_one_word() {
        let line = command_line(&["service".into(), r"C:\Users\Ann Lee\".into(), "a\"b".into()]);
        assert_eq!(line, r#""service" "C:\Users\Ann Lee\\" "a\"b""#);
    }

    #[test]
    fn it_is_run_and_waited_for_and_its_exit_code_is_told() {
        let shell = std::env::var("ComSpec").unwrap_or_else(|_| r"C:\windows\system32\cmd.exe".into());
        let ended = |code: &str| ask_and_run(Path::new(&shell), &["/c".into(), "exit".into(), code.into()]);
        assert_eq!((ended("0"), ended("7")), (Ok(0), Ok(7)));
        let missing = ask_and_run(Path::new(r"C:\no such program.exe"), &[]);
        assert!(matches!(&missing, Err(Undone::Failed(said)) if said.contains("no such program")), "{missing:?}");
    }

    #[test]
    fn the_reason_is_for_who_asked_and_for_nobody_else() {
        leave_word("mark-1", "C:\\a b is in use:\r\nstop it first");
        assert_eq!(word_left("mark-1").as_deref(), Some("C:\\a b is in use:  stop it first"));
        assert_eq!((word_left("mark"), word_left("mark-2")), (None, None));
        forget_word();
        assert_eq!(word_left("mark-1"), None);
    }
}

//! What may be said when the window is started: `--data DIR`, `--hidden`, and for a trial of the service
//! `--trial-service PROGRAM DIR`.
//!
//! In: the command line and `OUTTRAY_DATA`. Out: [`Arguments`]; anything unknown is an error, not ignored.

use anyhow::{Result, bail};
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arguments {
    pub data: PathBuf,
    /// Another folder than this machine's own: a trial beside the real one, which must not meet its window.
    pub trial: bool,
    /// Start in the tray.
    pub hidden: bool,
    /// In a trial only: what plays the service.
    pub stand_in: Option<StandIn>,
}

/// Takes the words after `outtrayd` without any rights; the service's data folder in the trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    pub program: PathBuf,
    pub machine: PathBuf,
}

impl Arguments {
    pub fn read(mut words: impl Iterator<Item = OsString>, from_environment: Option<OsString>) -> Result<Self> {
        let mut data = from_environment.filter(|data| !data.is_empty());
        let (mut hidden, mut stand_in) = (false, None);
        while let Some(word) = words.next() {
            match word.to_str() {
                Some("--data") => match words.next() {
                    Some(folder) => data = Some(folder),
                    None => bail!("--data needs a folder"),
                },
                Some("--hidden") => hidden = true,
                Some("--trial-service") => match (words.next(), words.next()) {
                    (Some(program), Some(machine)) => stand_in = Some(StandIn { program: program.into(), machine: machine.into() }),
                    _ => bail!("--trial-service needs a program and a folder"),
                },
                _ => bail!("unknown argument {word:?}; known are --data DIR and --hidden"),
            }
        }
        let trial = data.is_some();
        if stand_in.is_some() && !trial {
            bail!("--trial-service is for a trial: it needs --data DIR as well");
        }
        let data = data.map_or_else(host::paths::own_data_folder, PathBuf::from);
        Ok(Self { data, trial, hidden, stand_in })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(words: &[&str], environment: Option<&str>) -> Result<Arguments> {
        Arguments::read(words.iter().map(OsString::from), environment.map(OsString::from))
    }

    #[test]
    fn the_command_line_wins_over_the_environment() {
        let both = read(&["--data", "/a", "--hidden"], Some("/b")).unwrap();
        assert_eq!(both, Arguments { data: "/a".into(), trial: true, hidden: true, stand_in: None });
        assert_eq!(read(&[], Some("/b")).unwrap().data, PathBuf::from("/b"));
    }

    #[test]
    fn without_a_word_it_is_the_accounts_own_folder() {
        let none = read(&[], None).unwrap();
        assert_eq!((none.data, none.trial), (host::paths::own_data_folder(), false));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(read(&["--dta", "/a"], None).is_err());
        assert!(read(&["--data"], None).is_err());
    }

    #[test]
    fn nothing_stands_in_for_the_real_service() {
        assert!(read(&["--trial-service", "/p", "/m"], None).is_err());
        let trial = read(&["--data", "/a", "--trial-service", "/p", "/m"], None).unwrap();
        assert_eq!(trial.stand_in, Some(StandIn { program: "/p".into(), machine: "/m".into() }));
    }
}

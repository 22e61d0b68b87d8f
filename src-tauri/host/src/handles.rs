//! How many files and connections this process may have open at a time.
//!
//! Linux gives a process 1,024 unless it asks for more, as far as the administrator allows: less than `limits.connections`
//! may say, and then new devices would knock in vain. Windows has no such number.

/// The most connections the settings can allow, with room for files, and twice over.
#[cfg(unix)]
const ENOUGH: u64 = 32_768;

#[cfg(unix)]
pub fn ask_for_enough() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(ENOUGH, |maximum| maximum.min(ENOUGH));
    if current.is_some_and(|current| current < wanted)
        && let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })
    {
        tracing::warn!(%error, ?current, "The system allows no more open files and connections than these");
    }
}

#[cfg(windows)]
pub fn ask_for_enough() {}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::process::{Resource, Rlimit, getrlimit};

    #[test]
    fn a_thousand_devices_found_no_place_because_linux_gives_a_process_1024_files() {
        ask_for_enough();
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        assert!(current.is_none_or(|current| current >= ENOUGH.min(maximum.unwrap_or(ENOUGH))), "{current:?} of {maximum:?}");
    }
}

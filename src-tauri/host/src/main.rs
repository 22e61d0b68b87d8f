//! `outtrayd`: the relay without a window, and every control call from a shell.

mod cli;

use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let arguments = match cli::arguments() {
        Ok(arguments) => arguments,
        Err(exit) => return exit,
    };
    #[cfg(unix)]
    // Mail, logs and keys are for this account alone, also in a folder that others can enter.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    #[cfg(windows)]
    if let Some(folder) = arguments.service_folder() {
        return match host::service::run::dispatch(folder) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => cli::failed("this is started by Windows; use `outtrayd service start`, or `outtrayd run` without a service"),
        };
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return cli::failed(&format!("the program cannot start: {error}")),
    };
    let exit = runtime.block_on(cli::perform(arguments));
    // A credential store that never answers must not keep the process.
    runtime.shutdown_timeout(Duration::from_millis(500));
    exit
}

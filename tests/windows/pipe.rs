//! The engine's pipe between processes: nobody is taken for the engine for having its pipe's name.
//!
//! Wine lets a program say that what it makes belongs to somebody else, which Windows does not; so it can be played here.

use crate::machine::Beside;
use crate::wine::{WindowsDaemon, Wine, say, windows_path};

const STRANGER: &str = "S-1-5-21-1-2-3-1002";
const ADMINISTRATORS: &str = "S-1-5-32-544";
const PASSWORD: &str = "not for strangers";

#[test]
fn a_stranger_with_the_name_of_the_pipe_hears_no_word_and_is_told_from_an_engine() {
    let wine = Wine::shared();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    std::fs::write(data.join("settings.json"), r#"{"version": 1}"#).unwrap();
    let engine = WindowsDaemon::start(wine, data);
    let name = engine.ready.rsplit(' ').next().unwrap_or_default().to_owned();
    assert!(name.starts_with(r"\\.\pipe\outtray-"), "{}", engine.ready);
    assert_eq!(engine.stop(), Some(0));
    let heard = data.join("heard");
    let program = wine.made("pipe.exe");
    let program = program.to_str().unwrap();

    let stranger = Beside::start(wine, program, &[&name, &windows_path(&heard), STRANGER]);
    for (words, input) in [(&["status"][..], ""), (&["secret", "set", "smart-host"], PASSWORD)] {
        let refused = say(wine, data, words, input);
        assert_eq!(refused.code, Some(1), "{words:?}: {refused:?}");
        assert!(refused.err.contains(&format!("{name} belongs to another account ({STRANGER})")), "{refused:?}");
    }
    // Nor does an engine start that nobody could find; who holds its name is not taken for one that runs (exit code 6).
    let refused = say(wine, data, &["run"], "");
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains(&format!("the control socket {name} cannot be opened")), "{refused:?}");
    assert_eq!(std::fs::read(&heard).unwrap(), b"");
    drop(stranger);

    // An administrator's is spoken to, and heard; what does not answer as an engine is none.
    let own = Beside::start(wine, program, &[&name, &windows_path(&heard), ADMINISTRATORS]);
    let refused = say(wine, data, &["status"], "");
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert_ne!(std::fs::read(&heard).unwrap(), b"", "{refused:?}");
    drop(own);
    let nobody = say(wine, data, &["status"], "");
    assert_eq!(nobody.code, Some(3), "{nobody:?}");
}

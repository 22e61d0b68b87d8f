//! Whole reports, octet by octet. `UPDATE=1` writes them anew. A reader that is not ours looks at them too.

use super::*;
use std::path::PathBuf;
use std::process::Command;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/dsn/golden")
}

#[test]
fn reports_are_as_they_were() {
    for (name, facts) in cases::all() {
        let report = compose(&facts, id(2), "2026-11-02T09:05:10Z".parse().unwrap()).unwrap();
        let path = folder().join(format!("{name}.eml"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, bytes(&report)).unwrap();
        }
        let golden = std::fs::read(&path).unwrap();
        assert!(golden == bytes(&report), "{name} differs:\n{}", String::from_utf8_lossy(&bytes(&report)));
    }
}

#[test]
#[cfg_attr(windows, ignore = "python3 is not to be found there by this name")]
fn a_strict_reader_finds_nothing_wrong() {
    let paths = cases::all().into_iter().map(|(name, _)| folder().join(format!("{name}.eml")));
    let output = match Command::new("python3").args(["-c", include_str!("read.py")]).args(paths).output() {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // As for the tests of the whole house, see README.
            let may_be_left_out = std::env::var_os("OUTTRAY_TESTS_LEFT_OUT").is_some();
            return assert!(may_be_left_out, "this test wants python3; where that cannot be had, OUTTRAY_TESTS_LEFT_OUT=1 leaves it out");
        }
        Err(error) => panic!("{error}"),
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What mailing lists sort their bounces with.
#[test]
#[cfg_attr(windows, ignore = "perl is not to be found there")]
fn a_program_that_sorts_bounces_knows_who_failed() {
    const SCRIPT: &str = "use Mail::DeliveryStatus::BounceParser; local $/;
        my $read = Mail::DeliveryStatus::BounceParser->new(<STDIN>);
        my ($first) = $read->reports;
        print join ' ', $read->is_bounce ? 'bounce' : 'none', $first ? ($first->get('email'), $first->get('std_reason')) : ();";
    for (name, wanted) in [
        ("failure_single", "bounce ghost@away.test user_unknown"),
        ("failure_several", "bounce recipient@away.test user_unknown"),
        ("to_the_administrator", "bounce ghost@away.test user_unknown"),
        ("whole", "bounce ghost@away.test user_unknown"),
        ("expired", "bounce ann@away.test unknown"),
        ("delay", "none"),
        ("relayed", "none"),
    ] {
        let report = std::fs::File::open(folder().join(format!("{name}.eml"))).unwrap();
        let read = Command::new("perl").args(["-e", SCRIPT]).stdin(report).output().unwrap();
        assert!(read.status.success(), "libmail-deliverystatus-bounceparser-perl is missing: {}", String::from_utf8_lossy(&read.stderr));
        assert_eq!(String::from_utf8_lossy(&read.stdout).trim(), wanted, "{name}");
    }
}

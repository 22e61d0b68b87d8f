//! What a person wants to know of the program that is handed out: how soon it answers a device, and how much memory it wants.
//!
//! Measured, and left as `figures.txt` in the folder under test, for `cargo xtask windows` to tell. Nothing is held to a number: all of
//! it is under Wine, whose own parts are within the process.

use crate::wine::{WindowsDaemon, Wine};
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn of_an_engine_at_rest() {
    let wine = Wine::shared();
    let folder = tempfile::tempdir().unwrap();
    let port = e2e::postfix::free_port();
    let settings = format!(
        r#"{{"version": 1, "rules": [{{"network": "127.0.0.1/32"}}],
            "listeners": [{{"address": "127.0.0.1", "port": {port}, "encryption": "starttls"}}]}}"#
    );
    std::fs::write(folder.path().join("settings.json"), settings).unwrap();
    // What any program needs until it is in memory; and a certificate is made only once.
    assert_eq!(WindowsDaemon::start(wine, folder.path()).stop(), Some(0));
    let begun = Instant::now();
    assert_eq!(wine.run(wine.outtrayd(), &["--version"]).code, Some(0));
    let nothing = begun.elapsed();

    let begun = Instant::now();
    let watch = std::thread::spawn(move || {
        while begun.elapsed() < crate::wine::PATIENCE {
            let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) else {
                std::thread::sleep(Duration::from_millis(2));
                continue;
            };
            let mut reply = String::new();
            BufReader::new(stream).read_line(&mut reply).unwrap();
            return reply.starts_with("220").then(|| begun.elapsed());
        }
        None
    });
    let engine = WindowsDaemon::start(wine, folder.path());
    let first = watch.join().unwrap().expect("a 220");
    let status = engine.asked(&["status"]);
    assert_eq!(status["queue"]["total"].as_u64().unwrap_or(0), 0, "{status:#}");
    let (own, shared) = engine.memory();
    assert_eq!(engine.stop(), Some(0));
    let told = format!(
        "start to first 220: {} ms (`outtrayd.exe --version`, which does nothing: {} ms)\n\
         idle memory: {own:.1} MB that it has written, {shared:.1} MB with its code and its share of what others use too\n\
         both under Wine, whose own parts are within the figures; nobody has measured them on Windows\n",
        first.as_millis(),
        nothing.as_millis(),
    );
    std::fs::write(wine.made("figures.txt"), told).unwrap();
}

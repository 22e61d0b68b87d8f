//! The unit tests of contract and host as Windows programs: the code that only Windows has is tried by nobody else.
//!
//! What Wine cannot show is left out here by name, with the reason; on Windows itself `cargo test` runs all of them.

#![allow(clippy::print_stdout)] // told with a test that fails

use crate::wine::Wine;

/// Tests that say nothing under Wine, and why.
const CANNOT_BE_SHOWN: &[(&str, &str, &str)] = &[
    ("host", "machine::ports::tests::a_taken_port_is_told_with_its_holder", "Wine 8 names process 0 as the owner of every socket"),
    (
        "host",
        "service::elevation::tests::it_is_run_and_waited_for_and_its_exit_code_is_told",
        "Wine has no UAC; what is started as an administrator there does not always come to its end",
    ),
    (
        "host",
        "import::takeover::tests::the_right_to_the_pickup_folder_is_given_and_taken_back",
        "the right that is played is a folder, and Wine 8 goes on listing one that is removed while a watch has it open, so that removing all of it never ends",
    ),
];

#[test]
fn of_the_contract() {
    run("control");
}

#[test]
fn of_the_host() {
    run("host");
}

#[test]
fn of_a_host_that_is_watched() {
    run("watching");
}

fn run(of: &str) {
    let wine = Wine::shared();
    // They write into the registry and ask the service manager.
    let _machine = wine.machine();
    let program = wine.made(&format!("unit-{of}.exe"));
    assert!(program.is_file(), "{} is missing; `cargo xtask test windows` makes it", program.display());
    let mut words = vec!["--test-threads=2"];
    for (_, name, why) in CANNOT_BE_SHOWN.iter().filter(|(test_of, ..)| *test_of == of) {
        println!("left out: {name}: {why}");
        words.extend(["--skip", name]);
    }
    let said = wine.run(&program, &words);
    println!("{}", said.out);
    let passed = said.out.lines().any(|line| line.starts_with("test result: ok. ") && !line.contains(" 0 passed"));
    assert!(said.code == Some(0) && passed, "{:?}\n{}\n{}", said.code, said.out, said.err);
}

//! Passwords looked at, with a store and a clock.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::clock::HandWound;
use crate::policy::{Account, AddressList};
use crate::store::tests::Quiet;

const LIMITS: SignInLimits = SignInLimits { failures: 3, pause: Duration::from_secs(600) };

/// One account, `Branch`, with the password `right`.
async fn accounts(folder: &std::path::Path) -> (Arc<Accounts>, Arc<HandWound>) {
    let (store, _) = Store::open(folder, Box::new(Quiet)).unwrap();
    let hash = Hash::of(&"right".to_owned().into()).unwrap();
    let now = Timestamp::from_second(1_800_000_000).unwrap();
    store.change_account(AccountChange::Set { name: "branch".into(), hash, now }).await.unwrap();
    let clock = Arc::new(HandWound::at(now));
    let account = |name: &str, enabled| Account { name: name.into(), enabled, senders: AddressList::default() };
    let policy = Policy { accounts: vec![account("Branch", true), account("Old", false)], ..Policy::default() };
    let accounts = Accounts {
        store,
        board: Arc::default(),
        clock: clock.clone(),
        rules: Mutex::new((Arc::new(policy), LIMITS)),
        sign_ins: Mutex::default(),
        lines: Mutex::default(),
        places: Arc::new(Semaphore::new(TOGETHER)),
        stop: CancellationToken::new(),
    };
    (Arc::new(accounts), clock)
}

fn client(n: u8) -> IpAddr {
    [10, 0, 0, n].into()
}

async fn verify(accounts: &Accounts, client: IpAddr, user: &str, password: &str) -> Verified {
    accounts.verify(client, user.into(), password.to_owned().into()).await
}

fn yes() -> Verified {
    Verified::Yes { account: "Branch".into() }
}

#[tokio::test(start_paused = true)]
async fn the_right_password_of_an_account_that_is_on_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (accounts, _) = accounts(folder.path()).await;
    for (user, password, verified) in [
        ("Branch", "right", yes()),
        ("bRANCH", "right", yes()),
        ("branch", "wrong", Verified::No),
        ("branch", "", Verified::No),
        ("old", "right", Verified::No),
        ("nobody", "right", Verified::No),
        ("", "", Verified::No),
    ] {
        // Each from another address, so that none is slowed.
        let client = client(user.len() as u8 * 16 + password.len() as u8);
        assert_eq!(verify(&accounts, client, user, password).await, verified, "{user} {password}");
    }
    assert!(lock(&accounts.lines).is_empty(), "the lines are gone with who stood in them");
}

#[tokio::test(start_paused = true)]
async fn who_guesses_in_many_connections_has_no_more_guesses() {
    let folder = tempfile::tempdir().unwrap();
    let (accounts, clock) = accounts(folder.path()).await;
    let guesses: Vec<_> = (0..8)
        .map(|n| {
            let accounts = Arc::clone(&accounts);
            tokio::spawn(async move { verify(&accounts, client(66), "branch", &format!("guess {n}")).await })
        })
        .collect();
    let mut told = Vec::new();
    for guess in guesses {
        told.push(guess.await.unwrap());
    }
    let count = |wanted: &Verified| told.iter().filter(|verified| *verified == wanted).count();
    assert_eq!((count(&Verified::No), count(&Verified::NotNow)), (3, 5));
    assert_eq!(verify(&accounts, client(66), "branch", "right").await, Verified::NotNow, "not even the right one");
    assert_eq!(verify(&accounts, client(67), "branch", "right").await, yes(), "a neighbour");
    let notices = || accounts.board.picture(Vec::new(), clock.now()).notices;
    assert!(matches!(&notices()[..], [Notice::PasswordsGuessed { address, .. }] if *address == client(66)));
    clock.advance(LIMITS.pause);
    assert_eq!(verify(&accounts, client(66), "branch", "right").await, yes());
    assert_eq!(notices(), [], "all is well again");
}

#[tokio::test(start_paused = true)]
async fn the_notice_ends_with_the_pause() {
    let folder = tempfile::tempdir().unwrap();
    let (accounts, clock) = accounts(folder.path()).await;
    for _ in 0..3 {
        verify(&accounts, client(66), "branch", "wrong").await;
    }
    let notices = || accounts.board.picture(Vec::new(), clock.now()).notices.len();
    assert_eq!(notices(), 1);
    tokio::time::sleep(LIMITS.pause + Duration::from_secs(1)).await;
    assert_eq!(notices(), 0);
}

#[tokio::test(start_paused = true)]
async fn two_passwords_are_looked_at_together_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let (accounts, _) = accounts(folder.path()).await;
    let first = Arc::clone(&accounts.places).acquire_owned().await.unwrap();
    let second = Arc::clone(&accounts.places).acquire_owned().await.unwrap();
    let third = tokio::time::timeout(Duration::from_secs(60), verify(&accounts, client(1), "branch", "right"));
    assert!(third.await.is_err(), "it waits for a place");
    drop(first);
    assert_eq!(verify(&accounts, client(1), "branch", "right").await, yes());
    drop(second);
    assert_eq!(accounts.places.available_permits(), TOGETHER);
}

//! Moves, whole and interrupted; mail that waited is handed over from the new place and from nowhere else.

#![allow(clippy::unwrap_used)]
use super::*;
use crate::{Host, HostError, Options};
use control::request::EntryFilter;
use control::view::Page;
use control::{Answer, Request};
use tempfile::TempDir;

const POINTS: [Point; 5] = [Point::Copied, Point::Marked, Point::Committed, Point::Placed, Point::Emptied];
/// No port, so that tests do not meet; a name that shows whose settings these are.
const SETTINGS: &str = r#"{"version": 1, "hostName": "relay.office.test", "listeners": []}"#;

/// A house in which a message waits.
async fn lived_in() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("settings.json"), SETTINGS).unwrap();
    let host = start(folder.path()).await.unwrap();
    let request = Request::SendTest { sender: "scan@office.test".into(), recipient: "ann@away.test".into() };
    let Answer::Kept { id } = host.client().call(request).await.unwrap() else { panic!("not kept") };
    host.stop().await;
    // A large content, as the store keeps it beside the database.
    fs::create_dir_all(folder.path().join("content")).unwrap();
    (folder, id)
}

async fn start(folder: &Path) -> Result<Host, HostError> {
    Host::start(folder, Options::default()).await
}

async fn waiting(host: &Host) -> Vec<String> {
    let request = Request::Queue { filter: EntryFilter::default(), offset: 0, limit: 10 };
    let Answer::Page { page: Page { entries, .. } } = host.client().call(request).await.unwrap() else { panic!("no page") };
    entries.into_iter().map(|entry| entry.id).collect()
}

/// What waits there; None when no engine may run on it.
async fn looked_at(folder: &Path) -> Option<Vec<String>> {
    match start(folder).await {
        Ok(host) => {
            let found = waiting(&host).await;
            host.stop().await;
            Some(found)
        }
        Err(HostError::MovedAway(_)) => None,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn mail_settings_and_history_move_and_come_back() {
    let (old, id) = lived_in().await;
    let new = tempfile::tempdir().unwrap();
    move_home(old.path(), new.path()).unwrap();
    assert_eq!(looked_at(old.path()).await, None);
    assert_eq!(moved_to(old.path()), Some(fs::canonicalize(new.path()).unwrap()));
    assert!(!old.path().join("queue.db").exists() && !old.path().join("settings.json").exists());
    assert_eq!(looked_at(new.path()).await, Some(vec![id.clone()]));
    assert_eq!(fs::read_to_string(new.path().join("settings.json")).unwrap(), SETTINGS);
    assert!(!new.path().join(STAGING).exists());
    let again = move_home(old.path(), new.path());
    assert!(again.is_ok(), "the same once more changes nothing: {again:?}");
    assert_eq!(looked_at(new.path()).await, Some(vec![id.clone()]));

    move_home(new.path(), old.path()).unwrap();
    assert_eq!(looked_at(new.path()).await, None);
    assert_eq!(looked_at(old.path()).await, Some(vec![id.clone()]));
    // And there again, over the notes of both.
    move_home(old.path(), new.path()).unwrap();
    assert_eq!(looked_at(old.path()).await, None);
    assert_eq!(looked_at(new.path()).await, Some(vec![id]));
}

#[tokio::test]
async fn interrupted_anywhere_the_mail_is_in_one_place() {
    for stop_at in POINTS {
        for old_first in [true, false] {
            let (old, id) = lived_in().await;
            let new = tempfile::tempdir().unwrap();
            let stopped = move_step_by_step(old.path(), new.path(), &mut |point| {
                if point == stop_at { Err(io::Error::other("the power went off")) } else { Ok(()) }
            });
            assert!(matches!(stopped, Err(MoveError::File(..))), "{stop_at:?}: {stopped:?}");
            let (in_old, in_new) = if old_first {
                let in_old = looked_at(old.path()).await;
                (in_old, looked_at(new.path()).await)
            } else {
                let in_new = looked_at(new.path()).await;
                (looked_at(old.path()).await, in_new)
            };
            let is_done = matches!(stop_at, Point::Committed | Point::Placed | Point::Emptied);
            let expected = if is_done { (None, Some(vec![id.clone()])) } else { (Some(vec![id.clone()]), Some(vec![])) };
            assert_eq!((in_old, in_new), expected, "{stop_at:?}, old first: {old_first}");

            // Whoever tries again is done, and nothing is left behind.
            move_home(old.path(), new.path()).unwrap();
            assert_eq!(looked_at(old.path()).await, None, "{stop_at:?}");
            assert_eq!(looked_at(new.path()).await, Some(vec![id]), "{stop_at:?}");
            assert!(!old.path().join("queue.db").exists(), "{stop_at:?}");
        }
    }
}

#[tokio::test]
async fn nothing_moves_from_or_to_a_folder_in_use_or_over_waiting_mail() {
    let (old, id) = lived_in().await;
    let (new, _) = lived_in().await;
    let occupied = move_home(old.path(), new.path()).unwrap_err();
    assert!(matches!(occupied, MoveError::Occupied(_, 1)), "{occupied}");
    assert!(matches!(move_home(old.path(), old.path()), Err(MoveError::Same(..))));
    assert!(matches!(move_home(old.path(), &old.path().join("inside")), Err(MoveError::Same(..))));
    assert!(matches!(move_home(&old.path().join("nowhere"), new.path()), Err(MoveError::NoFolder(_))));

    let empty = tempfile::tempdir().unwrap();
    let host = start(old.path()).await.unwrap();
    let held = move_home(old.path(), empty.path()).unwrap_err();
    assert!(matches!(held, MoveError::Held(..)), "{held}");
    host.stop().await;
    let host = start(empty.path()).await.unwrap();
    assert!(matches!(move_home(old.path(), empty.path()), Err(MoveError::Held(..))));
    host.stop().await;

    // Its own queue is empty: it is set aside.
    move_home(old.path(), empty.path()).unwrap();
    assert!(empty.path().join("before-1/queue.db").exists());
    assert_eq!(looked_at(empty.path()).await, Some(vec![id]));
}

/// Everything under these names, as text.
fn kept(folder: &Path, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| fs::read_to_string(folder.join(name)).unwrap_or_else(|error| format!("{name}: {error}"))).collect()
}

fn put(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn mail_that_was_set_aside_at_the_target_was_deleted_by_the_move() {
    for stop_at in POINTS {
        let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for name in ["damaged-1/queue.db", "damaged-2/queue.db", "before-1/queue.db", "content/1", "certificates/self-signed.pem"] {
            put(old.path(), name, &format!("old {name}"));
        }
        for name in ["damaged-1/queue.db", "before-1/queue.db", "content/1", "certificates/self-signed.pem"] {
            put(new.path(), name, &format!("new {name}"));
        }
        let stopped = move_step_by_step(old.path(), new.path(), &mut |point| {
            if point == stop_at { Err(io::Error::other("the power went off")) } else { Ok(()) }
        });
        assert!(stopped.is_err());
        move_home(old.path(), new.path()).unwrap();
        let names = ["damaged-1", "damaged-2", "damaged-3", "before-1", "before-2"].map(|name| format!("{name}/queue.db"));
        assert_eq!(
            kept(new.path(), &names.each_ref().map(String::as_str)),
            ["new damaged-1", "old damaged-1", "old damaged-2", "new before-1", "old before-1"].map(|said| format!("{said}/queue.db")),
            "{stop_at:?}"
        );
        // What has one place only is the old relay's now; the other one's is kept all the same.
        assert_eq!(kept(new.path(), &["content/1", "certificates/self-signed.pem"]), ["old content/1", "old certificates/self-signed.pem"]);
        let aside = (3..=4).map(|number| new.path().join(format!("before-{number}")));
        let aside: Vec<String> = aside.flat_map(|folder| kept(&folder, &["content/1", "certificates/self-signed.pem"])).collect();
        for was in ["new content/1", "new certificates/self-signed.pem"] {
            assert!(aside.iter().any(|text| text == was), "{stop_at:?}: {was} is lost: {aside:?}");
        }
    }
}

#[tokio::test]
async fn whether_a_move_can_begin_is_said_beforehand_and_changes_nothing() {
    let (old, id) = lived_in().await;
    let (occupied, _) = lived_in().await;
    let room = tempfile::tempdir().unwrap();
    let nowhere = room.path().join("nowhere");
    can_move(old.path(), &nowhere).unwrap();
    assert!(!nowhere.exists());
    assert!(matches!(can_move(old.path(), occupied.path()), Err(MoveError::Occupied(_, 1))));
    assert!(matches!(can_move(old.path(), old.path()), Err(MoveError::Same(..))));
    assert!(matches!(can_move(&nowhere, old.path()), Err(MoveError::NoFolder(_))));
    let free = tempfile::tempdir().unwrap();
    let host = start(old.path()).await.unwrap();
    assert!(matches!(can_move(old.path(), free.path()), Err(MoveError::Held(..))));
    assert!(matches!(can_move(occupied.path(), old.path()), Err(MoveError::Held(..))));
    assert_eq!(waiting(&host).await, [id]);
    host.stop().await;

    move_home(old.path(), free.path()).unwrap();
    can_move(free.path(), old.path()).unwrap();
    // The same once more is no trouble; a move of what went elsewhere is.
    can_move(old.path(), free.path()).unwrap();
    assert!(matches!(can_move(old.path(), occupied.path()), Err(MoveError::MovedBefore(..))));
}

#[cfg(unix)]
#[test]
fn a_link_is_not_followed() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(new.path().join("secret"), "of another").unwrap();
    std::os::unix::fs::symlink(new.path().join("secret"), old.path().join("certificate.pem")).unwrap();
    let to = tempfile::tempdir().unwrap();
    move_home(old.path(), to.path()).unwrap();
    assert!(fs::symlink_metadata(to.path().join("certificate.pem")).is_err());
}

//! Files dropped into the pickup folder are taken as the SMTP service of IIS did: only whole, never lost, bad ones with a reason.

use super::{MESSAGE, Provider};
use control::settings::{HeaderAction, HeaderRule, PickupSettings, Settings};
use control::view::{EntryKind, StoryKind};
use control::{Answer, ProblemCode, Request};
use e2e::client::PATIENCE;
use e2e::{Office, Taken};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

async fn office(provider: &Provider, change: impl FnOnce(&mut Settings)) -> Office {
    Office::changed(&provider.fake, &provider.ca_file(), |settings| {
        settings.pickup = Some(PickupSettings { folder: "pickup".into(), bad_folder: "badmail".into() });
        change(settings);
    })
    .await
}

fn pickup(office: &Office) -> PathBuf {
    office.folder.path().join("pickup")
}

/// As programs do it that know what they do: written elsewhere, then moved in.
fn drop_in(office: &Office, name: &str, text: &[u8]) {
    let written = pickup(office).join(format!("{name}.tmp"));
    fs::write(&written, text).unwrap();
    fs::rename(written, pickup(office).join(name)).unwrap();
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .map(|listing| listing.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    names.sort();
    names
}

/// Waits until it is so; looks whenever something happens in the office's folder.
async fn until(office: &Office, what: &str, mut wanted: impl FnMut() -> bool) {
    let (news, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let mut watcher = notify::recommended_watcher(move |_| {
        let _ = news.send(());
    })
    .unwrap();
    notify::Watcher::watch(&mut watcher, office.folder.path(), notify::RecursiveMode::Recursive).unwrap();
    let waiting = async {
        while !wanted() {
            heard.recv().await.unwrap();
        }
    };
    let gone = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(gone.is_ok(), "never came: {what}; there are {:?}", files(&pickup(office)));
}

fn text(taken: &Taken) -> String {
    String::from_utf8(taken.content.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_file_is_sent_and_gone() {
    let provider = Provider::start().await;
    let office = office(&provider, |_| {}).await;
    until(&office, "the folder", || pickup(&office).is_dir()).await;
    drop_in(
        &office,
        "order 17.eml",
        b"X-Sender: erp@office.test\nX-Receiver: ann@away.test\nX-Receiver: <bob@away.test>\n\
          From: ERP <erp@office.test>\nTo: Ann <ann@away.test>\nBcc: bob@away.test\nDate: Thu, 26 Nov 2026 14:00:00 +0100\n\
          Message-ID: <17@erp.test>\nSubject: Order 17\n\nfirst\n.second\r\r\nlast",
    );
    let taken = provider.fake.until(1).await;
    assert_eq!(taken[0].reverse_path, "erp@office.test");
    assert_eq!(taken[0].forward_paths, ["ann@away.test", "bob@away.test"]);
    let content = text(&taken[0]);
    let (trace, rest) = content.split_at(content.find("From: ERP").unwrap());
    assert!(trace.starts_with("Received: by relay.office.test (Outtray, from its pickup folder)\r\n\tid "), "{trace}");
    assert_eq!(
        rest,
        "From: ERP <erp@office.test>\r\nTo: Ann <ann@away.test>\r\nDate: Thu, 26 Nov 2026 14:00:00 +0100\r\n\
         Message-ID: <17@erp.test>\r\nSubject: Order 17\r\n\r\nfirst\r\n.second\r\nlast\r\n"
    );
    until(&office, "an empty folder", || files(&pickup(&office)).is_empty()).await;

    office.until_queue_is_empty().await;
    let entry = office.history().await.remove(0);
    assert_eq!((entry.client.as_str(), entry.client_name.as_str(), entry.kind), ("", "pickup", EntryKind::Mail));
    let StoryKind::Accepted { client_name, .. } = office.story(&entry.id).await.steps.remove(0).what else { panic!() };
    assert_eq!(client_name, "pickup");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_into_every_message_is_put_into_files_too() {
    let provider = Provider::start().await;
    let office = office(&provider, |settings| {
        let add = HeaderAction::Add { field: "X-Organization".into(), value: "Muster GmbH".into() };
        let remove = HeaderAction::Remove { field: Some("X-Erp".into()) };
        settings.headers =
            [add, remove].map(|action| HeaderRule { name: String::new(), field: None, pattern: String::new(), action }).into();
        // No rule allows anybody: a file comes from no address.
        settings.rules.clear();
    })
    .await;
    until(&office, "the folder", || pickup(&office).is_dir()).await;
    drop_in(&office, "order.eml", b"From: erp@office.test\nTo: ann@away.test\nX-Erp: 17\nSubject: Order\n\nbody\n");
    let taken = provider.fake.until(1).await;
    let content = text(&taken[0]);
    let put_in = "From: erp@office.test\r\nTo: ann@away.test\r\nSubject: Order\r\nX-Organization: Muster GmbH\r\n\r\nbody\r\n";
    assert!(content.ends_with(put_in), "{content}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_dotnet_and_of_programs_that_know_no_envelope_are_taken_alike() {
    let provider = Provider::start().await;
    let office = office(&provider, |_| {}).await;
    until(&office, "the folder", || pickup(&office).is_dir()).await;
    // As System.Net.Mail writes them, with its own order and a byte order mark of an editor's.
    let dotnet = "\u{feff}X-Sender: app@office.test\r\nX-Receiver: ann@away.test\r\nMIME-Version: 1.0\r\nFrom: app@office.test\r\nTo: ann@away.test\r\n\
                  Date: 26 Nov 2026 14:00:00 +0000\r\nSubject: dotnet\r\nContent-Type: text/plain; charset=us-ascii\r\n\
                  Content-Transfer-Encoding: quoted-printable\r\n\r\nhello\r\n\r\n";
    drop_in(&office, "3f2504e0-4f89-11d3-9a0c-0305e82c3301.eml", dotnet.as_bytes());
    drop_in(
        &office,
        "plain",
        b"From: scan@office.test\nTo: ann@away.test, Office: bob@away.test, eve@away.test;\nSubject: plain\n\n\xe4\xf6\xfc\n",
    );
    let taken = provider.fake.until(2).await;
    let of =
        |subject: &str| taken.iter().find(|taken| taken.content.windows(subject.len()).any(|part| part == subject.as_bytes())).unwrap();
    assert_eq!(of("Subject: dotnet").forward_paths, ["ann@away.test"]);
    assert!(text(of("Subject: dotnet")).ends_with(&dotnet[dotnet.find("MIME").unwrap()..]));
    assert_eq!(of("Subject: plain").forward_paths, ["ann@away.test", "bob@away.test", "eve@away.test"]);
    let plain = &of("Subject: plain").content;
    assert!(plain.ends_with(b"\r\n\r\n\xe4\xf6\xfc\r\n"));
    // Date and Message-ID were missing.
    assert!(String::from_utf8_lossy(plain).contains("\r\nDate: ") && String::from_utf8_lossy(plain).contains("\r\nMessage-ID: <"));
}

#[cfg(target_os = "linux")] // elsewhere the system itself says who has a file open
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_still_written_or_locked_is_waited_for() {
    let provider = Provider::start().await;
    let office = office(&provider, |_| {}).await;
    until(&office, "the folder", || pickup(&office).is_dir()).await;
    // Half of it, and its writer takes its time. Others come and go meanwhile.
    let mut slow = File::create(pickup(&office).join("slow.eml")).unwrap();
    write!(slow, "From: slow@office.test\nTo: ann@away.test\nSubject: slow\n\nfirst half\n").unwrap();
    let locked = pickup(&office).join("locked.eml");
    let mut holder = File::create(pickup(&office).join("locked.tmp")).unwrap();
    holder.lock().unwrap();
    write!(holder, "From: locked@office.test\nTo: ann@away.test\n\nx\n").unwrap();
    fs::rename(pickup(&office).join("locked.tmp"), &locked).unwrap();
    for round in 1..4 {
        drop_in(&office, "quick.eml", MESSAGE.as_bytes());
        let taken = provider.fake.until(round).await;
        assert!(text(&taken[round - 1]).contains("Subject: Scan 1"));
    }
    // What was taken is removed only when it is safe, which can be after it has gone out.
    until(&office, "only those two left", || files(&pickup(&office)) == ["locked.eml", "slow.eml"]).await;
    writeln!(slow, "second half").unwrap();
    drop(slow);
    let taken = provider.fake.until(4).await;
    assert!(text(&taken[3]).ends_with("\r\n\r\nfirst half\r\nsecond half\r\n"), "{}", text(&taken[3]));
    drop(holder);
    let taken = provider.fake.until(5).await;
    assert_eq!(taken[4].reverse_path, "locked@office.test");
    until(&office, "an empty folder", || files(&pickup(&office)).is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_files_go_to_their_own_folder_with_a_text_that_says_why() {
    let provider = Provider::start().await;
    let office = office(&provider, |settings| {
        settings.limits.message_bytes = 10_000;
        settings.limits.recipients = 2;
        settings.limits.hops = 3;
    })
    .await;
    until(&office, "the folder", || pickup(&office).is_dir()).await;
    let bad = office.folder.path().join("badmail");
    let head = "From: a@office.test\nTo: ann@away.test\n";
    let many = "From: a@office.test\nTo: a@b.test, b@b.test, c@b.test\n\nx\n";
    for (name, content, why) in [
        ("no-sender.eml", "To: ann@away.test\n\nx\n".to_owned(), "it does not say who it is from"),
        ("no-recipient.eml", "From: a@office.test\n\nx\n".to_owned(), "it does not say who it is for"),
        ("bad-recipient.eml", "From: a@office.test\nTo: Ann\n\nx\n".to_owned(), "in To stands something that is no address: \"Ann\""),
        ("many.eml", many.to_owned(), "it has more than the 2 recipients"),
        ("large.eml", format!("{head}\n{}\n", "x".repeat(11_000)), "it is larger than the 10000 octets"),
        ("loop.eml", format!("{}{head}\nx\n", "Received: by a; today\n".repeat(4)), "it has gone through more than 3 servers"),
        ("text.txt", "Dear Ann,\n\nhello\n".to_owned(), "in its header stands a line that is no field: \"Dear Ann,\""),
    ] {
        drop_in(&office, name, content.as_bytes());
        let reason = bad.join(format!("{name}.txt"));
        until(&office, name, || bad.join(name).exists() && reason.exists()).await;
        let reason = fs::read_to_string(reason).unwrap();
        assert!(reason.contains(&format!("Why: {why}")) && reason.contains("\r\nWhat to do: "), "{reason}");
        assert_eq!(fs::read_to_string(bad.join(name)).unwrap(), content);
    }
    assert!(files(&pickup(&office)).is_empty());
    assert!(office.history().await.is_empty());
    assert_eq!(files(&office.folder.path().join("content")), [""; 0]);
    // Counted behind the move.
    office.until("seven that were refused", |snapshot| snapshot.counters.refused == 7).await;
    // Mended and moved back it is taken.
    drop_in(&office, "no-sender.eml", format!("{head}\nx\n").as_bytes());
    provider.fake.until(1).await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_us_send_a_file_that_he_cannot_read_himself() {
    let provider = Provider::start().await;
    let office = office(&provider, |_| {}).await;
    until(&office, "the folder", || pickup(&office).is_dir()).await;
    let secret = office.folder.path().join("secret.eml");
    fs::write(&secret, "From: a@office.test\nTo: ann@away.test\n\nsecret\n").unwrap();
    std::os::unix::fs::symlink(&secret, pickup(&office).join("a.eml")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(pickup(&office).join("b.eml")).status().unwrap().success());
    fs::create_dir(pickup(&office).join("c.eml")).unwrap();
    drop_in(&office, "d.eml", MESSAGE.as_bytes());
    let taken = provider.fake.until(1).await;
    assert!(text(&taken[0]).contains("Subject: Scan 1"));
    until(&office, "only what is no file", || files(&pickup(&office)) == ["a.eml", "b.eml", "c.eml"]).await;
    assert_eq!(office.history().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_crash_left_between_keeping_and_removing_is_neither_lost_nor_sent_twice() {
    let provider = Provider::start().await;
    let mut office = office(&provider, |_| {}).await;
    until(&office, "the folder", || pickup(&office).is_dir()).await;
    office.ask(Request::Pause).await;
    drop_in(&office, "kept.eml", b"From: kept@office.test\nTo: ann@away.test\n\nx\n");
    let waiting = office.until("it is kept", |snapshot| snapshot.counters.waiting == 1).await;
    assert_eq!(waiting.counters.accepted, 1);
    let kept = office.queue().await.remove(0).id;
    until(&office, "an empty folder", || files(&pickup(&office)).is_empty()).await;

    // As it would lie there had the engine ended behind the commit, and before it.
    let never_kept = kept.replace(&kept[..4], "0190");
    fs::write(pickup(&office).join(format!("{kept}.taking")), b"From: kept@office.test\nTo: ann@away.test\n\nx\n").unwrap();
    fs::write(pickup(&office).join(format!("{never_kept}.taking")), b"From: again@office.test\nTo: ann@away.test\n\nx\n").unwrap();
    office.restart().await;
    until(&office, "an empty folder", || files(&pickup(&office)).is_empty()).await;
    office.ask(Request::Resume).await;
    let taken = provider.fake.until(2).await;
    office.until_queue_is_empty().await;
    let mut senders: Vec<_> = provider.fake.messages().iter().map(|taken| taken.reverse_path.clone()).collect();
    senders.sort();
    assert_eq!(senders, ["again@office.test", "kept@office.test"], "{}", taken.len());
    assert_eq!(office.history().await.iter().filter(|entry| entry.id == never_kept).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_were_there_before_are_taken_when_the_folder_is_set_and_none_when_it_is_not() {
    let provider = Provider::start().await;
    let office = Office::with(&provider.fake, &provider.ca_file()).await;
    let old = office.folder.path().join("inetpub");
    fs::create_dir(&old).unwrap();
    let file = old.join("old.eml");
    fs::write(&file, MESSAGE).unwrap();
    // Nobody has said when its writer was done with it: it has to lie still for a while.
    let mut settings = office.settings().await;
    settings.pickup = Some(PickupSettings { folder: old.display().to_string(), bad_folder: "badmail".into() });
    assert!(matches!(office.apply(settings.clone()).await, Answer::Settings { .. }));
    // A program that opens it to write and closes it again makes that known at once. Whether the folder is watched already
    // nobody tells, so it does so more than once.
    let mut poke = tokio::time::interval(std::time::Duration::from_millis(100));
    while provider.fake.messages().is_empty() {
        poke.tick().await;
        drop(File::options().append(true).open(&file));
    }
    until(&office, "it is gone", || !file.exists()).await;
    settings.pickup = None;
    assert!(matches!(office.apply(settings).await, Answer::Settings { .. }));
    fs::write(old.join("new.eml"), MESSAGE).unwrap();
    office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    provider.fake.until(2).await;
    assert_eq!(files(&old), ["new.eml"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_in_the_folders_is_a_problem_of_the_settings_or_a_notice_until_it_can() {
    let provider = Provider::start().await;
    let office = office(&provider, |_| {}).await;
    until(&office, "the folder", || pickup(&office).is_dir()).await;
    let mut settings = office.settings().await;
    fs::write(office.folder.path().join("file"), "").unwrap();
    settings.pickup = Some(PickupSettings { folder: "file".into(), bad_folder: "badmail".into() });
    let answer = office.apply(settings.clone()).await;
    let Answer::Problems { problems } = answer else { panic!("{answer:?}") };
    assert_eq!(problems[0].field, "pickup.folder");

    // Where bad files are to go stands something else by now.
    let in_the_way = office.folder.path().join("badmail");
    fs::write(&in_the_way, "").unwrap();
    drop_in(&office, "bad.eml", b"");
    drop_in(&office, "worse.eml", b"Dear Ann,\n\nhello\n");
    let failed = |notice: &control::Problem| notice.code == ProblemCode::PickupFailed;
    let snapshot = office.until("the notice", |snapshot| snapshot.notices.iter().any(failed)).await;
    let notice = snapshot.notices.into_iter().find(failed).unwrap();
    assert_eq!(notice.subject, Some(pickup(&office).canonicalize().unwrap().display().to_string()));
    assert!(notice.said.unwrap().starts_with("worse.eml: it cannot be moved to "));
    assert_eq!(files(&pickup(&office)), ["bad.eml", "worse.eml"]);
    // Others are taken all the same.
    drop_in(&office, "good.eml", MESSAGE.as_bytes());
    provider.fake.until(1).await;
    fs::remove_file(&in_the_way).unwrap();
    drop_in(&office, "good.eml", MESSAGE.as_bytes());
    provider.fake.until(2).await;
    office.until("the end of the notice", |snapshot| !snapshot.notices.iter().any(failed)).await;
    assert_eq!(files(&in_the_way), ["worse.eml", "worse.eml.txt"]);
}

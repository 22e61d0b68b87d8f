//! Signed in with tokens of a real OpenID provider: by an application alone, by somebody with a browser; tokens that end,
//! are called back or cannot be had. No message is lost or bounced for any of it.

use super::MESSAGE;
use control::settings::{NamedSmartHost, RouteSettings, Settings, SignIn, SmartHostEncryption, TokenGrant};
use control::view::{LaneState, ProbeOutcome, ProbeStage, SignInView, SignInWaiting, Snapshot};
use control::{Answer, ProblemCode, Request, Secret};
use e2e::daemon::{furnish, program};
use e2e::office::{USER, settings_for};
use e2e::token_service::{Desk, SERVICE_SECRET, signer_files};
use e2e::{Certs, Client, Daemon, FakeSmartHost, Office, OpenIdProvider, SmartHostRunning};
use relay::clock::{Clock, HandWound, SystemClock};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// A provider of mail that asks a provider of tokens about every token it is shown.
struct World {
    folder: tempfile::TempDir,
    service: OpenIdProvider,
    fake: SmartHostRunning,
}

impl World {
    async fn new() -> Self {
        let certs = Certs::new();
        let folder = tempfile::tempdir().unwrap();
        let service = OpenIdProvider::start(&certs, folder.path());
        let desk = service.desk();
        let fake = FakeSmartHost::new().starttls(certs.server()).tokens(USER, move |token| desk.judge(token)).start().await;
        Self { folder, service, fake }
    }

    fn desk(&self) -> Desk {
        self.service.desk()
    }

    fn settings(&self, sign_in: SignIn) -> Settings {
        let mut settings = settings_for(self.fake.port(), &self.ca_file());
        settings.smart_host.as_mut().unwrap().sign_in = sign_in;
        settings
    }

    fn ca_file(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    async fn office(&self, client_id: &str, grant: TokenGrant, secret: &str) -> Office {
        let office = Office::start(self.settings(self.service.sign_in(client_id, grant)), Arc::new(SystemClock)).await;
        office.give_password(secret).await;
        office
    }

    async fn hands_in(&self, office: &Office) {
        office.device().await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
    }

    async fn takes(&self, messages: usize) {
        let taken = self.fake.until(messages).await;
        assert!(taken.iter().all(|message| message.encrypted && message.signed_in.as_deref() == Some(USER)));
    }
}

fn by_itself() -> TokenGrant {
    TokenGrant::ClientCredentials { certificate_file: None, secret_ends: None }
}

fn rests_for(snapshot: &Snapshot, code: ProblemCode) -> bool {
    matches!(&snapshot.lane.state, LaneState::Throttled { problem, .. } if problem.code == code)
}

fn view(snapshot: &Snapshot) -> SignInView {
    snapshot.settings.sign_in.clone().expect("a sign-in that wants tokens")
}

async fn begin(office: &Office) -> SignInWaiting {
    let smart_host = Box::new(office.settings().await.smart_host.unwrap());
    match office.ask(Request::BeginSignIn { smart_host, secret: None, lane: None }).await {
        Answer::SignIn { sign_in } => sign_in.waiting.expect("something to do"),
        other => panic!("{other:?}"),
    }
}

async fn until_ended(office: &Office) -> SignInView {
    view(&office.until("the end of a sign-in", |snapshot| view(snapshot).waiting.is_none()).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_signs_in_by_its_secret() {
    let world = World::new().await;
    let office = world.office("service", by_itself(), SERVICE_SECRET).await;
    for _ in 0..3 {
        world.hands_in(&office).await;
    }
    world.takes(3).await;
    assert_eq!(world.desk().asked().await, ["client_credentials 200"], "one token serves until it ends");
    let view = view(&office.snapshot().await);
    assert!(view.signed_in && view.token_until.is_some() && view.problem.is_none() && view.account.is_none(), "{view:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_signs_in_by_its_certificate() {
    let world = World::new().await;
    let (certificate, key) = signer_files();
    let grant = TokenGrant::ClientCredentials { certificate_file: Some(certificate.display().to_string()), secret_ends: None };
    // As it is typed or piped in: many lines.
    let office = world.office("signer", grant, &std::fs::read_to_string(key).unwrap()).await;
    world.hands_in(&office).await;
    world.takes(1).await;
    assert_eq!(world.desk().asked().await, ["client_credentials 200"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_rests_the_lane_and_the_right_one_wakes_it() {
    let world = World::new().await;
    let office = world.office("service", by_itself(), "a secret that has run out").await;
    world.hands_in(&office).await;
    let snapshot = office.until("a resting lane", |snapshot| rests_for(snapshot, ProblemCode::AppSecretRefused)).await;
    let problem = view(&snapshot).problem.expect("the same problem");
    assert_eq!((problem.code, problem.subject.as_deref()), (ProblemCode::AppSecretRefused, Some("service")));
    assert!(problem.said.unwrap().contains("invalid_client"));
    assert_eq!((snapshot.counters.waiting, snapshot.counters.failed, world.fake.connections()), (1, 0, 0), "nobody was called");
    office.give_password(SERVICE_SECRET).await;
    world.takes(1).await;
    office.until("no problem", |snapshot| view(snapshot).problem.is_none() && matches!(snapshot.lane.state, LaneState::Ready)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_will_run_out_is_told_of_until_another_is_there() {
    let world = World::new().await;
    let clock = Arc::new(HandWound::at(SystemClock.now()));
    let day = |ahead: i64| (clock.now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date() + jiff::Span::new().days(ahead)).to_string();
    let grant = |secret_ends| TokenGrant::ClientCredentials { certificate_file: None, secret_ends };
    let settings = |ends: String| world.settings(world.service.sign_in("service", grant(Some(ends))));
    let office = Office::start(settings(day(12)), clock.clone()).await;
    let ends = |snapshot: &Snapshot| snapshot.notices.iter().find(|notice| notice.code == ProblemCode::AppSecretEnds).cloned();
    let notice = ends(&office.snapshot().await).expect("a notice");
    assert_eq!((notice.subject.as_deref(), notice.said), (Some(USER), Some(format!("it ends on {}, in 12 days", day(12)))));
    let Answer::Problems { problems } = office.apply(settings("in spring".into())).await else { panic!("that is no day") };
    assert_eq!((problems[0].field.as_str(), problems[0].value.as_str()), ("smartHost.signIn.grant.secretEnds", "in spring"));
    assert!(matches!(office.apply(settings(day(180))).await, Answer::Settings { .. }));
    office.until("no notice", |snapshot| ends(snapshot).is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_in_mid_queue_loses_no_message() {
    let world = World::new().await;
    world.desk().life("ClientCredentials", 2).await;
    let mut settings = world.settings(world.service.sign_in("service", by_itself()));
    // Each message signs in anew.
    settings.smart_host.as_mut().unwrap().messages_per_connection = 1;
    let office = Office::start(settings, Arc::new(SystemClock)).await;
    office.give_password(SERVICE_SECRET).await;
    let mut device = office.device().await;
    let mut handed_in = 0;
    // For longer than two tokens live.
    while world.desk().asked().await.len() < 4 {
        device.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;
        handed_in += 1;
        world.fake.until(handed_in).await;
    }
    world.takes(handed_in).await;
    let snapshot = office.snapshot().await;
    assert_eq!((snapshot.counters.sent as usize, snapshot.counters.failed, snapshot.counters.deferred), (handed_in, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_called_back_is_replaced_and_nothing_is_told_of_it() {
    let world = World::new().await;
    let office = world.office("service", by_itself(), SERVICE_SECRET).await;
    world.hands_in(&office).await;
    world.takes(1).await;
    world.fake.until_that(|fake| fake.messages().len() == 1).await;
    world.desk().forget("ClientCredentials").await;
    // The open line is still signed in; the next is not.
    world.fake.stop().await;
    world.fake.start_again().await;
    world.hands_in(&office).await;
    world.takes(2).await;
    assert_eq!(world.desk().asked().await, ["client_credentials 200", "client_credentials 200"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_tokens_is_down_and_comes_back() {
    let world = World::new().await;
    world.desk().down(true).await;
    let office = world.office("service", by_itself(), SERVICE_SECRET).await;
    world.hands_in(&office).await;
    let snapshot = office.until("a resting lane", |snapshot| rests_for(snapshot, ProblemCode::TokenUnreachable)).await;
    assert_eq!((snapshot.counters.waiting, snapshot.counters.failed), (1, 0));
    world.desk().down(false).await;
    // By itself.
    world.takes(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_with_a_code_and_it_lasts_until_it_is_called_back() {
    let world = World::new().await;
    let mut settings = world.settings(world.service.sign_in("desktop", TokenGrant::DeviceCode));
    settings.smart_host.as_mut().unwrap().messages_per_connection = 1;
    let clock = Arc::new(HandWound::at(SystemClock.now()));
    let office = Office::start(settings, Arc::clone(&clock) as Arc<dyn Clock>).await;
    world.hands_in(&office).await;
    let snapshot = office.until("a resting lane", |snapshot| rests_for(snapshot, ProblemCode::SignInLapsed)).await;
    assert!(!view(&snapshot).signed_in);

    let SignInWaiting::DeviceCode { code, link, .. } = begin(&office).await else { panic!("no code") };
    world.desk().visit(&format!("{link}?user_code={code}")).await;
    let ended = until_ended(&office).await;
    assert_eq!((ended.signed_in, ended.account.as_deref(), &ended.problem), (true, Some(USER), &None));
    assert!(ended.token_until.is_some() && ended.since.is_some());
    // The lane was woken.
    world.takes(1).await;

    // The token's end comes near: it is renewed with what was left of the sign-in, which changes each time.
    for messages in [2, 3] {
        clock.advance(Duration::from_secs(590));
        world.hands_in(&office).await;
        world.takes(messages).await;
    }
    let renewals = |asked: Vec<String>| asked.iter().filter(|asked| *asked == "refresh_token 200").count();
    assert_eq!(renewals(world.desk().asked().await), 2);

    // Somebody calls everything back.
    for kind in ["RefreshToken", "AccessToken", "Grant"] {
        world.desk().forget(kind).await;
    }
    clock.advance(Duration::from_secs(590));
    world.hands_in(&office).await;
    let snapshot = office.until("a resting lane", |snapshot| rests_for(snapshot, ProblemCode::SignInLapsed)).await;
    assert_eq!((snapshot.counters.waiting, snapshot.counters.failed), (1, 0));
    let said = view(&snapshot).problem.unwrap().said.unwrap();
    assert!(said.contains("invalid_grant"), "{said}");

    let SignInWaiting::DeviceCode { code, link, .. } = begin(&office).await else { panic!("no code") };
    world.desk().visit(&format!("{link}?user_code={code}")).await;
    until_ended(&office).await;
    world.takes(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_declines_or_gives_up() {
    let world = World::new().await;
    let office = world.office("desktop", TokenGrant::DeviceCode, "nothing").await;
    let SignInWaiting::DeviceCode { code, link, .. } = begin(&office).await else { panic!("no code") };
    world.desk().decline(&format!("{link}?user_code={code}")).await;
    let ended = until_ended(&office).await;
    let problem = ended.problem.expect("a reason");
    assert_eq!((ended.signed_in, problem.code), (false, ProblemCode::TokenRefused));
    assert!(problem.said.unwrap().contains("whoever was to sign in did not agree"));

    begin(&office).await;
    let Answer::Settings { settings } = office.ask(Request::CancelSignIn).await else { panic!("no settings") };
    assert_eq!(settings.sign_in.unwrap().waiting, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_with_a_browser_on_this_machine_and_out_again() {
    let world = World::new().await;
    let office = world.office("desktop", TokenGrant::AuthorizationCode, "nothing").await;
    let SignInWaiting::Browser { link, .. } = begin(&office).await else { panic!("no link") };
    // Somebody else on this machine knows the port and nothing more.
    let redirect = link.split('&').find_map(|part| part.strip_prefix("redirect_uri=")).unwrap().replace("%3A", ":").replace("%2F", "/");
    let guess = format!("{redirect}/?code=guessed&state=guessed");
    assert!(world.desk().visit(&guess).await.contains("There is nothing here."));
    assert!(view(&office.snapshot().await).waiting.is_some(), "that ends nothing");

    let last = world.desk().visit(&link).await;
    assert!(last.contains("You are signed in."), "{last}");
    let ended = until_ended(&office).await;
    assert_eq!((ended.signed_in, ended.account.as_deref(), &ended.problem), (true, Some(USER), &None));
    world.hands_in(&office).await;
    world.takes(1).await;

    let Answer::Settings { settings } = office.ask(Request::SignOut).await else { panic!("no settings") };
    assert!(!settings.sign_in.unwrap().signed_in);
    world.hands_in(&office).await;
    office.until("a resting lane", |snapshot| rests_for(snapshot, ProblemCode::SignInLapsed)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_check_signs_in_before_anything_is_saved() {
    let world = World::new().await;
    let office = Office::start(settings_for(world.fake.port(), &world.ca_file()), Arc::new(SystemClock)).await;
    let smart_host = world.settings(world.service.sign_in("service", by_itself())).smart_host.map(Box::new).unwrap();
    let probe = |secret: &str| Request::Probe {
        probe: 7,
        smart_host: smart_host.clone(),
        secret: Some(Secret::new(secret.to_owned())),
        sender: None,
        lane: None,
    };
    let mut outcomes = Vec::new();
    for secret in ["wrong", SERVICE_SECRET] {
        let Answer::Probed { steps } = office.ask(probe(secret)).await else { panic!("no steps") };
        let step = steps.into_iter().find(|step| step.stage == ProbeStage::SignIn).unwrap();
        outcomes.push(match step.outcome {
            ProbeOutcome::Failed { problem } => format!("{:?}", problem.code),
            ProbeOutcome::Passed { found } => found,
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(outcomes, ["AppSecretRefused".to_owned(), format!("{USER} (XOAUTH2)")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_service_nobody_vouches_for_is_sent_nothing() {
    let world = World::new().await;
    let other = Certs::new();
    let folder = tempfile::tempdir().unwrap();
    let untrusted = OpenIdProvider::start(&other, folder.path());
    let office = Office::start(world.settings(untrusted.sign_in("service", by_itself())), Arc::new(SystemClock)).await;
    office.give_password(SERVICE_SECRET).await;
    world.hands_in(&office).await;
    let snapshot = office.until("a resting lane", |snapshot| rests_for(snapshot, ProblemCode::CertificateUntrusted)).await;
    assert_eq!(view(&snapshot).problem.unwrap().subject.as_deref(), Some("127.0.0.1"));
    assert!(untrusted.desk().asked().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_provider_is_signed_in_to_from_a_shell() {
    let world = World::new().await;
    let usual = FakeSmartHost::new().start().await;
    let mut settings = world.settings(SignIn::None);
    let mut news = settings.smart_host.clone().unwrap();
    news.sign_in = world.service.sign_in("desktop", TokenGrant::DeviceCode);
    let default = settings.smart_host.as_mut().unwrap();
    (default.port, default.encryption) = (usual.port(), SmartHostEncryption::None);
    settings.other_smart_hosts = vec![NamedSmartHost { name: "news".into(), smart_host: news }];
    let route = RouteSettings { via: vec!["news".into()], recipients: vec!["away.test".into()], ..RouteSettings::default() };
    settings.routes = vec![route];
    let (data, credentials) = furnish(world.folder.path(), &settings, "");
    let daemon = Daemon::start(&data, &credentials);
    Client::greeted(daemon.address).await.hands_in("scan@office.test", &["ann@away.test"], MESSAGE).await;

    let outtrayd = |words: &[&str]| {
        let mut command = Command::new(program());
        command.args(["sign-in", "--lane", "news", "--json", "--data"]).arg(&data).args(words);
        command
    };
    let status = || serde_json::from_slice::<Value>(&outtrayd(&["status"]).output().unwrap().stdout).unwrap();
    assert_eq!(status()["signedIn"], false);
    let mut shell = outtrayd(&[]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(shell.stdout.take().unwrap()).lines();
    let asked: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    world.desk().visit(&format!("{}?user_code={}", asked["link"].as_str().unwrap(), asked["code"].as_str().unwrap())).await;
    let ended: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(ended["signedIn"], true, "{ended}");
    assert!(shell.wait().unwrap().success());
    world.takes(1).await;
    assert_eq!((status()["signedIn"].clone(), usual.connections()), (true.into(), 0));
}

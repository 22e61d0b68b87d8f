//! What is kept of somebody's sign-in, and for whom.

#![allow(clippy::unwrap_used)]

use super::endpoint::Given;
use super::*;
use control::ProblemCode;
use relay::clock::SystemClock;
use relay::smarthost::TroubleKind;
use std::time::Duration;

fn plan(tenant: &str) -> Plan {
    let text = format!(
        r#"{{"server": "a.test", "port": 587, "encryption": "starttls", "signIn": {{"kind": "oauth", "user": "ann@a.test",
            "clientId": "app", "grant": {{"kind": "deviceCode"}}, "service": {{"kind": "microsoft365", "tenant": "{tenant}"}}}}}}"#
    );
    Plan::of(&serde_json::from_str(&text).unwrap(), std::path::Path::new("/")).unwrap()
}

fn given(refresh: Option<&str>) -> Given {
    Given {
        token: "token".to_owned().into(),
        life: Duration::from_secs(3600),
        refresh: refresh.map(|refresh| refresh.to_owned().into()),
        account: Some("ann@a.test".into()),
    }
}

/// An engine that begins on the same credential store, with these settings.
async fn begun(secrets: &Arc<Secrets>, tenant: &str) -> (Oauth, SignInView) {
    let oauth = Oauth::new(Arc::clone(secrets), Arc::new(SystemClock));
    oauth.put_in_force(Some(plan(tenant)), None).await.unwrap();
    let view = oauth.view(|_| Problem::new(ProblemCode::Other)).unwrap();
    (oauth, view)
}

#[tokio::test]
async fn a_sign_in_outlives_its_engine_and_is_for_its_own_service_only() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = Arc::new(Secrets::open(folder.path()).await);
    let (oauth, view) = begun(&secrets, "a.test").await;
    assert!(!view.signed_in);
    oauth.source(plan("a.test"), None).take(given(Some("long-lived"))).await.unwrap();

    let (_, view) = begun(&secrets, "a.test").await;
    assert_eq!((view.signed_in, view.account.as_deref(), view.token_until), (true, Some("ann@a.test"), None));
    let (other, view) = begun(&secrets, "b.test").await;
    assert!(!view.signed_in, "it is never shown to another directory");

    // Somebody tries other settings out and signs in there: nothing of what is in force is lost.
    other.source(plan("c.test"), None).take(given(Some("tried out"))).await.unwrap();
    assert!(begun(&secrets, "a.test").await.1.signed_in);
    assert!(!begun(&secrets, "c.test").await.1.signed_in);
    // Once these settings are in force, it is kept.
    other.put_in_force(Some(plan("c.test")), None).await.unwrap();
    assert!(begun(&secrets, "c.test").await.1.signed_in);

    let (last, _) = begun(&secrets, "c.test").await;
    last.sign_out().await.unwrap();
    assert!(!last.view(|_| Problem::new(ProblemCode::Other)).unwrap().signed_in);
    assert!(!begun(&secrets, "c.test").await.1.signed_in);
}

#[tokio::test]
async fn a_sign_in_that_would_not_last_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = Arc::new(Secrets::open(folder.path()).await);
    let (oauth, _) = begun(&secrets, "a.test").await;
    let source = oauth.source(plan("a.test"), None);
    assert_eq!(source.take(given(None)).await.unwrap_err().kind, TroubleKind::TokenRefused);
    assert!(!source.standing().signed_in);
    let trouble = source.token().await.unwrap_err();
    assert_eq!((trouble.kind, trouble.said.as_str()), (TroubleKind::SignInLapsed, "nobody has signed in yet"));
}

#[tokio::test]
async fn the_same_plan_has_the_same_source_and_another_secret_another() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = Arc::new(Secrets::open(folder.path()).await);
    let (oauth, _) = begun(&secrets, "a.test").await;
    let secret = |text: &str| Some(SecretString::from(text.to_owned()));
    assert!(oauth.source(plan("a.test"), None).is(&oauth.source(plan("a.test"), secret("of no use for this grant"))));
    assert!(!oauth.source(plan("a.test"), None).is(&oauth.source(plan("b.test"), None)));
    let by_itself = Plan { grant: Grant::ClientCredentials, proof: plan::Proof::Secret, ..plan("a.test") };
    let one = oauth.source(by_itself.clone(), secret("one"));
    assert!(one.is(&oauth.source(by_itself.clone(), secret("one"))));
    assert!(!one.is(&oauth.source(by_itself, secret("other"))));
}

#[tokio::test]
async fn another_engine_goes_on_with_the_sign_in() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let secrets = Arc::new(Secrets::open(here.path()).await);
    let (oauth, _) = begun(&secrets, "a.test").await;
    oauth.source(plan("a.test"), None).take(given(Some("long-lived"))).await.unwrap();
    let kept = secrets.hand_over_long(SIGN_IN).await.unwrap().unwrap().into_inner();

    let secrets = Arc::new(Secrets::open(there.path()).await);
    let (service, view) = begun(&secrets, "a.test").await;
    assert!(!view.signed_in);
    assert!(!service.take_over(&"a password".to_owned().into()).await);
    assert!(service.take_over(&kept).await);
    service.somebody_signed_in().await;
    let view = service.view(|_| Problem::new(ProblemCode::Other)).unwrap();
    assert_eq!((view.signed_in, view.account.as_deref()), (true, Some("ann@a.test")));
    assert!(!begun(&secrets, "b.test").await.1.signed_in, "for its own service only");
}

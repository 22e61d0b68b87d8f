//! One question to a token service (RFC 6749 §3.2), over HTTPS with the trust the smart host gets too.
//!
//! In: a form. Out: the answer, or a [`Refusal`]. No redirects, 30 seconds, a quarter of a megabyte.
//! Invariant: nothing that was sent as a secret stands in what is told of a refusal.

use super::plan::Plan;
use relay::smarthost::{Trouble, TroubleKind, certificate_trouble, client_for_others};
use secrecy::SecretString;
use serde_json::Value;
use std::error::Error;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);
const LARGEST: usize = 256 * 1024;
/// A token of which is not said how long it is good is taken to be good for so long.
const USUAL_LIFE: Duration = Duration::from_secs(300);
/// What is never repeated, whoever says it.
const SECRETS: [&str; 7] = ["client_secret", "client_assertion", "assertion", "refresh_token", "code", "code_verifier", "device_code"];

/// What is sent: names and values.
pub type Form = Vec<(&'static str, String)>;

pub struct Endpoint {
    http: reqwest::Client,
    host: String,
}

/// A token, and what came with it.
pub struct Given {
    pub token: SecretString,
    pub life: Duration,
    pub refresh: Option<SecretString>,
    /// Who it is for, where that is said.
    pub account: Option<String>,
}

/// Why there was no answer that could be used.
#[derive(Debug)]
pub enum Refusal {
    /// It passes by itself, most likely.
    Unreachable(String),
    /// Something a person must look at: the certificate, most likely.
    Trouble(Trouble),
    /// RFC 6749 §5.2: its code, and what is said about it.
    Refused { error: String, said: String },
}

impl Endpoint {
    pub fn of(plan: &Plan) -> Result<Self, Trouble> {
        let failed = |error: reqwest::Error| Trouble { kind: TroubleKind::TlsFailed, subject: plan.host(), said: in_words(&error) };
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(client_for_others(plan.extra_ca_file.as_deref())?)
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .user_agent(concat!("Outtray/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(failed)?;
        Ok(Self { http, host: plan.host() })
    }

    /// For a token.
    pub async fn token(&self, url: &str, form: &Form) -> Result<Given, Refusal> {
        let answer = self.ask(url, form).await?;
        Given::read(&answer).ok_or_else(|| Refusal::Refused { error: String::new(), said: "there is no token in its answer".into() })
    }

    /// For whatever stands in its answer.
    pub async fn ask(&self, url: &str, form: &Form) -> Result<Value, Refusal> {
        let sent = self.http.post(url).header("Accept", "application/json").form(form).send().await;
        let mut response = sent.map_err(|error| self.lost(&error))?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| self.lost(&error))? {
            body.extend_from_slice(&piece);
            if body.len() > LARGEST {
                return Err(Refusal::Unreachable("its answer has no end".into()));
            }
        }
        let answer: Option<Value> = serde_json::from_slice(&body).ok();
        let word = |name: &str| answer.as_ref().and_then(|answer| answer.get(name)).and_then(Value::as_str).map(str::to_owned);
        if status.is_success() {
            return answer.ok_or_else(|| Refusal::Unreachable("its answer is no JSON: something else answers there".into()));
        }
        match word("error") {
            Some(error) if !status.is_server_error() => {
                let said = word("error_description").unwrap_or_default();
                Err(Refusal::Refused { error: masked(&error, form), said: masked(&said, form) })
            }
            Some(_) | None if status.is_client_error() && status.as_u16() != 429 => {
                Err(Refusal::Refused { error: String::new(), said: format!("HTTP status {status}") })
            }
            Some(_) | None => Err(Refusal::Unreachable(format!("HTTP status {status}"))),
        }
    }

    fn lost(&self, error: &reqwest::Error) -> Refusal {
        match certificate_trouble(error, &self.host) {
            Some(trouble) => Refusal::Trouble(trouble),
            None => Refusal::Unreachable(in_words(error)),
        }
    }
}

impl Given {
    fn read(answer: &Value) -> Option<Self> {
        let word = |name: &str| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let life = answer.get("expires_in").and_then(|life| life.as_u64().or_else(|| life.as_str()?.parse().ok()));
        Some(Self {
            token: word("access_token")?.to_owned().into(),
            life: life.map_or(USUAL_LIFE, Duration::from_secs),
            refresh: word("refresh_token").map(|token| token.to_owned().into()),
            account: word("id_token").and_then(account_in),
        })
    }
}

/// Whom an ID token names. It came from the service itself over TLS (OpenID Connect Core §3.1.3.7, 6), and is only shown.
fn account_in(token: &str) -> Option<String> {
    use base64::Engine as _;
    let claims = token.split('.').nth(1)?;
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let named = ["preferred_username", "email", "upn", "sub"].into_iter().find_map(|name| claims.get(name)?.as_str());
    named.map(crate::settings::short)
}

/// One line, with all its causes; the address is known, and may hold more than is to be told.
pub fn in_words(error: &reqwest::Error) -> String {
    let mut words = Vec::new();
    let mut next = error.source();
    while let Some(error) = next {
        words.push(error.to_string());
        next = error.source();
    }
    match words.last() {
        Some(last) => last.clone(),
        None if error.is_timeout() => "no answer in time".to_owned(),
        None => "the connection could not be made".to_owned(),
    }
}

fn masked(text: &str, form: &Form) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    let secrets = form.iter().filter(|(name, value)| SECRETS.contains(name) && value.len() >= 3);
    let masked = secrets.fold(line.to_owned(), |text, (_, secret)| text.replace(secret.as_str(), "***"));
    masked.chars().take(400).map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_secret_that_is_repeated_is_masked() {
        let form: Form = vec![("client_id", "app".into()), ("client_secret", "s3cr3t~".into())];
        assert_eq!(masked("the app's s3cr3t~ is wrong\r\nTrace: 7", &form), "the app's *** is wrong");
    }

    #[test]
    fn answers_are_read_as_they_come() {
        use secrecy::ExposeSecret;
        let read = |text: &str| Given::read(&serde_json::from_str(text).unwrap());
        let given =
            read(r#"{"access_token": "a", "expires_in": "3599", "refresh_token": "", "id_token": "e30.eyJlbWFpbCI6ImFubkBhLnRlc3QifQ.x"}"#);
        let given = given.unwrap();
        assert_eq!((given.token.expose_secret(), given.life.as_secs(), given.refresh.is_none()), ("a", 3599, true));
        assert_eq!(given.account.as_deref(), Some("ann@a.test"));
        assert_eq!(read(r#"{"access_token": "a"}"#).unwrap().life, USUAL_LIFE);
        for nothing in ["{}", "[]", r#"{"access_token": 5}"#, r#"{"access_token": ""}"#] {
            assert!(read(nothing).is_none(), "{nothing}");
        }
    }
}

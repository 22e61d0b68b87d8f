//! Signing in with a browser on this machine: it comes back to a port of ours that only this machine reaches
//! (RFC 8252 §7.3), with a code that is worth nothing without what only we know (RFC 7636).
//!
//! Invariant: a code is believed only with the `state` that was sent along, and only once.

use super::assertion;
use super::endpoint::Refusal;
use super::plan::Service;
use super::refusals;
use super::source::Source;
use control::view::SignInWaiting;
use relay::smarthost::{Trouble, TroubleKind};
use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Somebody may have to look for a second factor.
const PATIENCE: Duration = Duration::from_secs(900);
/// For one request of the browser.
const MOMENT: Duration = Duration::from_secs(10);
const LONGEST_REQUEST: usize = 16 * 1024;

pub struct Door {
    listener: TcpListener,
    redirect: String,
    verifier: String,
    state: String,
}

pub async fn begin(source: &Source) -> Result<(SignInWaiting, Door), Trouble> {
    let plan = source.plan();
    let failed = |said: String| Trouble { kind: TroubleKind::TokenRefused, subject: plan.host(), said };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(|error| failed(error.to_string()))?;
    let port = listener.local_addr().map_err(|error| failed(error.to_string()))?.port();
    // Microsoft knows only the name with any port.
    let redirect = match plan.service {
        Service::Microsoft => format!("http://localhost:{port}"),
        Service::Google | Service::Other => format!("http://127.0.0.1:{port}"),
    };
    let (verifier, state) = (assertion::random().map_err(failed)?, assertion::random().map_err(failed)?);
    let challenge = assertion::challenge(&verifier);
    let mut link = reqwest::Url::parse(&plan.authorize).map_err(|error| failed(error.to_string()))?;
    {
        let mut query = link.query_pairs_mut();
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", &plan.client_id),
            ("redirect_uri", &redirect),
            ("scope", &plan.scopes),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("login_hint", &plan.user),
        ] {
            query.append_pair(name, value);
        }
        match plan.service {
            // Without both there is no refresh token, or only the first time.
            Service::Google => query.append_pair("access_type", "offline").append_pair("prompt", "consent"),
            Service::Microsoft => query.append_pair("response_mode", "query"),
            // OpenID Connect Core §11.
            Service::Other => query.append_pair("prompt", "consent"),
        };
    }
    let until = source.now().checked_add(PATIENCE).unwrap_or_default().as_millisecond();
    Ok((SignInWaiting::Browser { link: link.into(), until }, Door { listener, redirect, verifier, state }))
}

/// Waits until the browser has come back.
pub async fn wait(source: &Source, door: Door) -> Result<(), Trouble> {
    let expired = || Refusal::Refused { error: "expired_token".into(), said: String::new() };
    match tokio::time::timeout(PATIENCE, come_back(source, &door)).await {
        Ok(ended) => ended,
        Err(_) => Err(refusals::trouble(source.plan(), &expired())),
    }
}

async fn come_back(source: &Source, door: &Door) -> Result<(), Trouble> {
    loop {
        let Ok((mut stream, _)) = door.listener.accept().await else {
            // Out of handles, perhaps: it passes.
            tokio::time::sleep(Duration::from_millis(200)).await;
            continue;
        };
        let said = tokio::time::timeout(MOMENT, request(&mut stream)).await.ok().flatten();
        let of_ours = said.filter(|said| said.get("state") == Some(&door.state));
        let Some(said) = of_ours else {
            // Something else on this machine, or a browser that asks for an icon.
            answer(&mut stream, "404 Not Found", "There is nothing here.").await;
            continue;
        };
        let ended = signed_in(source, door, &said).await;
        match &ended {
            Ok(()) => answer(&mut stream, "200 OK", "You are signed in. You can close this page and go back to Outtray.").await,
            Err(trouble) => {
                let words = format!("The sign-in did not succeed. {} Go back to Outtray to try again.", sentence(&trouble.said));
                answer(&mut stream, "200 OK", &words).await;
            }
        }
        return ended;
    }
}

async fn signed_in(source: &Source, door: &Door, said: &HashMap<String, String>) -> Result<(), Trouble> {
    let plan = source.plan();
    let word = |name: &str| said.get(name).cloned().unwrap_or_default();
    if !said.contains_key("code") {
        let refusal =
            Refusal::Refused { error: crate::settings::short(&word("error")), said: crate::settings::short(&word("error_description")) };
        return Err(refusals::trouble(plan, &refusal));
    }
    let form = source.form(vec![
        ("grant_type", "authorization_code".to_owned()),
        ("code", word("code")),
        ("redirect_uri", door.redirect.clone()),
        ("code_verifier", door.verifier.clone()),
    ])?;
    let given = source.endpoint()?.token(&plan.token, &form).await.map_err(|refusal| refusals::trouble(plan, &refusal))?;
    source.take(given).await
}

/// What a GET for our root brought along; None for anything else.
async fn request(stream: &mut TcpStream) -> Option<HashMap<String, String>> {
    let mut head = Vec::new();
    // All of the head is read: a browser that is answered too early shows an error.
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut block = [0; 2048];
        let length = stream.read(&mut block).await.ok().filter(|length| *length > 0)?;
        head.extend_from_slice(&block[..length]);
        if head.len() > LONGEST_REQUEST {
            return None;
        }
    }
    let head = String::from_utf8_lossy(&head);
    let target = head.strip_prefix("GET ")?.split(' ').next()?;
    let (path, query) = target.split_once('?')?;
    if path != "/" {
        return None;
    }
    let url = reqwest::Url::parse(&format!("http://127.0.0.1/?{query}")).ok()?;
    Some(url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
}

async fn answer(stream: &mut TcpStream, status: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Outtray</title>\
         <body style=\"font: 16px/1.5 system-ui, sans-serif; max-width: 36em; margin: 4em auto; padding: 0 1em\">\
         <h1 style=\"font-size: 1.4em\">Outtray</h1><p>{words}</p></body></html>"
    );
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\nConnection: close\r\n\r\n",
        page.len()
    );
    // A browser that has gone has seen enough.
    let _ = tokio::time::timeout(MOMENT, async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(page.as_bytes()).await?;
        stream.shutdown().await
    })
    .await;
}

fn sentence(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!("The service says: {said}.") }
}

//! Signing in (RFC 4954): with a password by PLAIN (RFC 4616), LOGIN or, where there is nothing better, CRAM-MD5
//! (RFC 2195); with a bearer token by XOAUTH2 (as Microsoft and Google describe it) or OAUTHBEARER (RFC 7628).
//!
//! In: a line that is greeted. Out: the mechanism's name, or a trouble of the lane.
//! Invariant: nothing of a secret is said on a line that is not encrypted and verified.

use super::classify::{Stage, Verdict, classify};
use super::fault::Fault;
use super::line::SmtpLine;
use super::smtp::SmtpHost;
use super::tokens::Tokens;
use super::{Trouble, TroubleKind};
use crate::config::{SignIn, SmartHostConfig, SmartHostEncryption};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::Auth;
use lettre::transport::smtp::response::Response;
use md5::Md5;
use secrecy::{ExposeSecret, SecretString};

/// A command line may be so long (RFC 5321 §4.5.3.1.4); what is longer waits for the server's word (RFC 4954 §4).
const LONGEST_COMMAND: usize = 512;
const IN_THE_CLEAR: &str = "a password or token is never sent without encryption";

impl SmtpHost {
    /// Everything that can be said to be wrong before anybody is called.
    pub(super) async fn check(&self) -> Result<(), Trouble> {
        match &self.config().sign_in {
            SignIn::None => return Ok(()),
            SignIn::Password { user, password: None } => return Err(self.trouble(TroubleKind::SecretMissing, user, "")),
            SignIn::Password { password: Some(_), .. } | SignIn::Token { .. } | SignIn::Certificate { .. } => {}
        }
        match self.config().encryption {
            SmartHostEncryption::None => return Err(self.trouble(TroubleKind::TlsNotOffered, &self.config().server, IN_THE_CLEAR)),
            SmartHostEncryption::Starttls | SmartHostEncryption::Implicit => {}
        }
        if let SignIn::Token { tokens, .. } = &self.config().sign_in {
            self.token(tokens.as_ref()).await?;
        }
        Ok(())
    }

    /// Signs in, if that is wanted. The line must be encrypted and verified, which `open` has seen to.
    pub(super) async fn sign_in(&self, line: &mut SmtpLine) -> Result<Option<&'static str>, Trouble> {
        let is_encrypted = line.tls.is_some();
        match &self.config().sign_in {
            SignIn::None | SignIn::Certificate { .. } => Ok(None),
            SignIn::Password { .. } | SignIn::Token { .. } if !is_encrypted => {
                Err(self.trouble(TroubleKind::TlsNotOffered, &self.config().server, IN_THE_CLEAR))
            }
            SignIn::Password { user, password: None } => Err(self.trouble(TroubleKind::SecretMissing, user, "")),
            SignIn::Password { user, password: Some(password) } => self.with_password(line, user, password).await.map(Some),
            SignIn::Token { user, tokens } => self.with_token(line, user, tokens.as_ref()).await.map(Some),
        }
    }

    async fn with_password(&self, line: &mut SmtpLine, user: &str, password: &SecretString) -> Result<&'static str, Trouble> {
        let (name, signed_in) = if line.offers.can_sign_in_by("PLAIN") {
            ("PLAIN", line.password(Mechanism::Plain, user, password).await)
        } else if line.offers.can_sign_in_by("LOGIN") {
            ("LOGIN", line.password(Mechanism::Login, user, password).await)
        } else if line.offers.can_sign_in_by("CRAM-MD5") {
            ("CRAM-MD5", line.cram_md5(user, password).await)
        } else {
            return Err(self.not_offered(line));
        };
        signed_in.map(|()| name).map_err(|fault| self.not_signed_in(line, user, &fault, None))
    }

    /// A token that is refused may have been called back: one more is tried, and no third.
    async fn with_token(&self, line: &mut SmtpLine, user: &str, tokens: &dyn Tokens) -> Result<&'static str, Trouble> {
        let bearer = if line.offers.can_sign_in_by("XOAUTH2") {
            Bearer::Xoauth2
        } else if line.offers.can_sign_in_by("OAUTHBEARER") {
            Bearer::Oauthbearer
        } else {
            return Err(self.not_offered(line));
        };
        let first = self.token(tokens).await?;
        let refused = match self.bearer(line, bearer, user, &first).await {
            Ok(()) => return Ok(bearer.name()),
            Err((fault, challenge)) => self.not_signed_in(line, user, &fault, challenge.as_ref()),
        };
        if refused.kind != TroubleKind::TokenNotAccepted {
            return Err(refused);
        }
        tokens.refused(&first);
        if line.over {
            return Err(refused);
        }
        let second = self.token(tokens).await?;
        if second.expose_secret() == first.expose_secret() {
            return Err(refused);
        }
        match self.bearer(line, bearer, user, &second).await {
            Ok(()) => Ok(bearer.name()),
            Err((fault, challenge)) => {
                // Called back or not, it is not to be given out again.
                tokens.refused(&second);
                Err(self.not_signed_in(line, user, &fault, challenge.as_ref()))
            }
        }
    }

    async fn bearer(
        &self,
        line: &mut SmtpLine,
        bearer: Bearer,
        user: &str,
        token: &SecretString,
    ) -> Result<(), (Fault, Option<Challenge>)> {
        let response = STANDARD.encode(bearer.response(user, self.config(), token.expose_secret()));
        let forms = [token.expose_secret().to_owned(), STANDARD.encode(token.expose_secret()), response.clone()];
        self.mask().learn(forms);
        line.mask = self.mask().clone();
        line.bearer(bearer, &response).await
    }

    async fn token(&self, tokens: &dyn Tokens) -> Result<SecretString, Trouble> {
        match tokio::time::timeout(self.config().timeouts.command, tokens.token()).await {
            Ok(token) => token,
            Err(_) => Err(self.trouble(TroubleKind::TokenUnreachable, &self.config().server, "no token in time")),
        }
    }

    fn not_offered(&self, line: &SmtpLine) -> Trouble {
        let offered = line.offers.auth.join(" ");
        let said = if offered.is_empty() { "no sign-in is offered".to_owned() } else { format!("offered: {offered}") };
        self.trouble(TroubleKind::SignInNotOffered, &self.config().server, &said)
    }

    fn not_signed_in(&self, line: &SmtpLine, user: &str, fault: &Fault, challenge: Option<&Challenge>) -> Trouble {
        let Fault::Reply(reply) = fault else { return line.fault_trouble(fault) };
        let refused = match &self.config().sign_in {
            SignIn::Token { .. } => TroubleKind::TokenNotAccepted,
            SignIn::Password { .. } | SignIn::None | SignIn::Certificate { .. } => TroubleKind::SignInRefused,
        };
        let kind = match classify(reply, Stage::SignIn) {
            Verdict::Lane(TroubleKind::SignInRefused) | Verdict::Defer(_) | Verdict::Fail(_) => refused,
            Verdict::Lane(kind) => kind,
        };
        let explained = challenge.map(Challenge::explained).unwrap_or_default();
        self.trouble(kind, user, &line.mask.clean(&format!("{reply}{explained}")))
    }
}

impl SmtpLine {
    async fn password(&mut self, mechanism: Mechanism, user: &str, password: &SecretString) -> Result<(), Fault> {
        let patience = self.config.timeouts.command;
        let credentials = Credentials::new(user.to_owned(), password.expose_secret().to_owned());
        let wrong = |error: lettre::transport::smtp::Error| Fault::Broken(error.to_string());
        let mut response = self.say(Auth::new(mechanism, credentials.clone(), None).map_err(wrong)?, patience).await?;
        // LOGIN asks twice; more is a server that will never be content.
        for _ in 0..3 {
            if !response.has_code(334) {
                break;
            }
            let next = Auth::new_from_response(mechanism, credentials.clone(), &response)
                .map_err(|_| Fault::Broken("a challenge nobody knows".into()))?;
            response = self.say(next, patience).await?;
        }
        welcome(&response)
    }

    /// The password is proved without being said.
    async fn cram_md5(&mut self, user: &str, password: &SecretString) -> Result<(), Fault> {
        let patience = self.config.timeouts.command;
        let response = self.say("AUTH CRAM-MD5\r\n", patience).await?;
        let challenge = challenge_of(&response).ok_or_else(|| Fault::Broken("a challenge nobody knows".into()))?;
        let mut proof = Hmac::<Md5>::new_from_slice(password.expose_secret().as_bytes())
            .map_err(|_| Fault::Broken("this password cannot be used with CRAM-MD5".into()))?;
        proof.update(&challenge);
        let proof: String = proof.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let answer = STANDARD.encode(format!("{user} {proof}"));
        // Whoever reads it in a log can guess passwords for as long as he likes.
        self.mask.learn([proof, answer.clone()]);
        welcome(&self.say(format!("{answer}\r\n"), patience).await?)
    }

    /// A refusal comes in two steps: what is wrong as a challenge, and after our empty answer the reply.
    async fn bearer(&mut self, bearer: Bearer, response: &str) -> Result<(), (Fault, Option<Challenge>)> {
        let patience = self.config.timeouts.command;
        let command = format!("AUTH {} {response}\r\n", bearer.name());
        let said = if command.len() <= LONGEST_COMMAND {
            self.say(command, patience).await.map_err(|fault| (fault, None))?
        } else {
            let asked = self.say(format!("AUTH {}\r\n", bearer.name()), patience).await.map_err(|fault| (fault, None))?;
            if !asked.has_code(334) {
                return Err((out_of_place(&asked), None));
            }
            self.say(format!("{response}\r\n"), patience).await.map_err(|fault| (fault, None))?
        };
        if !said.has_code(334) {
            return welcome(&said).map_err(|fault| (fault, None));
        }
        let challenge = challenge_of(&said).and_then(|json| Challenge::read(&json));
        let fault = match self.say(bearer.end_of_refusal(), patience).await {
            Ok(response) => out_of_place(&response),
            Err(fault) => fault,
        };
        Err((fault, challenge))
    }
}

fn welcome(response: &Response) -> Result<(), Fault> {
    if response.has_code(235) { Ok(()) } else { Err(out_of_place(response)) }
}

fn out_of_place(response: &Response) -> Fault {
    Fault::Broken(format!("{} in the middle of the sign-in", response.code()))
}

fn challenge_of(response: &Response) -> Option<Vec<u8>> {
    if !response.has_code(334) {
        return None;
    }
    STANDARD.decode(response.first_line().unwrap_or_default().trim()).ok()
}

/// How a token is said.
#[derive(Clone, Copy)]
enum Bearer {
    Xoauth2,
    Oauthbearer,
}

impl Bearer {
    fn name(self) -> &'static str {
        match self {
            Self::Xoauth2 => "XOAUTH2",
            Self::Oauthbearer => "OAUTHBEARER",
        }
    }

    fn response(self, user: &str, config: &SmartHostConfig, token: &str) -> String {
        match self {
            Self::Xoauth2 => format!("user={user}\u{1}auth=Bearer {token}\u{1}\u{1}"),
            Self::Oauthbearer => {
                // RFC 5801 §4: a comma or an equals sign would end the name.
                let user = user.replace('=', "=3D").replace(',', "=2C");
                let SmartHostConfig { server, port, .. } = config;
                format!("n,a={user},\u{1}host={server}\u{1}port={port}\u{1}auth=Bearer {token}\u{1}\u{1}")
            }
        }
    }

    fn end_of_refusal(self) -> &'static str {
        match self {
            Self::Xoauth2 => "\r\n",
            // One ^A (RFC 7628 §3.2.3).
            Self::Oauthbearer => "AQ==\r\n",
        }
    }
}

/// Why a token was refused (RFC 7628 §3.2.2).
struct Challenge {
    status: String,
    scope: Option<String>,
}

impl Challenge {
    fn read(json: &[u8]) -> Option<Self> {
        let json: serde_json::Value = serde_json::from_slice(json).ok()?;
        let word = |name: &str| match json.get(name)? {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Array(_) | serde_json::Value::Object(_) => None,
        };
        Some(Self { status: word("status")?, scope: word("scope").filter(|scope| !scope.is_empty()) })
    }

    fn explained(&self) -> String {
        let of_status = match self.status.as_str() {
            "400" | "invalid_request" => "the token could not be read",
            "401" | "invalid_token" => "the token is not valid: it has ended, was called back, or is for somebody else",
            "403" | "insufficient_scope" => "the token does not allow sending mail",
            _ => "the token was refused",
        };
        let scope = self.scope.as_ref().map(|scope| format!("; wanted scope: {scope}")).unwrap_or_default();
        format!(" ({}: {of_status}{scope})", self.status)
    }
}

#[cfg(test)]
#[path = "sign_in_tests.rs"]
pub(super) mod tests;

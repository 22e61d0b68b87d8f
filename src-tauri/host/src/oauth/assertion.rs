//! Signed words in place of a secret: who the application is (RFC 7523 §2.2, as Microsoft describes it with `x5t#S256`),
//! and for whom a service account speaks (RFC 7523 §2.1, as Google describes it).
//!
//! In: an RSA private key as PEM, on one line or many, or a service account's key file. Out: a compact JWT (RFC 7519).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde_json::{Value, json};
use std::path::Path;

/// Good for so many seconds; the clocks of both sides may differ by some of them.
const LIFE: i64 = 300;

pub struct Key(RsaKeyPair);

impl Key {
    /// PKCS #8 or PKCS #1, without a pass phrase.
    pub fn read(text: &str) -> Result<Self, String> {
        let (label, body) = pem(text).ok_or("this is no private key in PEM form")?;
        let der = STANDARD.decode(body).map_err(|_| "the PEM text of the private key is broken")?;
        let key = match label.as_str() {
            "PRIVATE KEY" => RsaKeyPair::from_pkcs8(&der),
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(&der),
            "ENCRYPTED PRIVATE KEY" => return Err("the private key has a pass phrase; it is wanted without".into()),
            "EC PRIVATE KEY" => return Err("this is no RSA key".into()),
            _ => return Err(format!("a private key is wanted, and this is a {}", crate::settings::short(&label).to_lowercase())),
        };
        key.map(Self).map_err(|_| "the private key cannot be used; an RSA key of 2048 to 4096 bits is wanted".into())
    }

    fn sign(&self, encoding: &'static dyn RsaEncoding, header: &Value, claims: &Value) -> Result<String, String> {
        let said = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0.sign(encoding, &SystemRandom::new(), said.as_bytes(), &mut signature).map_err(|_| "the private key cannot sign")?;
        Ok(format!("{said}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// The application's word for itself.
pub fn of_application(client_id: &str, audience: &str, key: &str, certificate_file: &Path, now: i64) -> Result<String, String> {
    let certificate = CertificateDer::from_pem_file(certificate_file).map_err(|error| format!("the application's certificate: {error}"))?;
    let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": URL_SAFE_NO_PAD.encode(digest(&SHA256, &certificate)) });
    let claims = json!({
        "aud": audience, "iss": client_id, "sub": client_id, "jti": random()?, "nbf": now, "iat": now, "exp": now + LIFE,
    });
    Key::read(key)?.sign(&RSA_PSS_SHA256, &header, &claims)
}

/// The service account's word for a mailbox. `key` is its key file, or the private key in it.
pub fn of_service_account(account: &str, mailbox: &str, scopes: &str, audience: &str, key: &str, now: i64) -> Result<String, String> {
    let file: Option<Value> = serde_json::from_str(key).ok();
    let word = |name: &str| file.as_ref().and_then(|file| file.get(name)).and_then(Value::as_str);
    if let Some(other) = word("client_email").filter(|other| *other != account) {
        return Err(format!("the key file is of another service account: {}", crate::settings::short(other)));
    }
    let mut header = json!({ "alg": "RS256", "typ": "JWT" });
    if let Some(id) = word("private_key_id") {
        header["kid"] = id.into();
    }
    let claims = json!({ "iss": account, "sub": mailbox, "scope": scopes, "aud": audience, "iat": now, "exp": now + LIFE });
    Key::read(word("private_key").unwrap_or(key))?.sign(&RSA_PKCS1_SHA256, &header, &claims)
}

/// 256 bits nobody can guess, as text.
pub fn random() -> Result<String, String> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| "this machine gives no random numbers")?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// RFC 7636 §4.2, `S256`.
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// The label and the base64 of the first block, whether its lines are still lines or not.
fn pem(text: &str) -> Option<(String, String)> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    Some((label.to_owned(), body.split_whitespace().collect()))
}

#[cfg(test)]
#[path = "assertion_tests.rs"]
mod tests;

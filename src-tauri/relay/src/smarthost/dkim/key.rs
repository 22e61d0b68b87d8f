//! A private key that signs, and what of it is published (RFC 6376 §3.3, §3.6.1; RFC 8463).
//!
//! In: a private key in PEM form, on one line or many, without a pass phrase. Out: signatures, and the public key.
//!
//! Invariant: the private key is never shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use std::fmt;

pub struct SigningKey(Pair);

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Rsa,
    Ed25519,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("this is no private key in PEM form")]
    NoPem,
    #[error("the private key has a pass phrase; it is wanted without")]
    PassPhrase,
    #[error("the private key cannot be used; an RSA key of 2048 to 4096 bits, or an Ed25519 key, is wanted")]
    Unusable,
    #[error("the private key cannot sign")]
    CannotSign,
}

impl SigningKey {
    /// PKCS #8, or PKCS #1 for RSA.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        let (_, rest) = text.split_once("-----BEGIN ").ok_or(KeyError::NoPem)?;
        let (label, rest) = rest.split_once("-----").ok_or(KeyError::NoPem)?;
        let (body, _) = rest.split_once("-----END ").ok_or(KeyError::NoPem)?;
        let body: String = body.split_whitespace().collect();
        let der = STANDARD.decode(body).map_err(|_| KeyError::NoPem)?;
        let pair = match label {
            "PRIVATE KEY" => match Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der) {
                Ok(pair) => Ok(Pair::Ed25519(pair)),
                Err(_) => RsaKeyPair::from_pkcs8(&der).map(|pair| Pair::Rsa(Box::new(pair))),
            },
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(&der).map(|pair| Pair::Rsa(Box::new(pair))),
            "ENCRYPTED PRIVATE KEY" => return Err(KeyError::PassPhrase),
            _ => return Err(KeyError::NoPem),
        };
        pair.map(Self).map_err(|_| KeyError::Unusable)
    }

    pub fn algorithm(&self) -> Algorithm {
        match self.0 {
            Pair::Rsa(_) => Algorithm::Rsa,
            Pair::Ed25519(_) => Algorithm::Ed25519,
        }
    }

    /// As `p=` of its record has it.
    pub fn public(&self) -> String {
        STANDARD.encode(match &self.0 {
            Pair::Rsa(pair) => public_key_of_rsa(pair.public().as_ref()),
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
        })
    }

    /// What is published in the DNS.
    pub fn record(&self) -> String {
        let kind = match self.algorithm() {
            Algorithm::Rsa => "rsa",
            Algorithm::Ed25519 => "ed25519",
        };
        format!("v=DKIM1; k={kind}; p={}", self.public())
    }

    pub(super) fn sign(&self, said: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.0 {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), said, &mut signature).map_err(|_| KeyError::CannotSign)?;
                Ok(signature)
            }
            // RFC 8463 §3: of the hash.
            Pair::Ed25519(pair) => Ok(pair.sign(digest(&SHA256, said).as_ref()).as_ref().to_vec()),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.algorithm()).finish()
    }
}

/// An RSAPublicKey in a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7, RFC 8017 appendix A.1), as everybody publishes it.
fn public_key_of_rsa(key: &[u8]) -> Vec<u8> {
    /// rsaEncryption, and NULL.
    const ALGORITHM: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let bits = [&[0][..], key].concat();
    der(0x30, &[der(0x30, ALGORITHM), der(0x03, &bits)].concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    let bytes: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        // No more than eight octets of length.
        Ok(_) | Err(_) => {
            out.push(0x80 | bytes.len() as u8);
            out.extend_from_slice(&bytes);
        }
    }
    out.extend_from_slice(content);
    out
}

//! New keys: RSA with 2048 bits, which every receiver knows and every credential store has room for, or Ed25519.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use control::view::DkimAlgorithm;
use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;
use rsa::RsaPrivateKey;
use rsa::pkcs8::EncodePrivateKey;
use rsa::rand_core::OsRng;
use secrecy::SecretString;

/// RFC 8301 §3.2 wants as many at least; 4096 do not fit where records may have 512 octets, nor in some stores.
const BITS: usize = 2048;

#[derive(Debug, thiserror::Error)]
#[error("no key could be made: {0}")]
pub struct NoKey(String);

/// As a credential store keeps it: PKCS #8 in PEM form, on one line. Takes a second of computing for RSA.
pub fn generate(algorithm: DkimAlgorithm) -> Result<SecretString, NoKey> {
    let body = match algorithm {
        DkimAlgorithm::Rsa => {
            let key = RsaPrivateKey::new(&mut OsRng, BITS).map_err(|error| NoKey(error.to_string()))?;
            let document = key.to_pkcs8_der().map_err(|error| NoKey(error.to_string()))?;
            STANDARD.encode(document.as_bytes())
        }
        DkimAlgorithm::Ed25519 => {
            let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|error| NoKey(error.to_string()))?;
            STANDARD.encode(document)
        }
    };
    Ok(format!("-----BEGIN PRIVATE KEY----- {body} -----END PRIVATE KEY-----").into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::secrets::unfit;
    use relay::smarthost::dkim::SigningKey;
    use secrecy::ExposeSecret;

    #[test]
    fn keys_can_be_used_fit_a_store_and_are_new_each_time() {
        for (algorithm, record) in [(DkimAlgorithm::Rsa, "v=DKIM1; k=rsa; p=MIIBIjAN"), (DkimAlgorithm::Ed25519, "v=DKIM1; k=ed25519; p=")]
        {
            let made = [generate(algorithm).unwrap(), generate(algorithm).unwrap()];
            let records = made.map(|secret| {
                assert_eq!(unfit(secret.expose_secret()), None);
                SigningKey::read(secret.expose_secret()).unwrap().record()
            });
            assert!(records[0].starts_with(record), "{records:?}");
            assert_ne!(records[0], records[1]);
        }
    }
}

//! Passwords of device accounts as Argon2id hashes (RFC 9106).
//!
//! In: a password. Out: a hash in PHC form for the database, or whether it fits one. Neither is ever printed.
//! The cost is the second of the choices of RFC 9106 §4: 64 MiB of memory, 3 passes, 4 lanes, a salt of 128 and a tag of
//! 256 bits, more than OWASP asks for at least. The lanes are worked off one after the other.
//! Measured: 0.2 s of processor time for one hash (a Xeon core, release build).

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;

const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;
const TAG: usize = 32;

/// Of no password anybody knows, at our cost: looking at a name that is not there takes as long as at one that is.
const DECOY: &str = "$argon2id$v=19$m=65536,t=3,p=4$ok1cGJxzMzW77USNzGb7hw$CJLWxvkubqxVb/tbDOeIZnB8aojrcT/3v5zQLohhYMk";

/// With the salt and the cost it was made with.
#[derive(Clone, PartialEq, Eq)]
pub struct Hash(String);

#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(String);

impl Hash {
    /// Takes its time and 64 MiB: not for a thread that others wait for.
    ///
    /// # Errors
    /// When there is no memory for it, or no randomness.
    pub fn of(password: &SecretString) -> Result<Self, HashError> {
        let failed = |error: &dyn fmt::Display| HashError(error.to_string());
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(TAG)).map_err(|error| failed(&error))?;
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hash: PasswordHash = hasher.hash_password(password.expose_secret().as_bytes()).map_err(|error| failed(&error))?;
        Ok(Self(hash.to_string()))
    }

    /// One that nothing fits.
    pub fn decoy() -> Self {
        Self(DECOY.to_owned())
    }

    pub fn from_database(text: String) -> Self {
        Self(text)
    }

    pub fn for_database(&self) -> &str {
        &self.0
    }

    /// Takes as long as making one.
    pub fn fits(&self, password: &SecretString) -> bool {
        let Ok(hash) = PasswordHash::new(&self.0) else { return false };
        Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash).is_ok()
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hash(…)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        text.to_owned().into()
    }

    #[test]
    fn a_hash_fits_its_password_and_no_other() {
        let hash = Hash::of(&secret("correct horse")).unwrap();
        let kept = Hash::from_database(hash.for_database().to_owned());
        assert!(kept.fits(&secret("correct horse")));
        assert!(!kept.fits(&secret("correct horse ")));
        assert!(!kept.fits(&secret("")));
        assert_ne!(hash, Hash::of(&secret("correct horse")).unwrap(), "each has its own salt");
    }

    #[test]
    fn the_cost_is_the_one_that_is_told_and_the_decoy_has_it_too() {
        let cost = |hash: &Hash| {
            let hash = PasswordHash::new(hash.for_database()).unwrap();
            (hash.algorithm.to_string(), hash.params.to_string(), hash.salt.unwrap().len(), hash.hash.unwrap().len())
        };
        let ours = cost(&Hash::of(&secret("x")).unwrap());
        assert_eq!(ours, ("argon2id".into(), "m=65536,t=3,p=4".into(), 16, 32));
        assert_eq!(cost(&Hash::decoy()), ours);
        assert!(!Hash::decoy().fits(&secret("x")));
    }

    #[test]
    fn nothing_fits_what_is_no_hash() {
        assert!(!Hash::from_database(String::new()).fits(&secret("")));
    }

    #[test]
    fn neither_password_nor_hash_is_printed() {
        assert_eq!(format!("{:?}", Hash::decoy()), "Hash(…)");
    }
}

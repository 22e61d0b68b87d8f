//! Where bearer tokens come from (RFC 6750). How they are got is the business of whoever starts the engine.

use super::{BoxFuture, Trouble};
use secrecy::SecretString;

/// Somebody who can get tokens for one account at one smart host.
pub trait Tokens: Send + Sync + 'static {
    /// A token that is good now. Asked whenever a line is opened, so what is still good is kept.
    ///
    /// A trouble rests the lane; nothing bounces for it.
    fn token(&self) -> BoxFuture<'_, Result<SecretString, Trouble>>;

    /// The smart host would not have this one: the next must be another.
    fn refused(&self, token: &SecretString);
}

//! Readers that lie deep inside, by themselves. Nobody needs them but who wants to show them whatever octets there are
//! (`tests/fuzz`): all of them read what strangers send.

pub use crate::listen::hello::{Offer, read as client_hello, suite_name};
pub use crate::listen::proxy::{HeaderError, Origin, read as balancer_header};
pub use crate::mail::trace::decode_all;
pub use crate::pickup::bad::Bad;
pub use crate::pickup::letter::{Letter, read as letter};
pub use crate::smarthost::dkim::body_hash;
pub use crate::smarthost::downgrade::{Converter, Plan, Survey};
pub use crate::smarthost::footer::Footing;

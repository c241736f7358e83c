//! What a made-up company says of itself.

use purser_control::Role;

/// Somebody who may sign in to a made-up company, by a password that is no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoLogin {
    /// What they are there for.
    pub role: Role,
    /// Who they are, in a few words.
    pub who: String,
    /// Their address.
    pub email: String,
    /// Their password.
    pub password: String,
}

/// A made-up company: its pages say so, and its sign-in page names who may sign in. `None` of a company in which people
/// work.
pub type Demo = Option<Vec<DemoLogin>>;

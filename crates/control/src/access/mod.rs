//! Who may do what: roles, the matrix, signing in, and rules for two persons.
//!
//! **Model.** Whoever asks is an [`Actor`]: a login (mail address and password, later a single sign-on) or a key for
//! scripts, both with roles; the socket's owner, who holds the files; or Purser itself. Each route names a
//! [`Permission`]; the [`matrix`] says how far each role's right goes; a handler whose route is open to a right that does
//! not cover everything takes a [`Within`] and keeps to it. A route that does not is closed to such roles.
//!
//! What the journal says is in `admins`; addresses, password hashes and sessions are where they can be erased.

mod acting;
mod attempts;
mod duties;
mod given;
mod glass;
mod logins;
mod matrix;
mod narrow;
mod password;
mod profile;
mod redaction;
mod role;
mod sessions;
mod within;

pub use self::acting::{Actor, Party};
pub use self::matrix::{Permission, Reach};
pub use self::password::CHARS_MIN as PASSWORD_CHARS_MIN;
pub use self::profile::Profile;
pub use self::redaction::Confidential;
pub use self::role::{GivenRole, Role};

pub(crate) use self::acting::{Acting, Lent};
pub(crate) use self::attempts::Attempts;
pub(crate) use self::given::given_roles;
pub(crate) use self::logins::{add_login, checked_email};
pub(crate) use self::redaction::{Seeing, Whose};
pub(crate) use self::sessions::{COOKIE, HASHING_MAX};
pub(crate) use self::within::Within;

use crate::error::{Code, Error, Refused};

/// The refusal that stands for whatever a role may not do.
pub(crate) fn forbidden(message: impl Into<String>) -> Error {
    Refused::new(Code::Forbidden, message).hint("an administrator gives roles: `purser login role`").into()
}

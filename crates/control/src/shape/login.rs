//! Signing in: who may, with which roles, and the session.

use purser_core::id::{BreakGlassId, LoginId, PersonId};
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use crate::access::{GivenRole, Party};

/// Somebody who is to sign in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLogin {
    /// Their mail address.
    pub email: String,
    /// Their first password; nothing where somebody else says who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Roles: `admin`, `people`, `finance`, `manager:UNIT`, `employee`, `auditor`.
    pub roles: Vec<String>,
    /// The person that they are (id or name). Needed for `employee`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Who else says who they are: the issuer of a single sign-on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The name that this issuer knows them by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// Somebody who may sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Login {
    /// Its id.
    pub id: LoginId,
    /// The mail address; nothing once it was erased.
    pub email: Option<String>,
    /// The person that they are.
    pub person: Option<PersonId>,
    /// What they may.
    pub roles: Vec<GivenRole>,
    /// Do they sign in with a password of Purser's?
    pub password: bool,
    /// The issuer of a single sign-on and the name it knows them by.
    pub issuer: Option<String>,
    /// See `issuer`.
    pub subject: Option<String>,
    /// May they sign in?
    pub active: bool,
    /// When it was made.
    pub made: Instant,
}

/// Roles to have from now on, in place of those before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetRoles {
    /// Roles: `admin`, `people`, `finance`, `manager:UNIT`, `employee`, `auditor`.
    pub roles: Vec<String>,
}

/// Whether somebody may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetActive {
    /// May they?
    pub active: bool,
}

/// A password to have from now on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPassword {
    /// The password until now. Needed for one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// The new one.
    pub password: String,
}

/// Address and password, against a session.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The mail address.
    pub email: String,
    /// The password.
    pub password: String,
}

/// Who asks, and what they may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Present {
    /// `local`, `purser`, or the id of a login or a key.
    pub actor: String,
    /// The mail address of a login.
    pub email: Option<String>,
    /// The person that they are.
    pub person: Option<PersonId>,
    /// Their roles.
    pub roles: Vec<GivenRole>,
    /// What they may, in the words of the matrix.
    pub permissions: Vec<String>,
    /// When the session ends; nothing for keys and on the socket.
    pub expires: Option<Instant>,
}

/// A rule for two persons that is to be set aside for one action on one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBreakGlass {
    /// The action's word, such as `set_login_roles`.
    pub action: String,
    /// The id of the thing.
    pub target: String,
    /// Why it can't wait for a second person.
    pub reason: String,
}

/// A rule for two persons that was asked to be set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BreakGlass {
    /// Its id.
    pub id: BreakGlassId,
    /// The action.
    pub action: String,
    /// The thing.
    pub target: String,
    /// Who asked.
    pub by: Party,
    /// When.
    pub at: Instant,
    /// From when on it may be used: whoever reads the trail can object until then.
    pub usable: Instant,
    /// Until when.
    pub until: Instant,
    /// When it was used, once.
    pub used: Option<Instant>,
}

macro_rules! without_passwords {
    ($($shape:ident),*) => {$(
        impl std::fmt::Debug for $shape {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($shape), "(…)"))
            }
        }
    )*};
}

without_passwords!(NewLogin, SetPassword, SignIn);

//! Sessions: signed in for a while.

use std::sync::Arc;
use std::time::Duration;

use purser_core::id::LoginId;
use purser_core::time::Instant;
use purser_store::Session;
use sha2::{Digest, Sha256};

use super::acting::{Acting, Actor};
use super::matrix::Permission;
use super::password;
use crate::audit::Outcome;
use crate::control::{Control, stored};
use crate::error::{Code, Error, Refused};
use crate::secret::{self, SESSION_PREFIX, Secret};
use crate::shape::{Present, SignIn};

/// The cookie that carries a session.
pub(crate) const COOKIE: &str = "purser_session";
/// Passwords hashed at the same time: 38 MiB, and a core left for everything else.
pub(crate) const HASHING_MAX: usize = 2;

/// A session ends a day after it began and an hour after it was last used: what NIST SP 800-63B-4, section 2.2.3,
/// recommends at its second level of assurance.
const LASTS: Duration = Duration::from_hours(24);
const IDLE: Duration = Duration::from_hours(1);
/// How exactly the last use is kept: not every request writes to the disk.
const SEEN: Duration = Duration::from_mins(1);

impl Control {
    /// Checks address and password, and begins a session: its secret, and when it ends.
    ///
    /// # Errors
    /// [`Code::Unauthorized`], the same for an unknown address and a wrong password; [`Code::TooMany`]; the files.
    pub(crate) async fn sign_in(&self, with: SignIn) -> Result<(Secret, Present), Error> {
        let login = self.check_password(&with.email, with.password).await?;
        let acting = self.acting_by_login(login).ok_or_else(wrong)?;
        let now = self.inner.clock.now();
        let secret = Secret::generate(SESSION_PREFIX, &*self.inner.random)?;
        let expires = now.saturating_add(LASTS);
        let session = Session { hash: secret.hash(), login, began: now, seen: now, expires };
        let acting = Acting { action: "sign_in", ..acting };
        let control = self.on_behalf(acting.clone());
        control.write_entry(acting, Outcome::Made, vec![login.to_string()], None).await?;
        self.inner.private.put_session(&session).map_err(stored)?;
        let mut present = control.present()?;
        present.expires = Some(expires);
        Ok((secret, present))
    }

    /// The login of an address and password.
    ///
    /// # Errors
    /// As [`Control::sign_in`].
    pub(super) async fn check_password(&self, email: &str, given: String) -> Result<LoginId, Error> {
        let address: [u8; 32] = Sha256::digest(email.trim().to_lowercase().as_bytes()).into();
        let now = self.inner.clock.now();
        if let Err(from) = self.inner.attempts.lock().begin(&address, now) {
            let refused = Refused::new(Code::TooMany, "signing in was tried too often");
            return Err(refused.hint(format!("try again after {from}")).into());
        }
        let known = self.inner.private.login_by_email(email).map_err(stored)?;
        let active = known
            .as_ref()
            .is_some_and(|known| self.inner.admins.read().login(known.login).is_some_and(|login| login.active));
        let hash = known.as_ref().and_then(|known| known.password.clone());
        let room = self.inner.hashing.acquire().await.map_err(|error| Error::failed("Purser is closing", error))?;
        let right = tokio::task::spawn_blocking(move || password::is(&given, hash.as_deref())).await;
        drop(room);
        let right = right.map_err(|error| Error::failed("comparing a password ended in a panic", error))?;
        match known {
            Some(known) if right && active => {
                self.inner.attempts.lock().succeeded(&address);
                Ok(known.login)
            }
            Some(known) => {
                let acting = Acting { action: "sign_in", ..Acting::new(Actor::Login(known.login), None) };
                self.audit_denied(&acting, vec![known.login.to_string()], Code::Unauthorized).await;
                Err(wrong())
            }
            None => Err(wrong()),
        }
    }

    /// Whoever has this session, while it lasts.
    ///
    /// # Errors
    /// The files.
    pub(crate) fn acting_by_session(&self, text: &str) -> Result<Option<(Acting, Instant)>, Error> {
        if !text.starts_with(SESSION_PREFIX) {
            return Ok(None);
        }
        let now = self.inner.clock.now();
        let Some(session) = self.inner.private.session(&secret::hash(text)).map_err(stored)? else { return Ok(None) };
        if session.expires <= now || session.seen.saturating_add(IDLE) <= now {
            self.inner.private.end_session(&session.hash).map_err(stored)?;
            return Ok(None);
        }
        if session.seen.saturating_add(SEEN) <= now {
            self.inner.private.put_session(&Session { seen: now, ..session }).map_err(stored)?;
        }
        Ok(self.acting_by_login(session.login).map(|acting| (acting, session.expires)))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The files: it may still be there.
    pub(crate) fn sign_out(&self, text: &str) -> Result<(), Error> {
        self.inner.private.end_session(&secret::hash(text)).map(drop).map_err(stored)
    }

    /// Who asks, and what they may.
    ///
    /// # Errors
    /// The files.
    pub fn present(&self) -> Result<Present, Error> {
        let acting = Arc::clone(&self.acting);
        let email = match acting.actor {
            Actor::Login(login) => self.inner.private.login(login).map_err(stored)?.map(|fields| fields.email),
            _ => None,
        };
        let now = self.inner.clock.now();
        let may = |permission: &&Permission| !acting.within(**permission, now).is_nothing();
        Ok(Present {
            actor: acting.actor.to_string(),
            email,
            person: acting.person,
            roles: acting.roles.clone(),
            permissions: Permission::ALL.iter().filter(may).map(|permission| permission.name().to_owned()).collect(),
            expires: None,
        })
    }

    fn acting_by_login(&self, login: LoginId) -> Option<Acting> {
        let admins = self.inner.admins.read();
        let known = admins.login(login).filter(|known| known.active)?;
        Some(Acting::with_roles(Actor::Login(login), known.person, known.roles.clone(), admins.privacy.profile))
    }
}

fn wrong() -> Error {
    Refused::new(Code::Unauthorized, "nobody signs in with this mail address and password").into()
}

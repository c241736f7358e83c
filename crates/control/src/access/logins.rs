//! Logins: who may sign in.

use purser_core::id::LoginId;
use purser_store::LoginFields;

use super::acting::{Actor, Party};
use super::given::given_roles;
use super::password;
use crate::admins::{AdminEvent, KnownLogin};
use crate::change::{CommandName, Turn, reused};
use crate::control::{Control, Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::pages::{Part, whole};
use crate::shape::{List, Login, NewLogin, Page, SetActive, SetPassword, SetRoles};

impl Control {
    /// Everybody who may sign in or might, oldest first.
    ///
    /// # Errors
    /// Mail addresses can't be read.
    pub fn logins(&self) -> Result<List<Login>, Error> {
        self.logins_page(&Part::ALL).map(whole)
    }

    /// The same in pages.
    pub(crate) fn logins_page(&self, part: &Part) -> Result<Page<Login>, Error> {
        let known: Vec<_> = self.inner.admins.read().logins().map(|(id, known)| (id, known.clone())).collect();
        part.of(&known, |(id, _)| id.to_string(), |(id, known)| self.inner.show_login(*id, known))
    }

    /// Lets somebody sign in.
    ///
    /// # Errors
    /// An address that is none or another's, a password or roles that can't be, or the journal.
    pub async fn add_login(&self, name: Option<CommandName>, new: NewLogin) -> Result<Login, Error> {
        let hash = self.hashed(new.password.clone(), &new.email).await?;
        self.change(name, move |turn| add_login(turn, &new, hash)).await
    }

    /// Gives somebody other roles. Nobody changes their own.
    ///
    /// # Errors
    /// Nobody of that id or address, roles that can't be, one's own roles, or the journal.
    pub async fn set_login_roles(&self, name: Option<CommandName>, who: &str, set: SetRoles) -> Result<Login, Error> {
        let who = who.to_owned();
        self.change(name, move |turn| {
            let (id, known) = turn.control().find_login(&who)?;
            let roles = given_roles(turn.control(), &turn.snapshot(), &set.roles, known.person)?;
            if roles != known.roles {
                let theirs = Party { actor: Actor::Login(id), person: known.person };
                turn.two_persons("set_login_roles", &id.to_string(), &[theirs])?;
                turn.commit_admin(&AdminEvent::LoginRolesSet { login: id, roles, at: turn.now })?;
            }
            turn.control().shown_login(id)
        })
        .await
    }

    /// Lets somebody sign in no longer, or again. Their sessions end at once.
    ///
    /// # Errors
    /// Nobody of that id or address, or the journal.
    pub async fn set_login_active(&self, name: Option<CommandName>, who: &str, set: SetActive) -> Result<Login, Error> {
        let who = who.to_owned();
        self.change(name, move |turn| {
            let (id, known) = turn.control().find_login(&who)?;
            if known.active != set.active {
                turn.commit_admin(&AdminEvent::LoginActiveSet { login: id, active: set.active, at: turn.now })?;
            }
            if !set.active {
                turn.control().private.end_sessions_of(id).map_err(stored)?;
            }
            turn.control().shown_login(id)
        })
        .await
    }

    /// Gives somebody another password. All their sessions end.
    ///
    /// # Errors
    /// Nobody of that id or address, a password that can't be, or the files.
    pub async fn set_login_password(
        &self,
        name: Option<CommandName>,
        who: &str,
        set: SetPassword,
    ) -> Result<Login, Error> {
        let (id, _) = self.inner.find_login(who)?;
        self.put_password(name, id, set.password).await
    }

    /// Gives whoever asks another password, against the one until now.
    ///
    /// # Errors
    /// Not asked by a login, another password until now, a password that can't be, tried too often, or the files.
    pub async fn set_own_password(&self, name: Option<CommandName>, set: SetPassword) -> Result<Login, Error> {
        let Actor::Login(id) = self.acting.actor else {
            return Err(Refused::new(Code::Invalid, "only somebody who signs in has a password").into());
        };
        let fields = self.inner.private.login(id).map_err(stored)?;
        let email = fields.map(|fields| fields.email).unwrap_or_default();
        self.check_password(&email, set.current.unwrap_or_default()).await?;
        self.put_password(name, id, set.password).await
    }

    async fn put_password(&self, name: Option<CommandName>, id: LoginId, password: String) -> Result<Login, Error> {
        let known = self.inner.private.login(id).map_err(stored)?;
        let known = known.ok_or_else(|| Refused::new(Code::NotFound, "their mail address was erased"))?;
        let hash = self.hashed(Some(password), &known.email).await?;
        self.change(name, move |turn| {
            turn.audit("set_password", &[id.to_string()], None)?;
            let fields = LoginFields { password: hash, ..known };
            turn.control().private.put_login(&fields).map_err(stored)?;
            turn.control().private.end_sessions_of(id).map_err(stored)?;
            turn.control().shown_login(id)
        })
        .await
    }

    /// The hash of a password that may be one; nothing for nothing.
    async fn hashed(&self, password: Option<String>, email: &str) -> Result<Option<String>, Error> {
        let Some(password) = password else { return Ok(None) };
        password::check(&password, email)?;
        let inner = std::sync::Arc::clone(&self.inner);
        let room = self.inner.hashing.acquire().await.map_err(|error| Error::failed("Purser is closing", error))?;
        let hash = tokio::task::spawn_blocking(move || password::hash(&password, &*inner.random)).await;
        drop(room);
        hash.map_err(|error| Error::failed("hashing a password ended in a panic", error))?.map(Some)
    }

    /// The same for setup, which makes a login before there is anybody to do it.
    ///
    /// # Errors
    /// As [`Control::add_login`].
    pub(crate) async fn hashed_for_setup(
        &self,
        password: Option<String>,
        email: &str,
    ) -> Result<Option<String>, Error> {
        self.hashed(password, email).await
    }
}

/// Lets somebody sign in, within a change; the password is hashed already.
pub(crate) fn add_login(turn: &mut Turn<'_>, new: &NewLogin, hash: Option<String>) -> Result<Login, Error> {
    let (control, snapshot) = (turn.control(), turn.snapshot());
    let email = checked_email(&new.email)?;
    let single = match (&new.issuer, &new.subject) {
        (Some(issuer), Some(subject)) => {
            let (issuer, subject) = (issuer.trim(), subject.trim());
            if issuer.is_empty() || subject.is_empty() || issuer.len() + subject.len() > 1000 {
                return Err(Refused::new(Code::Invalid, "issuer and subject have between 1 and 1000 letters").into());
            }
            Some((issuer.to_owned(), subject.to_owned()))
        }
        (None, None) => None,
        _ => return Err(Refused::new(Code::Invalid, "an issuer needs a subject, and a subject an issuer").into()),
    };
    if hash.is_some() == single.is_some() {
        let refused = Refused::new(Code::Invalid, "a login has a password, or an issuer and a subject");
        return Err(refused.hint("give one of the two").into());
    }
    let person = new.person.as_deref().map(|who| control.find_person(&snapshot, who)).transpose()?;
    let roles = given_roles(control, &snapshot, &new.roles, person)?;
    let login = LoginId::new(turn.command.get());
    if let Some(known) = control.admins.read().login(login).cloned() {
        let shown = control.show_login(login, &known)?;
        let same = shown.email.as_ref() == Some(&email) && known.roles == roles && known.person == person;
        return if same { Ok(shown) } else { Err(reused()) };
    }
    let taken = control.private.login_by_email(&email).map_err(stored)?;
    // One that setup or a crash left without its event is nobody's.
    if taken.is_some_and(|taken| control.admins.read().login(taken.login).is_some()) {
        return Err(Refused::new(Code::Conflict, "somebody signs in with this mail address already")
            .hint("`purser login list` shows who")
            .into());
    }
    if let Some((issuer, subject)) = &single
        && control.private.login_by_subject(issuer, subject).map_err(stored)?.is_some()
    {
        return Err(Refused::new(Code::Conflict, "somebody is this subject of this issuer already").into());
    }
    let fields = LoginFields { login, email, password: hash, single };
    control.private.forget_login_of(&fields.email).map_err(stored)?;
    control.private.put_login(&fields).map_err(stored)?;
    turn.touches(&login.to_string(), fields.email.as_bytes());
    turn.commit_admin(&AdminEvent::LoginAdded { login, person, roles, at: turn.now })?;
    turn.control().shown_login(login)
}

/// A mail address, roughly.
///
/// # Errors
/// It can't be one.
pub(crate) fn checked_email(text: &str) -> Result<String, Error> {
    let text = crate::people::checked_name("mail address", text)?;
    let whole = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    if !whole || text.contains(char::is_whitespace) {
        return Err(Refused::new(Code::Invalid, format!("`{text}` is no mail address")).into());
    }
    Ok(text)
}

impl Inner {
    /// A login by id or mail address.
    fn find_login(&self, who: &str) -> Result<(LoginId, KnownLogin), Error> {
        let unknown = || {
            Error::from(
                Refused::new(Code::NotFound, format!("nobody signs in as `{}`", who.trim()))
                    .hint("`purser login list` shows who does"),
            )
        };
        let id = match who.trim().parse::<LoginId>() {
            Ok(id) => id,
            Err(_) => self.private.login_by_email(who).map_err(stored)?.ok_or_else(unknown)?.login,
        };
        let known = self.admins.read().login(id).cloned().ok_or_else(unknown)?;
        Ok((id, known))
    }

    fn shown_login(&self, id: LoginId) -> Result<Login, Error> {
        let known = self.admins.read().login(id).cloned();
        let known = known.ok_or_else(|| Refused::new(Code::NotFound, format!("there is no login {id}")))?;
        self.show_login(id, &known)
    }

    fn show_login(&self, id: LoginId, known: &KnownLogin) -> Result<Login, Error> {
        let fields = self.private.login(id).map_err(stored)?;
        let (email, password, single) =
            fields.map_or((None, false, None), |fields| (Some(fields.email), fields.password.is_some(), fields.single));
        let (issuer, subject) = single.unzip();
        Ok(Login {
            id,
            email,
            person: known.person,
            roles: known.roles.clone(),
            password,
            issuer,
            subject,
            active: known.active,
            made: known.made,
        })
    }
}

//! The first administrator: a one-time code on standard error, good for a quarter of an hour, against a key.

use std::collections::VecDeque;
use std::time::Duration;

use purser_core::time::Instant;

use crate::access::{Acting, add_login, checked_email};
use crate::admins;
use crate::control::Control;
use crate::error::{Code, Error, Refused};
use crate::secret::{self, Secret};
use crate::shape::{AdminKey, NewLogin, Setup};

/// How long the code is good.
pub const SETUP_GOOD_FOR: Duration = Duration::from_mins(15);
/// Wrong codes in [`WRONG_WINDOW`]; after these nothing is compared. Whoever mistypes has enough of them; whoever guesses has
/// a few hundred tries at 80 random bits while a code is good.
const WRONG_MAX: usize = 20;
const WRONG_WINDOW: Duration = Duration::from_mins(1);

/// How far the company is with its first administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupStands {
    /// A code is good.
    Open,
    /// There was never an administrator, and no code is good: its time is over, or none was shown.
    Lapsed,
    /// There is an administrator, or was one.
    Over,
}

/// A code that was shown and not yet used.
#[derive(Debug)]
pub(crate) struct Offer {
    hash: [u8; 32],
    until: Instant,
    /// When others were tried, of late.
    wrong: VecDeque<Instant>,
}

impl Offer {
    /// Is it this code?
    ///
    /// # Errors
    /// It is another one ([`Code::Unauthorized`]), or too many others were tried ([`Code::TooMany`]).
    fn compare(&mut self, given: &[u8; 32], now: Instant) -> Result<(), Error> {
        while self.wrong.front().is_some_and(|first| first.saturating_add(WRONG_WINDOW) <= now) {
            self.wrong.pop_front();
        }
        if let Some(first) = self.wrong.front().filter(|_| self.wrong.len() >= WRONG_MAX) {
            let again = first.saturating_add(WRONG_WINDOW);
            let refused = Refused::new(Code::TooMany, "too many wrong codes were tried in a minute");
            return Err(refused
                .hint(format!("try again after {again}; on the machine itself `purser admin-key add` needs no code"))
                .into());
        }
        if self.hash == *given {
            return Ok(());
        }
        self.wrong.push_back(now);
        Err(wrong())
    }
}

impl Control {
    /// A code for the first administrator, to be shown on standard error; `None` when there was ever a key. A new code
    /// replaces the one before.
    ///
    /// # Errors
    /// No random bits.
    pub fn offer_setup(&self) -> Result<Option<Secret>, Error> {
        if self.inner.admins.read().any_ever() {
            return Ok(None);
        }
        let code = Secret::typed(&*self.inner.random)?;
        let until = self.inner.clock.now().saturating_add(SETUP_GOOD_FOR);
        *self.inner.setup.lock() = Some(Offer { hash: code.hash(), until, wrong: VecDeque::new() });
        Ok(Some(code))
    }

    /// How far the company is with its first administrator, at the moment.
    pub fn setup_stands(&self) -> SetupStands {
        let now = self.inner.clock.now();
        let offered = self.inner.setup.lock().as_ref().is_some_and(|offer| now < offer.until);
        match (self.inner.admins.read().any_ever(), offered) {
            (true, _) => SetupStands::Over,
            (false, true) => SetupStands::Open,
            (false, false) => SetupStands::Lapsed,
        }
    }

    /// Is a code good for something at the moment?
    pub(crate) fn is_setup_open(&self) -> bool {
        self.setup_stands() == SetupStands::Open
    }

    /// Takes the code against the first administrator's key.
    ///
    /// # Errors
    /// No code is good any more ([`Code::Gone`]), another one is ([`Code::Unauthorized`]), too many others were tried
    /// ([`Code::TooMany`]), or a mail address or password that can't be ([`Code::Invalid`]; the code stays good).
    pub async fn redeem_setup(&self, setup: Setup) -> Result<AdminKey, Error> {
        if !self.is_setup_open() {
            return Err(gone());
        }
        let given = secret::hash(setup.code.trim().to_lowercase().as_str());
        // Before anything else is looked at: hashing a password costs, and only whoever has the code is to cause it.
        let now = self.inner.clock.now();
        self.inner.setup.lock().as_mut().ok_or_else(gone)?.compare(&given, now)?;
        let label = setup.label.unwrap_or_else(|| "first administrator".to_owned());
        let login = match (setup.email, setup.password) {
            (Some(email), Some(password)) => {
                let email = checked_email(&email)?;
                let hash = self.hashed_for_setup(Some(password), &email).await?;
                let roles = vec!["admin".to_owned()];
                let new = NewLogin { email, password: None, roles, person: None, issuer: None, subject: None };
                Some((new, hash))
            }
            (None, None) => None,
            _ => {
                return Err(
                    Refused::new(Code::Invalid, "a mail address needs a password, and the other way round").into()
                );
            }
        };
        let acting = Acting { action: "setup", ..Acting::stranger() };
        self.on_behalf(acting)
            .change(None, move |turn| {
                let mut offer = turn.control().setup.lock();
                if turn.control().admins.read().any_ever() {
                    return Err(gone());
                }
                match offer.take() {
                    // Used up with the key it made, and with nothing else.
                    Some(open) if open.hash == given => {
                        drop(offer);
                        let key = admins::issue_first(turn, &label)?;
                        let login = login.map(|(new, hash)| add_login(turn, &new, hash)).transpose()?;
                        Ok(AdminKey { login: login.map(|login| login.id), ..key })
                    }
                    other => {
                        *offer = other;
                        Err(wrong())
                    }
                }
            })
            .await
    }
}

fn wrong() -> Error {
    Refused::new(Code::Unauthorized, "this is not the code that `purser serve` printed").into()
}

/// Setup is over.
pub(crate) fn gone() -> Error {
    Refused::new(Code::Gone, "setup is over: there is an administrator, or the code was not used in time")
        .hint(
            "on the machine itself `purser admin-key add` makes a key; starting `purser serve` anew prints a new code",
        )
        .into()
}

//! Webhooks by which other systems tell of outcomes: Standard Webhooks 1.0.
//!
//! A hook has an id, a source and a secret. The secret's bits come from the data folder's own and the hook's id, so that none is
//! kept; it is shown once, when the hook is made. Whoever signs with it tells of anybody's outcomes, and of nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use purser_core::id::HookId;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use super::record::{Line, Wanted, checked_source};
use super::{invalid, signature};
use crate::access::{Acting, Actor, Within};
use crate::admins::AdminEvent;
use crate::change::{CommandName, reused};
use crate::control::{Control, Inner};
use crate::error::{Code, Error, Refused};
use crate::pages::Part;
use crate::people::known;
use crate::shape::{Hook, HookMessage, NewHook, OutcomeTold, OutcomesTaken, Page};

/// How far a message's time may be from ours: long enough for clocks that differ, short enough that nobody keeps messages.
const TOLERANCE: Duration = Duration::from_mins(5);
/// Outcomes in one message.
const MESSAGE_MAX: usize = 100;
/// The longest id of a message.
const ID_MAX: usize = 200;

/// What the journal says about outcomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum OutcomeEvent {
    /// A hook was made.
    HookMade {
        /// Its id.
        hook: HookId,
        /// The source whose outcomes come by it.
        source: String,
        /// When.
        at: Instant,
    },
    /// It works no longer.
    HookRevoked {
        /// Which.
        hook: HookId,
        /// When.
        at: Instant,
    },
    /// Who else than the person themself may see what comes of one person's tokens.
    PersonReturnsSet {
        /// Those who may see the person's usage; nobody else where this is false.
        open: bool,
        /// When.
        at: Instant,
    },
}

/// The hooks of this ledger, and who may see whose return.
#[derive(Debug, Default)]
pub(crate) struct Hooks {
    by_id: BTreeMap<HookId, Known>,
    /// May those who see somebody's usage see the return on it too?
    pub(crate) person_returns: bool,
}

#[derive(Clone, Debug)]
struct Known {
    id: HookId,
    source: String,
    made: Instant,
    revoked: Option<Instant>,
}

impl Hooks {
    /// Takes an event in.
    pub(crate) fn apply(&mut self, event: &OutcomeEvent) {
        match event {
            OutcomeEvent::HookMade { hook, source, at } => {
                self.by_id.insert(*hook, Known { id: *hook, source: source.clone(), made: *at, revoked: None });
            }
            OutcomeEvent::HookRevoked { hook, at } => {
                if let Some(known) = self.by_id.get_mut(hook) {
                    known.revoked = Some(*at);
                }
            }
            OutcomeEvent::PersonReturnsSet { open, .. } => self.person_returns = *open,
        }
    }
}

/// What came by a hook, as it came.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// `webhook-id`.
    pub(crate) id: String,
    /// `webhook-timestamp`.
    pub(crate) timestamp: String,
    /// `webhook-signature`.
    pub(crate) signature: String,
    /// The bytes that are signed.
    pub(crate) body: Vec<u8>,
}

impl Control {
    /// The hooks, oldest first, never their secrets.
    pub(crate) fn hooks_page(&self, part: &Part) -> Result<Page<Hook>, Error> {
        let hooks: Vec<Known> = self.inner.admins.read().hooks.by_id.values().cloned().collect();
        part.of(&hooks, |hook| hook.id.to_string(), |hook| Ok(self.inner.show_hook(hook)))
    }

    /// Makes a hook; its secret is in the answer, once.
    ///
    /// # Errors
    /// A source that can't be named so, or the journal.
    pub(crate) async fn add_hook(&self, name: Option<CommandName>, new: NewHook) -> Result<Hook, Error> {
        let source = checked_source(Some(&new.source), "")?;
        if source.is_empty() {
            return Err(invalid("a hook is for a source".to_owned(), "name it, such as github or tickets"));
        }
        self.change(name, move |turn| {
            let (control, id) = (turn.control(), HookId::new(turn.command.get()));
            if let Some(made) = control.admins.read().hooks.by_id.get(&id) {
                return if made.source == source { Ok(control.show_hook(made)) } else { Err(reused()) };
            }
            let event = OutcomeEvent::HookMade { hook: id, source: source.clone(), at: turn.now };
            turn.commit_admin(&AdminEvent::Outcomes(event))?;
            let made = Known { id, source: source.clone(), made: turn.now, revoked: None };
            let secret = signature::secret_text(&control.hook_secret(id));
            Ok(Hook { secret: Some(secret), ..control.show_hook(&made) })
        })
        .await
    }

    /// Stops a hook at once.
    ///
    /// # Errors
    /// There is none of that id, or the journal.
    pub(crate) async fn revoke_hook(&self, name: Option<CommandName>, id: &str) -> Result<Hook, Error> {
        let id: HookId = id.trim().parse().map_err(|error: purser_core::id::IdError| {
            Refused::new(Code::Invalid, error.to_string()).hint("`purser outcome hooks` shows the ids")
        })?;
        self.change(name, move |turn| {
            let control = turn.control();
            let hook = known(control.admins.read().hooks.by_id.get(&id).cloned(), "hook", &id)?;
            if hook.revoked.is_some() {
                return Ok(control.show_hook(&hook));
            }
            turn.commit_admin(&AdminEvent::Outcomes(OutcomeEvent::HookRevoked { hook: id, at: turn.now }))?;
            Ok(control.show_hook(&Known { revoked: Some(turn.now), ..hook }))
        })
        .await
    }

    /// Takes in what came by a hook. The same message a second time changes nothing.
    ///
    /// # Errors
    /// [`Code::Unauthorized`] when there is no such hook, it is not signed with its secret, or it is too old; [`Code::Invalid`]
    /// for what it tells; the files or the journal.
    pub(crate) async fn take_message(&self, id: &str, message: Message) -> Result<OutcomesTaken, Error> {
        let hook = id.parse::<HookId>().ok();
        let hook = hook.and_then(|id| self.inner.admins.read().hooks.by_id.get(&id).cloned());
        // The same answer for all of it: nobody learns which hooks there are.
        let refuse = |message: &str| {
            Error::from(Refused::new(Code::Unauthorized, message).hint(
            "sign `id.timestamp.body` with the hook's secret (Standard Webhooks 1.0); `purser outcome hook` makes one",
        ))
        };
        let hook = hook.filter(|hook| hook.revoked.is_none()).ok_or_else(|| refuse(UNSIGNED))?;
        let Message { id, timestamp, signature, body } = message;
        let secret = self.inner.hook_secret(hook.id);
        if id.is_empty() || id.len() > ID_MAX || !signature::is_signed(&secret, &id, &timestamp, &body, &signature) {
            return Err(refuse(UNSIGNED));
        }
        let sent = timestamp.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1_000_000));
        let sent = sent.map(Instant::from_micros).ok_or_else(|| refuse(UNSIGNED))?;
        let now = self.inner.clock.now();
        if sent.saturating_add(TOLERANCE) < now || now.saturating_add(TOLERANCE) < sent {
            return Err(refuse("the message is more than five minutes old, or from later than now"));
        }
        let lines = lines(&id, &body)?;
        let acting = Acting { action: "take_hook", ..Acting::new(Actor::Hook(hook.id), None) };
        let source = hook.source.clone();
        self.on_behalf(acting)
            .change(None, move |turn| turn.tell(&Within::Everything, &source, lines, Vec::new(), Wanted::default()))
            .await
    }
}

const UNSIGNED: &str = "the message is not signed by whom this address is for";

/// What a message tells: one outcome or several.
fn lines(id: &str, body: &[u8]) -> Result<Vec<Line>, Error> {
    let unreadable = |error: serde_json::Error| {
        let hint = "send {\"type\": \"outcome.achieved\", \"timestamp\": …, \"data\": {\"person\": …, \"kind\": …}}";
        invalid(format!("the message can't be read: {error}"), hint)
    };
    let message: HookMessage = serde_json::from_slice(body).map_err(unreadable)?;
    let (several, data) = match message.data {
        serde_json::Value::Array(all) => (true, all),
        one => (false, vec![one]),
    };
    if data.is_empty() || data.len() > MESSAGE_MAX {
        let hint = format!("send between 1 and {MESSAGE_MAX}, and the others in further messages");
        return Err(invalid(format!("the message tells of {} outcomes", data.len()), &hint));
    }
    let line = |(place, data): (usize, serde_json::Value)| {
        let mut told: OutcomeTold = serde_json::from_value(data).map_err(unreadable)?;
        // When it happened, where the outcome itself does not say.
        told.at = told.at.or_else(|| message.timestamp.clone());
        let instead = if several { format!("{id}/{place}") } else { id.to_owned() };
        Ok(Line { place: place + 1, told, instead })
    };
    data.into_iter().enumerate().map(line).collect()
}

impl Inner {
    fn hook_secret(&self, hook: HookId) -> [u8; 32] {
        self.keyed_hash(format!("secret of {hook}").as_bytes()).0
    }

    fn show_hook(&self, hook: &Known) -> Hook {
        let control = self.pages_url();
        Hook {
            id: hook.id,
            source: hook.source.clone(),
            address: format!("{control}/hooks/{}", hook.id),
            made: hook.made,
            revoked: hook.revoked,
            secret: None,
        }
    }
}

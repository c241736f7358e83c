//! Keys: made, listed, revoked.

use purser_core::directory::Key as Known;
use purser_core::event::{Event, KeyHash, KeyIssue};
use purser_core::id::KeyId;
use purser_core::time::Instant;

use crate::access::Within;
use crate::change::{CommandName, Turn, reused};
use crate::control::{Control, Inner};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::grants::{patterns_shown, scope};
use crate::names::key_id;
use crate::pages::{Part, unrefused};
use crate::people::{checked_name, known};
use crate::secret::{KEY_PREFIX, Secret};
use crate::shape::{Key, List, NewKey, Page};

impl Control {
    /// All keys in the order they were made, never their secrets.
    pub fn keys(&self) -> List<Key> {
        unrefused(self.keys_page(&Within::Everything, &Part::ALL))
    }

    /// The same, of those who are covered, in pages.
    pub(crate) fn keys_page(&self, within: &Within, part: &Part) -> Result<Page<Key>, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let directory = &snapshot.directory;
        let mut keys: Vec<_> = directory.keys().filter(|key| within.person(directory, key.person)).collect();
        keys.sort_unstable_by_key(|key| (key.issued_at, key.id));
        part.of(&keys, |key| key.id.to_string(), |key| Ok(self.inner.show_key(key, now)))
    }

    /// Makes a key; its secret is in the answer, once.
    ///
    /// # Errors
    /// Nobody of that name, terms that make no sense, no random bits, or the journal.
    pub async fn add_key(&self, name: Option<CommandName>, new: NewKey) -> Result<Key, Error> {
        self.change(name, move |turn| {
            let secret = Secret::generate(KEY_PREFIX, &*turn.control().random)?;
            let issue = issue(turn, &new, &secret)?;
            let id = issue.key;
            if let Some(made) = turn.snapshot().directory.key_by_id(id) {
                // Another secret was drawn for this asking; it goes nowhere. The first one is not kept.
                return if alike(made, &issue) { Ok(turn.control().show_key(made, turn.now)) } else { Err(reused()) };
            }
            turn.commit(&Event::KeyIssued(issue))?;
            let key = shown(turn, id)?;
            Ok(Key { key: Some(secret.reveal().to_owned()), ..key })
        })
        .await
    }

    /// Stops a key at once. One that is stopped already stays as it is.
    ///
    /// # Errors
    /// No such key, or the journal.
    pub async fn revoke_key(&self, name: Option<CommandName>, id: &str) -> Result<Key, Error> {
        let id = key_id(id)?;
        self.change(name, move |turn| {
            let revoked = known(turn.snapshot().directory.key_by_id(id), "key", &id)?.revoked_at;
            if revoked.is_none() {
                turn.commit(&Event::KeyRevoked { key: id, at: turn.now })?;
            }
            shown(turn, id)
        })
        .await
    }
}

impl Inner {
    pub(crate) fn show_key(&self, key: &Known, now: Instant) -> Key {
        let here = self.snapshot.load().directory.person(key.person).is_some_and(|person| !person.has_left(now));
        Key {
            id: key.id,
            key: None,
            person: key.person,
            person_name: self.names.read().person_name(key.person),
            agent: key.agent.as_deref().map(str::to_owned),
            models: patterns_shown(&key.allow.models),
            providers: patterns_shown(&key.allow.providers),
            tools: patterns_shown(&key.allow.tools),
            tool: key.tool.as_deref().map(str::to_owned),
            project: key.project.as_deref().map(str::to_owned),
            rpm: key.requests_per_minute,
            expires: key.expires,
            active: here && works(key, now),
        }
    }
}

/// Neither revoked nor expired.
pub(crate) fn works(key: &Known, now: Instant) -> bool {
    key.revoked_at.is_none() && key.expires.is_none_or(|expires| now < expires)
}

pub(crate) fn shown(turn: &Turn<'_>, id: KeyId) -> Result<Key, Error> {
    let snapshot = turn.snapshot();
    let key = known(snapshot.directory.key_by_id(id), "key", &id)?;
    Ok(turn.control().show_key(key, turn.now))
}

fn issue(turn: &Turn<'_>, new: &NewKey, secret: &Secret) -> Result<KeyIssue, Error> {
    let snapshot = turn.snapshot();
    let person = turn.control().find_person(&snapshot, &new.person)?;
    let whose = known(snapshot.directory.person(person), "person", &person)?;
    if let Some(left_at) = whose.left_at {
        return Err(Refused::new(
            Code::Conflict,
            format!("{person} left at {left_at}; keys are for those who are here"),
        )
        .into());
    }
    if new.rpm == Some(0) {
        let refused = Refused::new(Code::Invalid, "a key for 0 requests per minute works for nothing");
        return Err(refused.hint("leave the limit out, or revoke the key").into());
    }
    let expires = new.expires.as_deref().map(dates::day).transpose()?;
    Ok(KeyIssue {
        key: KeyId::new(turn.command.get()),
        hash: KeyHash(secret.hash()),
        person,
        agent: new.agent.as_deref().map(|agent| checked_name("label", agent)).transpose()?,
        tool: new.tool.as_deref().map(tool_name).transpose()?,
        project: new.project.as_deref().map(project_name).transpose()?,
        allow: scope(&new.models, &new.providers, &new.tools)?,
        requests_per_minute: new.rpm,
        expires: expires.map(|day| whose.zone(turn.now).first_instant(day)),
        at: turn.now,
    })
}

/// The name of a tool: small letters, digits and hyphens.
fn tool_name(text: &str) -> Result<String, Error> {
    /// Longer names are none of ours.
    const BYTES_MAX: usize = 40;
    let name = text.trim().to_ascii_lowercase();
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=BYTES_MAX).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(name);
    }
    let message = format!("`{text}` is no name of a tool; it has 1 to {BYTES_MAX} letters, digits and hyphens");
    Err(Refused::new(Code::Invalid, message).hint("write it like claude-code or spreadsheet").into())
}

/// The name of a project, as the header `x-purser-project` has it.
fn project_name(text: &str) -> Result<String, Error> {
    /// Longer names are not taken from the header either.
    const BYTES_MAX: usize = 64;
    let name = text.trim();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte);
    if (1..=BYTES_MAX).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(name.to_owned());
    }
    let message = format!("`{text}` is no name of a project; it has 1 to {BYTES_MAX} letters, digits and `._/-`");
    Err(Refused::new(Code::Invalid, message).hint("write it like shop/checkout").into())
}

/// Was the known key made by the same request?
fn alike(known: &Known, issue: &KeyIssue) -> bool {
    known.person == issue.person
        && known.agent.as_deref() == issue.agent.as_deref()
        && *known.allow == issue.allow
        && known.tool.as_deref() == issue.tool.as_deref()
        && known.project.as_deref() == issue.project.as_deref()
        && known.requests_per_minute == issue.requests_per_minute
        && known.expires == issue.expires
}

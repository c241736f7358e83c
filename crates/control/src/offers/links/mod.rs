//! Links by which candidates look at their offers and answer them, without a sign-in.
//!
//! A link's secret has 256 random bits; of it only a hash is kept, and it is shown once, to whoever made it. It works until a
//! day that is known from the start, or until somebody stops it, and leads to one offer alone. What a candidate does by it is
//! done in the link's name, which the trail has.

mod answer;
mod buys;
mod look;

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use purser_core::event::KeyHash;
use purser_core::id::{NoteId, OfferId, OfferLinkId};
use purser_core::offer::State;
use purser_core::time::Instant;
use serde::{Deserialize, Serialize};

use super::{checked_note, note, offer_id};
use crate::access::{Acting, Actor, Confidential, Whose};
use crate::admins::AdminEvent;
use crate::change::{CommandName, reused};
use crate::control::{Control, Inner, stored};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::people::known;
use crate::secret::{self, OFFER_LINK_PREFIX, Secret};
use crate::shape::{AnswerQuestion, List, NewOfferLink, OfferLink, OfferLinkState, OfferQuestion};

/// How many days a link works after its offer's time, where nobody said: long enough to fetch a letter that was signed.
const LASTS: i64 = 14;
/// Questions that one offer takes.
const QUESTIONS_MAX: usize = 50;

/// What the journal says about links to offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum OfferLinkEvent {
    /// One was made.
    Made {
        /// Its id.
        link: OfferLinkId,
        /// SHA-256 of its secret.
        hash: KeyHash,
        /// To which offer.
        offer: OfferId,
        /// From when on no longer.
        until: Instant,
        /// When.
        at: Instant,
    },
    /// It works no longer.
    Revoked {
        /// Which.
        link: OfferLinkId,
        /// When.
        at: Instant,
    },
    /// A candidate asked something.
    Asked {
        /// Where the question is kept.
        question: NoteId,
        /// About which offer.
        offer: OfferId,
        /// When.
        at: Instant,
    },
    /// Somebody answered.
    Answered {
        /// Which question.
        question: NoteId,
        /// Where the answer is kept.
        answer: NoteId,
        /// When.
        at: Instant,
    },
}

/// One link.
#[derive(Clone, Copy, Debug)]
struct Link {
    id: OfferLinkId,
    hash: KeyHash,
    offer: OfferId,
    made: Instant,
    until: Instant,
    revoked: bool,
}

/// One question.
#[derive(Clone, Copy, Debug)]
struct Question {
    id: NoteId,
    offer: OfferId,
    at: Instant,
    answer: Option<(NoteId, Instant)>,
}

/// The links of this ledger, and what was asked by them.
#[derive(Debug, Default)]
pub(crate) struct OfferLinks {
    links: BTreeMap<OfferLinkId, Link>,
    questions: BTreeMap<NoteId, Question>,
}

impl OfferLinks {
    /// Takes an event in.
    pub(crate) fn apply(&mut self, event: &OfferLinkEvent) {
        match *event {
            OfferLinkEvent::Made { link, hash, offer, until, at } => {
                self.links.insert(link, Link { id: link, hash, offer, made: at, until, revoked: false });
            }
            OfferLinkEvent::Revoked { link, .. } => {
                if let Some(link) = self.links.get_mut(&link) {
                    link.revoked = true;
                }
            }
            OfferLinkEvent::Asked { question, offer, at } => {
                self.questions.insert(question, Question { id: question, offer, at, answer: None });
            }
            OfferLinkEvent::Answered { question, answer, at } => {
                if let Some(question) = self.questions.get_mut(&question) {
                    question.answer = Some((answer, at));
                }
            }
        }
    }

    /// The link of a secret. What is compared is a hash that the asker can't choose.
    fn by_secret(&self, text: &str) -> Option<Link> {
        let hash = text.starts_with(OFFER_LINK_PREFIX).then(|| KeyHash(secret::hash(text)))?;
        self.links.values().find(|link| link.hash == hash).copied()
    }

    fn asked_about(&self, offer: OfferId) -> Vec<Question> {
        let mut asked: Vec<_> = self.questions.values().filter(|asked| asked.offer == offer).copied().collect();
        asked.sort_by_key(|asked| (asked.at, asked.id));
        asked
    }
}

impl Link {
    fn state(&self, now: Instant) -> OfferLinkState {
        match () {
            () if self.revoked => OfferLinkState::Revoked,
            () if self.until <= now => OfferLinkState::Expired,
            () => OfferLinkState::Open,
        }
    }

    fn shown(&self, now: Instant) -> OfferLink {
        let Self { id, offer, made, until, .. } = *self;
        OfferLink { id, link: None, offer, state: self.state(now), until, made }
    }
}

impl Control {
    /// The links to an offer, oldest first, never their secrets.
    ///
    /// # Errors
    /// No such offer.
    pub fn offer_links(&self, offer: &str) -> Result<List<OfferLink>, Error> {
        let (id, now) = (offer_id(offer)?, self.inner.clock.now());
        known(self.snapshot().directory.offer(id), "offer", &id)?;
        let links = &self.inner.admins.read().offer_links.links;
        let mut items: Vec<_> = links.values().filter(|link| link.offer == id).map(|link| link.shown(now)).collect();
        items.sort_by_key(|link| (link.made, link.id));
        Ok(List { items })
    }

    /// Makes a link to an offer; its address is in the answer, once.
    ///
    /// # Errors
    /// No such offer, one that came to nothing, a day that is over, no random bits, or the journal.
    pub async fn add_offer_link(
        &self,
        name: Option<CommandName>,
        offer: &str,
        new: NewOfferLink,
    ) -> Result<OfferLink, Error> {
        let offer = offer_id(offer)?;
        self.change(name, move |turn| {
            let (snapshot, now) = (turn.snapshot(), turn.now);
            let of = known(snapshot.directory.offer(offer), "offer", &offer)?;
            if of.state.is_ended() && of.state != State::Accepted {
                let message = format!("offer {offer} is {}: there is nothing to look at", of.state.word());
                return Err(Refused::new(Code::OfferState, message).hint("draft another").into());
            }
            let number = of.latest().map_or(1, |latest| latest.number);
            let content = turn.control().offer_content(offer, number)?;
            let day = match new.until.as_deref() {
                Some(day) => dates::day(day)?,
                None => content.expires.max(content.zone.date(now)).saturating_add(LASTS.days()),
            };
            let until = content.zone.first_instant(day);
            if until <= now {
                let message = format!("the link would be over on {day} already");
                return Err(Refused::new(Code::Invalid, message).hint("name a later day").into());
            }
            let id = OfferLinkId::new(turn.command.get());
            let made = turn.control().admins.read().offer_links.links.get(&id).copied();
            if let Some(made) = made {
                let same = made.offer == offer && (new.until.is_none() || made.until == until);
                return if same { Ok(made.shown(now)) } else { Err(reused()) };
            }
            let secret = Secret::generate(OFFER_LINK_PREFIX, &*turn.control().random)?;
            let hash = KeyHash(secret.hash());
            let event = OfferLinkEvent::Made { link: id, hash, offer, until, at: now };
            turn.commit_admin(&AdminEvent::OfferLink(event))?;
            let link = format!("{}/o/{}", turn.control().pages_url(), secret.reveal());
            let shown = turn.control().offer_link(id)?.shown(now);
            Ok(OfferLink { link: Some(link), ..shown })
        })
        .await
    }

    /// Stops a link at once.
    ///
    /// # Errors
    /// No such link, or the journal.
    pub async fn revoke_offer_link(&self, name: Option<CommandName>, id: &str) -> Result<OfferLink, Error> {
        let id: OfferLinkId = id.trim().parse().map_err(|error: purser_core::id::IdError| {
            Refused::new(Code::Invalid, error.to_string()).hint("the page of the offer has its links")
        })?;
        self.change(name, move |turn| {
            if !turn.control().offer_link(id)?.revoked {
                turn.commit_admin(&AdminEvent::OfferLink(OfferLinkEvent::Revoked { link: id, at: turn.now }))?;
            }
            Ok(turn.control().offer_link(id)?.shown(turn.now))
        })
        .await
    }

    /// What was asked about an offer by its links, oldest first.
    ///
    /// # Errors
    /// No such offer, or the files.
    pub async fn offer_questions(&self, offer: &str) -> Result<List<OfferQuestion>, Error> {
        let id = offer_id(offer)?;
        self.look(move |inner, snapshot| {
            known(snapshot.directory.offer(id), "offer", &id)?;
            let asked = inner.admins.read().offer_links.asked_about(id);
            let items = asked.iter().map(|asked| inner.shown_question(asked)).collect::<Result<_, _>>()?;
            Ok(List { items })
        })
        .await
    }

    /// Answers a candidate's question, once: they read it on their page.
    ///
    /// # Errors
    /// No such question, one that has another answer, an empty answer, or the journal.
    pub async fn answer_question(
        &self,
        name: Option<CommandName>,
        id: &str,
        answer: AnswerQuestion,
    ) -> Result<OfferQuestion, Error> {
        let id: NoteId = id.trim().parse().map_err(|error: purser_core::id::IdError| {
            Refused::new(Code::Invalid, error.to_string()).hint("the page of the offer has its questions")
        })?;
        self.change(name, move |turn| {
            let text = said("an answer", &answer.answer)?;
            let asked = turn.control().question(id)?;
            let kept = NoteId::new(turn.derived("note", 0));
            match asked.answer {
                Some((known, _)) if known == kept => {}
                Some(_) => {
                    let message = "this question has its answer, which the candidate may have read";
                    return Err(Refused::new(Code::Conflict, message).hint("tell them the rest by mail").into());
                }
                None => {
                    note(turn, asked.offer, Some(text))?;
                    let event = OfferLinkEvent::Answered { question: id, answer: kept, at: turn.now };
                    turn.commit_admin(&AdminEvent::OfferLink(event))?;
                }
            }
            let asked = turn.control().question(id)?;
            turn.control().shown_question(&asked)
        })
        .await
    }

    /// Whoever has a link's secret, for what they do by it.
    ///
    /// # Errors
    /// [`Code::NotFound`] where there is none of that secret or it was stopped, [`Code::Gone`] after its time,
    /// [`Code::TooMany`].
    fn by_link(&self, secret: &str, action: &'static str) -> Result<(Self, Link), Error> {
        let now = self.inner.clock.now();
        let link = self.inner.admins.read().offer_links.by_secret(secret);
        self.inner.link_pace.lock().count(link.map(|link| link.id), now).map_err(|again| {
            Refused::new(Code::TooMany, "this was asked too often in a minute")
                .hint(format!("load the page again after {again}"))
        })?;
        let nothing = || {
            Refused::new(Code::NotFound, "there is no offer behind this link").hint("ask whoever sent it for another")
        };
        let link = link.ok_or_else(nothing)?;
        match link.state(now) {
            OfferLinkState::Revoked => Err(nothing().into()),
            OfferLinkState::Expired => {
                let refused = Refused::new(Code::Gone, format!("this link was good until {}", link.until));
                Err(refused.hint("ask whoever sent it for another").into())
            }
            OfferLinkState::Open => {
                let acting = Acting::new(Actor::OfferLink(link.id), None);
                Ok((self.on_behalf(Acting { action, ..acting }), link))
            }
        }
    }
}

/// A text that must say something.
fn said<'a>(what: &str, text: &'a str) -> Result<&'a str, Error> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refused::new(Code::Invalid, format!("{what} has some words")).into());
    }
    checked_note(text)?;
    Ok(text)
}

impl Inner {
    fn offer_link(&self, id: OfferLinkId) -> Result<Link, Error> {
        let link = self.admins.read().offer_links.links.get(&id).copied();
        link.ok_or_else(|| Refused::new(Code::NotFound, format!("there is no link {id}")).into())
    }

    fn question(&self, id: NoteId) -> Result<Question, Error> {
        let asked = self.admins.read().offer_links.questions.get(&id).copied();
        asked.ok_or_else(|| Refused::new(Code::NotFound, format!("there is no question {id}")).into())
    }

    fn shown_question(&self, asked: &Question) -> Result<OfferQuestion, Error> {
        let snapshot = self.snapshot.load_full();
        let offer = snapshot.directory.offer(asked.offer);
        let person = offer.and_then(|offer| offer.accepted).map(|accepted| accepted.person);
        let whose = Whose::new(asked.offer, person, offer.map(|offer| offer.unit));
        let text = |note: NoteId| -> Result<Option<Confidential<String>>, Error> {
            let text = self.private.offer_note(note).map_err(stored)?;
            Ok(text.map(|text| Confidential::new(text, &whose).or(super::look::HIDDEN.to_owned())))
        };
        Ok(OfferQuestion {
            id: asked.id,
            offer: asked.offer,
            question: text(asked.id)?,
            asked: asked.at,
            answer: asked.answer.map(|(note, _)| text(note)).transpose()?.flatten(),
            answered: asked.answer.map(|(_, at)| at),
        })
    }
}

//! What a candidate does by their link: looking, asking, asking for something else, yes, no.

use purser_core::id::NoteId;
use purser_core::letter::Amounts;
use purser_core::offer::State;
use purser_core::package::TokenLine;

use super::look::{none_on_the_table, stands};
use super::{OfferLinkEvent, QUESTIONS_MAX, note, said};
use crate::admins::AdminEvent;
use crate::control::Control;
use crate::error::{Code, Error, Refused};
use crate::letter::Form;
use crate::people::known;
use crate::shape::{AcceptOffer, CounterOffer, DeclineOffer, NewVersion, SignOffer, Stands};

impl Control {
    /// Notes that the candidate has the offer before them, where it was not noted yet.
    ///
    /// # Errors
    /// As [`Control::offer_by_link`], or the journal.
    pub async fn view_by_link(&self, secret: &str) -> Result<(), Error> {
        let (control, link) = self.by_link(secret, "view_by_link")?;
        let snapshot = control.snapshot();
        let offer = known(snapshot.directory.offer(link.offer), "offer", &link.offer)?;
        let is_new = offer.state == State::Sent && stands(offer, control.inner.clock.now()).0 == Stands::Open;
        if is_new {
            control.view_offer(None, &link.offer.to_string()).await?;
        }
        Ok(())
    }

    /// Keeps a question for whoever works on the offer.
    ///
    /// # Errors
    /// As [`Control::offer_by_link`]; no words, more than 4 KiB of them, or more than fifty questions; the journal.
    pub async fn ask_by_link(&self, secret: &str, question: String) -> Result<(), Error> {
        let (control, link) = self.by_link(secret, "ask_by_link")?;
        control
            .change(None, move |turn| {
                let text = said("a question", &question)?;
                let snapshot = turn.snapshot();
                known(snapshot.directory.offer(link.offer), "offer", &link.offer)?;
                if turn.control().admins.read().offer_links.asked_about(link.offer).len() >= QUESTIONS_MAX {
                    let message = format!("there are {QUESTIONS_MAX} questions about this offer already");
                    return Err(Refused::new(Code::TooMany, message).hint("write to whoever sent you the link").into());
                }
                let id = NoteId::new(turn.derived("note", 0));
                note(turn, link.offer, Some(text))?;
                let event = OfferLinkEvent::Asked { question: id, offer: link.offer, at: turn.now };
                turn.commit_admin(&AdminEvent::OfferLink(event))
            })
            .await
    }

    /// Writes what the candidate asks for instead, upon the version that they have before them.
    ///
    /// # Errors
    /// As [`Control::counter_offer`].
    pub async fn counter_by_link(&self, secret: &str, counter: CounterOffer) -> Result<(), Error> {
        let (control, link) = self.by_link(secret, "counter_by_link")?;
        let now = control.inner.clock.now();
        let (current, reason) = (counter.clone(), counter.reason);
        let content = control.look(move |inner, snapshot| {
            let offer = known(snapshot.directory.offer(link.offer), "offer", &link.offer)?;
            let version = stands(offer, now).1.ok_or_else(none_on_the_table)?;
            inner.offer_content(offer.id, version.number)
        });
        let mut content = content.await?;
        let before = content.clone();
        if let Some(amount) = current.tokens {
            match &mut content.package.tokens {
                // Released as the new amount is written, where nobody said otherwise.
                Some(line) => line.amount = amount,
                none => *none = Some(TokenLine::plain(amount)),
            }
        }
        if let Some(line) = &mut content.package.tokens {
            line.guaranteed = current.guaranteed;
        }
        if let Some(salary) = current.salary {
            content.package.salary = Some(salary);
        }
        if content == before {
            let refused = Refused::new(Code::Invalid, "this is what you are offered already");
            return Err(refused.hint("change the amount, or ask a question").into());
        }
        control.counter_offer(None, &link.offer.to_string(), NewVersion { content, reason }).await.map(drop)
    }

    /// The candidate's yes, signed, to the letter that they have before them.
    ///
    /// # Errors
    /// [`Code::LetterChanged`] when the letter is not the one that they have before them; as [`Control::accept_offer`].
    pub async fn accept_by_link(&self, secret: &str, sign: SignOffer) -> Result<(), Error> {
        let (control, link) = self.by_link(secret, "accept_by_link")?;
        let (number, before_them) = (sign.version, sign.letter);
        control
            .look(move |inner, snapshot| {
                let offer = known(snapshot.directory.offer(link.offer), "offer", &link.offer)?;
                let version = offer.version(number).ok_or_else(none_on_the_table)?;
                let is = inner.document(offer, version, Amounts::Shown, Form::Html)?.hash;
                if is.as_deref() == Some(before_them.trim()) {
                    return Ok(());
                }
                let refused = Refused::new(Code::LetterChanged, "the letter is not the one that you had before you");
                Err(refused.hint("read it again before you sign").into())
            })
            .await?;
        let yes = AcceptOffer { version: number, signed: sign.signed };
        control.accept_offer(None, &link.offer.to_string(), yes).await.map(drop)
    }

    /// The candidate's no.
    ///
    /// # Errors
    /// As [`Control::decline_offer`].
    pub async fn decline_by_link(&self, secret: &str, why: DeclineOffer) -> Result<(), Error> {
        let (control, link) = self.by_link(secret, "decline_by_link")?;
        control.decline_offer(None, &link.offer.to_string(), why).await.map(drop)
    }
}

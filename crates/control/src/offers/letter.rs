//! The letter of an offer, as a document that is read, signed and kept.

use purser_core::id::OfferId;
use purser_core::letter::{Amounts, Letter};
use purser_core::offer::{Content, ContentHash, Offer as Known, Version};
use purser_store::OfferLetter;

use super::offer_id;
use crate::access::{Confidential, Whose};
use crate::control::{Control, Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::letter::{Form, Rendered, hash};
use crate::people::known;
use crate::privacy;

/// A letter to hand out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// In which form.
    pub form: Form,
    /// What it may be called as a file, without an extension.
    pub name: String,
    /// The keyed hash of the letter, both forms together; `None` of one without amounts, which nobody signs.
    pub hash: Option<String>,
}

impl From<Rendered> for OfferLetter {
    fn from(letter: Rendered) -> Self {
        Self { html: letter.html, pdf: letter.pdf.ok() }
    }
}

impl Control {
    /// The letter of an offer: of the version that was accepted, or else was sent, or else is the latest; or of the one
    /// that is named. Amounts only for those who may see them. A signed one is given as it was signed.
    ///
    /// # Errors
    /// No such offer or version; [`Code::Gone`] once erased; [`Code::LetterChanged`] when what was kept is not what was
    /// signed; [`Code::Invalid`] when the PDF's font lacks a letter; or the files.
    pub async fn offer_letter(&self, id: &str, version: Option<u32>, form: Form) -> Result<Document, Error> {
        let id = offer_id(id)?;
        let snapshot = self.snapshot();
        let offer = known(snapshot.directory.offer(id), "offer", &id)?;
        let person = offer.accepted.map(|accepted| accepted.person);
        if let Some(person) = person {
            privacy::looked_at(person);
        }
        let seen = Confidential::new((), &Whose::new(id, person, Some(offer.unit))).is_seen();
        let amounts = if seen { Amounts::Shown } else { Amounts::Hidden };
        self.look(move |inner, snapshot| {
            let offer = known(snapshot.directory.offer(id), "offer", &id)?;
            let number = version
                .or(offer.accepted.map(|accepted| accepted.version))
                .or(offer.sent.map(|sent| sent.version))
                .or(offer.latest().map(|latest| latest.number))
                .unwrap_or(1);
            let version = offer.version(number).ok_or_else(|| {
                Refused::new(Code::NotFound, format!("offer {id} has no version {number}"))
                    .hint(format!("`purser offer show {id}` shows its versions"))
            })?;
            inner.document(offer, version, amounts, form)
        })
        .await
    }
}

impl Inner {
    pub(super) fn document(
        &self,
        offer: &Known,
        version: &Version,
        amounts: Amounts,
        form: Form,
    ) -> Result<Document, Error> {
        let name = format!("offer-{}-version-{}", offer.id, version.number);
        let signed = offer.accepted.filter(|accepted| accepted.version == version.number).and_then(|it| it.letter);
        let content = self.offer_content(offer.id, version.number)?;
        let key = self.offer_key(offer.id, version.number)?;
        let mut missing = Vec::new();
        let letter = if let Some(signed) = signed.filter(|_| amounts == Amounts::Shown) {
            self.signed_letter(offer.id, version.number, &key, signed)?
        } else {
            let rendered = Self::letter_of(offer, version, &content, amounts)?;
            missing.extend(rendered.pdf.as_ref().err().into_iter().flatten().copied());
            rendered.into()
        };
        let is_whole = amounts == Amounts::Shown;
        let hash = is_whole.then(|| hash(&letter.html, letter.pdf.as_deref().unwrap_or_default(), &key).to_string());
        let bytes = match form {
            Form::Html => letter.html,
            Form::Pdf => letter.pdf.ok_or_else(|| {
                let letters: Vec<String> = missing.iter().map(|letter| format!("“{letter}”")).collect();
                let which = if letters.is_empty() { "some of its letters".to_owned() } else { letters.join(", ") };
                Refused::new(Code::Invalid, format!("the font of the PDF has no {which}"))
                    .hint("the HTML letter has every script; print that from a browser")
            })?,
        };
        Ok(Document { bytes, form, name, hash })
    }

    /// The letter as it was kept, if it is the one that was signed.
    fn signed_letter(
        &self,
        offer: OfferId,
        number: u32,
        key: &[u8; 32],
        signed: ContentHash,
    ) -> Result<OfferLetter, Error> {
        let kept = self.private.offer_letter(offer, number).map_err(stored)?;
        let kept = kept.ok_or_else(|| Refused::new(Code::Gone, format!("the letter of offer {offer} was erased")))?;
        let is = hash(&kept.html, kept.pdf.as_deref().unwrap_or_default(), key);
        if is == signed {
            return Ok(kept);
        }
        let message = format!(
            "the letter of offer {offer} is not the one that was signed: its hash is {is}, the signature's {signed}"
        );
        let hint = "somebody changed the data folder; take the letter from a backup or from the signer";
        Err(Refused::new(Code::LetterChanged, message).hint(hint).into())
    }

    /// A version's letter, made anew.
    pub(super) fn letter_of(
        offer: &Known,
        version: &Version,
        content: &Content,
        amounts: Amounts,
    ) -> Result<Rendered, Error> {
        let letter = Letter::of(content, version.tokens.as_deref(), version.number, amounts);
        let letter = letter.map_err(|error| {
            Refused::new(Code::Conflict, format!("offer {} has no letter: {error}", offer.id)).hint("revise it")
        })?;
        Ok(Rendered::of(&letter))
    }

    /// The key of a version's hashes, which is kept and erased with its text.
    pub(super) fn offer_key(&self, offer: OfferId, number: u32) -> Result<[u8; 32], Error> {
        let text = self.private.offer_text(offer, number).map_err(stored)?;
        let erased = || Refused::new(Code::Gone, format!("what version {number} of offer {offer} said was erased"));
        Ok(text.ok_or_else(erased)?.key)
    }
}

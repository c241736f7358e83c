//! Offers as they are shown: texts whose confidential amounts are hidden from those who may not see them, differences
//! between versions, and what the linter says.

use jiff::civil::Date;
use purser_core::directory::Directory;
use purser_core::id::OfferId;
use purser_core::lint::{Asking, Finding, Findings, Funding, Question, lint};
use purser_core::money::Nano;
use purser_core::offer::{By, Content, Offer as Known, State, TokenTerms, Version, diff};
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use serde_json::Value;

use super::offer_id;
use crate::access::{Confidential, Whose};
use crate::control::{Control, Inner, stored};
use crate::error::{Code, Error, Refused};
use crate::pages::{Part, whole};
use crate::people::known;
use crate::shape::{List, Offer, OfferApproval, OfferChange, OfferFinding, OfferFlag, OfferRow, OfferVersion, Page};

/// What stands in the place of an amount that is not shown.
pub(super) const HIDDEN: &str = "hidden";

/// Which offers a list has.
#[derive(Clone, Debug, Default)]
pub(crate) struct WantedOffers {
    /// Of these states, with commas between them; of all where it is missing.
    pub(crate) state: Option<String>,
    /// Of this unit and those below it, by id or name.
    pub(crate) unit: Option<String>,
    /// Those first whose state changed last.
    pub(crate) latest: bool,
}

impl WantedOffers {
    fn states(&self) -> Result<Option<Vec<State>>, Error> {
        let Some(text) = &self.state else { return Ok(None) };
        let state = |word: &str| {
            State::ALL.into_iter().find(|known| known.word() == word.trim()).ok_or_else(|| {
                let words: Vec<&str> = State::ALL.iter().map(|state| state.word()).collect();
                let message = format!("`{word}` is not a state of offers");
                Error::from(Refused::new(Code::Invalid, message).hint(format!("write one of {}", words.join(", "))))
            })
        };
        text.split(',').map(state).collect::<Result<_, _>>().map(Some)
    }
}

impl Control {
    /// Offers in the order they were drafted; of one state where one is named.
    ///
    /// # Errors
    /// No such state, or the files.
    pub async fn offers(&self, state: Option<String>) -> Result<List<OfferRow>, Error> {
        let wanted = WantedOffers { state, ..WantedOffers::default() };
        self.offers_page(wanted, Part::ALL).await.map(whole)
    }

    /// The same in pages, and only those that are wanted.
    pub(crate) async fn offers_page(&self, wanted: WantedOffers, part: Part) -> Result<Page<OfferRow>, Error> {
        let now = self.inner.clock.now();
        self.look(move |inner, snapshot| {
            let directory = &snapshot.directory;
            let states = wanted.states()?;
            let unit = wanted.unit.as_deref().map(|unit| inner.find_unit(snapshot, unit)).transpose()?;
            let fits = |offer: &Known| {
                let there = |unit| directory.units_above(offer.unit).any(|above| above.id == unit);
                states.as_ref().is_none_or(|states| states.contains(&offer.state)) && unit.is_none_or(there)
            };
            let mut offers: Vec<_> = directory.offers().filter(|offer| fits(offer)).collect();
            offers.sort_unstable_by_key(|offer| (offer.created_at(), offer.id));
            if wanted.latest {
                offers.sort_by_key(|offer| std::cmp::Reverse(offer.since));
            }
            let show = |offer: &&std::sync::Arc<Known>| {
                let latest = offer.latest();
                let text = latest.map(|version| inner.private.offer_text(offer.id, version.number)).transpose();
                let text = text.map_err(stored)?.flatten();
                let content = text.map(|text| read(&text.content)).transpose()?;
                Ok(inner.offer_row(snapshot, offer, content.as_ref(), now))
            };
            part.of(&offers, |offer| offer.id.to_string(), show)
        })
        .await
    }

    /// One offer with all its versions.
    ///
    /// # Errors
    /// No such offer, or the files.
    pub async fn offer(&self, id: &str) -> Result<Offer, Error> {
        let (id, now) = (offer_id(id)?, self.inner.clock.now());
        self.look(move |inner, _| inner.shown_offer(id, now)).await
    }

    /// What the linter says of an offer's latest version.
    ///
    /// # Errors
    /// As [`Control::offer`].
    pub async fn lint_offer(&self, id: &str) -> Result<List<OfferFinding>, Error> {
        Ok(List { items: self.offer(id).await?.findings })
    }

    /// Asks the private texts, on a thread that may block.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Inner, &Snapshot) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let control = self.clone();
        let asked = tokio::task::spawn_blocking(move || question(&control.inner, &control.snapshot())).await;
        asked.map_err(|error| Error::failed("a question ended in a panic", error))?
    }
}

impl Inner {
    /// What a list shows of an offer whose latest version says `content`, where that is not erased.
    fn offer_row(&self, snapshot: &Snapshot, offer: &Known, content: Option<&Content>, now: Instant) -> OfferRow {
        let latest = offer.latest();
        let tokens = latest.and_then(|version| version.tokens.as_deref());
        let findings = content.zip(latest).map(|(content, version)| {
            Self::findings(snapshot, content, funding(&snapshot.directory, offer, version), now)
        });
        let flag = |found: Finding| OfferFlag {
            code: found.code.to_string(),
            severity: found.severity.word().to_owned(),
            short: found.code.short().to_owned(),
        };
        OfferRow {
            id: offer.id,
            candidate: content.map(|content| content.candidate.name.clone()),
            unit: offer.unit,
            unit_name: self.names.read().unit_name(offer.unit),
            family: latest.map(|version| version.role.family.to_string()).unwrap_or_default(),
            state: offer.state.word().to_owned(),
            since: offer.since,
            version: latest.map_or(0, |version| version.number),
            has_tokens: tokens.is_some(),
            guaranteed: tokens.is_some_and(|terms| terms.guaranteed),
            expires: offer.sent.filter(|_| offer.state.is_out()).map(|sent| sent.expires),
            flags: findings.into_iter().flatten().map(flag).collect(),
        }
    }

    /// An offer as it is shown.
    pub(crate) fn shown_offer(&self, id: OfferId, now: Instant) -> Result<Offer, Error> {
        let snapshot = self.snapshot.load_full();
        let offer = known(snapshot.directory.offer(id), "offer", &id)?;
        let (mut versions, mut before, mut latest) = (Vec::new(), None, None);
        let person = offer.accepted.map(|accepted| accepted.person);
        let whose = Whose::new(id, person, Some(offer.unit));
        let text_of = |text| Confidential::new(text, &whose).or(HIDDEN.to_owned());
        for version in &offer.versions {
            let text = self.private.offer_text(id, version.number).map_err(stored)?;
            let content = text.as_ref().map(|text| read(&text.content)).transpose()?;
            let changes = match (&before, &content) {
                (Some(before), Some(content)) => diff(before, content),
                _ => Vec::new(),
            };
            let changes = changes.into_iter().map(|change| {
                let veil = |value: Option<Value>| value.map(|value| veiled(&change.field, value, &whose));
                OfferChange { before: veil(change.before), after: veil(change.after), field: change.field.clone() }
            });
            versions.push(OfferVersion {
                number: version.number,
                by: match &version.by {
                    By::Candidate => "candidate".to_owned(),
                    By::Company(who) => who.actor.to_string(),
                },
                at: version.at,
                reason: text.and_then(|text| text.reason).map(text_of),
                hash: version.content.to_string(),
                content: (content.as_ref())
                    .map(|content| veiled("", serde_json::to_value(content).unwrap_or_default(), &whose)),
                changes: changes.collect(),
            });
            latest.clone_from(&content);
            before = content;
        }
        let findings = latest.as_ref().zip(offer.latest()).map(|(content, version)| {
            let funding = funding(&snapshot.directory, offer, version);
            Self::findings(&snapshot, content, funding, now)
        });
        let note = offer.note.map(|note| self.private.offer_note(note)).transpose().map_err(stored)?.flatten();
        Ok(Offer {
            row: self.offer_row(&snapshot, offer, latest.as_ref(), now),
            versions,
            missing: offer.missing().collect(),
            approvals: (offer.approvals.iter())
                .map(|given| OfferApproval { duty: given.duty, by: given.by.actor.to_string(), at: given.at })
                .collect(),
            person,
            grant: offer.accepted.and_then(|accepted| accepted.grant),
            letter: offer.accepted.and_then(|accepted| accepted.letter).map(|letter| letter.to_string()),
            declined: offer.declined,
            note: note.map(text_of),
            findings: (findings.into_iter().flatten()).map(|found| OfferFinding::about(found, &whose)).collect(),
        })
    }

    /// What an offer's version says.
    pub(crate) fn offer_content(&self, offer: OfferId, number: u32) -> Result<Content, Error> {
        let text = self.private.offer_text(offer, number).map_err(stored)?;
        let erased = || Refused::new(Code::Gone, format!("what version {number} of offer {offer} said was erased"));
        read(&text.ok_or_else(erased)?.content)
    }

    /// What the linter says of a version, by the bands and policies in force.
    pub(super) fn findings(snapshot: &Snapshot, content: &Content, funding: Funding, now: Instant) -> Findings {
        lint(&Question {
            package: &content.package,
            role: Some(&content.role),
            place: content.place.as_ref(),
            starts: Some(content.starts),
            expires: Some(content.expires),
            funding,
            roles: snapshot.directory.roles(),
            currency: &snapshot.currency,
            asking: Asking::Company,
            today: content.zone.date(now),
        })
    }
}

/// Is there money behind a version's guarantee?
pub(super) fn funding(directory: &Directory, offer: &Known, version: &Version) -> Funding {
    let Some(terms) = version.tokens.as_deref().filter(|terms| terms.guaranteed) else { return Funding::Funded };
    if offer.guarantee().is_some() || offer.accepted.is_some() {
        return Funding::Funded;
    }
    let Some(pool) = terms.pool else { return Funding::NoPool };
    funded_by(directory, offer.id, terms, pool).map_or(Funding::NoPool, |missing| {
        if missing.is_positive() { Funding::Short(missing) } else { Funding::Funded }
    })
}

/// What a pool lacks in the first year of an offer's terms; `None` without such a pool.
fn funded_by(directory: &Directory, offer: OfferId, terms: &TokenTerms, pool: purser_core::id::PoolId) -> Option<Nano> {
    let (free, needed, _) = funds_of(directory, Some(offer), terms, pool)?;
    Some(needed.saturating_sub(free).max(Nano::ZERO))
}

/// What is free in a pool in the first year of an offer's terms, what they could release in it, and which year that is;
/// `None` without such a pool. What is kept there for the same offer makes room for them.
pub(super) fn funds_of(
    directory: &Directory,
    offer: Option<OfferId>,
    terms: &TokenTerms,
    pool: purser_core::id::PoolId,
) -> Option<(Nano, Nano, i16)> {
    let calendar = directory.fiscal_calendar();
    let year = calendar.year(terms.starts);
    let free = directory.pool(pool)?.year(year).map_or(Nano::ZERO, purser_core::pool::PoolYear::free);
    let id = purser_core::id::GrantId::new(0);
    let kept = offer.and_then(|offer| directory.commitment(purser_core::pool::CommitmentOf::Offer(offer)));
    let kept = kept.and_then(|kept| kept.share(pool, year)).map_or(Nano::ZERO, |share| share.amount);
    let free = free.saturating_add(kept);
    let person = purser_core::id::PersonId::new(0);
    let grant = terms.grant(id, person, &terms.zone, offer.unwrap_or(OfferId::new(0)), Instant::EPOCH);
    let needed = i64::try_from(grant.released_in(calendar.days(year))).map_or(Nano::MAX, Nano::new);
    Some((free, needed, year.0))
}

fn read(content: &str) -> Result<Content, Error> {
    serde_json::from_str(content).map_err(|error| Error::failed("what an offer said can't be read", error))
}

/// A value with what those see who may not see its confidential amounts. The one function that says so for offers.
fn veiled(field: &str, value: Value, whose: &Whose) -> Confidential<Value> {
    let hidden = hide(field, value.clone());
    if hidden == value { Confidential::open(value) } else { Confidential::new(value, whose).or(hidden) }
}

/// Takes out every amount of the four pillars, whatever it is nested in; what is promised besides stays.
fn hide(field: &str, value: Value) -> Value {
    const AMOUNTS: &[&str] = &[
        "package.salary",
        "package.bonus",
        "package.equity",
        "package.tokens.amount",
        "package.tokens.floor",
        "notes",
    ];
    if AMOUNTS.iter().any(|amount| field == *amount || field.starts_with(&format!("{amount}."))) {
        return Value::String(HIDDEN.to_owned());
    }
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| {
                    let path = if field.is_empty() { name.clone() } else { format!("{field}.{name}") };
                    let value = hide(&path, value);
                    (name, value)
                })
                .collect(),
        ),
        other => other,
    }
}

/// The day of an instant where the company is.
pub(super) fn company_day(directory: &Directory, at: Instant) -> Date {
    directory.company().map_or_else(|| purser_core::zone::Zone::UTC.date(at), |company| company.zone.date(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_amount_of_a_pillar_survives_being_hidden() {
        let content = serde_json::json!({
            "candidate": {"name": "Person 17"},
            "package": {
                "currency": "USD", "salary": "300001", "bonus": {"of_base": "11"}, "equity": {"value": "400001"},
                "tokens": {"amount": "333/workday", "floor": "222/workday", "guaranteed": true},
            },
            "notes": "a signing payment of 55555",
        });
        let text = hide("", content).to_string();
        for amount in ["300001", "11\"", "400001", "333", "222", "55555"] {
            assert!(!text.contains(amount), "{amount} in {text}");
        }
        assert!(text.contains("\"guaranteed\":true") && text.contains("Person 17") && text.contains(HIDDEN));
        assert_eq!(hide("package.equity.value", Value::String("1".to_owned())), Value::String(HIDDEN.to_owned()));
        assert_eq!(hide("package.tokens.guaranteed", Value::Bool(true)), Value::Bool(true));
    }
}

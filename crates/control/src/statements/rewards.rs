//! The total rewards statement: the accepted package beside what the ledger says of its fourth pillar.

use std::sync::Arc;

use purser_core::directory::{Directory, Person};
use purser_core::money::Nano;
use purser_core::offer::{Content, Offer};
use purser_core::package::{Annual, Exact, Pillar, Share};
use purser_core::price::Ratio;
use purser_core::statement::SpanOf;
use purser_core::time::Instant;

use super::sealed;
use crate::access::{Confidential, Whose};
use crate::control::{Control, Inner};
use crate::error::{Code, Error};
use crate::people::known;
use crate::shape::{Rewards, RewardsPillar, RewardsTokens, Signed, Statement, WantedRewards};

/// What they say that they are.
pub(crate) const REWARDS: &str = "purser.rewards/1";

/// The package that somebody accepted.
struct Accepted {
    offer: Arc<Offer>,
    version: u32,
    content: Content,
    annual: Annual,
}

impl Control {
    /// Somebody's package and its fourth pillar in a year (the running one, where none is named), signed. Amounts of the
    /// package only for those who may see them.
    ///
    /// # Errors
    /// Nobody of that name, a year that can't be read, or the files.
    pub async fn rewards(&self, who: &str, wanted: &WantedRewards) -> Result<Signed<Rewards>, Error> {
        let made = self.rewards_of(who, wanted).await?;
        // Here and not on a thread of reports: what may be written out is known to this task alone.
        sealed(&self.inner.signing, &made)
    }

    /// The same, not signed yet.
    pub(super) async fn rewards_of(&self, who: &str, wanted: &WantedRewards) -> Result<Rewards, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let id = self.inner.find_person(&snapshot, who)?;
        let person = Arc::clone(known(snapshot.directory.person(id), "person", &id)?);
        let year = match &wanted.year {
            Some(year) => SpanOf::year(year)?,
            None => SpanOf::year_of(person.zone(now).date(now)),
        };
        self.report(move |inner| {
            let mut made = inner.statements_of(&[(Arc::clone(&person), year)], now, false)?;
            let statement = made.pop().ok_or_else(|| Error::failed("a statement was not made", "there is none"))?;
            let accepted = inner.accepted_by(&snapshot.directory, &person, statement.to)?;
            let unit = snapshot.directory.unit_of(&person, now);
            let whose = Whose::new(id, Some(id), Some(unit));
            Ok(Rewards {
                name: inner.names.read().person_name(id),
                ..rewards(statement, accepted.as_ref(), snapshot.currency.code(), &whose)
            })
        })
        .await
    }
}

impl Inner {
    /// The last package that somebody had accepted by an instant. None where what it said was erased.
    fn accepted_by(&self, directory: &Directory, person: &Person, by: Instant) -> Result<Option<Accepted>, Error> {
        let theirs = directory.offers().filter_map(|offer| {
            let accepted = offer.accepted.filter(|it| it.person == person.id && it.at < by)?;
            Some((accepted.at, accepted.version, offer))
        });
        let Some((_, version, offer)) = theirs.max_by_key(|(at, ..)| *at) else { return Ok(None) };
        let content = match self.offer_content(offer.id, version) {
            Ok(content) => content,
            Err(Error::Refused(refused)) if refused.code == Code::Gone => return Ok(None),
            Err(error) => return Err(error),
        };
        let annual = content.package.annual().map_err(|error| Error::failed("a package can't be added up", error))?;
        Ok(Some(Accepted { offer: Arc::clone(offer), version, content, annual }))
    }
}

fn rewards(of: Statement, accepted: Option<&Accepted>, ledger: &str, whose: &Whose) -> Rewards {
    let amount = |exact: Exact| Confidential::new(exact.round().unwrap_or(Nano::MAX), whose);
    let text = |share: Share| Confidential::new(share.to_string(), whose);
    let in_package = |nano: Nano| accepted.and_then(|it| in_package(it, nano, ledger));
    // What part of a package something would be in the place of its tokens.
    let share = |nano: Nano| {
        let (part, annual) = (in_package(nano)?, &accepted?.annual);
        Share::of(part, annual.without_tokens.checked_add(part)?).map(text)
    };
    let pillars = accepted.map_or_else(Vec::new, |it| {
        Pillar::ALL
            .into_iter()
            .map(|pillar| RewardsPillar {
                pillar: word(pillar).to_owned(),
                amount: amount(it.annual.pillar(pillar)),
                share: it.annual.share(pillar).map(text),
            })
            .collect()
    });
    Rewards {
        document: REWARDS.to_owned(),
        person: of.person,
        name: None,
        year: of.month,
        from: of.from,
        to: of.to,
        as_of: of.as_of,
        offer: accepted.map(|it| it.offer.id),
        version: accepted.map(|it| it.version),
        currency: accepted.map(|it| it.content.package.currency.code().to_owned()),
        pillars,
        total: accepted.map(|it| amount(it.annual.total)),
        without_tokens: accepted.map(|it| amount(it.annual.without_tokens)),
        tokens: RewardsTokens {
            currency: ledger.to_owned(),
            released: of.granted,
            used: of.used,
            expired: of.expired,
            closing: of.closing,
            released_in_package: in_package(of.granted).and_then(Exact::round),
            used_in_package: in_package(of.used).and_then(Exact::round),
            released_share: share(of.granted),
            used_share: share(of.used),
            usable: of.usable,
        },
        signature: None,
    }
}

/// An amount of the ledger in the package's currency, by the rate of its version.
fn in_package(accepted: &Accepted, nano: Nano, ledger: &str) -> Option<Exact> {
    let package = &accepted.content.package;
    if package.currency.code() == ledger {
        return Some(Exact::of(nano));
    }
    let rate: Ratio = package.rate.as_ref().filter(|rate| rate.to.code() == ledger)?.rate;
    Exact::of(nano).checked_mul(Exact::try_new(i128::from(rate.den()), i128::from(rate.num()))?)
}

/// What a pillar is called in answers.
pub(super) const fn word(pillar: Pillar) -> &'static str {
    match pillar {
        Pillar::Salary => "salary",
        Pillar::Bonus => "bonus",
        Pillar::Equity => "equity",
        Pillar::Tokens => "tokens",
    }
}

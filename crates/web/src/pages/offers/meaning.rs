//! What a version would mean, as the API reckons it: pillars, band, peers, pool, flags, approvals.

use purser_control::Problem;
use purser_control::shape::{OfferFinding, OfferPreview};
use purser_core::money::Nano;
use purser_core::role::Standing;

use crate::chart::{self, Band, Kind, Pillar, Pillars, Spec, Unit};
use crate::say::{Markup, escaped, money, sentence};
use crate::visitor::Visitor;

/// The part of a page that says so. Scripts fetch it anew by its id.
#[derive(Default)]
pub(super) struct Meaning {
    /// Why nothing can be said.
    pub(super) problem: Option<String>,
    pub(super) day: Option<Markup>,
    pub(super) facts: Vec<(&'static str, Markup)>,
    pub(super) pillars: Option<Markup>,
    pub(super) band: Option<Markup>,
    pub(super) findings: Vec<Found>,
}

/// What the linter found.
pub(super) struct Found {
    pub(super) code: String,
    pub(super) mark: &'static str,
    pub(super) message: String,
    pub(super) fix: Option<String>,
    pub(super) source: String,
}

impl Found {
    pub(super) fn of(finding: &OfferFinding) -> Self {
        Self {
            code: finding.code.clone(),
            mark: super::mark(&finding.severity),
            message: finding.message.amount().map(|message| sentence(message)).unwrap_or_default(),
            fix: finding.fix.amount().map(|fix| sentence(fix)),
            source: finding.source.clone(),
        }
    }
}

impl Meaning {
    pub(super) fn not(problem: &Problem) -> Self {
        let hint = problem.hint.as_deref().map(|hint| format!(" {}", sentence(hint))).unwrap_or_default();
        Self { problem: Some(format!("{}{hint}", sentence(&problem.message))), ..Self::default() }
    }

    pub(super) fn of(preview: &OfferPreview, visitor: &Visitor) -> Self {
        let currency = &preview.currency;
        let year = &preview.year;
        let pillars =
            [("Salary", year.salary), ("Bonus", year.bonus), ("Equity", year.equity), ("Tokens", year.tokens)];
        let pillars = Pillars {
            unit: Unit::Money(currency.clone()),
            pillars: pillars
                .into_iter()
                .map(|(name, amount)| Pillar { name: name.to_owned(), amount: amount.get() })
                .collect(),
        };
        let tokens = preview.tokens.as_ref();
        let at = tokens.and_then(|tokens| tokens.workday_in_ledger).unwrap_or(Nano::ZERO);
        let band = preview.band.as_ref().map(|band| Band {
            unit: Unit::Money(visitor.currency.clone()),
            least: band.low.get(),
            middle: band.low.get() / 2 + band.high.get() / 2,
            most: band.high.get(),
            at: at.get(),
            percentile: preview.peers.map(|peers| peers.percentile),
        });
        Self {
            problem: None,
            day: tokens.map(|tokens| money(tokens.workday, currency)),
            facts: facts(preview, visitor),
            pillars: Some(drawn("pillars", "The package for a year", Kind::Pillars(pillars))),
            band: band.map(|band| drawn("band", "The token budget of a workday in its band", Kind::Band(band))),
            findings: preview.findings.iter().map(Found::of).collect(),
        }
    }
}

fn drawn(id: &str, title: &str, kind: Kind) -> Markup {
    Markup::new(chart::svg(&Spec { id: id.to_owned(), title: title.to_owned(), kind }).html())
}

fn facts(preview: &OfferPreview, visitor: &Visitor) -> Vec<(&'static str, Markup)> {
    let currency = &preview.currency;
    let text = |text: &str| Markup::new(escaped(text));
    let mut facts = vec![("In all for a year", money(preview.year.total, currency))];
    if let Some(tokens) = &preview.tokens {
        facts.push(("Tokens for a year", money(tokens.year, currency)));
        if let Some(share) = &tokens.share {
            facts.push(("Of the package", text(share)));
        }
        if let Some(share) = &tokens.of_base {
            facts.push(("Of the salary", text(share)));
        }
    }
    facts.push(("Stands", text(standing(preview.standing))));
    if let Some(band) = &preview.band {
        let (low, high) = (money(band.low, &visitor.currency), money(band.high, &visitor.currency));
        facts.push(("Band for a workday", Markup::new(format!("{low} to {high}, {}", escaped(&band.source)))));
    }
    match preview.peers {
        Some(peers) => {
            let said = format!("{} in 100 of {} peers were promised less", peers.percentile, peers.people);
            facts.push(("Among peers", text(&said)));
        }
        None => facts.push(("Among peers", text("fewer than five have this family and level, so nothing is said"))),
    }
    if let Some(pool) = &preview.pool {
        let name = escaped(pool.name.as_deref().unwrap_or("the pool"));
        let (left, free) = (money(pool.left, &visitor.currency), money(pool.free, &visitor.currency));
        let needed = money(pool.needed, &visitor.currency);
        let mark = if pool.left.is_negative() { " <span class=\"mark bad\">too little</span>" } else { "" };
        let said = format!("{name}: {left} left of {free} free in {}, {needed} of it for this{mark}", pool.year);
        facts.push(("Pool", Markup::new(said)));
    }
    let duties: Vec<&str> = preview.approvals.iter().map(|duty| duty.word()).collect();
    let approvals = if duties.is_empty() { "nobody has to".to_owned() } else { duties.join(" and ") };
    facts.push(("Approval by", text(&approvals)));
    facts
}

const fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::MissingRequired => "without a token line, which the policy requires",
        Standing::MissingStandard => "without a token line, which is the standard",
        Standing::Missing => "without a token line; nobody asks for one",
        Standing::Below => "below its band",
        Standing::Within => "within its band",
        Standing::Above => "above its band",
        Standing::NoBand => "there is no band for this role",
    }
}

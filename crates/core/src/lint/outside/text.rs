//! The text of a letter, read as well as it can be.
//!
//! It is cut into clauses; each is about what its words name, or else about what the one before it was about. Labels
//! (`salary: …`) and sentences are read the same way. What can't be told apart safely is left out: the linter then asks.

use serde::Serialize;

use super::amount::{self, Amount, Per};
use super::{Outside, OutsideError, Read};
use crate::money::Currency;
use crate::package::{
    Activation, Basis, Bonus, Equity, Package, Purpose, Remedy, Rollover, Sharing, TokenLine, TokenTerm, Vesting,
};
use crate::role::Role;

/// The most clauses looked at.
const CLAUSES_MAX: usize = 2_000;

/// What some words were taken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Understood {
    /// The words.
    pub words: String,
    /// What they were taken for.
    pub means: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Nothing,
    Company,
    Title,
    Family,
    Level,
    Place,
    Starts,
    Expires,
    Salary,
    Bonus,
    Equity,
    Tokens,
}

const WORDS: &[(About, &[&str])] = &[
    (
        About::Expires,
        &["offer expires", "expires on", "offer is valid", "valid until", "expiry:", "accept by", "respond by"],
    ),
    (
        About::Tokens,
        &[
            "token",
            "ai budget",
            "ai compute",
            "compute budget",
            "inference",
            "llm",
            "ai credit",
            "model usage",
            "ai spend",
        ],
    ),
    (About::Equity, &["equity", "stock", "rsu", "options", "shares worth"]),
    (About::Bonus, &["bonus"]),
    (About::Salary, &["salary", "base pay", "base:", "base compensation"]),
    (About::Starts, &["start date:", "starts:", "your start date", "first day", "start on", "starting on"]),
    (About::Company, &["company:", "employer:"]),
    (About::Title, &["title:", "position:", "job:"]),
    (About::Family, &["family:"]),
    (About::Level, &["level:"]),
    (About::Place, &["location:", "place:"]),
];

pub(super) fn read(text: &str) -> Result<Read, OutsideError> {
    let mut reading = Reading { offer: Outside::empty(Currency::usd()), understood: Vec::new(), currency: None };
    let (mut about, mut found) = (About::Nothing, false);
    let mut named_pillars = Vec::new();
    for clause in clauses(text).take(CLAUSES_MAX) {
        let small = clause.to_lowercase();
        let named = WORDS.iter().find(|(_, words)| words.iter().any(|word| small.contains(word)));
        about = named.map_or(about, |(about, _)| *about);
        let before = reading.understood.len();
        reading.take(about, &clause, &small);
        found |= reading.understood.len() > before && about != About::Nothing;
        if named.is_some() && !denies(&small) && named_pillars.iter().all(|(known, _)| *known != about) {
            named_pillars.push((about, clause));
        }
    }
    let Reading { mut offer, mut understood, currency } = reading;
    if !found {
        return Err(OutsideError::Nothing);
    }
    offer.package.currency = currency.unwrap_or_else(Currency::usd);
    // A pillar that is named and of which no value could be read counts as nothing: that is said, not passed over.
    for (about, words) in named_pillars {
        if let Some(means) = unknown(about, &offer.package) {
            understood.push(Understood { words, means });
        }
    }
    Ok(Read { offer, understood })
}

/// What is said of a pillar that is named and has no value.
fn unknown(about: About, package: &Package) -> Option<String> {
    let (missing, what, example) = match about {
        About::Salary => (package.salary.is_none(), "salary", "salary: $200,000 per year"),
        About::Bonus => (package.bonus.is_none(), "bonus", "bonus: 10 %"),
        About::Equity => (package.equity.is_none(), "equity", "equity: $400,000 over 4 years"),
        About::Tokens => (package.tokens.is_none(), "token budget", "token budget: $2,000 per month"),
        _ => return None,
    };
    missing.then(|| {
        format!("{what} of unknown value: it counts as nothing, also in every share of the package; write `{example}`")
    })
}

/// Does a clause say that there is none of what it names?
fn denies(small: &str) -> bool {
    ["no ", "without", "not include", "not offer", "none"].iter().any(|word| small.contains(word))
}

/// Lines, sentences and their clauses. A comma, or a dot, counts only with a space behind it, so that amounts stay whole.
fn clauses(text: &str) -> impl Iterator<Item = String> {
    text.lines().flat_map(|line| {
        let marked = line.replace(". ", "\n").replace(", ", "\n").replace("; ", "\n").replace(" and ", "\n");
        let marked = marked.replace(" plus ", "\n").replace(" but ", "\n");
        marked.lines().map(|clause| clause.trim().to_owned()).filter(|clause| !clause.is_empty()).collect::<Vec<_>>()
    })
}

struct Reading {
    offer: Outside,
    understood: Vec<Understood>,
    currency: Option<Currency>,
}

impl Reading {
    fn took(&mut self, words: &str, means: impl Into<String>) {
        self.understood.push(Understood { words: words.to_owned(), means: means.into() });
    }

    /// An amount; the first currency of a text is the package's, amounts in another one are left out.
    fn amount(&mut self, small: &str) -> Option<Amount> {
        let found = amount::amount(small)?;
        match (&self.currency, &found.currency) {
            (Some(known), Some(given)) if known != given => return None,
            (None, Some(given)) => self.currency = Some(given.clone()),
            _ => {}
        }
        Some(found)
    }

    fn take(&mut self, about: About, clause: &str, small: &str) {
        let value = clause.split_once(':').map_or(clause, |(_, value)| value).trim();
        match about {
            About::Nothing => {}
            About::Company => self.word(clause, value, "company", |offer, value| {
                offer.company = Some(value.to_owned());
                true
            }),
            About::Title => self.word(clause, value, "title", |offer, value| {
                offer.title = Some(value.to_owned());
                true
            }),
            About::Family => self.word(clause, value, "family", |offer, value| {
                let Ok(family) = value.parse() else { return false };
                let level = offer.role.as_ref().and_then(|role| role.level);
                offer.role = Some(Role { family, level });
                true
            }),
            About::Level => self.word(clause, value, "level", |offer, value| {
                let (Some(role), Ok(level)) = (&mut offer.role, value.parse()) else { return false };
                role.level = Some(level);
                true
            }),
            About::Place => self.word(clause, value, "place", |offer, value| {
                offer.place = value.parse().ok();
                offer.place.is_some()
            }),
            About::Starts => self.date(clause, "start date", |offer| &mut offer.starts),
            About::Expires => self.date(clause, "expiry of the offer", |offer| &mut offer.expires),
            About::Salary => self.salary(clause, small),
            About::Bonus => self.bonus(clause, small),
            About::Equity => self.equity(clause, small),
            About::Tokens => self.tokens(clause, small),
        }
    }

    fn word(&mut self, clause: &str, value: &str, what: &str, set: impl FnOnce(&mut Outside, &str) -> bool) {
        if clause.contains(':') && !value.is_empty() && set(&mut self.offer, value) {
            self.took(clause, what);
        }
    }

    fn date(&mut self, clause: &str, what: &str, field: impl FnOnce(&mut Outside) -> &mut Option<jiff::civil::Date>) {
        let date = clause.split(|c: char| !c.is_ascii_digit() && c != '-').find_map(|word| word.parse().ok());
        if let Some(date) = date {
            *field(&mut self.offer) = Some(date);
            self.took(clause, format!("{what} {date}"));
        }
    }

    fn salary(&mut self, clause: &str, small: &str) {
        if self.offer.package.salary.is_some() {
            return;
        }
        let Some(found) = self.amount(small) else { return };
        let year = match found.per {
            Some(Per::Month) => found.money.get().checked_mul(12).map(crate::money::Nano::new),
            Some(Per::Workday) => None,
            Some(Per::Year) | None => Some(found.money),
        };
        if let Some(year) = year {
            self.offer.package.salary = Some(year);
            self.took(clause, format!("salary {year}/year"));
        }
    }

    fn bonus(&mut self, clause: &str, small: &str) {
        if self.offer.package.bonus.is_some() {
            return;
        }
        if let Some(percent) = amount::percent(small).and_then(|percent| percent.parse().ok()) {
            self.offer.package.bonus = Some(Bonus::OfBase(percent));
            self.took(clause, format!("bonus {percent}% of base"));
        } else if let Some(found) = self.amount(small) {
            self.offer.package.bonus = Some(Bonus::Amount(found.money));
            self.took(clause, format!("bonus {}/year", found.money));
        }
    }

    fn equity(&mut self, clause: &str, small: &str) {
        if self.offer.package.equity.is_none()
            && let Some(found) = self.amount(small)
        {
            self.offer.package.equity = Some(Equity { value: found.money, vesting: Vesting::default() });
            self.took(clause, format!("equity of {}, over four years unless it says otherwise", found.money));
        }
        let Some(equity) = &mut self.offer.package.equity else { return };
        let Some(months) = amount::months(small) else { return };
        if small.contains("cliff") {
            equity.vesting.cliff_months = months.min(equity.vesting.months);
            self.took(clause, format!("cliff of {months} months"));
        } else {
            equity.vesting.months = months;
            equity.vesting.cliff_months = equity.vesting.cliff_months.min(months);
            self.took(clause, format!("vesting over {months} months"));
        }
    }

    fn tokens(&mut self, clause: &str, small: &str) {
        if self.offer.package.tokens.is_none() {
            let denied = ["no token", "no ai budget", "without a token"].iter().any(|word| small.contains(word));
            let basis = if denied { None } else { self.basis(small) };
            if let Some(basis) = basis {
                self.offer.package.tokens = Some(TokenLine::plain(basis));
                self.took(clause, format!("token budget {basis}"));
            }
        } else if small.contains("floor") || small.contains("at least") || small.contains("not below") {
            let basis = self.basis(small);
            if let (Some(basis), Some(line)) = (basis, &mut self.offer.package.tokens) {
                line.floor = Some(basis);
                self.took(clause, format!("floor {basis}"));
            }
        }
        self.sayings(clause, small);
    }

    fn basis(&mut self, small: &str) -> Option<Basis> {
        if let Some(percent) = amount::percent(small)
            && (small.contains("base") || small.contains("salary"))
        {
            return percent.parse().ok().map(Basis::OfBase);
        }
        let found = self.amount(small)?;
        Some(match found.per {
            Some(Per::Workday) => Basis::PerWorkday(found.money),
            Some(Per::Month) => Basis::PerMonth(found.money),
            Some(Per::Year) | None => Basis::PerYear(found.money),
        })
    }

    /// What else is said about the token budget.
    fn sayings(&mut self, clause: &str, small: &str) {
        let Some(line) = &mut self.offer.package.tokens else { return };
        let says = |words: &[&str]| words.iter().any(|word| small.contains(word));
        let mut means = Vec::new();
        if says(&["not guaranteed", "no guarantee", "discretion", "may change", "subject to change"]) {
            line.guaranteed = false;
            means.push("not guaranteed");
        } else if says(&["guarantee"]) {
            line.guaranteed = true;
            means.push("guaranteed");
        }
        if says(&["shared", "team pool", "pooled", "team of"]) {
            line.sharing = Sharing::Shared { people: amount::people(small) };
            means.push("shared");
        }
        if says(&["no rollover", "not roll over", "lapse", "use it or lose it", "not carry over", "forfeit"]) {
            line.rollover = Some(Rollover::Lapses);
            means.push("what is left over lapses");
        } else if says(&["roll over", "rolls over", "rollover", "carry over", "carries over"]) {
            line.rollover = Some(Rollover::Carries { cap: None, periods: amount::months(small) });
            means.push("what is left over carries over");
        } else if let Some(months) = amount::months(small)
            && says(&["term", "for", "guarantee", "over"])
        {
            line.term = Some(TokenTerm::Months(months));
            means.push("a term");
        }
        if says(&["day one", "start date", "first day"]) {
            line.activation = Some(Activation::StartDate);
            means.push("usable from the start date");
        } else if says(&["on request", "upon request"]) {
            line.activation = Some(Activation::OnRequest);
            means.push("usable on request");
        }
        if says(&["work tool", "work only", "work use", "for work"]) {
            line.purpose = Some(Purpose::WorkTool);
            means.push("a work tool");
        } else if says(&["personal", "own projects"])
            && let Some(share) = amount::percent(small).and_then(|percent| percent.parse().ok())
        {
            line.purpose = Some(Purpose::PersonalShare(share));
            means.push("in part for personal use");
        }
        if says(&["unavailable", "outage", "can't be used", "cannot be used", "not usable"]) {
            let remedy = if says(&["credit"]) { Some(Remedy::Credits) } else { None };
            line.remedy = remedy.or_else(|| says(&["exten"]).then_some(Remedy::Extends)).or(line.remedy);
            means.push("a remedy");
        }
        if says(&["only join", "condition for joining", "condition of"]) {
            line.condition_precedent = true;
            means.push("a condition for joining");
        }
        if let Some((_, pool)) = small.split_once("funded from ").or_else(|| small.split_once("paid from ")) {
            line.pool = Some(pool.trim_end_matches('.').trim().to_owned());
            means.push("the funds that pay");
        }
        if !means.is_empty() {
            self.took(clause, means.join(", "));
        }
    }
}

//! The rules, one function for each subject.

use super::{Asking, Code, Finding, Funding, Question, Severity};
use crate::money::Nano;
use crate::package::{
    Activation, Basis, Exact, PackageError, Percent, Purpose, Rollover, Sharing, TokenLine, TokenViews,
};
use crate::role::{Benchmark, Measured, PolicyState, Standing, benchmarks};
use crate::scope::Pattern;

/// A rate older than this is asked about.
const RATE_DAYS_MAX: i64 = 30;

/// Of how many days' money one day is expected to be spent at most.
const DAY_BURST: i64 = 2;

const RED_FLAG: &str =
    "reporting of 2026 on token budgets as the fourth pillar of pay: an offer without one is a red flag";
const QUESTIONS: &str = "what candidates and commentators ask of such offers (2026): theirs or shared, tool or pay, does it \
                         roll over, who pays";
const PURSER: &str = "Purser: a promise that can be enforced says this";
const POLICY: &str = "the company's policy for the family";

struct Rules<'a> {
    question: &'a Question<'a>,
    found: Vec<Finding>,
}

pub(super) fn all(question: &Question<'_>) -> Vec<Finding> {
    let mut rules = Rules { question, found: Vec::new() };
    rules.dates();
    match (question.package.token_views(), &question.package.tokens) {
        (Err(error), _) => rules.unsound(&error),
        (Ok(Some(views)), Some(line)) => {
            if views.year.is_positive() {
                rules.amount(&views, line);
                rules.promise(line);
            } else {
                rules.zero();
            }
            rules.sayings(line);
        }
        (Ok(_), _) => rules.missing(),
    }
    rules.found
}

impl Rules<'_> {
    fn find(
        &mut self,
        code: Code,
        severity: Severity,
        message: impl Into<String>,
        source: &str,
        fix: impl Into<String>,
    ) {
        let (message, fix) = (message.into(), fix.into());
        self.found.push(Finding { code, severity, message, source: source.to_owned(), fix });
    }

    fn unsound(&mut self, error: &PackageError) {
        self.find(Code::Unsound, Severity::Error, error.to_string(), PURSER, "mend the amount that the sentence names");
    }

    fn policy(&self) -> PolicyState {
        let family = self.question.role.map(|role| &role.family);
        family.map_or(PolicyState::Experiment, |family| self.question.roles.policy(family, self.question.today))
    }

    fn missing(&mut self) {
        let required = self.policy() == PolicyState::Required;
        let (severity, source) = match self.question.asking {
            Asking::Candidate => (Severity::Error, RED_FLAG),
            Asking::Company if required => (Severity::Error, POLICY),
            Asking::Company => (Severity::Warning, RED_FLAG),
        };
        let fix = format!("add a token line, such as {}", self.usual());
        self.find(Code::Missing, severity, "missing token budget: the offer has no fourth pillar", source, fix);
    }

    fn zero(&mut self) {
        let fix = format!("write an amount above zero, such as {}", self.usual());
        self.find(Code::Zero, Severity::Error, "the token budget gives nothing", RED_FLAG, fix);
    }

    /// An amount that nobody would ask about.
    fn usual(&self) -> String {
        let band = self.question.role.and_then(|role| self.question.roles.band(role, self.question.place));
        match band {
            Some(band) => format!("{} to {}/workday", band.low, band.high),
            None => "100/workday".to_owned(),
        }
    }

    fn amount(&mut self, views: &TokenViews, line: &TokenLine) {
        let question = self.question;
        let package = question.package;
        let Some(workday) = package.in_currency(views.workday, question.currency) else {
            let (from, to) = (package.currency.code(), question.currency.code());
            let severity = if question.asking == Asking::Company { Severity::Error } else { Severity::Warning };
            let message = format!("the package is in {from} and no dated rate to {to} is fixed in it");
            self.find(Code::NoRate, severity, message, PURSER, format!("add a rate from {from} to {to} with its day"));
            return;
        };
        if package.currency != *question.currency
            && let Some(rate) = &package.rate
        {
            let days = question.today.since(rate.on).map_or(0, |span| i64::from(span.get_days()));
            if days > RATE_DAYS_MAX {
                let message = format!("the exchange rate is of {}, {days} days ago", rate.on);
                self.find(Code::OldRate, Severity::Warning, message, PURSER, "fix a rate of these days in the version");
            }
        }
        self.band(workday, views, line);
        for Benchmark { name, says, workday: from, source, .. } in benchmarks() {
            let (Some((from, _)), "USD") = (from, question.currency.code()) else { continue };
            if workday < Exact::of(from) {
                let shown = shown(workday);
                let message = format!("{shown} for each workday is below the {name} band: {says}");
                self.find(
                    Code::BelowGenerous,
                    Severity::Note,
                    message,
                    source,
                    format!("offer {from}/workday or more"),
                );
            }
        }
    }

    fn band(&mut self, workday: Exact, views: &TokenViews, line: &TokenLine) {
        let question = self.question;
        let Some(role) = question.role else { return };
        let measured = Measured { role, place: question.place, workday: Some(workday), of_base: views.of_base };
        let standing = question.roles.standing(&measured, question.today);
        let shown = shown(workday);
        match (standing, question.roles.band(role, question.place)) {
            (Standing::Below, Some(band)) => {
                let message = format!("{shown} for each workday is below the band of {} to {}", band.low, band.high);
                let fix = format!("offer {}/workday or more", band.low);
                self.find(Code::BelowBand, Severity::Warning, message, &band.source, fix);
            }
            (Standing::Above, Some(band)) => {
                let message = format!("{shown} for each workday is above the band of {} to {}", band.low, band.high);
                let fix = format!("offer {}/workday or less, or have it approved", band.high);
                self.find(Code::AboveBand, Severity::Note, message, &band.source, fix);
            }
            (Standing::NoBand, _) => {
                let message = format!("there is no band for {}", role.family);
                self.find(
                    Code::NoBand,
                    Severity::Note,
                    message,
                    PURSER,
                    "set a band for the family, or name another one",
                );
            }
            _ => {}
        }
        let Some(family) = question.roles.families.get(&role.family) else { return };
        let known = |pattern: &Pattern| family.models.iter().any(|allowed| allowed.matches(pattern.as_str()));
        if !family.models.is_empty() && !line.scope.models.iter().all(known) {
            let outside: Vec<&str> =
                line.scope.models.iter().filter(|model| !known(model)).map(Pattern::as_str).collect();
            let allowed: Vec<&str> = family.models.iter().map(Pattern::as_str).collect();
            let message = format!("the family may not use {}", outside.join(", "));
            let fix = format!("name models among {}", allowed.join(", "));
            self.find(Code::ScopeMismatch, Severity::Warning, message, POLICY, fix);
        }
    }

    /// Is it a promise, and who keeps it?
    fn promise(&mut self, line: &TokenLine) {
        if line.guaranteed {
            self.guarantee(line);
        } else {
            let message = "the token budget is not guaranteed: it can be cut at any time";
            let fix = "guarantee it, with a floor, a term and the pool that pays";
            self.find(Code::Unguaranteed, Severity::Warning, message, QUESTIONS, fix);
            if line.condition_precedent {
                let message = "it is a condition for joining, and not guaranteed";
                let fix = "guarantee what the condition is about, or drop the condition";
                self.find(Code::EmptyCondition, Severity::Error, message, PURSER, fix);
            }
        }
        if let Sharing::Shared { people } = line.sharing {
            let with = people.map_or_else(|| "a team".to_owned(), |people| format!("{people} people"));
            let message = format!("the token budget is shared with {with}: nobody can say what is theirs");
            self.find(Code::SharedOnly, Severity::Warning, message, QUESTIONS, "add an amount of their own");
        }
    }

    fn guarantee(&mut self, line: &TokenLine) {
        let unfunded = match self.question.funding {
            Funding::Short(missing) => Some((
                Severity::Error,
                format!("the pool that pays for the guarantee lacks {missing}"),
                "fund the pool, choose another one or promise less",
            )),
            Funding::NoPool => Some((
                Severity::Error,
                "the token budget is guaranteed and no pool pays for it".to_owned(),
                "name a pool that has enough free",
            )),
            Funding::Unknown if line.pool.is_none() => Some((
                Severity::Warning,
                "the token budget is guaranteed and nobody says what pays for it".to_owned(),
                "ask which funds it is set aside in, and have it written down",
            )),
            Funding::Funded | Funding::Unknown => None,
        };
        if let Some((severity, message, fix)) = unfunded {
            self.find(Code::Unfunded, severity, message, PURSER, fix);
        }
        match line.floor {
            None => {
                let message = "the guarantee has no floor: nobody says what it can't be cut below";
                let fix = format!("write a floor, such as the whole amount: {}", line.amount);
                self.find(Code::NoFloor, Severity::Warning, message, QUESTIONS, fix);
            }
            Some(floor) => {
                let package = self.question.package;
                let year = |basis| package.basis_year(basis);
                if year(floor).zip(year(line.amount)).is_some_and(|(floor, amount)| floor > amount) {
                    let message = format!("the floor of {floor} lies above the amount of {}", line.amount);
                    self.find(
                        Code::FloorAbove,
                        Severity::Error,
                        message,
                        PURSER,
                        "lower the floor or raise the amount",
                    );
                }
            }
        }
        if line.term.is_none() {
            let message = "the guarantee has no term: nobody says for how long";
            self.find(Code::NoTerm, Severity::Warning, message, QUESTIONS, "write a term, such as 24 months");
        }
        if line.remedy.is_none() {
            let message = "nothing is promised for days on which it can't be used";
            let fix = "write a remedy: such a day extends the term, or is credited";
            self.find(Code::NoRemedy, Severity::Note, message, PURSER, fix);
        }
    }

    /// What is not said is not promised.
    fn sayings(&mut self, line: &TokenLine) {
        match line.rollover {
            None => {
                let message = "there is no rollover rule: nobody says what becomes of what is not used";
                let fix = "write that it lapses, or up to how much it carries over and for how long";
                self.find(Code::NoRollover, Severity::Warning, message, QUESTIONS, fix);
            }
            Some(Rollover::Carries { cap: None, periods: None }) => {
                let message = "what is not used carries over without a bound";
                let fix = "write a cap, such as 100 percent of a period, and for how many periods";
                self.find(Code::EndlessRollover, Severity::Note, message, PURSER, fix);
            }
            Some(Rollover::Carries { cap, periods: Some(periods) }) => self.day_burst(line, cap, periods),
            Some(_) => {}
        }
        if line.activation != Some(Activation::StartDate) {
            let message = if line.activation.is_none() {
                "nobody says that it can be used from the start date on"
            } else {
                "it can be used only after somebody asks for it, not from the start date on"
            };
            let fix = "have it active at 00:00 on the start date";
            self.find(
                Code::NoActivation,
                Severity::Warning,
                message,
                "access on day one, as with mail and a laptop",
                fix,
            );
        }
        match line.purpose {
            None => {
                let message = "nobody says whether it is a work tool or may be used for oneself";
                self.find(Code::NoPurpose, Severity::Note, message, QUESTIONS, "write its purpose");
            }
            Some(Purpose::PersonalShare(share)) if !share.is_zero() => {
                let message = format!("{share} % of it may be used for oneself: it may be a taxable benefit");
                let fix = "take advice, and write into the letter who bears the tax";
                self.find(Code::PersonalShare, Severity::Note, message, QUESTIONS, fix);
            }
            Some(_) => {}
        }
        if let Some((starts, ends)) =
            self.question.starts.zip(self.question.starts.and_then(|day| line.term?.ends(day)))
            && ends <= starts
        {
            let message = format!("the token budget ends on {ends}, not after the start date {starts}");
            let fix = "write a term that begins with the start date";
            self.find(Code::EndsBeforeStart, Severity::Error, message, PURSER, fix);
        }
    }

    /// What several days leave unused may be spent in one, which nothing else bounds where the amount is per day.
    fn day_burst(&mut self, line: &TokenLine, cap: Option<Percent>, periods: u16) {
        let Basis::PerWorkday(amount) = line.amount else { return };
        let day = Exact::of(amount);
        let kept = cap.map_or(Some(day), |cap| cap.of(day)).and_then(|kept| kept.times(i64::from(periods)));
        let Some((most, usual)) = kept.and_then(|kept| day.checked_add(kept)).zip(day.times(DAY_BURST)) else { return };
        if most > usual {
            let message =
                format!("up to {} may be spent in one day of {amount}: leftovers of {periods} days", shown(most));
            let fix = "carry less over, or for fewer days, or write an amount per month if that is what is meant";
            self.find(Code::DayBurst, Severity::Note, message, PURSER, fix);
        }
    }

    fn dates(&mut self) {
        let Question { starts, expires, today, .. } = *self.question;
        let Some(expires) = expires else { return };
        if expires <= today {
            let message = format!("the offer expired on {expires}");
            self.find(Code::OfferExpiry, Severity::Error, message, PURSER, "give it an expiry that is still to come");
        } else if let Some(starts) = starts.filter(|starts| expires > *starts) {
            let message = format!("the offer can be accepted until {expires}, after the start date {starts}");
            let fix = "let it expire on the start date at the latest, or start later";
            self.find(Code::OfferExpiry, Severity::Warning, message, PURSER, fix);
        }
    }
}

/// Rounded to cents for a sentence.
fn shown(exact: Exact) -> String {
    let cents = exact.over(10_000_000).and_then(Exact::round).and_then(|cents| cents.get().checked_mul(10_000_000));
    cents.map_or_else(|| "more than can be counted".to_owned(), |nano| Nano::new(nano).to_string())
}

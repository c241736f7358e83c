//! The clauses about tokens, one for each thing that a token line may promise.

use std::fmt::Display;

use super::{Clause, HIDDEN, Said, Section, clause};
use crate::offer::{Content, TokenTerms};
use crate::package::{
    Activation, Basis, Exact, Package, PackageError, Purpose, ReleaseEvery, Remedy, Rollover, Sharing, TokenLine,
};

/// The section's number.
const SECTION: u32 = 5;

/// What a token clause is about. Its number is the same in every letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// How much.
    Amount,
    /// In which steps.
    Release,
    /// How firmly.
    Guarantee,
    /// What it can't be cut below.
    Floor,
    /// How long.
    Term,
    /// What a day is worth that could not be used.
    Remedy,
    /// Which models of which providers.
    Models,
    /// Which tools.
    Tools,
    /// Theirs alone?
    Sharing,
    /// What becomes of what is not used.
    Rollover,
    /// For work alone?
    Purpose,
    /// From when on.
    Activation,
    /// Nothing without it?
    Condition,
    /// Who pays.
    Funding,
}

impl Topic {
    /// All of them, in order of their numbers.
    pub const ALL: [Self; 14] = [
        Self::Amount,
        Self::Release,
        Self::Guarantee,
        Self::Floor,
        Self::Term,
        Self::Remedy,
        Self::Models,
        Self::Tools,
        Self::Sharing,
        Self::Rollover,
        Self::Purpose,
        Self::Activation,
        Self::Condition,
        Self::Funding,
    ];

    /// Its number in every letter: `5.3`.
    pub fn clause(self) -> String {
        format!("{SECTION}.{}", self.number())
    }

    fn number(self) -> u32 {
        let place = Self::ALL.iter().position(|topic| *topic == self).unwrap_or_default();
        u32::try_from(place).unwrap_or_default().saturating_add(1)
    }

    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Amount => "Amount",
            Self::Release => "Release",
            Self::Guarantee => "Guarantee",
            Self::Floor => "Floor",
            Self::Term => "Term",
            Self::Remedy => "Remedy",
            Self::Models => "Models and providers",
            Self::Tools => "Tools",
            Self::Sharing => "Sharing",
            Self::Rollover => "Rollover",
            Self::Purpose => "Purpose",
            Self::Activation => "Activation",
            Self::Condition => "Condition precedent",
            Self::Funding => "Funding",
        }
    }
}

pub(super) fn section(content: &Content, terms: Option<&TokenTerms>, said: &Said<'_>) -> Result<Section, PackageError> {
    let title = "Token budget";
    let Some(line) = &content.package.tokens else {
        let none = clause(SECTION, 1, Topic::Amount.title(), "This offer has no token budget.".to_owned());
        return Ok(Section { number: SECTION, title, clauses: vec![none] });
    };
    let clauses = Topic::ALL.into_iter().map(|topic| {
        let text = match topic {
            Topic::Amount => amount(&content.package, line, said)?,
            Topic::Release => release(content, line, terms, said),
            Topic::Floor => floor(&content.package, line, said)?,
            _ => words(topic, content, line),
        };
        Ok(clause(SECTION, topic.number(), topic.title(), text))
    });
    Ok(Section { number: SECTION, title, clauses: clauses.collect::<Result<Vec<Clause>, PackageError>>()? })
}

fn basis(basis: Basis, said: &Said<'_>) -> String {
    match basis {
        Basis::PerWorkday(amount) => format!("{} for each workday", said.amount(Exact::of(amount))),
        Basis::PerMonth(amount) => format!("{} for each month", said.amount(Exact::of(amount))),
        Basis::PerYear(amount) => format!("{} for each year", said.amount(Exact::of(amount))),
        Basis::OfBase(percent) => format!("{} % of the salary for each year", said.figure(percent)),
    }
}

fn amount(package: &Package, line: &TokenLine, said: &Said<'_>) -> Result<String, PackageError> {
    let views = package.token_views()?.ok_or(PackageError::TooLarge)?;
    let share = if package.working_share.is_one() { "" } else { " at full working time" };
    Ok(format!(
        "{}{share}, to be spent on language models at the list price of the day. That is {} for each year, {} for each \
         month and {} for each of {} workdays a year, the same amount from three sides.",
        basis(line.amount, said),
        said.amount(views.year),
        said.amount(views.month),
        said.amount(views.workday),
        package.workdays_per_year
    ))
}

fn release(content: &Content, line: &TokenLine, terms: Option<&TokenTerms>, said: &Said<'_>) -> String {
    let every = match line.released_every() {
        ReleaseEvery::Workday => "on each workday",
        ReleaseEvery::Month => "with each month",
        ReleaseEvery::Quarter => "with each quarter",
        ReleaseEvery::Year => "with each year",
    };
    let zone = content.zone.name();
    let Some(terms) = terms else { return format!("It is released {every}, at 00:00 in {zone}.") };
    let currency = content.package.rate.as_ref().map_or(&content.package.currency, |rate| &rate.to);
    let released = Said::money(Exact::of(terms.amount), currency, said.amounts);
    format!(
        "{released} is released {every}, at 00:00 in {zone}. A period that is begun or ended within is released in \
             proportion to its days.{}",
        holidays(terms)
    )
}

/// Which days are none to work on. Nothing where no calendar of a place is fixed.
fn holidays(terms: &TokenTerms) -> String {
    let Some(calendar) = &terms.calendar else { return String::new() };
    let last = calendar.holidays.last().map(|last| format!(", known up to {last},")).unwrap_or_default();
    format!(" Holidays of {} by its calendar {}{last} are no workdays.", calendar.place, calendar.version)
}

fn floor(package: &Package, line: &TokenLine, said: &Said<'_>) -> Result<String, PackageError> {
    let Some(floor) = line.floor else {
        return Ok("No floor is promised.".to_owned());
    };
    let year = package.basis_year(floor).ok_or(PackageError::TooLarge)?;
    let year = said.amount(year);
    Ok(format!("Before the term ends the budget is not cut below {}: {year} for each year.", basis(floor, said)))
}

/// The clauses that have no amount in them.
fn words(topic: Topic, content: &Content, line: &TokenLine) -> String {
    match topic {
        Topic::Guarantee if line.guaranteed => {
            "It is guaranteed: it is set aside in a pool before this offer is sent, \
             and no budget of a unit or of the company stops it."
                .to_owned()
        }
        Topic::Guarantee => {
            "It is not guaranteed: it is discretionary and ends where a budget above it does.".to_owned()
        }
        Topic::Term => match line.term {
            None => "It has no end date. No term is promised.".to_owned(),
            Some(term) => {
                let ends = term.ends(content.starts).map(|date| format!(", until the day before {date}"));
                format!("It holds for {term}{} from the start date on.", ends.unwrap_or_default())
            }
        },
        Topic::Remedy => match line.remedy {
            None => "No remedy is promised for a day on which it could not be used.",
            Some(Remedy::Extends) => {
                "For each day on which it should have been usable and was not, the term ends a day later."
            }
            Some(Remedy::Credits) => {
                "For each day on which it should have been usable and was not, the day's amount is credited."
            }
        }
        .to_owned(),
        Topic::Models => {
            let side =
                |patterns: &[_], every: &str| if patterns.is_empty() { every.to_owned() } else { list(patterns) };
            let (models, providers) = (&line.scope.models, &line.scope.providers);
            format!("It pays for {} at {}.", side(models, "every model"), side(providers, "every provider"))
        }
        Topic::Tools if line.tools.is_empty() => "It may be spent with every tool.".to_owned(),
        Topic::Tools => format!("It may be spent with {}.", list(&line.tools)),
        Topic::Sharing => match line.sharing {
            Sharing::Own => "It is the candidate's alone.".to_owned(),
            Sharing::Shared { people: None } => "It is shared by a team.".to_owned(),
            Sharing::Shared { people: Some(people) } => format!("It is shared by a team of {people}."),
        },
        Topic::Rollover => rollover(line.rollover),
        Topic::Purpose => match line.purpose {
            None => "Nothing is said about personal use.".to_owned(),
            Some(Purpose::WorkTool) => "It is a work tool. Personal use is not allowed.".to_owned(),
            Some(Purpose::PersonalShare(percent)) => format!(
                "{percent} % of it may be spent at the candidate's own discretion. It may be a taxable benefit if it is \
                 not a work tool; take advice."
            ),
        },
        Topic::Activation => match line.activation {
            Some(Activation::OnRequest) => "It can be used once it has been asked for and switched on.".to_owned(),
            Some(Activation::StartDate) | None => format!(
                "It can be used from 00:00 on {} in {} on, without asking anybody.",
                content.starts,
                content.zone.name()
            ),
        },
        Topic::Condition if line.condition_precedent => {
            "It is a condition precedent: without it, funded, there is no acceptance.".to_owned()
        }
        Topic::Condition => "It is no condition precedent.".to_owned(),
        Topic::Funding => match &line.pool {
            Some(pool) if line.guaranteed => format!("It is set aside in the pool {pool}."),
            _ => "No pool is named.".to_owned(),
        },
        // These have amounts.
        Topic::Amount | Topic::Release | Topic::Floor => HIDDEN.to_owned(),
    }
}

fn rollover(rollover: Option<Rollover>) -> String {
    match rollover {
        None => "Nothing is promised about what is not used.".to_owned(),
        Some(Rollover::Lapses) => "What is not used lapses with its period.".to_owned(),
        Some(Rollover::Carries { cap, periods }) => {
            let cap = cap
                .map_or_else(|| "all of it".to_owned(), |cap| format!("at most {cap} % of what one period releases"));
            let periods = match periods {
                None => "until the term ends".to_owned(),
                Some(1) => "for one more period".to_owned(),
                Some(periods) => format!("for {periods} more periods"),
            };
            format!("What is not used goes on: {cap}, {periods}.")
        }
    }
}

fn list<T: Display>(of: &[T]) -> String {
    let words: Vec<String> = of.iter().map(ToString::to_string).collect();
    words.join(", ")
}

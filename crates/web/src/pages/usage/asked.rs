//! What somebody wants to see of usage, read from the page's address. What can't be read is what it would be without.

use jiff::ToSpan;
use jiff::civil::Date;
use purser_control::shape::HistoryPer;
use purser_core::time::Instant;
use purser_core::zone::Zone;

use crate::form::Fields;

/// Days that are offered to look back at.
const RANGES: [(&str, i32); 4] = [("A week", 7), ("30 days", 30), ("90 days", 90), ("A year", 365)];
/// What is looked back at where nothing is asked for.
const USUAL: i32 = 30;
/// Bars that can still be told apart.
const BARS_MAX: i32 = 100;
/// The longest range: ten years.
const DAYS_MAX: i32 = 3_660;

/// What bars count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metric {
    Money,
    Tokens,
    Calls,
}

/// What a row of the table stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Model,
    Tool,
    Project,
    Key,
    Day,
    Unit,
    Person,
}

/// About how many days a bar stands for.
const fn days(per: HistoryPer) -> i32 {
    match per {
        HistoryPer::Day => 1,
        HistoryPer::Week => 7,
        HistoryPer::Month => 30,
    }
}

/// The first day of the next bar.
pub(super) fn next(per: HistoryPer, first: Date) -> Option<Date> {
    let span = match per {
        HistoryPer::Day => 1.day(),
        HistoryPer::Week => 7.days(),
        HistoryPer::Month => 1.month(),
    };
    first.checked_add(span).ok()
}

/// What stands below a bar.
pub(super) fn label(per: HistoryPer, first: Date) -> String {
    match per {
        HistoryPer::Day | HistoryPer::Week => first.strftime("%-d %b").to_string(),
        HistoryPer::Month => first.strftime("%b %Y").to_string(),
    }
}

impl Metric {
    const ALL: [(Self, &'static str, &'static str); 3] =
        [(Self::Money, "money", "Money"), (Self::Tokens, "tokens", "Tokens"), (Self::Calls, "calls", "Calls")];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(metric, ..)| *metric == self).map_or("money", |(_, word, _)| word)
    }
}

impl Choice {
    /// What can be told of one person.
    pub(super) const OWN: [Self; 5] = [Self::Model, Self::Tool, Self::Project, Self::Key, Self::Day];
    /// What can be told of a company.
    pub(super) const ALL: [Self; 7] =
        [Self::Model, Self::Tool, Self::Project, Self::Key, Self::Day, Self::Unit, Self::Person];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Tool => "tool",
            Self::Project => "project",
            Self::Key => "key",
            Self::Day => "day",
            Self::Unit => "unit",
            Self::Person => "person",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Model => "Model",
            Self::Tool => "Tool",
            Self::Project => "Project",
            Self::Key => "Key",
            Self::Day => "Day",
            Self::Unit => "Unit",
            Self::Person => "Person",
        }
    }
}

/// A choice of a list: its value, its words, and whether it is chosen.
pub(super) type Chosen = (&'static str, &'static str, bool);

/// What is looked at.
#[derive(Clone, Debug)]
pub(super) struct Looked {
    /// First day.
    pub(super) from: Date,
    /// First day not included.
    pub(super) to: Date,
    pub(super) per: HistoryPer,
    pub(super) metric: Metric,
    pub(super) by: Choice,
    choices: Vec<Choice>,
    today: Date,
}

impl Looked {
    /// Of the fields `from`, `to` (the last day, included), `per`, `metric` and `by`.
    pub(super) fn of(asked: &Fields, now: Instant, choices: &[Choice]) -> Self {
        let today = Zone::UTC.date(now);
        let day = |name: &str| asked.text(name).parse::<Date>().ok();
        let last = day("to").unwrap_or(today);
        let to = last.checked_add(1.day()).unwrap_or(last);
        let usual = to.checked_sub(USUAL.days()).unwrap_or(to);
        let from = day("from").filter(|from| *from < to).unwrap_or(usual);
        let from = from.max(to.checked_sub(DAYS_MAX.days()).unwrap_or(from));
        let length = from.until(to).map_or(USUAL, |span| span.get_days());
        let fits = |per: &HistoryPer| length / days(*per) <= BARS_MAX;
        let wanted = HistoryPer::ALL.into_iter().find(|per| per.word() == asked.text("per")).filter(fits);
        let per = wanted.or_else(|| HistoryPer::ALL.into_iter().find(fits)).unwrap_or(HistoryPer::Month);
        let metric = Metric::ALL.iter().find(|(_, word, _)| *word == asked.text("metric"));
        let by = choices.iter().copied().find(|by| by.word() == asked.text("by")).unwrap_or(Choice::Model);
        let metric = metric.map_or(Metric::Money, |(metric, ..)| *metric);
        Self { from, to, per, metric, by, choices: choices.to_vec(), today }
    }

    /// The last day, included.
    pub(super) fn last(&self) -> Date {
        self.to.yesterday().unwrap_or(self.to)
    }

    /// The page that shows this, of a person if one is named.
    pub(super) fn address(&self, path: &str, person: Option<&str>) -> String {
        self.between(path, self.from, self.last(), person)
    }

    fn between(&self, path: &str, from: Date, last: Date, person: Option<&str>) -> String {
        let (per, metric, by) = (self.per.word(), self.metric.word(), self.by.word());
        let mut address = format!("{path}?from={from}&to={last}&per={per}&metric={metric}&by={by}");
        if let Some(person) = person {
            address.push_str("&person=");
            crate::ask::escape(person, &mut address);
        }
        address
    }

    /// Ranges that end today: words, address, and whether it is this one.
    pub(super) fn ranges(&self, path: &str, person: Option<&str>) -> Vec<(&'static str, String, bool)> {
        let range = |(label, days): (&'static str, i32)| {
            let from = self.today.checked_sub((days - 1).days()).unwrap_or(self.today);
            let here = from == self.from && self.today == self.last();
            (label, self.between(path, from, self.today, person), here)
        };
        RANGES.map(range).to_vec()
    }

    pub(super) fn pers(&self) -> Vec<Chosen> {
        let words = |per: HistoryPer| match per {
            HistoryPer::Day => "Days",
            HistoryPer::Week => "Weeks",
            HistoryPer::Month => "Months",
        };
        HistoryPer::ALL.map(|per| (per.word(), words(per), per == self.per)).to_vec()
    }

    pub(super) fn metrics(&self) -> Vec<Chosen> {
        Metric::ALL.map(|(metric, word, label)| (word, label, metric == self.metric)).to_vec()
    }

    pub(super) fn bys(&self) -> Vec<Chosen> {
        self.choices.iter().map(|by| (by.word(), by.label(), *by == self.by)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(pairs: &[(&str, &str)]) -> Looked {
        let now = "2026-11-24T10:00:00Z".parse().unwrap();
        Looked::of(&Fields::of(pairs), now, &Choice::OWN)
    }

    #[test]
    fn what_can_not_be_read_is_as_usual() {
        let usual = looked(&[]);
        assert_eq!((usual.from.to_string(), usual.last().to_string()), ("2026-10-26".into(), "2026-11-24".into()));
        assert_eq!((usual.per, usual.metric, usual.by), (HistoryPer::Day, Metric::Money, Choice::Model));
        // Nobody's person is a row of one's own usage.
        let strange = looked(&[("from", "soon"), ("to", "<b>"), ("per", "hour"), ("metric", ""), ("by", "person")]);
        assert_eq!(strange.address("/me/usage", None), usual.address("/me/usage", None));
        let backwards = looked(&[("from", "2026-11-20"), ("to", "2026-11-10")]);
        assert_eq!(backwards.from.to_string(), "2026-10-12");
    }

    #[test]
    fn bars_stay_few_enough_to_be_told_apart() {
        let year = looked(&[("from", "2025-11-24"), ("per", "day")]);
        assert_eq!(year.per, HistoryPer::Week);
        let ages = looked(&[("from", "1900-01-01")]);
        assert_eq!(ages.per, HistoryPer::Month);
        assert_eq!(ages.from.until(ages.to).unwrap().get_days(), DAYS_MAX);
        assert_eq!(looked(&[("from", "2026-11-01"), ("per", "month")]).per, HistoryPer::Month);
    }

    #[test]
    fn an_address_shows_the_same_again() {
        let first = looked(&[("from", "2026-09-01"), ("to", "2026-10-31"), ("metric", "tokens"), ("by", "tool")]);
        let address = first.address("/me/usage", None);
        let query = address.split_once('?').unwrap().1;
        let pairs: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        assert_eq!(looked(&pairs).address("/me/usage", None), address);
        assert!(first.ranges("/me/usage", None).iter().all(|(.., here)| !here));
        assert!(looked(&[]).ranges("/me/usage", None).iter().any(|(label, _, here)| *here && *label == "30 days"));
    }
}

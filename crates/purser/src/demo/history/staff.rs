//! Who works in the company of the history, and how: roles and numbers, nobody with a name.

use crate::demo::traffic::Dice;

/// How many there are in the end.
pub(crate) const PEOPLE: usize = 120;
/// Of them, those who came with an offer; the others were there at the beginning.
pub(crate) const HIRED: usize = 16;

/// A family, which is a unit too.
#[derive(Debug)]
pub(crate) struct Family {
    /// The unit.
    pub(crate) unit: &'static str,
    /// As bands and policies call it.
    pub(crate) word: &'static str,
    /// How many people.
    pub(crate) people: usize,
    /// What the unit may spend.
    pub(crate) budget: &'static str,
    /// What each is granted.
    pub(crate) grant: &'static str,
    /// Calls on a workday.
    pub(crate) calls: u64,
    /// Which model they ask: provider, then the one of the first months and the one since.
    pub(crate) provider: &'static str,
    pub(crate) models: [&'static str; 2],
    /// Tokens of a call, most: read from a cache, written to it, answered.
    pub(crate) tokens: [u64; 3],
}

/// All six.
pub(crate) const FAMILIES: &[Family] = &[
    Family {
        unit: "Engineering",
        word: "engineering",
        people: 40,
        budget: "60000/month",
        grant: "40/workday",
        calls: 10,
        provider: "anthropic",
        models: ["claude-sonnet-4-5", "claude-opus-4-7"],
        tokens: [900_000, 150_000, 60_000],
    },
    Family {
        unit: "Research",
        word: "research",
        people: 14,
        budget: "25000/month",
        grant: "40/workday",
        calls: 8,
        provider: "anthropic",
        models: ["claude-opus-4-5", "claude-opus-4-8"],
        tokens: [900_000, 150_000, 60_000],
    },
    Family {
        unit: "Finance",
        word: "finance",
        people: 14,
        budget: "9000/month",
        grant: "20/workday",
        calls: 12,
        provider: "anthropic",
        models: ["claude-sonnet-4-5", "claude-sonnet-5"],
        tokens: [800_000, 150_000, 60_000],
    },
    Family {
        unit: "Operations",
        word: "operations",
        people: 14,
        budget: "9000/month",
        grant: "20/workday",
        calls: 12,
        provider: "anthropic",
        models: ["claude-sonnet-4-5", "claude-sonnet-5"],
        tokens: [800_000, 150_000, 60_000],
    },
    Family {
        unit: "Sales",
        word: "sales",
        people: 20,
        budget: "12000/month",
        grant: "18/workday",
        calls: 10,
        provider: "anthropic",
        models: ["claude-opus-4-5", "claude-sonnet-5-5"],
        tokens: [700_000, 150_000, 60_000],
    },
    Family {
        unit: "Support",
        word: "support",
        people: 18,
        budget: "9000/month",
        grant: "18/workday",
        calls: 9,
        provider: "anthropic",
        models: ["claude-sonnet-4-5", "claude-opus-4-8"],
        tokens: [700_000, 150_000, 60_000],
    },
];

/// Where people live.
pub(crate) const ZONES: &[&str] = &["America/Los_Angeles", "Europe/Berlin", "Europe/London", "Asia/Kolkata"];

/// What somebody does differently from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Nothing.
    Usual,
    /// Wants more than there is, day after day.
    Over,
    /// Hardly uses it.
    Under,
    /// Was away for three months.
    Leave,
    /// Works three days of five, for as much of the money.
    PartTime,
    /// Works four days of five since the seventh month.
    LessTime,
    /// Ran an agent for a month, day and night.
    AgentMonth,
    /// Has an agent that was stopped at the budget of its key.
    Runaway,
    /// Moved to another zone halfway.
    Moved,
    /// Went to another unit halfway.
    Transferred,
    /// Left after ten months.
    Left,
}

/// Somebody.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// From 1.
    pub(crate) number: usize,
    /// Which family.
    pub(crate) family: &'static Family,
    /// Which zone, at first.
    pub(crate) zone: &'static str,
    /// What is different about them.
    pub(crate) habit: Habit,
    /// How much they call, in hundredths of what is usual.
    pub(crate) eager: u64,
    /// Promised for good, rather than at discretion.
    pub(crate) guaranteed: bool,
    /// What of a day is not used lives on for another.
    pub(crate) rolls_over: bool,
    /// In which month they came with an offer; `None`: they were there.
    pub(crate) hired: Option<u32>,
}

impl Member {
    /// `Person 17`
    pub(crate) fn name(&self) -> String {
        format!("Person {}", self.number)
    }
}

/// Everybody, in the order of their numbers.
pub(crate) fn everybody(seed: u64) -> Vec<Member> {
    let mut dice = Dice::new(seed, 0);
    let places = FAMILIES.iter().flat_map(|family| (0..family.people).map(move |place| (family, place)));
    let mut members = Vec::with_capacity(PEOPLE);
    for (place, (family, within)) in places.enumerate() {
        let number = place + 1;
        let zone = ZONES.get(place % ZONES.len()).copied().unwrap_or("UTC");
        // Whoever sits last in a family came last.
        let hires = family.people * HIRED / PEOPLE + usize::from(within % 2 == 0 && family.people > 30);
        let hired = (within + hires >= family.people).then(|| u32::try_from(2 + number % 11).unwrap_or(2));
        members.push(Member {
            number,
            family,
            zone,
            habit: habit(number),
            eager: dice.between(65, 130),
            guaranteed: place % 5 == 0,
            rolls_over: place % 4 == 2,
            hired,
        });
    }
    members
}

const fn habit(number: usize) -> Habit {
    match number {
        3 => Habit::AgentMonth,
        5 => Habit::Runaway,
        7 | 61 => Habit::Over,
        11 | 45 => Habit::Under,
        13 => Habit::Leave,
        14 | 72 => Habit::PartTime,
        33 => Habit::LessTime,
        21 => Habit::Moved,
        22 => Habit::Transferred,
        30 | 90 => Habit::Left,
        _ => Habit::Usual,
    }
}

#[cfg(test)]
mod tests {
    use purser_core::grant::Release;
    use purser_core::zone::Zone;

    use super::*;

    #[test]
    fn a_hundred_and_twenty_in_six_families_and_four_zones() {
        let all = everybody(1);
        assert_eq!((all.len(), FAMILIES.len(), ZONES.len()), (PEOPLE, 6, 4));
        let hired = all.iter().filter(|member| member.hired.is_some()).count();
        assert!((10..=20).contains(&hired), "{hired} came with an offer");
        let odd = all.iter().filter(|member| member.habit != Habit::Usual);
        assert!(odd.clone().count() >= 12 && odd.clone().all(|member| member.hired.is_none()), "{odd:?}");
        for family in FAMILIES {
            assert!(family.grant.parse::<Release>().is_ok() && family.budget.parse::<Release>().is_ok());
        }
        assert!(ZONES.iter().all(|zone| Zone::try_new(zone).is_ok()));
        let again = everybody(1);
        assert!(all.iter().zip(&again).all(|(one, other)| one.eager == other.eager), "the same seed, the same people");
    }
}

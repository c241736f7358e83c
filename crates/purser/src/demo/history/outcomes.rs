//! What people cost, and what they achieved: told of each morning, as their tracker would.

use jiff::civil::{Date, Weekday};
use purser_control::shape::{ChangeCosts, Costs, OutcomeTold, OutcomesTaken, RecordOutcomes};
use serde_json::json;

use super::Life;
use super::staff::{Habit, Member};
use crate::demo::traffic::Dice;
use crate::failure::Failure;

/// The source: one tracker for all.
const SOURCE: &str = "tracker";
/// From which month on the better models show, and in how many of a hundred cases.
const BETTER: (u32, u64) = (6, 8);
/// Places of dice behind those of calls.
const DICE: u64 = 1 << 40;
/// Dice of places next to each other throw the same, one throw later: so these are further apart than a day has throws.
const THROWS: u64 = 64;

/// What is counted of a family, and how many of it somebody manages in a week, most.
const fn kind(word: &str) -> (&str, u64) {
    match word.as_bytes() {
        b"engineering" => ("merged_change", 5),
        b"research" => ("experiment", 2),
        b"finance" => ("reconciliation", 3),
        b"operations" => ("process_run", 9),
        b"sales" => ("qualified_lead", 4),
        _ => ("ticket_resolved", 14),
    }
}

impl Life {
    /// What finance says that people cost. Of those who came with an offer their pay is known.
    pub(super) async fn costs(&self) -> Result<(), Failure> {
        let rows = [
            json!({ "pay": { "salary": "95000", "bonus": "8000" }, "benefits": { "of_salary": "22" }, "overhead": { "per_year": "18000" } }),
            json!({ "of": { "family": "engineering" }, "benefits": { "of_salary": "20" }, "overhead": { "per_year": "24000" } }),
        ];
        for row in rows {
            let row =
                serde_json::from_value(row).map_err(|error| Failure::from_error("a row of costs is none", &error))?;
            let _: Costs = self.desks.finance.done(&["costs"], &ChangeCosts::Set(row)).await?;
        }
        Ok(())
    }

    /// What was achieved on the day before.
    pub(super) async fn achieved(&self, day: Date) -> Result<(), Failure> {
        let Ok(on) = day.yesterday() else { return Ok(()) };
        if on < self.from || matches!(on.weekday(), Weekday::Saturday | Weekday::Sunday) {
            return Ok(());
        }
        let outcomes: Vec<OutcomeTold> = self.members.iter().flat_map(|member| self.day_of(member, on, day)).collect();
        if outcomes.is_empty() {
            return Ok(());
        }
        let record = RecordOutcomes { source: Some(SOURCE.to_owned()), outcomes, partial: false, preview: false };
        let _: OutcomesTaken = self.desks.people.done(&["outcomes"], &record).await?;
        Ok(())
    }

    /// One person's day, as it is told of on the next.
    fn day_of(&self, member: &Member, on: Date, told: Date) -> Vec<OutcomeTold> {
        let known = self.known(member.number).filter(|known| !known.left && known.begins <= on);
        let Some(known) = known else { return Vec::new() };
        let (month, _) = self.month(on);
        if member.habit == Habit::Leave && (5..8).contains(&month) {
            return Vec::new();
        }
        let (kind, most) = kind(member.family.word);
        let since = self.from.until(on).map_or(0, |span| span.get_days());
        let place = u64::try_from(member.number).unwrap_or(0) * 1_000 + u64::try_from(since).unwrap_or(0);
        let mut dice = Dice::new(self.seed, DICE + place * THROWS);
        // Support got no faster for the better models: not everything is worth it.
        let better = if month >= BETTER.0 && member.family.word != "support" { BETTER.1 } else { 0 };
        // Of ten thousand: half of the most in a week's five days, for whoever is as eager as usual.
        let chance = member.eager * (100 + better) / 10;
        let outcome = |number: u64| {
            let done = dice.between(1, 10_000) <= chance;
            // One of forty turns out to be none.
            let taken_back = dice.chance(2).then(|| told.to_string());
            done.then(|| OutcomeTold {
                person: Some(known.person.clone()),
                kind: Some(kind.to_owned()),
                at: Some(on.to_string()),
                id: Some(format!("{}-{on}-{number}", member.number)),
                taken_back,
                ..OutcomeTold::default()
            })
        };
        (0..most).filter_map(outcome).collect()
    }
}

//! Whether the money lasts: the period's burn-down, from what is left now and what was charged since it began.

use std::time::Duration;

use jiff::civil::Date;
use purser_control::Problem;
use purser_control::shape::{Balance, Forecast, ForecastPeriod, Grant, Overview};
use purser_core::money::Nano;
use purser_core::time::Instant;

use crate::ask::to;
use crate::chart::{self, BurnDown, Kind, Left, Outlook, RunsOut, Spec, Unit};
use crate::say::Markup;
use crate::visitor::Visitor;

/// The period's burn-down; nothing where no period of a week or longer is running.
pub(super) async fn burn_down(
    visitor: &Visitor,
    person: &str,
    (forecast, balance, grants): (&Forecast, Option<&Balance>, &[Grant]),
) -> Result<Option<Markup>, Problem> {
    let Some(period) = &forecast.period else { return Ok(None) };
    let days = to(&["usage"]).with("by", "day").with("person", person).with("from", period.starts);
    let days: Overview = visitor.ask.get(&days).await?;
    let charged: Vec<(Date, Nano)> =
        days.items.iter().filter_map(|row| Some((row.key.parse().ok()?, row.charge))).collect();
    let zone = &visitor.zone;
    let (today, ends) = (zone.date(visitor.now), zone.date(before(period.ends)));
    let to_spend = period.left.saturating_add(period.comes);
    let starts = zone.date(period.starts).min(today);
    let kind = Kind::BurnDown(BurnDown {
        unit: Unit::Money(visitor.currency.clone()),
        starts,
        ends,
        released: to_spend.saturating_add(days.charge).get(),
        floor: balance.and_then(|balance| guaranteed(balance, grants, period)).map(Nano::get),
        left: line(starts, today, to_spend, &charged),
        forecast: outlook(period, to_spend, today, ends).into_iter().collect(),
        within: forecast.within_percent,
        runs_out: period.gone.map(|gone| {
            let date = zone.date(gone);
            let minute = gone.since(zone.first_instant(date)).as_secs() / 60;
            RunsOut { date, minute: u16::try_from(minute).unwrap_or(u16::MAX) }
        }),
    });
    let title = "What is left of the period's money".to_owned();
    Ok(Some(Markup::new(chart::svg(&Spec { id: "lasting".to_owned(), title, kind }).html())))
}

fn before(at: Instant) -> Instant {
    at.saturating_sub(Duration::from_micros(1))
}

/// What was left when each day was over, backwards from what is left now: a day's charges were there until that day.
fn line(starts: Date, today: Date, left_now: Nano, charged: &[(Date, Nano)]) -> Vec<Left> {
    let days = std::iter::successors(Some(starts), |date| date.tomorrow().ok()).take_while(|date| *date <= today);
    let left = |date: Date| {
        let later = charged.iter().filter(|(on, _)| *on > date).map(|(_, charge)| *charge);
        later.fold(left_now, Nano::saturating_add).get()
    };
    days.map(|date| Left { date, left: left(date) }).collect()
}

/// How the period is going to end; nothing on its last day, or while too little is known for bounds.
fn outlook(period: &ForecastPeriod, to_spend: Nano, today: Date, ends: Date) -> Option<Outlook> {
    let left = |spent: Nano| to_spend.saturating_sub(spent).get();
    let (low, high) = period.low.zip(period.high).filter(|_| today < ends)?;
    Some(Outlook { date: ends, low: left(high), middle: left(period.expected), high: left(low) })
}

/// What of the period's money is guaranteed: of grants that release nothing more before it ends.
fn guaranteed(balance: &Balance, grants: &[Grant], period: &ForecastPeriod) -> Option<Nano> {
    let rows = balance.grants.iter().filter(|row| {
        let is_guaranteed = grants.iter().any(|grant| grant.id == row.grant && grant.guaranteed);
        is_guaranteed && row.resets_at.is_none_or(|at| at >= period.ends)
    });
    let sum = rows.fold(Nano::ZERO, |sum, row| sum.saturating_add(row.funds.limit));
    sum.is_positive().then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_ends_at_what_is_left_and_begins_with_all() {
        let date = |day: &str| day.parse::<Date>().unwrap();
        let charged = [(date("2026-11-02"), Nano::new(3)), (date("2026-11-04"), Nano::new(4))];
        let line = line(date("2026-11-01"), date("2026-11-04"), Nano::new(10), &charged);
        let left: Vec<i64> = line.iter().map(|left| left.left).collect();
        assert_eq!(left, [17, 14, 14, 10]);
        assert_eq!(line.last().unwrap().date, date("2026-11-04"));
    }
}

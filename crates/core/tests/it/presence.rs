//! What a grant knows of its person's days.

use jiff::civil::Date;
use purser_core::calendar::{Cadence, CivilSpan, Days};
use purser_core::event::{Event, GrantChange, GrantEvent};
use purser_core::forecast::DayKind;
use purser_core::grant::{Grant, WorkShare};
use purser_core::id::{CommandId, GrantId};
use purser_core::money::Nano;

use crate::company::{directory, grant};

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn days(first: &str, until: &str) -> CivilSpan {
    CivilSpan { first: date(first), until: date(until) }
}

fn dollars(units: i64) -> Nano {
    Nano::try_from_units(units).unwrap()
}

/// A grant from 2028 on, after some changes that were made known in order.
fn lived(grant: Grant, changes: &[(&str, GrantChange)]) -> Grant {
    let mut events = vec![Event::GrantMade(Grant { starts: date("2028-01-01"), ..grant })];
    for (command, (at, change)) in (1..).zip(changes) {
        let at = format!("{at}T12:00:00Z").parse().unwrap();
        let (grant, command) = (GrantId::new(1), CommandId::new(command));
        events.push(Event::Grant(GrantEvent { grant, command, change: change.clone(), at }));
    }
    Grant::clone(directory(&events).grant(GrantId::new(1)).unwrap())
}

#[test]
fn leave_is_known_by_the_day_and_weekends_are_no_working_days() {
    let away = [
        ("2028-02-01", GrantChange::LeaveBegun { from: date("2028-02-07") }),
        ("2028-02-15", GrantChange::LeaveEnded { on: date("2028-02-21") }),
    ];
    let grant = lived(grant(1), &away);
    let kinds =
        ["2028-02-04", "2028-02-05", "2028-02-07", "2028-02-20", "2028-02-21"].map(|day| grant.day_kind(date(day)));
    assert_eq!(kinds, [DayKind::Work, DayKind::Off, DayKind::Away, DayKind::Away, DayKind::Work]);
    // Twenty a day; fourteen of February's twenty-nine days are away.
    assert_eq!(grant.released_over(days("2028-02-01", "2028-03-01")), dollars(15 * 20));
    assert_eq!(grant.present(days("2028-02-01", "2028-03-01")), 15 * 10_000 / 29);
}

#[test]
fn some_days_get_their_share_of_a_longer_amount() {
    let half =
        [("2028-01-10", GrantChange::ShareSet { share: WorkShare::try_new(5_000).unwrap(), from: date("2028-07-01") })];
    let yearly = Grant { amount: dollars(36_600), cadence: Cadence::Year, ..grant(1) };
    let yearly = lived(yearly, &half);
    assert_eq!(yearly.released_over(days("2028-01-01", "2028-01-11")), dollars(1_000), "a hundred a day");
    assert_eq!(yearly.released_over(days("2027-12-01", "2028-01-11")), dollars(1_000), "nothing before it");
    assert_eq!(yearly.released_over(days("2028-06-30", "2028-07-02")), dollars(150), "and half of it in half time");
    assert_eq!(yearly.present(days("2028-01-01", "2029-01-01")), (182 * 10_000 + 184 * 5_000) / 366);
    assert_eq!(yearly.present(days("2027-01-01", "2028-01-01")), 0);
    let monthly = lived(Grant { amount: dollars(210), cadence: Cadence::Month, days: Days::Workdays, ..grant(1) }, &[]);
    // January 2028 has 21 working days, five of them in its second week.
    assert_eq!(monthly.released_over(days("2028-01-10", "2028-01-17")), dollars(50));
    let once = Grant { amount: dollars(310), cadence: Cadence::Once, ends: Some(date("2028-02-01")), ..grant(1) };
    assert_eq!(lived(once.clone(), &[]).released_over(days("2028-01-01", "2028-01-04")), dollars(30));
    let open = lived(Grant { ends: None, ..once }, &[]);
    assert_eq!(open.released_over(days("2028-01-01", "2028-01-04")), Nano::ZERO, "nobody knows over which days");
}

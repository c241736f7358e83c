//! What happens to grants, as people ask for it: part-time, leave, rollover, advances, each shown before it is done.

use purser_control::shape::{
    ChangeGrant, FundPool, Grant, GrantChange, MovePerson, NewGrant, NewPool, NewUnit, Overview,
};
use purser_control::usage::{By, Wanted};
use purser_control::{Code, CommandName, Error};
use purser_core::money::Nano;
use purser_core::policy::{Moving, Policy};

use crate::bench::{Bench, code};
use crate::money::{amount, hold, settle};

impl Bench {
    async fn happens(&self, grant: &Grant, change: GrantChange, preview: bool) -> Result<Grant, Error> {
        self.control.change_grant(None, &grant.id.to_string(), ChangeGrant { change, preview, agreed: false }).await
    }

    /// What the first person can spend.
    fn left(&self) -> Nano {
        self.control.balances(None).unwrap().items[0].funds.available
    }
}

#[tokio::test]
async fn a_preview_shows_what_the_change_then_does() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    bench.grant(&person, "300/month").await;
    let grant = bench.control.grants(None).unwrap().items.remove(0);
    // Seven days of November.
    assert_eq!((grant.allowance, grant.share.as_str()), (Some(amount("70")), "100%"));
    let share = || GrantChange::Share { share: "50%".to_owned(), from: Some("2026-11-29".to_owned()) };
    let preview = bench.happens(&grant, share(), true).await.unwrap();
    assert_eq!(preview.allowance, Some(amount("60")), "five days whole, two by half");
    assert_eq!(bench.left(), amount("70"), "a preview changes nothing");
    let name = || Some(CommandName::try_new("half time").unwrap());
    let asked = |change| ChangeGrant { change, preview: false, agreed: false };
    let id = grant.id.to_string();
    for _ in 0..2 {
        let done = bench.control.change_grant(name(), &id, asked(share())).await.unwrap();
        assert_eq!(done, preview);
    }
    let other = bench.control.change_grant(name(), &id, asked(GrantChange::Leave { from: None })).await;
    assert_eq!(code(other), Code::CommandReused);
    assert_eq!(bench.left(), amount("60"));

    let past = GrantChange::Leave { from: Some("2026-11-23".to_owned()) };
    assert_eq!(code(bench.happens(&grant, past, false).await), Code::Invalid);
    let away = bench.happens(&grant, GrantChange::Leave { from: None }, false).await.unwrap();
    assert_eq!((away.allowance, away.away_since.as_deref()), (Some(Nano::ZERO), Some("2026-11-24")));
    bench.clock.set("2026-11-27T12:00:00Z");
    let bench = bench.restart().await;
    let back = bench.happens(&grant, GrantChange::Back { on: None }, false).await.unwrap();
    // The 27th and 28th whole, the 29th and 30th by half.
    assert_eq!((back.allowance, back.away_since), (Some(amount("30")), None));
    let advance = GrantChange::Advance { amount: amount("40") };
    assert_eq!(bench.happens(&grant, advance, false).await.unwrap().allowance, Some(amount("70")));
    assert_eq!(bench.left(), amount("70"));
    bench.clock.set("2026-12-01T12:00:00Z");
    assert_eq!(bench.left(), amount("110"), "half of December, less the advance");
}

#[tokio::test]
async fn what_is_unused_lives_on_up_to_its_cap() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    let new = NewGrant {
        person: person.id.to_string(),
        amount: "20/day".to_owned(),
        rollover: Some(amount("15")),
        ..NewGrant::default()
    };
    bench.control.add_grant(None, new).await.unwrap();
    let key = bench.key(&person).await;
    settle(&bench, hold(&bench, &key, "2"), "2");
    assert_eq!(bench.left(), amount("18"));
    let running = hold(&bench, &key, "6");
    bench.clock.set("2026-11-25T12:00:00Z");
    assert_eq!(bench.left(), amount("32"), "the new day, and what of the old one is not held");
    settle(&bench, running, "1");
    assert_eq!(bench.left(), amount("35"), "what a call gives back lives on too, up to the cap");
    settle(&bench, hold(&bench, &key, "30"), "30");
    assert_eq!(bench.left(), amount("5"));
    bench.clock.set("2026-11-26T12:00:00Z");
    assert_eq!(bench.left(), amount("25"));
    bench.clock.set("2026-11-27T12:00:00Z");
    let bench = bench.restart().await;
    assert_eq!(bench.left(), amount("35"), "the day before yesterday's rest has lapsed");
    let statement = bench.control.statement("The analyst", None).await.unwrap();
    assert_eq!((statement.granted, statement.used), (amount("80"), amount("33")));
}

/// Half of a running period may be given away.
pub(crate) async fn generous(bench: &Bench) {
    let moving = Moving { gift_percent: 50, ..Moving::default() };
    bench.control.adopt_policy(Policy { moving, ..Policy::default() }).await.unwrap();
}

#[tokio::test]
async fn what_is_given_away_is_nobody_elses_meanwhile_and_never_twice() {
    let bench = Bench::new().await;
    let (giver, friend) = (bench.person("The analyst").await, bench.person("The designer").await);
    bench.grant(&giver, "20/day").await;
    bench.clock.set("2026-11-24T12:01:00Z");
    bench.grant(&friend, "20/day").await;
    let grants = bench.control.grants(None).unwrap().items;
    let (own, other) = (&grants[0], &grants[1]);
    let give = |much: &str| GrantChange::Give { to: other.id.to_string(), amount: amount(much) };
    assert_eq!(code(bench.happens(own, give("1"), false).await), Code::Invalid, "policy allows no gifts at first");
    generous(&bench).await;
    let key = bench.key(&giver).await;
    settle(&bench, hold(&bench, &key, "5"), "5");
    let running = hold(&bench, &key, "8");
    // 20, less 5 spent and 8 set aside for a call.
    for preview in [true, false] {
        assert_eq!(code(bench.happens(own, give("7.01"), preview).await), Code::Conflict);
    }
    let left = || {
        let balances = bench.control.balances(None).unwrap().items;
        (balances[0].funds.available, balances[1].funds.available)
    };
    assert_eq!(bench.happens(own, give("7"), true).await.unwrap().allowance, Some(amount("13")));
    assert_eq!(left(), (amount("7"), amount("20")), "a preview changes nothing");
    assert_eq!(bench.happens(own, give("7"), false).await.unwrap().allowance, Some(amount("13")));
    assert_eq!(left(), (Nano::ZERO, amount("27")));
    settle(&bench, running, "1");
    assert_eq!(left(), (amount("7"), amount("27")), "what the call gives back is the giver's");
    assert_eq!(code(bench.happens(own, give("3.01"), false).await), Code::Invalid, "half of the day and no more");
    bench.happens(own, give("3"), false).await.unwrap();
    assert_eq!(left(), (amount("4"), amount("30")));
    bench.clock.set("2026-11-25T12:00:00Z");
    assert_eq!(left(), (amount("20"), amount("20")), "it was of that day");
}

#[tokio::test]
async fn a_guarantee_is_cut_with_the_persons_agreement_alone() {
    let bench = Bench::new().await;
    let (person, friend) = (bench.person("The analyst").await, bench.person("The designer").await);
    generous(&bench).await;
    let pool = NewPool { name: "Company".to_owned(), owner: "company".to_owned(), manager: None };
    bench.control.add_pool(None, pool).await.unwrap();
    bench.control.fund_pool(None, "Company", FundPool { amount: amount("620"), year: None }).await.unwrap();
    let new = NewGrant {
        person: person.id.to_string(),
        amount: "500/month".to_owned(),
        guaranteed: true,
        ..NewGrant::default()
    };
    let grant = bench.control.add_grant(None, new).await.unwrap();
    bench.clock.set("2026-11-24T12:01:00Z");
    bench.grant(&friend, "20/day").await;
    let other = bench.control.grants(None).unwrap().items.remove(1);
    let half = || GrantChange::Share { share: "50%".to_owned(), from: Some("2026-12-01".to_owned()) };
    let give = || GrantChange::Give { to: other.id.to_string(), amount: amount("10") };
    for cut in [half(), give()] {
        assert_eq!(code(bench.happens(&grant, cut, false).await), Code::Guaranteed);
    }
    let committed = || bench.control.pool("Company").unwrap().pool.years[0].committed;
    assert_eq!(committed(), amount("616.666666667"));
    let id = grant.id.to_string();
    let agreed = |change| ChangeGrant { change, preview: false, agreed: true };
    bench.control.change_grant(None, &id, agreed(half())).await.unwrap();
    assert_eq!(committed(), amount("366.666666667"), "half of December is free again");
    bench.control.change_grant(None, &id, agreed(give())).await.unwrap();
    assert_eq!(committed(), amount("366.666666667"), "what was released may have been spent before it was given");
    // More than the pool has is refused, in a preview too.
    let credit = || GrantChange::Credit { amount: amount("263.333333334") };
    for preview in [true, false] {
        assert_eq!(code(bench.happens(&grant, credit(), preview).await), Code::PoolShort);
    }
    let full = GrantChange::Share { share: "100%".to_owned(), from: Some("2026-12-01".to_owned()) };
    bench.happens(&grant, full, false).await.unwrap();
    assert_eq!(committed(), amount("616.666666667"));
}

#[tokio::test]
async fn charges_count_in_the_unit_that_somebody_was_in() {
    let bench = Bench::new().await;
    let unit = NewUnit { name: "Research".to_owned(), parent: None, zone: "UTC".to_owned(), cost_centre: None };
    bench.control.add_unit(None, unit).await.unwrap();
    let (person, other) = (bench.person("The analyst").await, bench.person("The designer").await);
    let mut keys = Vec::new();
    for person in [&person, &other] {
        bench.grant(person, "20/day").await;
        keys.push(bench.key(person).await);
    }
    let spend = |key: usize, much: &str| settle(&bench, hold(&bench, &keys[key], much), much);
    spend(0, "2");
    spend(1, "1.5");
    let late = hold(&bench, &keys[0], "4");
    bench.clock.set("2026-11-24T13:00:00Z");
    let to = MovePerson { unit: "Research".to_owned(), from: None };
    bench.control.move_person(None, "The analyst", to).await.unwrap();
    bench.clock.set("2026-11-24T14:00:00Z");
    spend(0, "3");
    settle(&bench, late, "0.25");
    bench.clock.set("2026-11-26T14:00:00Z");
    spend(0, "4");
    let wanted =
        |person: Option<&str>| Wanted { by: Some(By::Unit), person: person.map(str::to_owned), ..Wanted::default() };
    let rows = |usage: Overview| -> Vec<_> {
        usage.items.into_iter().map(|row| (row.name.unwrap(), row.calls, row.charge)).collect()
    };
    let all = bench.control.usage(wanted(None)).await.unwrap();
    assert_eq!(all.charge, bench.control.usage(Wanted::default()).await.unwrap().charge, "the parts are the whole");
    let everybody = bench.control.units().items[0].name.clone().unwrap();
    let research = "Research".to_owned();
    let moved = (research, 2, amount("7"));
    assert_eq!(rows(all), [moved.clone(), (everybody.clone(), 3, amount("3.75"))], "a call counts where it began");
    let own = bench.control.usage(wanted(Some("The analyst"))).await.unwrap();
    assert_eq!(rows(own), [moved, (everybody, 2, amount("2.25"))]);
}

#[tokio::test]
async fn a_move_is_known_before_its_day() {
    let bench = Bench::new().await;
    let unit = NewUnit { name: "Research".to_owned(), parent: None, zone: "UTC".to_owned(), cost_centre: None };
    bench.control.add_unit(None, unit).await.unwrap();
    bench.person("The analyst").await;
    let to = |from: Option<&str>| MovePerson { unit: "Research".to_owned(), from: from.map(str::to_owned) };
    let over = bench.control.move_person(None, "The analyst", to(Some("2026-11-24"))).await;
    assert_eq!(code(over), Code::Invalid, "today has begun");
    let known = bench.control.move_person(None, "The analyst", to(Some("2026-12-01"))).await.unwrap();
    assert_eq!((known.unit_name.as_deref(), known.next_unit_name.as_deref()), (Some("Everybody"), Some("Research")));
    assert_eq!(
        known.moves.map(|moves| moves.to_string()).as_deref(),
        Some("2026-11-30T23:00:00Z"),
        "Berlin's midnight"
    );
    let bench = bench.restart().await;
    bench.clock.set("2026-11-30T22:59:59Z");
    assert_eq!(bench.control.person("The analyst").unwrap().unit_name.as_deref(), Some("Everybody"));
    bench.clock.set("2026-11-30T23:00:00Z");
    let there = bench.control.person("The analyst").unwrap();
    assert_eq!((there.unit_name.as_deref(), there.moves), (Some("Research"), None));
}

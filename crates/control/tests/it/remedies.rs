//! Days on which a promise could not be used: found from what was denied and served, made good once.

use purser_control::jobs;
use purser_control::shape::{
    DayRemedy, FundPool, Grant, Key, NewGrant, NewPool, Person, Remedies, RemedyState, WantedRemedies,
};
use purser_store::Denial;

use crate::bench::Bench;
use crate::money::{amount, hold, settle};

impl Bench {
    async fn promised(&self, name: &str, amount: &str, remedy: Option<DayRemedy>) -> (Person, Key, Grant) {
        let person = self.person(name).await;
        let new = NewGrant {
            person: person.id.to_string(),
            amount: amount.to_owned(),
            guaranteed: true,
            end: Some("2026-12-31".to_owned()),
            remedy,
            ..NewGrant::default()
        };
        let grant = self.control.add_grant(None, new).await.unwrap();
        let key = self.key(&person).await;
        (person, key, grant)
    }

    fn deny(&self, (person, key, _): &(Person, Key, Grant), reason: &str, at: &str, count: u32) {
        let denial = Denial {
            at: at.parse().unwrap(),
            key: key.id,
            person: person.id,
            reason: reason.to_owned(),
            funded: reason == "budget_held",
            count,
        };
        self.denials.record(&[denial]).unwrap();
    }

    async fn found(&self) -> Remedies {
        self.control.remedies(WantedRemedies::default()).await.unwrap()
    }
}

fn days(found: &Remedies) -> Vec<(String, u64, RemedyState)> {
    found.items.iter().map(|day| (day.day.clone(), day.denied, day.state)).collect()
}

async fn funded() -> Bench {
    let bench = Bench::new().await;
    let pool = NewPool { name: "Research".to_owned(), owner: "company".to_owned(), manager: None };
    bench.control.add_pool(None, pool).await.unwrap();
    for year in [2026, 2027] {
        let funds = FundPool { amount: amount("100000"), year: Some(year) };
        bench.control.fund_pool(None, "Research", funds).await.unwrap();
    }
    bench
}

#[tokio::test]
async fn a_day_without_service_is_made_good_once_by_the_terms() {
    let bench = funded().await;
    let credited = bench.promised("Person 17", "20/day", Some(DayRemedy::Credits)).await;
    let longer = bench.promised("Person 18", "20/day", Some(DayRemedy::Extends)).await;
    let plain = bench.promised("Person 19", "20/day", None).await;
    // The 25th: nothing works, in Berlin's day, which begins at 23:00.
    for of in [&credited, &longer, &plain] {
        bench.deny(of, "provider_unreachable", "2026-11-24T23:05:00Z", 3);
        bench.deny(of, "unavailable", "2026-11-25T22:59:00Z", 2);
    }
    // What is not the company's is no reason.
    bench.deny(&longer, "budget_exhausted", "2026-11-26T10:00:00Z", 9);
    // The 27th: denied in the morning, served in the afternoon.
    bench.deny(&credited, "provider_timed_out", "2026-11-27T08:00:00Z", 4);
    bench.clock.set("2026-11-27T15:00:00Z");
    settle(&bench, hold(&bench, &credited.1, "2"), "1");
    bench.clock.set("2026-11-25T23:05:00Z");
    assert!(bench.found().await.items.is_empty(), "the day may still be written about");
    bench.clock.set("2026-11-28T12:00:00Z");
    let found = bench.found().await;
    let due = |count, state| ("2026-11-25".to_owned(), count, state);
    assert_eq!(days(&found), [due(5, RemedyState::Due), due(5, RemedyState::Due)]);
    assert_eq!(found.items[0].reasons, ["provider_unreachable", "unavailable"]);
    assert_eq!((found.usable.served, found.usable.denied_funded, found.usable.faults), (1, 0, 19));
    assert_eq!(found.usable.percent.as_deref(), Some("100.00"));
    assert_eq!(found.usable.percent_with_faults.as_deref(), Some("5.00"));
    // The job does it by itself, once, whatever comes after.
    let shown = |bench: &Bench| {
        let grants = bench.control.grants(None).unwrap().items;
        let of = |id| grants.iter().find(|grant| grant.id == id).unwrap().clone();
        let (credited, longer) = (of(credited.2.id), of(longer.2.id));
        (credited.allowance.unwrap(), longer.end.unwrap().to_string())
    };
    assert_eq!(shown(&bench), (amount("20"), "2026-12-30T23:00:00Z".to_owned()));
    jobs::once(&bench.control).await;
    let made = (amount("40"), "2026-12-31T23:00:00Z".to_owned());
    assert_eq!(shown(&bench), made);
    assert_eq!(days(&bench.found().await), [due(5, RemedyState::MadeGood), due(5, RemedyState::MadeGood)]);
    bench.clock.set("2026-11-28T13:30:00Z");
    jobs::once(&bench.control).await;
    let again = bench.control.make_good(WantedRemedies::default()).await.unwrap();
    assert_eq!(days(&again), [due(5, RemedyState::MadeGood), due(5, RemedyState::MadeGood)]);
    let bench = bench.crash().await;
    jobs::once(&bench.control).await;
    assert_eq!(shown(&bench), made, "twice gives once");
    let trail = bench.control.audit(purser_control::audit::Trail::default()).await.unwrap();
    assert!(format!("{trail:?}").contains(&credited.2.id.to_string()), "it stands in the trail");
}

#[tokio::test]
async fn a_day_without_a_key_is_shown_and_left_to_people() {
    let bench = funded().await;
    let (person, key, grant) = bench.promised("Person 17", "20/day", Some(DayRemedy::Credits)).await;
    bench.control.revoke_key(None, &key.id.to_string()).await.unwrap();
    bench.clock.set("2026-11-26T12:00:00Z");
    let found = bench.found().await;
    assert_eq!(days(&found), [("2026-11-25".to_owned(), 0, RemedyState::NoKey)], "a key worked on the 24th");
    jobs::once(&bench.control).await;
    assert_eq!(bench.control.grants(None).unwrap().items[0].allowance, Some(amount("20")), "nobody decided it yet");
    // Money that was there and set aside all day counts; so does the figure.
    let key = bench.key(&person).await;
    bench.clock.set("2026-11-28T12:00:00Z");
    bench.deny(&(person, key, grant), "budget_held", "2026-11-27T10:00:00Z", 3);
    let found = bench.found().await;
    assert_eq!(days(&found)[1], ("2026-11-27".to_owned(), 3, RemedyState::Due));
    assert_eq!((found.usable.denied_funded, found.usable.percent.as_deref()), (3, Some("0.00")));
}

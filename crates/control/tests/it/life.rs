//! What happens to grants, as people ask for it: part-time, leave, rollover, advances, each shown before it is done.

use purser_control::shape::{ChangeGrant, Grant, GrantChange, NewGrant};
use purser_control::{Code, CommandName, Error};
use purser_core::money::Nano;

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

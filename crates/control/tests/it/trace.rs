//! A cent, walked in both directions.

use purser_control::Code;
use purser_control::shape::{
    AcceptOffer, FundPool, NewAdminKey, NewGrant, NewOffer, NewPool, SetBudget, Trace, TraceOf, TracedSums,
};
use purser_core::money::Nano;

use crate::bench::{Bench, code, new_key};
use crate::money::{amount, hold, settle};
use crate::web::with_key;

const SALARY: &str = "300123";

/// A company, and somebody whose budget was promised in an offer: five dollars each workday from today on, of which
/// half of a salary is a part only as it is written.
async fn hired(tokens: &str) -> (Bench, String, purser_control::shape::Key) {
    let bench = Bench::new().await;
    let control = &bench.control;
    control.adopt_role_presets(None).await.unwrap();
    let pool = NewPool { name: "Research".to_owned(), owner: "company".to_owned(), manager: None };
    control.add_pool(None, pool).await.unwrap();
    for year in [2026, 2027] {
        let funds = FundPool { amount: amount("400000"), year: Some(year) };
        control.fund_pool(None, "Research", funds).await.unwrap();
    }
    let text = format!(
        r#"{{"candidate":{{"name":"Person 17"}},"role":{{"family":"engineering"}},"zone":"Europe/Berlin",
            "starts":"2026-11-24","expires":"2026-12-10","package":{{"currency":"USD","salary":"{SALARY}",
            "tokens":{{"amount":"{tokens}","release":"workday","guaranteed":true,"pool":"Research","term":"12 months",
            "floor":"1/year","rollover":"lapses","activation":"start_date"}}}}}}"#
    );
    let who = purser_core::offer::Who { actor: "lgn_a".parse().unwrap(), person: None };
    let new = NewOffer { unit: None, content: serde_json::from_str(&text).unwrap(), reason: Some("a good one".into()) };
    let id = control.draft_offer(None, who.clone(), new).await.unwrap().row.id.to_string();
    let submitted = control.submit_offer(None, &id, who.clone()).await.unwrap();
    for (duty, actor) in submitted.missing.iter().zip(["lgn_b", "lgn_c"]) {
        let other = purser_core::offer::Who { actor: actor.parse().unwrap(), person: None };
        let approve = purser_control::shape::ApproveOffer { duty: *duty };
        control.approve_offer(None, &id, other, approve).await.unwrap();
    }
    control.send_offer(None, &id, who).await.unwrap();
    let accepted =
        control.accept_offer(None, &id, AcceptOffer { version: 1, signed: "Person 17".to_owned() }).await.unwrap();
    let person = control.person(&accepted.person.unwrap().to_string()).unwrap();
    let key = bench.key(&person).await;
    (bench, id, key)
}

#[track_caller]
fn good(trace: &Trace) {
    assert!(trace.is_good() && !trace.checks.is_empty(), "{:#?}", trace.checks);
}

#[tokio::test]
async fn a_charge_leads_to_every_clause_that_paid_it_and_a_clause_to_every_charge() {
    let (bench, offer, key) = hired("130/workday").await;
    let person = bench.control.people().items[0].clone();
    // A small amount on top, made by hand, that burns first.
    let more = NewGrant {
        person: person.id.to_string(),
        amount: "0.40/day".to_owned(),
        priority: Some(1),
        ..NewGrant::default()
    };
    bench.control.add_grant(None, more).await.unwrap();
    let budget = SetBudget { owner: "company".into(), tool: None, amount: "9000/month".into(), days: None };
    bench.control.set_budget(None, budget).await.unwrap();
    settle(&bench, hold(&bench, &key, "2"), "1.25");
    settle(&bench, hold(&bench, &key, "1"), "0.75");

    let charges = bench.control.charges(purser_control::usage::Wanted::default()).await.unwrap().items;
    let (last, first) = (&charges[0], &charges[1]);
    let up = bench.control.trace(&first.id, None).await.unwrap();
    let charge = up.charge.as_ref().unwrap();
    assert_eq!(
        (up.kind, up.person_name.as_deref(), charge.total),
        (TraceOf::Charge, Some("Person 17"), amount("1.25"))
    );
    let legs: Vec<(Nano, Option<Nano>)> = charge.legs.iter().map(|leg| (leg.paid, leg.held)).collect();
    assert_eq!(legs, [(amount("0.40"), Some(amount("0.40"))), (amount("0.85"), Some(amount("1.60")))]);
    assert_eq!(charge.hold.as_ref().unwrap().amount, amount("2"));
    assert_eq!(charge.limits[0].on, "company");
    assert_eq!(charge.statement.as_deref(), Some("2026-11"));
    assert_eq!(up.grants.len(), 2);
    assert_eq!((up.grants[0].offer, up.grants[1].offer.map(|id| id.to_string())), (None, Some(offer.clone())));
    let clause = up.offers[0].clause.as_ref().unwrap();
    assert_eq!(
        (clause.amount.amount(), clause.guaranteed, clause.pool_name.as_deref()),
        (Some(&amount("130")), true, Some("Research"))
    );
    assert_eq!((clause.number.as_str(), clause.guarantee.as_str()), ("5.1", "5.3"));
    assert!(up.offers[0].letter.is_some() && up.checks.iter().any(|it| it.what.contains("signed") && it.holds));
    // The amounts of these calls are the test's own, so the prices give another: that is found.
    let wrong: Vec<&str> = up.checks.iter().filter(|it| !it.holds).map(|it| it.what.as_str()).collect();
    assert_eq!(wrong, ["the usage at the prices of its card gives the charge"]);
    assert_eq!(bench.control.trace(&format!("entry {}", first.entry), None).await.unwrap().charge, up.charge);

    let down = bench.control.trace(&offer, None).await.unwrap();
    good(&down);
    let grant = &down.grants[0];
    assert_eq!(
        (grant.sums.released, grant.sums.spent, grant.sums.left),
        (amount("130"), amount("1.60"), amount("128.40"))
    );
    assert_eq!(grant.paid.iter().map(|part| part.amount).collect::<Vec<_>>(), [amount("0.75"), amount("0.85")]);
    assert_eq!((grant.paid[0].charge.as_str(), grant.paid[1].charge.as_str()), (last.id.as_str(), first.id.as_str()));
    assert!(!grant.commitments.is_empty());
    let one = bench.control.trace(&grant.grant.id.to_string(), Some(1)).await.unwrap();
    assert_eq!((one.grants[0].paid.len(), one.grants[0].sums.charges), (1, 2), "all are counted, one is shown");

    // The next day: what was not used has lapsed.
    bench.clock.set("2026-11-25T12:00:00Z");
    let all = bench.control.trace("person 17", None).await.unwrap();
    good(&all);
    let sums = all.grants.iter().find(|grant| grant.offer.is_some()).unwrap().sums;
    assert_eq!(
        (sums.periods, sums.released, sums.lapsed, sums.left),
        (2, amount("260"), amount("128.40"), amount("130"))
    );
    let bench = bench.restart().await;
    let again = bench.control.trace(&first.id, None).await.unwrap();
    assert_eq!(again.charge, up.charge, "the same from the files alone");
}

#[tokio::test]
async fn what_lives_on_is_a_leg_of_its_own_and_a_charge_counts_once() {
    let bench = Bench::new().await;
    let person = bench.person("Person 17").await;
    let new = NewGrant {
        person: person.id.to_string(),
        amount: "10/day".to_owned(),
        rollover: Some(amount("4")),
        ..NewGrant::default()
    };
    let grant = bench.control.add_grant(None, new).await.unwrap().id.to_string();
    let key = bench.key(&person).await;
    settle(&bench, hold(&bench, &key, "9"), "8.50");
    let charge = bench.control.charges(purser_control::usage::Wanted::default()).await.unwrap().items.remove(0);
    let up = bench.control.trace(&charge.id, None).await.unwrap();
    let legs: Vec<Nano> = up.charge.as_ref().unwrap().legs.iter().map(|leg| leg.paid).collect();
    assert_eq!(legs, [amount("6"), amount("2.50")]);
    assert_eq!((up.grants.len(), up.grants[0].periods.len()), (1, 2), "one grant, two of its accounts");
    // What is left of the first day pays first on the second.
    bench.clock.set("2026-11-25T12:00:00Z");
    settle(&bench, hold(&bench, &key, "2"), "2");
    let down = bench.control.trace(&grant, None).await.unwrap();
    good(&down);
    let TracedSums { charges, spent, left, .. } = down.grants[0].sums;
    assert_eq!((charges, spent, left), (2, amount("10.50"), amount("9.50")));
    let paid: Vec<Nano> = down.grants[0].paid.iter().map(|part| part.amount).collect();
    assert_eq!(paid, [amount("2"), amount("8.50")]);
}

#[tokio::test]
async fn what_is_under_way_or_unknown_is_said() {
    let (bench, _, key) = hired("130/workday").await;
    let running = hold(&bench, &key, "2");
    let id = running.0.id().to_string();
    assert_eq!(code(bench.control.trace(&id, None).await), Code::NotFound);
    settle(&bench, running, "1.00");
    assert_eq!(bench.control.trace(&id, None).await.unwrap().charge.unwrap().total, amount("1"));
    for (what, why) in [("hld_x", Code::Invalid), ("entry 1", Code::NotFound), ("Nobody", Code::NotFound)] {
        assert_eq!(code(bench.control.trace(what, None).await), why, "{what}");
    }
}

/// A role, whose key it is, and whether they see amounts and reasons.
type Case = (&'static str, Option<&'static str>, Option<(bool, bool)>);

#[tokio::test]
async fn a_salary_is_seen_by_those_who_may_and_a_negotiation_by_those_who_read_offers() {
    let (bench, offer, key) = hired("50% of base").await;
    settle(&bench, hold(&bench, &key, "2"), "1.25");
    let person = bench.control.people().items[0].id.to_string();
    let stranger = bench.person("Person 18").await;
    bench.control.add_key(None, new_key(&stranger)).await.unwrap();
    let roles: [Case; 6] = [
        // Sees the salary and "50% of base", sees why the version was written.
        ("people", None, Some((true, true))),
        ("finance", None, Some((true, true))),
        ("admin", None, Some((false, false))),
        ("auditor", None, Some((false, false))),
        ("employee", Some("own"), Some((true, false))),
        ("employee", Some("other"), None),
    ];
    for (role, whose, sees) in roles {
        let whose = whose.map(|whose| if whose == "own" { person.clone() } else { stranger.id.to_string() });
        let new = NewAdminKey { label: role.to_owned(), roles: vec![role.to_owned()], person: whose };
        let with = bench.control.add_admin_key(None, new).await.unwrap().key.unwrap();
        for what in [&offer, &person] {
            let got = with_key(&bench, &with, "get", &format!("/api/v1/trace/{what}"), "").await;
            let Some((amounts, reasons)) = sees else {
                assert_eq!((got.status, got.code().as_str()), (403, "forbidden"), "{role}: {got:?}");
                continue;
            };
            assert_eq!(got.status, 200, "{role}: {got:?}");
            assert!(got.text.contains("1.25"), "{role}: what was spent is no secret here");
            assert_eq!(got.text.contains(SALARY), amounts, "{role} {what}: {}", got.text);
            assert_eq!(got.text.contains("50% of base"), amounts, "{role} {what}: {}", got.text);
            assert_eq!(got.text.contains("a good one"), reasons, "{role} {what}: {}", got.text);
        }
    }
}

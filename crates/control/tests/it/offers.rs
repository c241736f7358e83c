//! Offers from draft to grant, through the services, over real files.

use purser_control::audit::Trail;
use purser_control::shape::{
    AcceptOffer, ApproveOffer, ChangeGrant, Confidential, DeclineOffer, FundPool, GrantChange, NewOffer, NewPool,
    NewUnit, NewVersion, Offer, OfferNote, Person, PreviewRoles, VoidGrant,
};
use purser_control::usage::{By, Wanted};
use purser_control::{Code, CommandName};
use purser_core::offer::{Content, DeclineReason, Who};
use purser_core::package::ReleaseEvery;
use purser_core::pool::FiscalYear;
use purser_core::role::{Duty, PolicyState, PolicyStep, RoleChange, Standing, WorkCalendar};

use crate::bench::{Bench, code};
use crate::life::generous;
use crate::money::{amount, hold, settle};

/// What nobody may find in the journal.
const SALARY: &str = "300123";

fn who(actor: &str) -> Who {
    Who { actor: actor.parse().unwrap(), person: None }
}

fn content(amount: &str) -> Content {
    let text = format!(
        r#"{{"candidate":{{"name":"Person 17","email":"person17@example.com"}},"role":{{"family":"engineering"}},
            "zone":"Europe/Berlin","starts":"2027-01-04","expires":"2026-12-10",
            "package":{{"currency":"USD","salary":"{SALARY}","tokens":{{"amount":"{amount}","guaranteed":true,
                "pool":"Research","term":"2028-01-01","floor":"1/year","rollover":"lapses","activation":"start_date"}}}}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

fn new(amount: &str) -> NewOffer {
    NewOffer { unit: None, content: content(amount), reason: Some("the work needs it".to_owned()) }
}

fn version(amount: &str) -> NewVersion {
    NewVersion { content: content(amount), reason: None }
}

fn named(text: &str) -> Option<CommandName> {
    CommandName::try_new(text).ok()
}

/// A company with the usual roles and a pool that has so much for 2027.
pub(crate) async fn company(funds: &str) -> Bench {
    let bench = Bench::new().await;
    bench.control.adopt_role_presets(None).await.unwrap();
    let pool = NewPool { name: "Research".to_owned(), owner: "company".to_owned(), manager: None };
    bench.control.add_pool(None, pool).await.unwrap();
    let funds = FundPool { amount: funds.parse().unwrap(), year: Some(2027) };
    bench.control.fund_pool(None, "Research", funds).await.unwrap();
    bench
}

fn committed(bench: &Bench) -> String {
    let snapshot = bench.control.snapshot();
    let pool = snapshot.directory.pools().next().unwrap();
    pool.year(FiscalYear(2027)).unwrap().committed.to_string()
}

/// Drafted and sent: within the band, so that nobody has to approve.
async fn sent(bench: &Bench, amount: &str) -> Offer {
    let id = bench.control.draft_offer(None, who("lgn_a"), new(amount)).await.unwrap().row.id.to_string();
    let submitted = bench.control.submit_offer(None, &id, who("lgn_a")).await.unwrap();
    assert_eq!(submitted.row.state, "approved", "{:?}", submitted.missing);
    bench.control.send_offer(None, &id, who("lgn_a")).await.unwrap()
}

fn accept(version: u32) -> AcceptOffer {
    AcceptOffer { version, signed: "Person 17".to_owned() }
}

/// Somebody who came with an offer.
pub(crate) async fn hired(bench: &Bench) -> Person {
    let offer = sent(bench, "78000/year").await.row.id.to_string();
    let accepted = bench.control.accept_offer(None, &offer, accept(1)).await.unwrap();
    bench.control.person(&accepted.person.unwrap().to_string()).unwrap()
}

#[tokio::test]
async fn an_offer_becomes_a_person_and_a_guaranteed_grant_in_one_change() {
    let bench = company("400000").await;
    let offer = sent(&bench, "78000/year").await;
    let id = offer.row.id.to_string();
    assert_eq!(committed(&bench), "77358.90410959", "362 of 365 days");
    bench.control.view_offer(None, &id).await.unwrap();
    let countered = bench.control.counter_offer(None, &id, version("600/workday")).await.unwrap();
    assert_eq!((countered.row.state.as_str(), countered.row.version), ("countered", 2));
    let changes: Vec<&str> = countered.versions[1].changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(changes, ["package.tokens.amount"]);
    assert_eq!(committed(&bench), "77358.90410959", "the negotiation goes on");
    // Above the band, and a large guarantee: both must approve, and neither may be who submitted it.
    let submitted = bench.control.submit_offer(None, &id, who("lgn_a")).await.unwrap();
    assert_eq!(submitted.missing, [Duty::People, Duty::Finance]);
    assert_eq!(committed(&bench), "77358.90410959", "nobody else gets at the money while it is looked at");
    assert_eq!(
        code(bench.control.accept_offer(None, &id, accept(1)).await),
        Code::OfferState,
        "what was sent can't be accepted any more"
    );
    let approve = |actor, duty| bench.control.approve_offer(None, &id, who(actor), ApproveOffer { duty });
    assert_eq!(code(approve("lgn_a", Duty::People).await), Code::SelfApproval);
    approve("lgn_b", Duty::People).await.unwrap();
    assert_eq!(code(approve("lgn_b", Duty::Finance).await), Code::SelfApproval);
    assert_eq!(code(bench.control.send_offer(None, &id, who("lgn_a")).await), Code::OfferState);
    approve("lgn_c", Duty::Finance).await.unwrap();
    bench.control.send_offer(None, &id, who("lgn_a")).await.unwrap();
    assert_eq!(
        code(bench.control.accept_offer(None, &id, accept(1)).await),
        Code::OfferState,
        "another is on the table"
    );
    let accepted = bench.control.accept_offer(named("yes"), &id, accept(2)).await.unwrap();
    assert_eq!(accepted.row.state, "accepted");
    let set_aside = committed(&bench);

    let bench = bench.crash().await;
    let again = bench.control.accept_offer(named("yes"), &id, accept(2)).await.unwrap();
    assert_eq!(again, accepted, "sent twice, done once");
    assert_eq!(committed(&bench), set_aside);
    let people = bench.control.people().items;
    assert_eq!(people.len(), 1);
    assert_eq!(people[0].name.as_deref(), Some("Person 17"));
    let snapshot = bench.control.snapshot();
    let grant = snapshot.directory.grant(accepted.grant.unwrap()).unwrap();
    assert_eq!((grant.amount.to_string().as_str(), grant.guaranteed, grant.pool.is_some()), ("600.00", true, true));
    assert_eq!(Some(grant.person), accepted.person);
    // The journal has neither name nor salary, nor has what is derived from it.
    let (mut has_events, mut folders) = (false, vec![bench.folder()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_none_or(|name| !name.to_string_lossy().starts_with("purser.db")) {
                let bytes = std::fs::read(&path).unwrap();
                let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
                assert!(!has(SALARY) && !has("Person 17"), "{}", path.display());
                has_events |= has("countered");
            }
        }
    }
    assert!(has_events, "the journal was among what was searched");
}

#[tokio::test]
async fn a_guarantee_without_funds_does_not_go_out() {
    let bench = company("1000").await;
    let draft = bench.control.draft_offer(None, who("lgn_a"), new("78000/year")).await.unwrap();
    let found: Vec<&str> = draft.findings.iter().map(|it| it.code.as_str()).collect();
    assert!(found.contains(&"TOK006"), "{found:?}");
    let id = draft.row.id.to_string();
    bench.control.submit_offer(None, &id, who("lgn_a")).await.unwrap();
    assert_eq!(code(bench.control.send_offer(None, &id, who("lgn_a")).await), Code::OfferBlocked);
    assert_eq!(committed(&bench), "0.00");
    // Two that fit one by one and not together.
    let bench = company("80000").await;
    sent(&bench, "78000/year").await;
    let second = bench.control.draft_offer(None, who("lgn_a"), new("78000/year")).await.unwrap().row.id.to_string();
    bench.control.submit_offer(None, &second, who("lgn_a")).await.unwrap();
    assert_eq!(code(bench.control.send_offer(None, &second, who("lgn_a")).await), Code::OfferBlocked);
}

#[tokio::test]
async fn every_end_but_a_yes_frees_the_pool() {
    let bench = company("400000").await;
    let declined = sent(&bench, "78000/year").await.row.id.to_string();
    let no = DeclineOffer { reason: DeclineReason::TokenBudget, note: Some("too little".to_owned()) };
    let offer = bench.control.decline_offer(None, &declined, no).await.unwrap();
    let note = offer.note.as_ref().and_then(Confidential::amount).map(String::as_str);
    assert_eq!((offer.declined, note), (Some(DeclineReason::TokenBudget), Some("too little")));
    assert_eq!(committed(&bench), "0.00");
    let withdrawn = sent(&bench, "78000/year").await.row.id.to_string();
    bench.control.withdraw_offer(None, &withdrawn, who("lgn_a"), OfferNote::default()).await.unwrap();
    assert_eq!(committed(&bench), "0.00");
    let revised = sent(&bench, "78000/year").await.row.id.to_string();
    bench.control.revise_offer(None, &revised, who("lgn_a"), version("79000/year")).await.unwrap();
    assert_eq!(committed(&bench), "0.00", "only one version is ever on the table");
    let expired = sent(&bench, "78000/year").await.row.id.to_string();
    assert_eq!(bench.control.expire_offers().await.unwrap(), 0);
    bench.clock.set("2026-12-09T23:00:00Z"); // Midnight of the day in Berlin.
    assert_eq!(code(bench.control.accept_offer(None, &expired, accept(1)).await), Code::OfferExpired);
    assert_eq!(bench.control.expire_offers().await.unwrap(), 1);
    assert_eq!(committed(&bench), "0.00");
    assert_eq!(bench.control.people().items.len(), 0);

    let erased = bench.control.erase_offer(None, &declined).await.unwrap();
    assert!(erased.versions[0].content.is_none() && erased.note.is_none() && erased.row.candidate.is_none());
    let bench = bench.restart().await;
    assert_eq!(bench.control.offer(&declined).await.unwrap(), erased, "events and hashes stay");
}

#[tokio::test]
async fn what_is_set_aside_stays_until_a_counter_offer_is_sent_or_the_offer_ends() {
    let counter = async |bench: &Bench| {
        let id = sent(bench, "78000/year").await.row.id.to_string();
        bench.control.counter_offer(None, &id, version("600/workday")).await.unwrap();
        bench.control.submit_offer(None, &id, who("lgn_a")).await.unwrap();
        assert_eq!(committed(bench), "77358.90410959");
        id
    };
    let bench = company("160000").await;
    // 156,000 for a year: more than what is free beside the 78,000, not more than with them.
    let id = counter(&bench).await;
    bench.control.approve_offer(None, &id, who("lgn_b"), ApproveOffer { duty: Duty::People }).await.unwrap();
    bench.control.approve_offer(None, &id, who("lgn_c"), ApproveOffer { duty: Duty::Finance }).await.unwrap();
    let bench = bench.crash().await;
    assert_eq!(committed(&bench), "77358.90410959", "also after a restart");
    bench.control.send_offer(None, &id, who("lgn_a")).await.unwrap();
    let sent_again = committed(&bench);
    assert!(sent_again.parse::<f64>().unwrap() > 150_000.0, "{sent_again}: the new one took the old one's place");
    bench.control.withdraw_offer(None, &id, who("lgn_a"), OfferNote::default()).await.unwrap();
    assert_eq!(committed(&bench), "0.00");

    let id = counter(&bench).await;
    bench.control.return_offer(None, &id, who("lgn_b"), OfferNote::default()).await.unwrap();
    assert_eq!(committed(&bench), "77358.90410959", "returned to whoever drafts");
    bench.control.revise_offer(None, &id, who("lgn_a"), version("79000/year")).await.unwrap();
    assert_eq!(committed(&bench), "0.00", "the company wrote something else");

    let id = counter(&bench).await;
    bench.clock.set("2026-12-09T23:00:00Z"); // Midnight of the day in Berlin.
    assert_eq!(bench.control.expire_offers().await.unwrap(), 1, "not for ever");
    assert_eq!(bench.control.offer(&id).await.unwrap().row.state, "expired");
    assert_eq!(committed(&bench), "0.00");
}

#[tokio::test]
async fn what_offers_said_that_came_to_nothing_is_forgotten_after_the_months_that_were_set() {
    let bench = company("400000").await;
    let ended = async |amount: &str| {
        let id = sent(&bench, amount).await.row.id.to_string();
        let no = DeclineOffer { reason: DeclineReason::Salary, note: Some("too little".to_owned()) };
        bench.control.decline_offer(None, &id, no).await.unwrap();
        id
    };
    let old = ended("78000/year").await;
    let accepted = sent(&bench, "78000/year").await.row.id.to_string();
    bench.control.accept_offer(None, &accepted, accept(1)).await.unwrap();
    let open = bench.control.draft_offer(None, who("lgn_a"), new("78000/year")).await.unwrap().row.id.to_string();
    bench.clock.set("2026-12-01T12:00:00Z");
    let young = ended("78000/year").await;
    bench.clock.set("2027-05-24T12:00:00Z");
    assert_eq!(bench.control.forget_candidates().await.unwrap(), 0, "nobody said so");
    bench.control.forget_candidates_after(Some(6));
    bench.clock.set("2027-05-23T23:59:59Z");
    assert_eq!(bench.control.forget_candidates().await.unwrap(), 0, "a day too early");
    bench.clock.set("2027-05-24T00:00:00Z");
    assert_eq!(bench.control.forget_candidates().await.unwrap(), 1);
    assert_eq!(bench.control.forget_candidates().await.unwrap(), 0, "forgotten once");
    let gone = bench.control.offer(&old).await.unwrap();
    assert!(gone.row.candidate.is_none() && gone.note.is_none() && gone.versions[0].content.is_none());
    for kept in [&accepted, &open, &young] {
        assert_eq!(bench.control.offer(kept).await.unwrap().row.candidate.as_deref(), Some("Person 17"), "{kept}");
    }
    let page = bench.control.audit(Trail { target: Some(old.clone()), ..Trail::default() }).await;
    let actions: Vec<String> = page.unwrap().items.into_iter().map(|entry| entry.action).collect();
    assert!(actions.iter().any(|action| action == "erase_offer"), "{actions:?}");
}

#[tokio::test]
async fn what_a_line_says_about_the_rest_of_a_period_its_grant_does() {
    let bench = company("400000").await;
    let rolling = |rollover: &str| {
        let mut new = new("600/workday");
        let line = new.content.package.tokens.as_mut().unwrap();
        line.guaranteed = false;
        line.pool = None;
        line.rollover = Some(serde_json::from_str(rollover).unwrap());
        new
    };
    for endless in
        [r#"{"carries":{"cap":"50"}}"#, r#"{"carries":{"periods":13}}"#, r#"{"carries":{"cap":"0","periods":1}}"#]
    {
        let refused = bench.control.draft_offer(None, who("lgn_a"), rolling(endless)).await;
        assert_eq!(code(refused), Code::Invalid, "{endless}");
    }
    let new = rolling(r#"{"carries":{"cap":"50","periods":2}}"#);
    let id = bench.control.draft_offer(None, who("lgn_a"), new).await.unwrap().row.id.to_string();
    bench.control.submit_offer(None, &id, who("lgn_a")).await.unwrap();
    for (actor, duty) in [("lgn_b", Duty::People), ("lgn_c", Duty::Finance)] {
        if bench.control.offer(&id).await.unwrap().missing.contains(&duty) {
            bench.control.approve_offer(None, &id, who(actor), ApproveOffer { duty }).await.unwrap();
        }
    }
    bench.control.send_offer(None, &id, who("lgn_a")).await.unwrap();
    let accepted = bench.control.accept_offer(None, &id, accept(1)).await.unwrap();
    let snapshot = bench.control.snapshot();
    let rollover = snapshot.directory.grant(accepted.grant.unwrap()).unwrap().rollover.unwrap();
    assert_eq!((rollover.max.to_string().as_str(), rollover.periods.get()), ("300.00", 2));
}

#[tokio::test]
async fn a_policy_is_previewed_by_what_then_holds() {
    let bench = company("400000").await;
    let mut bare = new("1/year");
    bare.content.package.tokens = None;
    let bare = bench.control.draft_offer(None, who("lgn_a"), bare).await.unwrap();
    let with = sent(&bench, "78000/year").await;
    let family = "engineering".parse().unwrap();
    let step = PolicyStep { since: "2026-11-24".parse().unwrap(), state: PolicyState::Required };
    let change = RoleChange::Policy { family, step };
    let preview = PreviewRoles { changes: vec![change.clone()], on: None };
    let impact = bench.control.preview_roles(preview.clone()).await.unwrap();
    assert_eq!((impact.moved.len(), impact.looked_at), (1, 2));
    assert_eq!((&impact.moved[0].id, impact.moved[0].after), (&bare.row.id.to_string(), Standing::MissingRequired));
    let id = bare.row.id.to_string();
    assert_eq!(bench.control.offer(&id).await.unwrap().findings[0].severity, "warning");
    bench.control.set_role(None, change).await.unwrap();
    assert_eq!(bench.control.preview_roles(preview).await.unwrap().moved, [], "it holds now");
    assert_eq!(bench.control.offer(&id).await.unwrap().findings[0].severity, "error");
    assert_eq!(code(bench.control.submit_offer(None, &id, who("lgn_a")).await), Code::OfferBlocked);
    // The report's totals are the list's.
    let report = bench.control.offer_report(None).unwrap();
    let list = bench.control.offers(None).await.unwrap().items;
    assert_eq!((report.open.offers, report.open.with_tokens), (2, 1));
    assert_eq!(list.iter().filter(|row| row.has_tokens).map(|row| row.id).collect::<Vec<_>>(), [with.row.id]);
    assert_eq!(list[0].candidate.as_deref(), Some("Person 17"));
    assert_eq!(report.open.share.as_deref(), Some("50.0 %"));
}

#[tokio::test]
async fn a_named_draft_or_version_is_written_once() {
    let bench = company("400000").await;
    let draft = |name, amount| bench.control.draft_offer(named(name), who("lgn_a"), new(amount));
    let first = draft("one", "78000/year").await.unwrap();
    assert_eq!(draft("one", "78000/year").await.unwrap(), first);
    assert_eq!(code(draft("one", "79000/year").await), Code::CommandReused);
    let id = first.row.id.to_string();
    let revise = |name, amount| bench.control.revise_offer(named(name), &id, who("lgn_a"), version(amount));
    let second = revise("two", "79000/year").await.unwrap();
    assert_eq!(revise("two", "79000/year").await.unwrap(), second);
    assert_eq!(code(revise("two", "80000/year").await), Code::CommandReused);
    assert_eq!(second.versions.len(), 2);
    assert_eq!(second.versions[0], first.versions[0], "a version never changes");
}

/// Somebody who is here already moves to the offer's unit when their new work begins, and their charges with them.
#[tokio::test]
async fn who_is_here_moves_on_the_start_date() {
    let bench = company("400000").await;
    let unit = NewUnit { name: "Laboratory".to_owned(), parent: None, zone: "UTC".to_owned(), cost_centre: None };
    bench.control.add_unit(None, unit).await.unwrap();
    let person = bench.person("Person 17").await;
    bench.grant(&person, "20/day").await;
    let key = bench.key(&person).await;
    let mut to_laboratory = new("78000/year");
    to_laboratory.unit = Some("Laboratory".to_owned());
    to_laboratory.content.candidate.person = Some(person.id);
    let id = bench.control.draft_offer(None, who("lgn_a"), to_laboratory).await.unwrap().row.id.to_string();
    bench.control.submit_offer(None, &id, who("lgn_a")).await.unwrap();
    bench.control.send_offer(None, &id, who("lgn_a")).await.unwrap();
    bench.control.accept_offer(None, &id, accept(1)).await.unwrap();
    assert_eq!(bench.control.people().items.len(), 1, "nobody is made anew");
    let is_in = || bench.control.person("Person 17").unwrap().unit_name.unwrap();
    assert_eq!(is_in(), "Everybody");
    let known = bench.control.person("Person 17").unwrap();
    assert_eq!(known.moves.unwrap().to_string(), "2027-01-03T23:00:00Z", "00:00 in Berlin");
    // One microsecond before, and at it.
    bench.clock.set("2027-01-03T22:59:59.999999Z");
    assert_eq!(is_in(), "Everybody");
    settle(&bench, hold(&bench, &key, "2"), "1.5");
    let late = hold(&bench, &key, "2");
    bench.clock.set("2027-01-03T23:00:00Z");
    assert_eq!(is_in(), "Laboratory");
    settle(&bench, late, "0.25");
    settle(&bench, hold(&bench, &key, "2"), "1");
    let wanted = Wanted { by: Some(By::Unit), from: Some("2027-01-01".to_owned()), ..Wanted::default() };
    let usage = bench.control.usage(wanted).await.unwrap();
    let rows: Vec<_> = usage.items.into_iter().map(|row| (row.name.unwrap(), row.calls, row.charge)).collect();
    assert_eq!(rows, [("Everybody".to_owned(), 2, amount("1.75")), ("Laboratory".to_owned(), 1, amount("1"))]);
}

/// What the letter says is the least is the least, also of what is not guaranteed.
#[tokio::test]
async fn a_cut_below_the_floor_of_the_letter_is_refused() {
    let bench = company("400000").await;
    let mut offered = new("300/workday");
    let line = offered.content.package.tokens.as_mut().unwrap();
    (line.guaranteed, line.pool, line.floor) = (false, None, Some("200/workday".parse().unwrap()));
    let id = bench.control.draft_offer(None, who("lgn_a"), offered).await.unwrap().row.id.to_string();
    let submitted = bench.control.submit_offer(None, &id, who("lgn_a")).await.unwrap();
    for (place, duty) in submitted.missing.iter().enumerate() {
        let by = who(if place == 0 { "lgn_b" } else { "lgn_c" });
        bench.control.approve_offer(None, &id, by, ApproveOffer { duty: *duty }).await.unwrap();
    }
    bench.control.send_offer(None, &id, who("lgn_a")).await.unwrap();
    bench.control.accept_offer(None, &id, accept(1)).await.unwrap();
    let other = bench.person("Person 18").await;
    bench.grant(&other, "20/day").await;
    let grants = bench.control.grants(None).unwrap().items;
    let (grant, to) = (grants.iter().find(|grant| grant.floor.is_some()).unwrap(), grants.last().unwrap());
    let to = if to.id == grant.id { grants[0].id } else { to.id };
    assert_eq!(grant.floor, Some(amount("200")));
    let id = grant.id.to_string();
    let share = |share: &str| GrantChange::Share { share: share.to_owned(), from: Some("2027-02-01".to_owned()) };
    let change = |change, agreed| bench.control.change_grant(None, &id, ChangeGrant { change, preview: true, agreed });
    assert!(change(share("67%"), false).await.is_ok(), "201 a day");
    assert_eq!(code(change(share("66%"), false).await), Code::Floor, "198 a day");
    assert!(change(share("66%"), true).await.is_ok());
    assert_eq!(code(bench.control.void_grant(None, &id, VoidGrant::default()).await), Code::Floor);
    bench.clock.set("2027-01-05T12:00:00Z");
    generous(&bench).await;
    let give = |much: &str| GrantChange::Give { to: to.to_string(), amount: amount(much) };
    assert!(change(give("100"), false).await.is_ok());
    assert_eq!(code(change(give("101"), false).await), Code::Floor);
    assert!(change(give("101"), true).await.is_ok());
    // After the term nothing is promised any more.
    bench.clock.set("2028-01-01T12:00:00Z");
    assert!(bench.control.void_grant(None, &id, VoidGrant::default()).await.is_ok());
}

fn federal(bench: &Bench) -> WorkCalendar {
    bench.control.roles().places[&"us".parse().unwrap()].clone()
}

/// A version has the holidays of its place as they are when it is written; another calendar is another change.
#[tokio::test]
async fn a_version_fixes_the_calendar_of_its_place() {
    let bench = company("400000").await;
    assert_eq!(federal(&bench).version, 1);
    let calendar = WorkCalendar { workdays_per_year: 250, ..federal(&bench) };
    let set = |calendar| RoleChange::Place { place: "us".parse().unwrap(), calendar };
    bench.control.set_role(None, set(calendar)).await.unwrap();
    assert_eq!(federal(&bench).version, 2);
    let mut offered = new("75000/year");
    offered.content.place = Some("us".parse().unwrap());
    let line = offered.content.package.tokens.as_mut().unwrap();
    line.release = Some(ReleaseEvery::Workday);
    let id = bench.control.draft_offer(None, who("lgn_a"), offered).await.unwrap().row.id.to_string();
    bench.control.submit_offer(None, &id, who("lgn_a")).await.unwrap();
    bench.control.send_offer(None, &id, who("lgn_a")).await.unwrap();
    assert_eq!(committed(&bench), "75000.00", "300 on each of 250 workdays from 4 January on");
    // A later version of the place's calendar changes nothing that is promised.
    let mut holidays = federal(&bench).holidays;
    holidays.insert("2027-02-16".parse().unwrap());
    bench.control.set_role(None, set(WorkCalendar { holidays, ..federal(&bench) })).await.unwrap();
    bench.control.accept_offer(None, &id, accept(1)).await.unwrap();
    let grant = bench.control.grants(None).unwrap().items.remove(0);
    assert_eq!((grant.amount, grant.place.as_deref(), grant.calendar_version), (amount("300"), Some("us"), Some(2)));
    let allowance = |at: &str| {
        bench.clock.set(at);
        bench.control.grants(None).unwrap().items.remove(0).allowance.unwrap()
    };
    assert_eq!(allowance("2027-01-15T12:00:00Z"), amount("300"));
    assert_eq!(allowance("2027-01-18T12:00:00Z"), amount("0"), "Martin Luther King's birthday");
    // The change shows what it does, then does it, from the next period on.
    bench.clock.set("2027-01-15T12:00:00Z");
    let id = grant.id.to_string();
    let change = |preview| {
        let change = GrantChange::Calendar { place: "us".to_owned() };
        bench.control.change_grant(None, &id, ChangeGrant { change, preview, agreed: false })
    };
    assert_eq!(change(true).await.unwrap().calendar_version, Some(3));
    assert_eq!(bench.control.grants(None).unwrap().items[0].calendar_version, Some(2), "a preview changes nothing");
    change(false).await.unwrap();
    assert_eq!(allowance("2027-01-18T12:00:00Z"), amount("0"));
    assert_eq!(allowance("2027-02-16T12:00:00Z"), amount("0"), "the new one");
    assert_eq!(committed(&bench), "74700.00", "a day less");
    bench.clock.set("2027-01-16T12:00:00Z");
    let nowhere = GrantChange::Calendar { place: "atlantis".to_owned() };
    let nowhere = ChangeGrant { change: nowhere, preview: true, agreed: false };
    assert_eq!(code(bench.control.change_grant(None, &id, nowhere).await), Code::NotFound);
}

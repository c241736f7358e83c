//! Candidates and their links; what a version would mean before it is written.

use purser_control::shape::{
    AnswerQuestion, Confidential, CounterOffer, DeclineOffer, FundPool, NewOffer, NewOfferLink, NewUnit, OfferLink,
    OfferLinkState, OfferNote, OtherOffer, PreviewOffer, SignOffer, Stands,
};
use purser_control::{Code, Form};
use purser_core::offer::{Content, DeclineReason, Who};

use crate::bench::{Bench, code};
use crate::offers::company;
use crate::web::local;

fn content(tokens: Option<&str>) -> Content {
    let mut content = serde_json::json!({
        "candidate": {"name": "Person 17"}, "title": "Analyst", "role": {"family": "engineering"},
        "zone": "Europe/Berlin", "starts": "2027-01-04", "expires": "2026-12-10",
        "package": {"currency": "USD", "salary": "300123", "bonus": {"of_base": "10"}},
    });
    if let Some(amount) = tokens {
        content["package"]["tokens"] = serde_json::json!({
            "amount": amount, "guaranteed": true, "pool": "Research", "term": "2028-01-01", "floor": "1/year",
            "rollover": "lapses", "activation": "start_date",
        });
    }
    serde_json::from_value(content).unwrap()
}

fn who(actor: &str) -> Who {
    Who { actor: actor.parse().unwrap(), person: None }
}

/// An offer that was sent, and the secret of a link to it.
async fn sent(bench: &Bench) -> (String, String, OfferLink) {
    let new = NewOffer { unit: None, content: content(Some("78000/year")), reason: Some("internal: 12345".to_owned()) };
    let id = bench.control.draft_offer(None, who("lgn_a"), new).await.unwrap().row.id.to_string();
    let made = bench.control.add_offer_link(None, &id, NewOfferLink::default()).await.unwrap();
    bench.control.submit_offer(None, &id, who("lgn_a")).await.unwrap();
    bench.control.send_offer(None, &id, who("lgn_a")).await.unwrap();
    let secret = made.link.as_deref().unwrap().rsplit('/').next().unwrap().to_owned();
    (id, secret, made)
}

async fn state(bench: &Bench, id: &str) -> String {
    bench.control.offer(id).await.unwrap().row.state
}

#[tokio::test]
async fn a_candidate_looks_counters_and_signs_by_a_link() {
    let bench = company("400000").await;
    let (id, secret, made) = sent(&bench).await;
    assert_eq!((made.state, made.until.to_string().as_str()), (OfferLinkState::Open, "2026-12-23T23:00:00Z"));
    assert!(secret.starts_with("po-") && secret.len() == 46, "{secret}");
    let seen = bench.control.offer_by_link(&secret).await.unwrap();
    assert_eq!(state(&bench, &id).await, "sent", "looking changes nothing");
    bench.control.view_by_link(&secret).await.unwrap();
    assert_eq!(state(&bench, &id).await, "viewed");
    let table = seen.table.unwrap();
    let tokens = table.tokens.unwrap();
    assert_eq!((seen.candidate.as_str(), seen.stands, table.version), ("Person 17", Stands::Open, 1));
    assert_eq!((tokens.workday.to_string(), tokens.year.to_string()), ("300.00".to_owned(), "78000.00".to_owned()));
    assert_eq!(table.year.bonus.to_string(), "30012.30");
    assert!(table.guaranteed && table.clauses.iter().any(|clause| clause.text.starts_with("It is guaranteed")));
    assert!(!table.buys.is_empty(), "models with a list price");
    for buys in &table.buys {
        let hours = i64::try_from(buys.tenths_of_hours).unwrap();
        let cost = buys.hour.get().checked_mul(hours).unwrap() / 10;
        assert!(cost <= tokens.workday.get() && cost + buys.hour.get() / 10 + 1 >= tokens.workday.get(), "{buys:?}");
    }

    // What is offered already is no counter-offer; another amount is.
    let asks = |amount: &str| CounterOffer {
        tokens: Some(amount.parse().unwrap()),
        guaranteed: true,
        salary: None,
        reason: Some("I have 400 now".to_owned()),
    };
    assert_eq!(code(bench.control.counter_by_link(&secret, asks("78000/year")).await), Code::Invalid);
    bench.control.counter_by_link(&secret, asks("400/workday")).await.unwrap();
    let seen = bench.control.offer_by_link(&secret).await.unwrap();
    assert_eq!((seen.stands, seen.table.unwrap().version), (Stands::Countered, 1));
    let offer = bench.control.offer(&id).await.unwrap();
    assert_eq!((offer.versions[1].by.as_str(), offer.row.state.as_str()), ("candidate", "countered"));

    // Taken up as it is; while it is looked at there is nothing on the table.
    let submitted = bench.control.submit_offer(None, &id, who("lgn_a")).await.unwrap();
    let seen = bench.control.offer_by_link(&secret).await.unwrap();
    assert_eq!((seen.stands, seen.table, seen.title), (Stands::Written, None, None));
    assert_eq!(code(bench.control.letter_by_link(&secret, Form::Pdf).await), Code::OfferState);
    for (duty, actor) in submitted.missing.into_iter().zip(["lgn_b", "lgn_c"]) {
        let approve = purser_control::shape::ApproveOffer { duty };
        bench.control.approve_offer(None, &id, who(actor), approve).await.unwrap();
    }
    bench.control.send_offer(None, &id, who("lgn_a")).await.unwrap();
    let table = bench.control.offer_by_link(&secret).await.unwrap().table.unwrap();
    let sign = |letter: &str| SignOffer { version: 2, letter: letter.to_owned(), signed: "Person 17".to_owned() };
    assert_eq!(code(bench.control.accept_by_link(&secret, sign("another")).await), Code::LetterChanged);
    assert_eq!(state(&bench, &id).await, "sent");
    bench.control.accept_by_link(&secret, sign(&table.letter)).await.unwrap();
    let offer = bench.control.offer(&id).await.unwrap();
    assert_eq!((offer.row.state.as_str(), offer.letter.as_deref()), ("accepted", Some(table.letter.as_str())));
    let letter = bench.control.letter_by_link(&secret, Form::Pdf).await.unwrap();
    assert_eq!(letter.hash.as_deref(), Some(table.letter.as_str()));
    assert!(letter.bytes.starts_with(b"%PDF"));

    // Over a restart the link is the same, and the trail says by whom it was signed.
    let bench = bench.crash().await;
    assert_eq!(bench.control.offer_by_link(&secret).await.unwrap().stands, Stands::Accepted);
    let trail = local(&bench, "get", &format!("/api/v1/audit?target={id}"), "").await.to_string();
    assert!(trail.contains(&format!("\"actor\":\"{}\"", made.id)), "{trail}");
    assert!(!trail.contains(&secret), "the secret is nowhere");
}

#[tokio::test]
async fn links_end_and_lead_to_one_offer_alone() {
    let bench = company("400000").await;
    let (id, secret, made) = sent(&bench).await;
    for wrong in ["", "po-", "po-none", &secret[3..], &format!("{secret}A")] {
        assert_eq!(code(bench.control.offer_by_link(wrong).await), Code::NotFound, "{wrong}");
    }
    let shown = serde_json::to_string(&bench.control.offer_links(&id).unwrap()).unwrap();
    assert!(shown.contains(&made.id.to_string()) && !shown.contains("po-"), "{shown}");
    let past = NewOfferLink { until: Some("2026-11-01".to_owned()) };
    assert_eq!(code(bench.control.add_offer_link(None, &id, past).await), Code::Invalid);

    // Its own time, and the offer's.
    bench.clock.set("2026-12-09T23:00:00Z");
    let seen = bench.control.offer_by_link(&secret).await.unwrap();
    assert_eq!((seen.stands, seen.table), (Stands::Expired, None));
    let sign = SignOffer { version: 1, letter: String::new(), signed: "Person 17".to_owned() };
    assert_eq!(code(bench.control.accept_by_link(&secret, sign).await), Code::LetterChanged);
    bench.clock.set("2026-12-23T23:00:00Z");
    assert_eq!(code(bench.control.offer_by_link(&secret).await), Code::Gone);

    let bench = company("400000").await;
    let (id, secret, made) = sent(&bench).await;
    bench.control.revoke_offer_link(None, &made.id.to_string()).await.unwrap();
    assert_eq!(code(bench.control.offer_by_link(&secret).await), Code::NotFound);
    assert_eq!(bench.control.offer_links(&id).unwrap().items[0].state, OfferLinkState::Revoked);
    let why = DeclineOffer { reason: DeclineReason::Timing, note: None };
    assert_eq!(code(bench.control.decline_by_link(&secret, why).await), Code::NotFound);
    bench.control.withdraw_offer(None, &id, who("lgn_a"), OfferNote::default()).await.unwrap();
    assert_eq!(code(bench.control.add_offer_link(None, &id, NewOfferLink::default()).await), Code::OfferState);
}

#[tokio::test]
async fn a_question_is_answered_once_and_is_erased_with_its_offer() {
    let bench = company("400000").await;
    let (id, secret, _) = sent(&bench).await;
    assert_eq!(code(bench.control.ask_by_link(&secret, "  ".to_owned()).await), Code::Invalid);
    bench.control.ask_by_link(&secret, "May I use it on Sundays?".to_owned()).await.unwrap();
    let asked = bench.control.offer_questions(&id).await.unwrap().items.remove(0);
    let text = |text: &Option<Confidential<String>>| text.as_ref().and_then(|text| text.amount().cloned());
    assert_eq!(text(&asked.question).as_deref(), Some("May I use it on Sundays?"));
    let answer = |text: &str| AnswerQuestion { answer: text.to_owned() };
    let question = asked.id.to_string();
    bench.control.answer_question(None, &question, answer("On workdays.")).await.unwrap();
    assert_eq!(code(bench.control.answer_question(None, &question, answer("No.")).await), Code::Conflict);
    let bench = bench.crash().await;
    let seen = bench.control.offer_by_link(&secret).await.unwrap().questions.remove(0);
    assert_eq!((seen.question.as_str(), seen.answer.as_deref()), ("May I use it on Sundays?", Some("On workdays.")));
    let why = DeclineOffer { reason: DeclineReason::Salary, note: None };
    bench.control.decline_by_link(&secret, why).await.unwrap();
    assert_eq!(bench.control.offer_by_link(&secret).await.unwrap().stands, Stands::Declined);
    bench.control.erase_offer(None, &id).await.unwrap();
    assert_eq!(code(bench.control.offer_by_link(&secret).await), Code::Gone);
    assert_eq!(bench.control.offer_questions(&id).await.unwrap().items[0].question, None);
}

#[tokio::test]
async fn another_offer_stands_beside_without_anything_of_the_companys_bands() {
    let bench = company("400000").await;
    let (_, secret, _) = sent(&bench).await;
    let amount = |text: &str| text.parse().unwrap();
    let other = OtherOffer { salary: amount("350000"), equity: amount("20000"), ..OtherOffer::default() };
    let beside = bench.control.compare_by_link(&secret, other).await.unwrap();
    assert_eq!((beside.year.total, beside.workday.to_string()), (amount("370000"), "0.00".to_owned()));
    assert_eq!(beside.findings[0].0, "TOK001", "an offer without tokens is a red flag: {:?}", beside.findings);
    let below = OtherOffer { salary: amount("-1"), ..other };
    assert_eq!(code(bench.control.compare_by_link(&secret, below).await), Code::Invalid);
}

#[tokio::test]
async fn a_link_is_looked_at_so_often_and_no_more() {
    let bench = company("400000").await;
    let (_, secret, _) = sent(&bench).await;
    for _ in 0..120 {
        bench.control.offer_by_link(&secret).await.unwrap();
    }
    assert_eq!(code(bench.control.offer_by_link(&secret).await), Code::TooMany);
    assert_eq!(code(bench.control.offer_by_link("po-none").await), Code::NotFound, "strangers have their own bound");
}

#[tokio::test]
async fn a_preview_says_what_a_version_would_mean_and_what_it_lacks() {
    let bench = company("100000").await;
    let preview = |tokens, offer: Option<&str>| {
        bench.control.preview_offer(PreviewOffer { content: content(tokens), offer: offer.map(str::to_owned) })
    };
    let without = preview(None, None).unwrap();
    assert!(without.findings.iter().any(|found| found.code == "TOK001") && without.tokens.is_none());
    let with = preview(Some("78000/year"), None).unwrap();
    let (tokens, band, pool) = (with.tokens.unwrap(), with.band.unwrap(), with.pool.unwrap());
    assert_eq!(tokens.workday_in_ledger.unwrap().to_string(), "300.00");
    assert!(band.low < band.high && !band.source.is_empty());
    assert_eq!(
        (pool.needed.to_string(), pool.left.to_string()),
        ("77358.90410959".to_owned(), "22641.09589041".to_owned())
    );
    assert!(with.peers.is_none(), "nobody of that family is here");
    let short = preview(Some("120000/year"), None).unwrap();
    assert!(short.pool.unwrap().left.is_negative());
    assert!(short.findings.iter().any(|found| found.severity == "error"), "{:?}", short.findings);
    // What is kept for an offer makes room for its own next version, and for nobody else's.
    let (id, ..) = sent(&bench).await;
    assert_eq!(preview(Some("78000/year"), Some(&id)).unwrap().pool.unwrap().left, pool.left);
    assert!(preview(Some("78000/year"), None).unwrap().pool.unwrap().left.is_negative());
    assert_eq!(code(preview(Some("0/year"), None)), Code::Invalid);
}

#[tokio::test]
async fn a_percentile_needs_five_peers() {
    let bench = company("9000000").await;
    let funds = FundPool { amount: "900000".parse().unwrap(), year: Some(2028) };
    bench.control.fund_pool(None, "Research", funds).await.unwrap();
    let look = || bench.control.preview_offer(PreviewOffer { content: content(Some("350/workday")), offer: None });
    for (number, amount) in
        ["250/workday", "300/workday", "330/workday", "360/workday", "400/workday"].iter().enumerate()
    {
        assert!(look().unwrap().peers.is_none(), "{number} are too few");
        let mut content = content(Some(amount));
        content.candidate.name = format!("Person {number}");
        let new = NewOffer { unit: None, content, reason: None };
        let id = bench.control.draft_offer(None, who("lgn_a"), new).await.unwrap().row.id.to_string();
        for (duty, actor) in bench
            .control
            .submit_offer(None, &id, who("lgn_a"))
            .await
            .unwrap()
            .missing
            .into_iter()
            .zip(["lgn_b", "lgn_c"])
        {
            let approve = purser_control::shape::ApproveOffer { duty };
            bench.control.approve_offer(None, &id, who(actor), approve).await.unwrap();
        }
        bench.control.send_offer(None, &id, who("lgn_a")).await.unwrap();
        let yes = purser_control::shape::AcceptOffer { version: 1, signed: format!("Person {number}") };
        bench.control.accept_offer(None, &id, yes).await.unwrap();
    }
    let peers = look().unwrap().peers.unwrap();
    assert_eq!((peers.people, peers.percentile), (5, 60));
}

#[tokio::test]
async fn lists_of_offers_are_of_some_states_and_units_and_have_their_flags() {
    let bench = company("400000").await;
    let unit = |name: &str, parent: Option<&str>| NewUnit {
        name: name.to_owned(),
        parent: parent.map(str::to_owned),
        zone: "UTC".to_owned(),
        cost_centre: None,
    };
    bench.control.add_unit(None, unit("Engineering", None)).await.unwrap();
    bench.control.add_unit(None, unit("Platform", Some("Engineering"))).await.unwrap();
    for (unit, tokens) in [(Some("Platform"), None), (None, Some("78000/year"))] {
        let new = NewOffer { unit: unit.map(str::to_owned), content: content(tokens), reason: None };
        bench.control.draft_offer(None, who("lgn_a"), new).await.unwrap();
    }
    let ask = async |query: &str| local(&bench, "get", &format!("/api/v1/offers?{query}"), "").await;
    let all = ask("latest=true").await;
    assert_eq!(all["total"], 2);
    let below = ask("unit=Engineering&state=draft,sent").await;
    assert_eq!(below["total"], 1, "{below}");
    let flag = &below["items"][0]["flags"][0];
    assert_eq!((flag["code"].as_str(), flag["severity"].is_string()), (Some("TOK001"), true), "{below}");
    assert_eq!(ask("state=sent,viewed").await["total"], 0);
}

//! An offer from its form to its signature, by pages alone.

use purser_control::Role;
use purser_control::shape::NewOfferLink;

use crate::company::{Browser, Company, Got};

const LINE: &str = "per=year&guaranteed=yes&pool=Research&term=12+months&floor=1&remedy=extends&rollover=lapses&\
                    sharing=own&purpose=work_tool&activation=start_date";

fn form(tokens: &str) -> String {
    format!(
        "candidate=Person+17&family=engineering&zone=UTC&starts=2027-01-04&expires=2026-12-10&currency=USD&\
         salary=300%2C123&tokens={tokens}&{LINE}"
    )
}

fn field(page: &Got, name: &str) -> String {
    page.field(name)
}

/// The path of the link that a page shows.
fn link(page: &Got) -> String {
    let (_, rest) = page.text.split_once("/o/po-").unwrap_or_else(|| panic!("{}", page.text));
    format!("/o/po-{}", rest.split('<').next().unwrap())
}

#[tokio::test]
async fn an_offer_is_flagged_mended_sent_and_accepted_by_its_pages() {
    let Company { bench, offer, .. } = Company::new().await;
    let people = Browser::of(&bench, Role::People).await;
    let board = people.get("/offers").await;
    assert!(board.text.contains("TOK001") && board.text.contains("Person 17"), "{}", board.text);
    let here = format!("/offers/{offer}");
    let page = people.get(&here).await;
    assert!(page.text.contains("value=\"300123\"") && page.text.contains("TOK001"), "{}", page.text);
    assert!(page.text.contains("fewer than five"), "{}", page.text);

    // Looking at what it means writes nothing; a slip is said at its field.
    let shown = people.submit(&here, &format!("{}&show=yes", form("78000"))).await;
    assert!(shown.status == 200 && shown.text.contains("$300.00</data> a workday"), "{}", shown.text);
    assert!(shown.text.contains("within its band") && !shown.text.contains(">TOK001<"), "{}", shown.text);
    let wrong = people.submit(&here, &form("much")).await;
    assert!(wrong.status == 400 && wrong.text.contains("id=\"tokens-problem\""), "{}", wrong.text);
    assert!(wrong.text.contains("value=\"much\""), "what was typed is still there");
    assert!(people.get(&here).await.text.contains("version 1,"));

    let saved = people.submit(&here, &form("78000")).await;
    assert_eq!(saved.header("location"), format!("{here}?done=saved"), "{saved:?}");
    let page = people.get(&here).await;
    assert!(page.text.contains("Version 2") && page.text.contains("<dt>tokens"), "{}", page.text);
    let submitted = people.submit(&format!("{here}/submit"), "").await;
    assert_eq!(submitted.header("location"), format!("{here}?done=submitted"), "{submitted:?}");
    let sent = people.submit(&format!("{here}/send"), "").await;
    assert!(sent.status == 200 && sent.text.contains("The candidate&#39;s link is below"), "{sent:?}");
    let link = link(&sent);
    assert!(!people.get(&here).await.text.contains("po-"), "shown once");

    // A preview of the link is no look; a browser's is.
    let candidate = Browser::new(&bench);
    let look = candidate.get(&link).await;
    assert!(look.status == 200 && look.text.contains("$300.00</data> a workday"), "{}", look.text);
    assert!(look.text.contains("It is guaranteed") && look.text.contains("Agent hours"), "{}", look.text);
    assert!(!look.text.contains("Research<") && !look.text.contains("band"), "nothing of the company: {}", look.text);
    assert_eq!(look.header("referrer-policy"), "no-referrer");
    assert!(people.get(&here).await.text.contains(">sent</span>"));
    candidate.send("GET", &link, &[("sec-fetch-dest", "document")], "").await;
    assert!(people.get(&here).await.text.contains(">looked at</span>"));

    let compared = candidate.get(&format!("{link}?other-salary=350000")).await;
    assert!(compared.text.contains("$350,000.00") && compared.text.contains("TOK001"), "{}", compared.text);
    let (version, letter) = (field(&look, "version"), field(&look, "letter"));
    let unsigned =
        candidate.post(&format!("{link}/accept"), &format!("version={version}&letter={letter}&signed=")).await;
    assert!(unsigned.status == 400 && unsigned.text.contains("id=\"signed-problem\""), "{unsigned:?}");
    let elsewhere = candidate.send("POST", &format!("{link}/accept"), &[("sec-fetch-site", "cross-site")], "").await;
    assert_eq!(elsewhere.status, 403, "{elsewhere:?}");
    let other = format!("version={version}&letter=0&signed=Person+17");
    assert_eq!(candidate.post(&format!("{link}/accept"), &other).await.status, 409, "another letter");
    let yes = format!("version={version}&letter={letter}&signed=Person+17");
    let signed = candidate.post(&format!("{link}/accept"), &yes).await;
    assert_eq!(signed.header("location"), format!("{link}?done=accepted"), "{signed:?}");
    let after = candidate.get(&link).await;
    assert!(after.text.contains("You have accepted this offer") && !after.text.contains("/accept\""), "{}", after.text);
    let pdf = candidate.get(&format!("{link}/letter.pdf")).await;
    assert!(pdf.text.starts_with("%PDF") && pdf.header("content-type") == "application/pdf");
    let pdf = people.get(&format!("{here}/letter.pdf")).await;
    assert!(pdf.text.starts_with("%PDF"), "{pdf:?}");
}

#[tokio::test]
async fn sending_makes_one_link_however_often_the_form_comes_and_another_one_where_it_is_asked_for() {
    let Company { bench, offer, .. } = Company::new().await;
    let people = Browser::of(&bench, Role::People).await;
    let here = format!("/offers/{offer}");
    let open = async || bench.control.offer_links(&offer).unwrap().items.len();
    people.submit(&here, &form("78000")).await;
    people.submit(&format!("{here}/submit"), "").await;
    assert!(people.get(&here).await.text.contains("Make a link for the candidate"));

    // Twice by two hasty clicks: one change, one link, shown once.
    let page = people.get(&here).await;
    let once = format!("token={}&once={}", page.field("token"), "b".repeat(32));
    let first = people.post(&format!("{here}/send"), &once).await;
    assert!(first.status == 200 && first.text.contains("shown only now"), "{first:?}");
    let address = link(&first);
    let again = people.post(&format!("{here}/send"), &once).await;
    assert_eq!((again.header("location"), open().await), (&*format!("{here}?done=resent"), 1), "{again:?}");

    let another = link(&people.submit(&format!("{here}/links"), "").await);
    assert_ne!(another, address);
    assert_eq!(open().await, 2, "another one where it is asked for");
    assert!(people.get(&here).await.text.contains("Make another link for the candidate"));

    // Taken back for another version, and sent once more: what the candidate has leads to it.
    people.submit(&here, &form("79000")).await;
    people.submit(&format!("{here}/submit"), "").await;
    let resent = people.submit(&format!("{here}/send"), "").await;
    assert_eq!((resent.header("location"), open().await), (&*format!("{here}?done=resent"), 2), "{resent:?}");
    assert!(people.get(&format!("{here}?done=resent")).await.text.contains("link from before shows it"));
    assert!(Browser::new(&bench).get(&address).await.text.contains("$303.84"), "the new version by the old link");

    // Of those that were stopped none serves, so that there is a new one.
    for link in bench.control.offer_links(&offer).unwrap().items {
        people.submit(&format!("{here}/links/{}/revoke", link.id), "").await;
    }
    people.submit(&here, &form("80000")).await;
    people.submit(&format!("{here}/submit"), "").await;
    let renewed = people.submit(&format!("{here}/send"), "").await;
    assert!(renewed.status == 200 && link(&renewed) != address, "{renewed:?}");
}

#[tokio::test]
async fn a_candidate_asks_and_counters_and_a_stopped_link_leads_nowhere() {
    let Company { bench, offer, .. } = Company::new().await;
    let people = Browser::of(&bench, Role::People).await;
    let here = format!("/offers/{offer}");
    people.submit(&here, &form("78000")).await;
    people.submit(&format!("{here}/submit"), "").await;
    let link = link(&people.submit(&format!("{here}/send"), "").await);
    let candidate = Browser::new(&bench);
    let asked = candidate.post(&format!("{link}/ask"), "question=On+%3Cb%3ESundays%3C%2Fb%3E%3F").await;
    assert_eq!(asked.header("location"), format!("{link}?done=asked"), "{asked:?}");
    let same = candidate.post(&format!("{link}/counter"), "tokens=78000&per=year&guaranteed=yes").await;
    assert!(same.status == 400 && same.text.contains("id=\"tokens-problem\""), "{same:?}");
    let counter = candidate.post(&format!("{link}/counter"), "tokens=400&per=workday&guaranteed=yes&reason=rent").await;
    assert_eq!(counter.header("location"), format!("{link}?done=countered"), "{counter:?}");
    let page = people.get(&here).await;
    for wanted in ["by the candidate", "400.00/workday", "rent", ">countered</span>"] {
        assert!(page.text.contains(wanted), "{wanted}: {}", page.text);
    }
    assert!(!page.text.contains("<b>Sundays"), "{}", page.text);
    let (_, question) = page.text.split_once(&format!("{here}/questions/")).unwrap();
    let question = question.split('"').next().unwrap();
    let answered = people.submit(&format!("{here}/questions/{question}"), "answer=On+workdays.").await;
    assert_eq!(answered.header("location"), format!("{here}?done=answered"), "{answered:?}");
    assert!(candidate.get(&link).await.text.contains("On workdays."));
    let (_, stop) = page.text.split_once(&format!("{here}/links/")).unwrap();
    let stopped = people.submit(&format!("{here}/links/{}", stop.split('"').next().unwrap()), "").await;
    assert_eq!(stopped.header("location"), format!("{here}?done=revoked"), "{stopped:?}");
    assert_eq!(candidate.get(&link).await.status, 404);
    assert_eq!(candidate.post(&format!("{link}/ask"), "question=Hello").await.status, 404);
}

#[tokio::test]
async fn an_auditor_sees_an_offer_without_its_amounts_and_finance_approves_it() {
    let Company { bench, offer, .. } = Company::new().await;
    let people = Browser::of(&bench, Role::People).await;
    let here = format!("/offers/{offer}");
    // Above its band: others approve.
    people.submit(&here, &form("230000")).await;
    let submitted = people.submit(&format!("{here}/submit"), "").await;
    assert_eq!(submitted.status, 303, "{submitted:?}");
    assert!(people.get(&here).await.text.contains("Missing: approval by"));
    let own = people.submit(&format!("{here}/approve"), "duty=people").await;
    assert_eq!(own.status, 403, "nobody approves their own: {own:?}");
    let finance = Browser::of(&bench, Role::Finance).await;
    let page = finance.get(&here).await;
    assert!(page.text.contains("Approve for finance") && !page.text.contains("Save as another"), "{}", page.text);
    let approved = finance.submit(&format!("{here}/approve"), "duty=finance").await;
    assert_eq!(approved.header("location"), format!("{here}?done=approved"), "{approved:?}");
    let early = people.submit(&format!("{here}/send"), "").await;
    assert!(early.status == 409 && early.text.contains("role=\"alert\""), "{early:?}");
    bench.control.add_offer_link(None, &offer, NewOfferLink::default()).await.unwrap();
    let auditor = Browser::of(&bench, Role::Auditor).await.get(&here).await;
    assert!(
        auditor.status == 200 && auditor.text.contains("TOK") || auditor.text.contains("Versions"),
        "{}",
        auditor.text
    );
    for amount in ["300123", "230000", "230,000"] {
        assert!(!auditor.text.contains(amount), "{amount}: {}", auditor.text);
    }
    let back = finance.submit(&format!("{here}/return"), "note=too+much").await;
    assert_eq!(back.header("location"), format!("{here}?done=returned"), "{back:?}");
    assert!(people.get(&here).await.text.contains("too much"));
    let gone = people.submit(&format!("{here}/withdraw"), "").await;
    assert_eq!(gone.header("location"), format!("{here}?done=withdrawn"), "{gone:?}");
    let ended = people.get("/offers?state=ended").await;
    assert!(ended.text.contains("Person 17") && ended.text.contains("taken back"), "{}", ended.text);
}

#[tokio::test]
async fn a_new_offer_is_drafted_by_its_form() {
    let Company { bench, .. } = Company::new().await;
    let people = Browser::of(&bench, Role::People).await;
    let empty = people.submit("/offers/new", "per=workday").await;
    assert!(empty.status == 400 && empty.text.contains("id=\"candidate-problem\""), "{empty:?}");
    let shown = people.submit("/offers/new", &format!("{}&show=yes", form("78000"))).await;
    assert!(shown.status == 200 && shown.text.contains("$300.00</data> a workday"), "{}", shown.text);
    let made = people.submit("/offers/new", &format!("{}&unit=", form("78000"))).await;
    assert!(made.status == 303 && made.header("location").ends_with("?done=drafted"), "{made:?}");
    let board = people.get("/offers?state=draft").await;
    assert!(board.text.contains("2 in all") && board.text.contains("tokens guaranteed"), "{}", board.text);
}

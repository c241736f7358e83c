//! Letters: the same bytes for the same version, no amount for who may not see it, a change after the signature found.

use purser_control::Form;
use purser_control::shape::{AcceptOffer, FundPool, NewAdminKey, NewOffer, NewPool, Offer};
use purser_core::offer::{Content, Who};

use crate::bench::Bench;
use crate::web::{Got, ask, with_key};

/// Figures that are in the letter, and must be nowhere for who may not see them.
const FIGURES: [&str; 4] = ["300123", "78019", "50007", "55555"];

async fn sent(bench: &Bench, name: &str) -> Offer {
    let who = || Who { actor: "lgn_a".parse().unwrap(), person: None };
    let text = format!(
        r#"{{"candidate":{{"name":"{name}"}},"role":{{"family":"engineering"}},"zone":"Europe/Berlin",
            "starts":"2027-01-04","expires":"2026-12-10","notes":"a signing payment of 55555 <b>once</b>",
            "package":{{"currency":"USD","salary":"300123","tokens":{{"amount":"78019/year","guaranteed":true,
                "pool":"Research","term":"2028-01-01","floor":"50007/year","rollover":"lapses",
                "activation":"start_date"}}}}}}"#
    );
    let content: Content = serde_json::from_str(&text).unwrap();
    let draft = bench.control.draft_offer(None, who(), NewOffer { unit: None, content, reason: None }).await.unwrap();
    let id = draft.row.id.to_string();
    bench.control.submit_offer(None, &id, who()).await.unwrap();
    bench.control.send_offer(None, &id, who()).await.unwrap()
}

async fn company() -> Bench {
    let bench = Bench::new().await;
    bench.control.adopt_role_presets(None).await.unwrap();
    let pool = NewPool { name: "Research".to_owned(), owner: "company".to_owned(), manager: None };
    bench.control.add_pool(None, pool).await.unwrap();
    let funds = FundPool { amount: "400000".parse().unwrap(), year: Some(2027) };
    bench.control.fund_pool(None, "Research", funds).await.unwrap();
    bench
}

async fn key(bench: &Bench, role: &str) -> String {
    let new = NewAdminKey { label: role.to_owned(), roles: vec![role.to_owned()], person: None };
    bench.control.add_admin_key(None, new).await.unwrap().key.unwrap()
}

async fn letter(bench: &Bench, key: &str, offer: &Offer, form: &str) -> Got {
    with_key(bench, key, "get", &format!("/api/v1/offers/{}/letter?form={form}", offer.row.id), "").await
}

#[tokio::test]
async fn a_version_has_one_letter_and_the_signature_is_of_its_bytes() {
    let bench = company().await;
    let people = key(&bench, "people").await;
    let offer = sent(&bench, "Łukasz Müller").await;
    let (html, pdf) = (letter(&bench, &people, &offer, "html").await, letter(&bench, &people, &offer, "pdf").await);
    for figure in FIGURES {
        assert!(html.text.contains(figure) && pdf.text.contains(figure), "{figure}");
    }
    assert!(html.text.contains("5.3 Guarantee") && html.text.contains("Łukasz Müller"), "{}", html.text);
    assert!(html.text.contains("&lt;b&gt;once"), "a note is text");
    assert!(pdf.text.starts_with("%PDF-") && pdf.text.trim_end().ends_with("%%EOF"));
    let hash = html.headers["etag"].to_str().unwrap().trim_matches('"').trim_end_matches("-html").to_owned();

    // By what the request accepts, and the same bytes however often and after a restart.
    let bearer = format!("Bearer {people}");
    let path = format!("/api/v1/offers/{}/letter", offer.row.id);
    let accepts = [("authorization", bearer.as_str()), ("accept", "application/pdf, text/html;q=0.5")];
    assert_eq!(ask(&bench, "get", &path, &accepts, "").await.text, pdf.text);
    let bench = bench.restart().await;
    bench.clock.set("2026-12-01T08:00:00Z");
    assert_eq!(letter(&bench, &people, &offer, "pdf").await.text, pdf.text);

    let yes = AcceptOffer { version: 1, signed: "Łukasz Müller".to_owned() };
    let accepted = bench.control.accept_offer(None, &offer.row.id.to_string(), yes).await.unwrap();
    assert_eq!(accepted.letter.as_deref(), Some(hash.as_str()), "what was read is what was signed");
    assert_eq!(letter(&bench, &people, &offer, "pdf").await.text, pdf.text);
    let snapshot = bench.control.snapshot();
    let promise = snapshot.directory.offer(offer.row.id).unwrap().accepted.unwrap();
    assert_eq!(promise.letter.map(|letter| letter.to_string()), Some(hash));
    assert!(promise.signature.is_some());

    // One byte of what was kept, and it is no longer what was signed.
    let folder = bench.folder();
    let changed = rusqlite::Connection::open(folder.join("purser.db")).unwrap().execute(
        "UPDATE offer_letters_private SET html = CAST(replace(CAST(html AS TEXT), '78019', '78018') AS BLOB)",
        (),
    );
    assert_eq!(changed.unwrap(), 1);
    let got = letter(&bench, &people, &offer, "pdf").await;
    assert_eq!((got.status, got.code().as_str()), (409, "letter_changed"), "{got:?}");
}

#[tokio::test]
async fn no_amount_is_in_the_letter_of_whoever_has_no_right_to_them() {
    let bench = company().await;
    let offer = sent(&bench, "Person 17").await;
    let id = offer.row.id.to_string();
    for role in ["admin", "auditor", "manager"] {
        let held = if role == "manager" { "manager:Everybody" } else { role };
        let key = key(&bench, held).await;
        let got = self::letter(&bench, &key, &offer, "pdf").await;
        if role == "auditor" {
            // Reads offers, and not their amounts.
            assert!(got.status == 200 && got.text.contains("amount hidden"), "{got:?}");
            assert!(!FIGURES.iter().any(|figure| got.text.contains(figure)), "{got:?}");
        } else {
            assert_eq!(got.status, 403, "{role}: {got:?}");
        }
    }
    for step in ["sent", "accepted"] {
        for form in [Form::Html, Form::Pdf] {
            // Nobody is being answered here, so nobody with the right to amounts is.
            let letter = bench.control.offer_letter(&id, None, form).await.unwrap();
            let text = String::from_utf8_lossy(&letter.bytes).into_owned();
            assert!(text.contains("It is guaranteed") && text.contains("amount hidden"), "{step}: {text}");
            for figure in FIGURES {
                assert!(!text.contains(figure), "{step}, {form:?}: {figure}");
            }
            assert_eq!(letter.hash, None, "nobody signs this one");
        }
        if step == "sent" {
            let yes = AcceptOffer { version: 1, signed: "Person 17".to_owned() };
            bench.control.accept_offer(None, &id, yes).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_name_in_another_script_is_in_the_page_and_the_pdf_says_why_it_is_not() {
    let bench = company().await;
    let people = key(&bench, "people").await;
    let offer = sent(&bench, "Жанна").await;
    assert!(letter(&bench, &people, &offer, "html").await.text.contains("Жанна"));
    let got = letter(&bench, &people, &offer, "pdf").await;
    assert_eq!((got.status, got.code().as_str()), (400, "invalid"));
    assert!(got.text.contains("“Ж”") && got.text.contains("HTML"), "{}", got.text);
    let yes = AcceptOffer { version: 1, signed: "Жанна".to_owned() };
    let accepted = bench.control.accept_offer(None, &offer.row.id.to_string(), yes).await.unwrap();
    assert!(accepted.letter.is_some());
    let got = letter(&bench, &people, &offer, "pdf").await;
    assert_eq!(got.status, 400, "{got:?}");
}

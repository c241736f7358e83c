//! Signing in and out, and what one's own pages show of others: nothing.

use purser_control::Role;

use crate::company::{Browser, Company, email};

#[tokio::test]
async fn a_wrong_password_says_nothing_about_the_address_and_is_not_tried_for_ever() {
    let Company { bench, .. } = Company::new().await;
    let browser = Browser::new(&bench);
    let known = format!("email={}&password=wrong", email(Role::Employee));
    let wrong = browser.post("/login", &known).await;
    let unknown = browser.post("/login", "email=nobody%40example.org&password=wrong").await;
    assert_eq!((wrong.status, unknown.status), (401, 401), "{wrong:?}");
    assert!(wrong.text.contains("role=\"alert\"") && wrong.text.contains("aria-invalid=\"true\""), "{wrong:?}");
    assert!(wrong.header("set-cookie").is_empty());
    let mut last = wrong.status;
    for _ in 0..100 {
        last = browser.post("/login", &known).await.status;
        if last == 429 {
            break;
        }
    }
    assert_eq!(last, 429, "tried too often");
    let cross = browser.send("POST", "/login", &[("sec-fetch-site", "cross-site")], &known).await;
    assert_eq!(cross.status, 403, "{cross:?}");
}

#[tokio::test]
async fn signing_in_leads_back_and_signing_out_ends_the_session() {
    let Company { bench, .. } = Company::new().await;
    let browser = Browser::new(&bench);
    let form = |next: &str| format!("email={}&password=correct+horse+battery&next={next}", email(Role::Employee));
    for (next, to) in [("%2Faccount", "/account"), ("%2F%2Felsewhere.example", "/me"), ("", "/me")] {
        let got = browser.post("/login", &form(next)).await;
        assert_eq!((got.status, got.header("location")), (303, to), "{next}: {got:?}");
    }
    let browser = Browser::of(&bench, Role::Employee).await;
    assert_eq!(browser.get("/").await.header("location"), "/me");
    let out = browser.submit("/logout", "").await;
    assert_eq!((out.status, out.header("location")), (303, "/login?out=true"));
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{out:?}");
    assert_eq!(browser.get("/me").await.status, 303, "the session is over, not only the cookie gone");
}

#[tokio::test]
async fn the_switch_is_kept_and_shown() {
    let Company { bench, .. } = Company::new().await;
    let browser = Browser::of(&bench, Role::Employee).await;
    let got = browser.submit("/theme", "theme=dark&back=%2Fme").await;
    assert_eq!((got.status, got.header("location")), (303, "/me"));
    assert!(got.header("set-cookie").starts_with("purser_theme=dark;"), "{got:?}");
    let got = browser.submit("/theme", "theme=%22%3E%0d&back=%2F%2Felsewhere.example").await;
    assert_eq!(got.header("location"), "/");
    assert!(got.header("set-cookie").starts_with("purser_theme=machine;"), "{got:?}");
}

#[tokio::test]
async fn ones_budget_is_ones_own_and_equals_the_api() {
    let Company { bench, near, far, .. } = Company::new().await;
    let browser = Browser::of(&bench, Role::Employee).await;
    let page = browser.get("/me").await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.text.contains(">$7.06</data>") && page.text.contains(">$7.31</data>"), "{}", page.text);
    // Whatever is put into the address, it is one's own.
    for query in [format!("?person={}", far.id), "?person=Person+2".to_owned(), format!("?of={}", near.id)] {
        let page = browser.get(&format!("/me{query}")).await;
        assert!(
            page.status == 200
                && page.text.contains("$7.06")
                && !page.text.contains("9.87")
                && !page.text.contains("9.62"),
            "{query}"
        );
        assert!(!page.text.contains(&far.id.to_string()) || page.text.contains("name=\"back\""), "{query}");
    }
    let manager = Browser::of(&bench, Role::Manager).await.get("/me").await;
    assert!(manager.text.contains(">$5.43</data>"), "{}", manager.text);
}

#[tokio::test]
async fn assets_are_kept_for_good_under_an_address_of_their_own() {
    let Company { bench, .. } = Company::new().await;
    let browser = Browser::new(&bench);
    let page = browser.get("/login").await;
    let at = page.text.split("href=\"").find(|part| part.contains("style.css")).unwrap().split('"').next().unwrap();
    let plain = browser.get(at).await;
    assert_eq!((plain.status, plain.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(plain.header("cache-control").contains("immutable"));
    let packed = browser.send("GET", at, &[("accept-encoding", "br, gzip")], "").await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert!(packed.text.len() < plain.text.len());
    assert_eq!(browser.get("/assets/0000000000000000/style.css").await.status, 404);
}

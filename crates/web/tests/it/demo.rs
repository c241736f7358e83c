//! A made-up company is wiped from its pages, by its administrators; no other company has such a page.

use std::sync::Arc;

use purser_control::Role;
use purser_web::GONE;
use tokio::sync::Notify;

use crate::company::{Browser, Company};

const WIPE: &str = "/demo/wipe";

#[tokio::test]
async fn a_company_in_which_people_work_has_no_page_that_wipes_it() {
    let Company { bench, .. } = Company::new().await;
    let admin = Browser::of(&bench, Role::Admin).await;
    for browser in [&admin, &Browser::new(&bench)] {
        for got in [browser.get(WIPE).await, browser.post(WIPE, "").await, browser.get(GONE).await] {
            assert_eq!(got.status, 404, "{got:?}");
        }
    }
    assert_eq!(admin.submit(WIPE, "").await.status, 404);
    let page = admin.get("/account").await;
    assert!(!page.text.contains(WIPE) && !page.text.contains("Demo data"), "{}", page.text);
}

#[tokio::test]
async fn its_administrator_wipes_a_made_up_company_by_one_button() {
    let Company { bench, .. } = Company::new().await;
    let (admin, mut asked) = Browser::of(&bench, Role::Admin).await.in_demo(&bench);
    let (employee, _) = Browser::of(&bench, Role::Employee).await.in_demo(&bench);
    assert!(admin.get("/account").await.text.contains("href=\"/demo/wipe\""), "the banner leads there");
    let banner = employee.get("/account").await.text;
    assert!(banner.contains("Demo data") && !banner.contains(WIPE), "{banner}");

    let page = admin.get(WIPE).await;
    for wanted in ["/srv/&#60;made up&#62;", "<dt>People</dt><dd>3, none", "<form class=\"row\" method=\"post\""] {
        assert!(page.text.contains(wanted), "{wanted}: {}", page.text);
    }
    assert!(asked.try_recv().is_err(), "looking asks for nothing");
    let wipe = async || admin.submit(WIPE, "").await;
    let (done, told) = tokio::join!(wipe(), async {
        let asked = asked.recv().await.unwrap();
        asked.heard.send(())
    });
    assert_eq!((done.status, done.header("location"), told), (303, GONE, Ok(())), "{done:?}");

    // A second one while the first is not begun; and those that Purser does not begin, because it ends or restarts.
    let first = tokio::spawn({
        let admin = admin.clone();
        async move { admin.submit(WIPE, "").await }
    });
    while asked.is_empty() {
        tokio::task::yield_now().await;
    }
    let second = wipe().await;
    assert!(second.status == 409 && second.text.contains("wiping this company already"), "{second:?}");
    drop(asked);
    let first = first.await.unwrap();
    assert!(first.status == 409 && first.text.contains("ending or restarting"), "{first:?}");
    let late = wipe().await;
    assert!(late.status == 409 && late.text.contains("Nothing was wiped"), "{late:?}");
}

#[tokio::test]
async fn the_last_page_says_at_every_address_what_became_of_it() {
    let read = Arc::new(Notify::new());
    let browser = Browser::at(purser_web::last_page(Ok("/srv/<made up>".to_owned()), Arc::clone(&read)));
    let other = browser.post("/me", "").await;
    assert!(other.status == 200 && other.text.contains("/srv/&lt;made up&gt;</code> was removed"), "{other:?}");
    let is_read = || tokio::time::timeout(std::time::Duration::ZERO, read.notified());
    assert!(is_read().await.is_err(), "whoever asked has not read it");
    let page = browser.get(GONE).await;
    assert!(page.text.contains("<pre>purser serve</pre>"), "{page:?}");
    assert!(is_read().await.is_ok());

    let browser = Browser::at(purser_web::last_page(Err("the disk says <no>".to_owned()), read));
    let failed = browser.get(GONE).await;
    assert!(failed.status == 500 && failed.text.contains("The disk says &lt;no&gt;."), "{failed:?}");
}

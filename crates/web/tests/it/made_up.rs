//! A made-up company says so on every page, also where nobody is signed in.

use purser_web::{Needs, PAGES};

use crate::company::{Browser, Company, Got};

const SAYS: &str = "Demo data: nobody in this company exists.";

/// What is answered as a page.
fn is_page(got: &Got) -> bool {
    got.header("content-type").starts_with("text/html") && got.status != 303
}

async fn every_open_page(browser: &Browser, mut check: impl FnMut(&str, &Got)) -> usize {
    let mut pages = 0;
    for page in PAGES.iter().filter(|page| page.needs == Needs::Nobody) {
        let path = page.path.replace("{secret}", "pl-none");
        let html = [("accept", "text/html"), ("sec-fetch-site", "same-origin")];
        let elsewhere = [("accept", "text/html"), ("sec-fetch-site", "cross-site")];
        for headers in [html, elsewhere] {
            let got = browser.send(&page.method.to_uppercase(), &path, &headers, "%").await;
            if is_page(&got) {
                check(&format!("{} {path}", page.method), &got);
                pages += 1;
            }
        }
    }
    pages
}

#[tokio::test]
async fn a_made_up_company_says_so_from_the_front_page_on() {
    let Company { bench, .. } = Company::new().await;
    let check = |case: &str, got: &Got| assert_eq!(got.text.matches(SAYS).count(), 1, "{case}: {}", got.text);
    let made_up = every_open_page(&Browser::new(&bench).in_demo(&bench).0, check).await;
    let check = |case: &str, got: &Got| assert!(!got.text.contains(SAYS), "{case}: {}", got.text);
    let real = every_open_page(&Browser::new(&bench), check).await;
    assert!(made_up == real && made_up > 10, "{made_up} and {real}");
}

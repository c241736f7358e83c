//! Every role at every page: what the table of pages says is what is answered, and every answer is protected.

use purser_control::{Permission, Reach, Role};
use purser_web::{DEMO_PAGES, Needs, PAGES, Page};

use crate::bench::Bench;
use crate::company::{Browser, Company, Got};

/// Does the table let somebody of this role in?
fn lets_in(page: &Page, role: Role) -> bool {
    match page.needs {
        Needs::Nobody | Needs::Session => true,
        Needs::Person => matches!(role, Role::Employee | Role::Manager),
        Needs::Others => role != Role::Employee,
        Needs::May(permission) => reaches(permission, role),
    }
}

fn reaches(permission: Permission, role: Role) -> bool {
    // The manager of this company is an employee, too.
    let also = role == Role::Manager && permission.reach(Role::Employee) != Reach::Refused;
    permission.reach(role) != Reach::Refused || also
}

/// The address of a page about something of somebody whom the employee is and the manager leads; a manager's own page is
/// about the manager's own things.
fn address(page: &Page, company: &Company, role: Role) -> String {
    let mut parts = page.path.split('/').skip(1);
    let area = parts.next();
    let things =
        if role == Role::Manager && matches!(area, Some("me" | "admin")) { &company.managers } else { &company.nears };
    let id = match if matches!(area, Some("me" | "admin")) { parts.next() } else { area } {
        Some("runs") => &things.run,
        Some("keys") => &things.key,
        Some("grants") => &things.grant,
        Some("requests" | "approvals") => &things.top_up,
        Some("stops") => &company.stop,
        Some("people") => &company.near_id,
        Some("offers") => &company.offer,
        _ => "nothing",
    };
    page.path
        .replace("{id}", id)
        .replace("{secret}", "pl-none")
        .replace("{link}", "ofl_none")
        .replace("{question}", "nte_none")
}

fn assert_protected(got: &Got, case: &str) {
    let policy = got.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none';"), "{case}: {got:?}");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{case}: {policy}");
    assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"), "{case}: {policy}");
    assert_eq!(got.header("x-content-type-options"), "nosniff", "{case}");
    assert_eq!(got.header("x-frame-options"), "DENY", "{case}");
    assert_eq!(got.header("cache-control"), "no-store", "{case}");
    assert_eq!(got.header("cross-origin-opener-policy"), "same-origin", "{case}");
    assert!(["no-referrer", "same-origin"].contains(&got.header("referrer-policy")), "{case}");
    for forbidden in [" style=", " onclick=", " onload=", "<style", "javascript:"] {
        assert!(!got.text.contains(forbidden), "{case}: {forbidden} in {}", got.text);
    }
    for part in got.text.split("src=\"").chain(got.text.split("href=\"")).skip(1) {
        assert!(!part.starts_with("http") && !part.starts_with("//"), "{case}: leads elsewhere: {}", &part[..40]);
    }
    if let Some((_, nonce)) = policy.split_once("'nonce-")
        && got.text.contains("nonce=\"")
    {
        let nonce = nonce.split('\'').next().unwrap();
        let written = got.text.matches(&format!("nonce=\"{nonce}\"")).count();
        assert_eq!(written, got.text.matches("nonce=\"").count(), "{case}: one nonce a page");
    }
}

/// Every page, and whether only a made-up company has it.
fn pages() -> impl Iterator<Item = (&'static Page, bool)> {
    PAGES.iter().map(|page| (page, false)).chain(DEMO_PAGES.iter().map(|page| (page, true)))
}

/// A browser where the page is; somebody hears whatever a made-up company asks for.
fn at(browser: &Browser, bench: &Bench, is_made_up: bool) -> Browser {
    if !is_made_up {
        return browser.clone();
    }
    let (browser, mut asked) = browser.in_demo(bench);
    tokio::spawn(async move {
        while let Some(asked) = asked.recv().await {
            asked.heard.send(()).unwrap();
        }
    });
    browser
}

/// A stop that the employee placed.
async fn stopped(company: &Company) -> String {
    let own = Browser::of(&company.bench, Role::Employee).await;
    let run = format!("/runs/{}", company.nears.run);
    own.submit(&format!("{run}/stop"), "").await;
    let page = own.get(&run).await;
    let (_, lift) = page.text.split_once("action=\"/stops/").unwrap();
    lift.split('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn every_page_has_allowed_and_refused_cases_and_they_are_answered_so() {
    let mut company = Company::new().await;
    company.stop = stopped(&company).await;
    let bench = &company.bench;
    let nobody = Browser::new(bench);
    let mut browsers = Vec::new();
    for role in Role::ALL {
        browsers.push((role, Browser::of(bench, role).await));
    }
    for (page, is_made_up) in pages() {
        let path = address(page, &company, Role::Employee);
        let is_post = page.method == "post";
        let nobody = at(&nobody, bench, is_made_up);
        let stranger = if is_post { nobody.post(&path, "").await } else { nobody.get(&path).await };
        let case = format!("{} {} as nobody", page.method, page.path);
        assert_protected(&stranger, &case);
        let to_sign_in = stranger.status == 303 && stranger.header("location").starts_with("/login?next=");
        assert_eq!(to_sign_in, page.needs != Needs::Nobody, "{case}: {stranger:?}");
        let (mut yes, mut no) = (0, usize::from(to_sign_in));
        for (role, browser) in &browsers {
            // Whoever signs out here would be a stranger afterwards.
            if page.path == "/logout" {
                yes += 1;
                continue;
            }
            let (case, path) = (format!("{} {} as {role}", page.method, page.path), address(page, &company, *role));
            let browser = at(browser, bench, is_made_up);
            let got = if is_post { browser.submit(&path, "").await } else { browser.get(&path).await };
            assert_protected(&got, &case);
            assert!(got.status < 500, "{case}: {got:?}");
            assert_eq!(got.status != 403, lets_in(page, *role), "{case}: {} {}", got.status, got.text);
            if got.status == 403 { no += 1 } else { yes += 1 }
        }
        assert!(yes > 0 && (no > 0 || page.needs == Needs::Nobody), "{} {}: {yes} and {no}", page.method, page.path);
    }
}

#[tokio::test]
async fn a_change_comes_from_a_page_of_the_same_session_or_not_at_all() {
    let company = Company::new().await;
    let bench = &company.bench;
    let (one, other) = (Browser::of(bench, Role::Employee).await, Browser::of(bench, Role::Admin).await);
    let theirs = other.get("/account").await.field("token");
    let own = one.get("/account").await.field("token");
    assert_ne!(own, theirs);
    for (page, is_made_up) in pages().filter(|(page, _)| page.method == "post" && page.needs != Needs::Nobody) {
        let (path, one) = (address(page, &company, Role::Employee), at(&one, bench, is_made_up));
        for body in [String::new(), "token=".to_owned(), format!("token={theirs}")] {
            let got = one.post(&path, &body).await;
            assert_eq!(got.status, 403, "{path} {body}: {got:?}");
            assert!(got.text.contains("A change must come from one of Purser&#39;s own pages"), "{path}: {got:?}");
        }
        for site in ["cross-site", "same-site", "none"] {
            let got = one.send("POST", &path, &[("sec-fetch-site", site)], &format!("token={own}")).await;
            assert_eq!(got.status, 403, "{path} from {site}: {got:?}");
        }
    }
}

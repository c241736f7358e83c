//! Requests decided, stops placed and the trail read by their pages.

use purser_control::Role;

use crate::company::{Browser, Company, local};

#[tokio::test]
async fn a_request_is_asked_for_and_approved_by_somebody_else() {
    let Company { bench, managers, .. } = Company::new().await;
    let (own, manager) = (Browser::of(&bench, Role::Employee).await, Browser::of(&bench, Role::Manager).await);
    let wrong = own.submit("/me/requests", "amount=much&reason=more").await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains("id=\"amount-problem\"") && wrong.text.contains("value=\"much\""), "{}", wrong.text);
    let asked = own.submit("/me/requests", "amount=12.5&reason=the+%3Cb%3Erelease%3C%2Fb%3E&purpose=release").await;
    assert_eq!(asked.header("location"), "/me/requests?done=asked", "{asked:?}");
    let list = own.get("/me/requests").await;
    assert!(
        list.text.contains("the &#60;b&#62;release") || list.text.contains("the &lt;b&gt;release"),
        "{}",
        list.text
    );
    let queue = manager.get("/approvals").await;
    let at = queue.text.split("data-open=\"").skip(1);
    let at: Vec<_> = at.map(|part| format!("/approvals/{}", part.split('"').next().unwrap())).collect();
    assert_eq!(at.len(), 3, "two of theirs and the manager's own: {}", queue.text);
    let mut decided = 0;
    for address in &at {
        let page = manager.get(address).await;
        let got = manager.submit(&format!("{address}/approve"), "amount=10").await;
        if address.ends_with(&managers.top_up) {
            assert_eq!(got.status, 403, "nobody approves their own: {got:?}");
            assert!(page.text.contains("somebody else decides") && !page.text.contains("/approve\""), "{}", page.text);
        } else if page.text.contains("release") {
            assert_eq!(got.header("location"), "/approvals?done=approved", "{got:?}");
            decided += 1;
        }
    }
    assert_eq!(decided, 1);
    let list = own.get("/me/requests").await;
    assert!(list.text.contains("$10.00</data> given"), "{}", list.text);
}

#[tokio::test]
async fn the_brake_asks_twice_for_everything_and_says_what_it_does_not_know() {
    let Company { bench, far, nears, .. } = Company::new().await;
    let admin = Browser::of(&bench, Role::Admin).await;
    let not_sure = admin.submit("/admin/stop", "kind=company").await;
    assert_eq!(not_sure.status, 400);
    assert!(not_sure.text.contains("id=\"sure-problem\""), "{}", not_sure.text);
    let unknown = admin.submit("/admin/stop", "kind=person&name=Nobody").await;
    assert!(unknown.status == 404 && unknown.text.contains("id=\"name-problem\""), "{unknown:?}");
    let stopped = admin.submit("/admin/stop", "kind=person&name=Person+2").await;
    assert_eq!(stopped.header("location"), "/admin/stop?done=stopped", "{stopped:?}");
    let page = admin.get("/admin/stop").await;
    let (_, burning) = page.text.split_once("Spending most now").unwrap();
    assert!(burning.contains(&format!("/runs/{}/stop", nears.run)), "{}", page.text);
    assert!(page.text.contains(&far.id.to_string()) && page.text.contains("/lift\""), "{}", page.text);
    // Whom it does not concern sees nothing of it.
    let own = Browser::of(&bench, Role::Employee).await.get("/admin/stop").await;
    assert!(own.status == 200 && !own.text.contains(&far.id.to_string()), "{}", own.text);
    let everything = admin.submit("/admin/stop", "kind=company&sure=yes").await;
    assert_eq!(everything.status, 303, "{everything:?}");
    let me = Browser::of(&bench, Role::Employee).await.get("/me").await;
    assert!(me.text.contains("Every call of the company is stopped"), "{}", me.text);
}

#[tokio::test]
async fn the_trail_is_filtered_by_its_address_and_verified() {
    let Company { bench, .. } = Company::new().await;
    let auditor = Browser::of(&bench, Role::Auditor).await;
    let all = auditor.get("/admin/audit").await;
    assert!(all.text.contains("sign in") && all.text.contains(">unit added</a>"), "{}", all.text);
    let some = auditor.get("/admin/audit?action=unit_added&outcome=made").await;
    assert!(some.text.contains(">unit added</a>") && !some.text.contains(">sign in</a>"), "{}", some.text);
    let verified = auditor.get("/admin/audit?verify=yes").await;
    assert!(verified.text.contains("The trail is whole"), "{}", verified.text);
}

#[tokio::test]
async fn a_manager_sees_the_team_and_nobody_else() {
    let Company { bench, .. } = Company::new().await;
    let page = Browser::of(&bench, Role::Manager).await.get("/team").await;
    assert!(page.text.contains("Person 1") && !page.text.contains("Person 2"), "{}", page.text);
    local(&bench, "PUT", "/api/v1/privacy/profile", r#"{"profile": "works-council"}"#).await;
    let page = Browser::of(&bench, Role::Manager).await.get("/team").await;
    assert!(
        page.status == 200
            && !page.text.contains("Person 1<")
            && page.text.contains("The company keeps to the works council"),
        "{}",
        page.text
    );
}

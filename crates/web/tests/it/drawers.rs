//! Drawers: a row's detail at the right of its list, by the list's own address.

use purser_control::Role;

use crate::calls::{hold, settle};
use crate::company::{Browser, Company, Got, local};

/// A list whose rows open, with one of them.
struct List {
    /// Its address, with filters.
    path: String,
    role: Role,
    /// What is open.
    id: String,
    /// What there is to know of it, and nowhere in the list.
    says: &'static str,
    /// Its own page.
    page: Option<String>,
}

/// A company where there is something in every list.
async fn company() -> (Company, Vec<List>) {
    let company = Company::new().await;
    let bench = &company.bench;
    let rules = r#"{"used_percent": [1], "shortest": "day", "runs_out_days": 0, "speed": false}"#;
    local(bench, "POST", "/api/v1/alarms/rules", rules).await;
    for person in [&company.near, &company.far] {
        let key = bench.key(person).await;
        settle(bench, hold(bench, &key, "0.5"), "0.5");
    }
    bench.control.tend_alarms().await.unwrap();
    // Used on a day of which the ledger has no call.
    let bill = r#"{"provider": "anthropic", "text": "day,model,input_uncached,amount,currency\n2026-11-21,claude-sonnet-4-5,1000,0.003,USD\n"}"#;
    local(bench, "POST", "/api/v1/bills/import", bill).await;
    let list = |path: &str, role, id: &str, says, page: Option<String>| List {
        path: path.to_owned(),
        role,
        id: id.to_owned(),
        says,
        page,
    };
    let alarm = alarm_of(&company, "Person 1").await;
    let auditor = Browser::of(bench, Role::Auditor).await;
    let entry = first_row(&auditor.get("/admin/audit?outcome=made").await);
    let finance = Browser::of(bench, Role::Finance).await;
    let difference = first_row(&finance.get("/reconcile?from=2026-11-01&to=2026-11-24").await);
    let (run, top_up, near) = (&company.nears.run, &company.nears.top_up, &company.near_id);
    let lists = vec![
        list("/me/runs?days=30", Role::Employee, run, "What it cost", Some(format!("/runs/{run}"))),
        list("/admin/stop?", Role::Finance, run, "What it cost", Some(format!("/runs/{run}"))),
        list("/alarms?kind=used&all=true", Role::Manager, &alarm, "When it was raised", None),
        list("/approvals?state=open", Role::Manager, top_up, "Asked before", Some(format!("/approvals/{top_up}"))),
        list(
            "/people?find=platform&state=all",
            Role::People,
            near,
            "What was promised, the first first",
            Some(format!("/people/{near}")),
        ),
        list("/admin/audit?outcome=made&from=2026-11-01", Role::Auditor, &entry, "Record of the journal", None),
        list("/reconcile?from=2026-11-01&to=2026-11-24", Role::Finance, &difference, "What helps", None),
    ];
    (company, lists)
}

/// The alarm of somebody.
async fn alarm_of(company: &Company, name: &str) -> String {
    let finance = Browser::of(&company.bench, Role::Finance).await;
    let list = finance.at_api(&company.bench).get("/api/v1/alarms?all=true").await;
    let list: serde_json::Value = serde_json::from_str(&list.text).unwrap();
    let mut alarms = list["items"].as_array().unwrap().iter();
    alarms.find(|alarm| alarm["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
}

fn attribute<'a>(tag: &'a str, name: &str) -> &'a str {
    let (_, rest) = tag.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("no {name}: {tag}"));
    rest.split('"').next().unwrap()
}

fn plain(text: &str) -> String {
    text.replace("&#38;", "&").replace("&amp;", "&").replace("&#47;", "/")
}

/// The link that opens something.
fn row<'a>(page: &'a Got, id: &str) -> &'a str {
    let mut links = page.text.split("<a").skip(1).map(|link| link.split('>').next().unwrap());
    links.find(|link| link.contains(&format!("data-open=\"{id}\""))).unwrap_or_else(|| panic!("{id}: {}", page.text))
}

fn first_row(page: &Got) -> String {
    let (_, rest) = page.text.split_once(" data-open=\"").unwrap_or_else(|| panic!("no row: {}", page.text));
    plain(rest.split('"').next().unwrap())
}

/// What stands at the right.
fn drawer(page: &Got) -> &str {
    let (_, rest) = page.text.split_once("<aside ").unwrap_or_else(|| panic!("nothing is open: {}", page.text));
    rest.split("</aside>").next().unwrap()
}

fn alert(text: &str) -> &str {
    let (_, rest) = text.split_once("role=\"alert\">").unwrap_or_else(|| panic!("no alert: {text}"));
    rest.split('<').next().unwrap()
}

#[tokio::test]
async fn a_row_opens_by_its_address_and_closes_into_what_the_list_was_asked() {
    let (company, lists) = company().await;
    for List { path, role, id, says, page } in &lists {
        let browser = Browser::of(&company.bench, *role).await;
        let list = browser.get(path).await;
        assert!(list.status == 200 && !list.text.contains("<aside") && !list.text.contains(says), "{path}: {list:?}");
        let opens = plain(attribute(row(&list, id), "href"));
        let (opens, heading) = opens.split_once('#').unwrap();
        assert_eq!(heading, "drawer-title");
        assert!(opens.starts_with(path) && opens.contains("open="), "{opens} keeps what {path} asks");
        let open = browser.get(opens).await;
        assert_eq!(open.status, 200, "{opens}: {open:?}");
        let beside = drawer(&open);
        assert!(beside.starts_with("class=\"drawer\" id=\"drawer\" aria-labelledby=\"drawer-title\""), "{beside}");
        assert!(beside.contains(says), "{opens}: {beside}");
        assert_eq!((beside.matches("<h2").count(), beside.matches("<h1").count()), (1, 0), "{opens}: {beside}");
        assert!(row(&open, id).contains("aria-current=\"true\""), "{}", row(&open, id));
        let one_page = beside.contains("Open as page");
        assert_eq!(one_page, page.is_some(), "{opens}: {beside}");
        // Shown alone, it says the same.
        if let Some(page) = page {
            assert!(beside.contains(&format!("href=\"{page}\"")), "{opens}: {beside}");
            let alone = browser.get(page).await;
            assert!(alone.status == 200 && alone.text.contains(says) && !alone.text.contains("<aside"), "{alone:?}");
        }
        let close = beside.split("<a").find(|link| link.contains("data-close")).unwrap();
        let close = plain(attribute(close, "href"));
        let (back, at) = close.split_once('#').unwrap();
        assert_eq!(back, path.trim_end_matches('?'));
        assert!(open.text.contains(&format!(" id=\"{at}\"")), "{at}: the row it goes back to");
        let once: Vec<&str> = open.text.split("name=\"once\" value=\"").skip(1).collect();
        let mut names: Vec<&str> = once.iter().map(|rest| rest.split('"').next().unwrap()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), once.len(), "{opens}: no two forms are one change");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_drawers_place_with_the_list_beside_it() {
    let (company, lists) = company().await;
    for List { path, role, id, .. } in &lists {
        let browser = Browser::of(&company.bench, *role).await;
        let auditor = Browser::of(&company.bench, Role::Auditor).await;
        let unknown = match id.split_once('_') {
            Some((prefix, _)) => format!("{prefix}_00000000000000000000000007"),
            None => "9999999999".to_owned(),
        };
        let at = |id: &str| format!("{path}&open={id}").replace("?&", "?");
        // Whoever sees a part of things is told the same of what is not there as of what is somebody else's.
        let expected = if matches!(role, Role::Employee | Role::Manager) { 403 } else { 404 };
        assert_eq!(browser.get(&at(&unknown)).await.status, expected, "{path}");
        if !path.starts_with("/me/") {
            assert_eq!(auditor.get(&at(&unknown)).await.status, 404, "{path}");
        }
        for strange in [&unknown, "nothing", "..%2F..%2Fapi", "%3Cb%3E"] {
            let page = browser.get(&at(strange)).await;
            assert!((400..=404).contains(&page.status), "{path} {strange}: {page:?}");
            let beside = drawer(&page);
            assert!(!alert(beside).is_empty() && beside.contains("data-close"), "{path} {strange}: {beside}");
            assert!(!page.text.contains("<b>"), "{path} {strange}");
            assert!(!row(&page, id).contains("aria-current"), "{path}: the list is there, and nothing in it is open");
        }
        let closed = browser.get(&format!("{path}&open=")).await;
        assert!(closed.status == 200 && !closed.text.contains("<aside"), "{path}: {closed:?}");
    }
}

#[tokio::test]
async fn nobody_opens_what_is_somebody_elses_by_editing_the_address() {
    let (company, _) = company().await;
    let (bench, fars) = (&company.bench, &company.fars);
    let far = company.far.id.to_string();
    let alarm = alarm_of(&company, "Person 2").await;
    let cases = [
        (Role::Employee, "/me/runs?days=1", &fars.run, Some(format!("/runs/{}", fars.run))),
        (Role::Manager, "/me/runs?days=1", &fars.run, Some(format!("/runs/{}", fars.run))),
        (Role::Employee, "/admin/stop?x=1", &fars.run, Some(format!("/runs/{}", fars.run))),
        (Role::Manager, "/approvals?state=open", &fars.top_up, Some(format!("/approvals/{}", fars.top_up))),
        (Role::Manager, "/people?state=all", &far, Some(format!("/people/{far}"))),
        (Role::Employee, "/alarms?all=true", &alarm, None),
        (Role::Manager, "/alarms?all=true", &alarm, None),
    ];
    for (role, path, id, page) in cases {
        let browser = Browser::of(bench, role).await;
        let at = format!("{path}&open={id}");
        let list = browser.get(&at).await;
        assert_eq!(list.status, 403, "{role} {at}: {list:?}");
        let beside = drawer(&list);
        assert!(!list.text.contains("Person 2") && !beside.contains('$'), "{role} {at}: {beside}");
        assert!(
            list.text.contains("<h1>") && !list.text.contains("Back to where you begin"),
            "{role} {at}: the list stays"
        );
        if let Some(page) = page {
            let alone = browser.get(&page).await;
            assert_eq!((alone.status, alert(&alone.text)), (403, alert(beside)), "{role} {at}");
        }
    }
}

#[tokio::test]
async fn under_the_works_councils_profile_a_drawer_shows_nobody() {
    let (company, _) = company().await;
    let bench = &company.bench;
    let alarm = alarm_of(&company, "Person 1").await;
    let (near, run, top_up) = (&company.near_id, &company.nears.run, &company.nears.top_up);
    let own = [format!("/me/runs?open={run}"), format!("/alarms?all=true&open={alarm}")];
    let led = [format!("/people?open={near}"), format!("/approvals?open={top_up}")];
    let manager = Browser::of(bench, Role::Manager).await;
    for at in own.iter().chain(&led) {
        assert_eq!(manager.get(at).await.status, 200, "{at}: without it a manager sees their people");
    }
    manager.submit(&format!("/approvals/{top_up}/approve"), "amount=1").await;
    local(bench, "PUT", "/api/v1/privacy/profile", r#"{"profile": "works-council"}"#).await;
    for at in own.iter().chain(&led) {
        let page = manager.get(at).await;
        assert_eq!(page.status, 403, "{at}: {page:?}");
        let beside = drawer(&page);
        assert!(!beside.contains("Person 1") && !beside.contains("<data"), "{at}: {beside}");
    }
    let employee = Browser::of(bench, Role::Employee).await;
    for at in &own {
        assert_eq!(employee.get(at).await.status, 200, "{at}: one's own");
    }
}

#[tokio::test]
async fn a_form_of_a_drawer_comes_back_to_it_or_to_the_list_that_it_was_sent_from() {
    let (company, _) = company().await;
    let bench = &company.bench;
    let (run, top_up) = (&company.nears.run, &company.nears.top_up);
    let employee = Browser::of(bench, Role::Employee).await;
    let opened = format!("/me/runs?days=30&open={run}");
    let back = |at: &str| format!("back={}", at.replace('?', "%3F").replace('&', "%26").replace('=', "%3D"));
    assert!(drawer(&employee.get(&opened).await).contains("name=\"back\" value=\"/me/runs?days=30&amp;open="));
    let stopped = employee.submit(&format!("/runs/{run}/stop"), &back(&opened)).await;
    assert_eq!(stopped.header("location"), format!("{opened}&done=stopped"), "{stopped:?}");
    let page = employee.get(stopped.header("location")).await;
    assert_eq!(page.text.matches("The run is stopped").count(), 1, "said once: {}", page.text);
    assert!(drawer(&page).contains("The run is stopped"), "where it was done: {}", page.text);
    let elsewhere = employee.submit(&format!("/runs/{run}/confirm"), "back=%2F%2Felsewhere.example").await;
    assert!(!elsewhere.header("location").contains("elsewhere"), "{elsewhere:?}");

    let manager = Browser::of(bench, Role::Manager).await;
    let opened = format!("/approvals?state=open&open={top_up}");
    let approve = format!("/approvals/{top_up}/approve");
    let wrong = manager.submit(&approve, &format!("amount=much&{}", back(&opened))).await;
    assert_eq!(wrong.status, 400, "{wrong:?}");
    assert!(drawer(&wrong).contains("id=\"amount-problem\"") && drawer(&wrong).contains("value=\"much\""), "{wrong:?}");
    assert!(row(&wrong, top_up).contains("aria-current=\"true\""), "in the queue that it was sent from");
    let deny = format!("/approvals/{top_up}/deny");
    let denied = manager.submit(&deny, &format!("why=not+now&{}", back(&opened))).await;
    assert_eq!(denied.header("location"), "/approvals?state=open&done=denied", "it has left the queue: {denied:?}");

    let alarm = alarm_of(&company, "Person 1").await;
    let opened = format!("/alarms?kind=used&open={alarm}");
    let unsure = format!("person={}&kind=used&{}", company.near_id, back(&opened));
    let unsure = manager.submit("/alarms/mutes", &unsure).await;
    assert_eq!(unsure.status, 400, "{unsure:?}");
    assert!(drawer(&unsure).contains("id=\"until-problem\""), "{}", unsure.text);
    let looked = manager.submit(&format!("/alarms/{alarm}/acknowledge"), &back(&opened)).await;
    assert_eq!(looked.header("location"), "/alarms?kind=used&done=looked", "{looked:?}");
}

//! Runs: seen by whoever may, stopped with one button, let go on with another.

use purser_control::Role;

use crate::company::{Browser, Company};

#[tokio::test]
async fn a_run_is_stopped_and_goes_on_by_its_pages() {
    let Company { bench, nears, fars, .. } = Company::new().await;
    let (near_run, far_run) = (nears.run, fars.run);
    let own = Browser::of(&bench, Role::Employee).await;
    let me = own.get("/me").await;
    assert!(me.text.contains(&format!("/runs/{near_run}/stop")) && !me.text.contains(&far_run), "{}", me.text);
    let stopped = own.submit(&format!("/runs/{near_run}/stop"), "back=%2Fme").await;
    assert_eq!((stopped.status, stopped.header("location")), (303, "/me?done=stopped"), "{stopped:?}");
    let page = own.get(&format!("/runs/{near_run}?done=stopped")).await;
    assert!(page.text.contains("The run is stopped") && page.text.contains("/lift\""), "{}", page.text);
    let lift =
        page.text.split("action=\"").find(|part| part.starts_with("/stops/")).unwrap().split('"').next().unwrap();
    let went = own.submit(lift, &format!("back=%2Fruns%2F{near_run}")).await;
    assert_eq!(went.header("location"), format!("/runs/{near_run}?done=resumed"), "{went:?}");
    let drawn = own.get(&format!("/runs/{near_run}")).await;
    assert!(
        drawn.text.contains("id=\"chart-course-wide-title\"") && drawn.text.contains("$0.25 in one minute"),
        "{}",
        drawn.text
    );
    let file = own.get(&format!("/csv/runs/{near_run}/timeline")).await;
    assert!(file.status == 200 && file.text.lines().count() == 4, "asked, a row, total: {file:?}");
    let list = own.get("/me/runs?days=1").await;
    assert!(list.text.contains(&near_run) && !list.text.contains(&far_run), "{}", list.text);
    // A word in the address is no sentence of its own.
    let page = own.get("/me?done=%3Cb%3Eyou+owe+us%3C%2Fb%3E").await;
    assert!(!page.text.contains("you owe us\""), "{}", page.text);
    assert!(!page.text.contains("<b>you"), "{}", page.text);
}

#[tokio::test]
async fn nobody_sees_or_stops_anothers_run_by_its_address() {
    let Company { bench, nears, fars, .. } = Company::new().await;
    let (near_run, far_run) = (nears.run, fars.run);
    for (role, sees_near, sees_far) in
        [(Role::Employee, true, false), (Role::Manager, true, false), (Role::Auditor, true, true)]
    {
        let browser = Browser::of(&bench, role).await;
        for (run, sees) in [(&near_run, sees_near), (&far_run, sees_far)] {
            let page = browser.get(&format!("/runs/{run}")).await;
            assert_eq!(page.status, if sees { 200 } else { 403 }, "{role}: {page:?}");
            assert_eq!(page.text.contains("0.25"), sees, "{role}: {}", page.text);
        }
        let stop = browser.submit(&format!("/runs/{far_run}/stop"), "").await;
        assert_eq!(stop.status, 403, "{role}: {stop:?}");
    }
}

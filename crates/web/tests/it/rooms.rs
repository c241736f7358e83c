//! People, pools and what else is looked at by page.

use purser_control::Role;

use crate::calls::{hold, settle};
use crate::company::{Browser, Company, local};

#[tokio::test]
async fn somebody_is_found_by_name_unit_or_mail_and_a_manager_finds_nobody_of_elsewhere() {
    let Company { bench, near_id, far, .. } = Company::new().await;
    let people = Browser::of(&bench, Role::People).await;
    let rows = |text: &str| text.matches(" data-open=\"per_").count();
    let found = async |browser: &Browser, query: &str| {
        let page = browser.get(&format!("/people{query}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        page.text
    };
    assert_eq!(rows(&found(&people, "").await), 3);
    let one = found(&people, "?find=pLATform").await;
    assert!(rows(&one) == 1 && one.contains(&near_id), "{one}");
    assert_eq!(rows(&found(&people, "?find=person+2").await), 1);
    assert_eq!(rows(&found(&people, "?find=%3Cnobody%3E").await), 0);
    assert_eq!(rows(&found(&people, "?state=left").await), 0);
    local(&bench, "DELETE", &format!("/api/v1/people/{}", far.id), "").await;
    let left = found(&people, "?state=left").await;
    assert!(rows(&left) == 1 && left.contains(&far.id.to_string()), "{left}");
    let manager = Browser::of(&bench, Role::Manager).await;
    let theirs = found(&manager, "?state=all").await;
    assert!(!theirs.contains(&far.id.to_string()) && theirs.contains(&near_id), "{theirs}");
    let refused = manager.get(&format!("/people/{}", far.id)).await;
    assert_eq!(refused.status, 403, "{refused:?}");
}

#[tokio::test]
async fn a_persons_page_and_their_year_say_what_the_api_says() {
    let Company { bench, near, near_id, .. } = Company::new().await;
    let people = Browser::of(&bench, Role::People).await;
    let page = people.get(&format!("/people/{near_id}")).await;
    let answer = people.at_api(&bench).get(&format!("/api/v1/balances?person={near_id}")).await;
    let answer: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    let left = answer["items"][0]["spendable"].as_str().unwrap();
    assert!(page.text.contains(&format!("<p class=\"figure\"><data value=\"{left}\"")), "{left}: {}", page.text);
    assert!(page.text.contains("Platform") && page.text.contains("$7.31</data> a day"), "{}", page.text);
    // Whoever reads roles sees who leads the unit above.
    let admin = Browser::of(&bench, Role::Admin).await;
    let page = admin.get(&format!("/people/{near_id}")).await;
    assert!(page.text.contains("<dt>Led by</dt><dd>Person 3</dd>"), "{}", page.text);
    let own = Browser::of(&bench, Role::Employee).await;
    let year = own.get("/me/rewards").await;
    let answer = own.at_api(&bench).get(&format!("/api/v1/people/{near_id}/rewards")).await;
    let answer: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    let used = answer["tokens"]["used"].as_str().unwrap();
    assert_ne!(used, "0.00", "something was used");
    assert!(year.text.contains(&format!("<dt>Used</dt><dd><data value=\"{used}\"")), "{used}: {}", year.text);
    assert!(year.text.contains("No offer was accepted") && year.text.contains("own key"), "{}", year.text);
    let other = own.get(&format!("/people/{}/rewards", near.id)).await;
    assert_eq!(other.status, 200, "one's own by the long address");
    let wrong = own.get("/me/rewards?year=soon").await;
    assert_eq!(wrong.status, 400, "{wrong:?}");
}

#[tokio::test]
async fn a_pool_is_opened_filled_and_emptied_into_another_and_what_is_not_free_stays() {
    let Company { bench, .. } = Company::new().await;
    let finance = Browser::of(&bench, Role::Finance).await;
    for name in ["Research", "Support"] {
        let got = finance.submit("/pools", &format!("name={name}&owner=company")).await;
        assert_eq!(got.header("location"), "/pools?done=opened", "{got:?}");
    }
    let page = finance.get("/pools").await;
    let id = |name: &str| {
        let before = page.text.split(&format!("\">{name}</a>")).next().unwrap();
        before.rsplit("/pools/").next().unwrap().to_owned()
    };
    let (research, support) = (id("Research"), id("Support"));
    let year = page.field("year");
    for pool in [&research, &support] {
        let got = finance.submit("/pools/funds", &format!("pool={pool}&funds=1,000&year={year}")).await;
        assert!(got.header("location").starts_with("/pools?done=funded&year="), "{got:?}");
    }
    let move_some = |amount: &str| format!("from={research}&to={support}&amount={amount}&year={year}");
    let wrong = finance.submit("/pools/transfers", &move_some("much")).await;
    assert!(wrong.status == 400 && wrong.text.contains("id=\"amount-problem\""), "{wrong:?}");
    let too_much = finance.submit("/pools/transfers", &move_some("1000.01")).await;
    assert!(too_much.status == 409 && too_much.text.contains("role=\"alert\""), "{too_much:?}");
    let moved = finance.submit("/pools/transfers", &move_some("400")).await;
    assert_eq!(moved.header("location"), format!("/pools?done=moved&year={year}"), "{moved:?}");
    let page = finance.get(&format!("/pools?year={year}")).await;
    for figure in ["<data value=\"600.00\"", "<data value=\"1400.00\"", "<data value=\"2000.00\""] {
        assert!(page.text.contains(figure), "{figure}: {}", page.text);
    }
    let one = finance.get(&format!("/pools/{support}")).await;
    assert!(one.text.contains("<data value=\"1400.00\"") && one.text.contains("Nothing is set aside"), "{one:?}");
    // Who may look and not change has no form, and none is taken from them.
    let auditor = Browser::of(&bench, Role::Auditor).await;
    assert!(!auditor.get("/pools").await.text.contains("action=\"/pools"));
    assert_eq!(auditor.submit("/pools/transfers", &move_some("much")).await.status, 403);
}

#[tokio::test]
async fn an_alarm_is_looked_at_muted_and_told_again() {
    let Company { bench, near, near_id, .. } = Company::new().await;
    let key = bench.key(&near).await;
    let rules = r#"{"used_percent": [1], "shortest": "day", "runs_out_days": 0, "speed": false}"#;
    local(&bench, "POST", "/api/v1/alarms/rules", rules).await;
    settle(&bench, hold(&bench, &key, "0.5"), "0.5");
    bench.control.tend_alarms().await.unwrap();
    let own = Browser::of(&bench, Role::Employee).await;
    let page = own.get("/alarms").await;
    assert!(page.text.contains("Nothing is stopped by this") && page.text.contains("Ask for more"), "{}", page.text);
    let manager = Browser::of(&bench, Role::Manager).await;
    let page = manager.get("/alarms").await;
    let (_, rest) = page.text.split_once("action=\"/alarms/alm_").unwrap();
    let alarm = format!("alm_{}", rest.split('/').next().unwrap());
    let unsure = manager.submit("/alarms/mutes", &format!("person={near_id}&kind=used")).await;
    assert!(unsure.status == 400 && unsure.text.contains("role=\"alert\""), "{unsure:?}");
    let muted = manager.submit("/alarms/mutes", &format!("person={near_id}&kind=used&until=2999-01-01")).await;
    assert_eq!(muted.header("location"), "/alarms?done=muted", "{muted:?}");
    let page = manager.get("/alarms").await;
    let (_, rest) = page.text.split_once("action=\"/alarms/mutes/mut_").unwrap();
    let mute = format!("mut_{}", rest.split('/').next().unwrap());
    assert_eq!(own.submit(&format!("/alarms/mutes/{mute}/end"), "").await.status, 403, "not the person themselves");
    let ended = manager.submit(&format!("/alarms/mutes/{mute}/end"), "").await;
    assert_eq!(ended.header("location"), "/alarms?done=unmuted", "{ended:?}");
    let looked = manager.submit(&format!("/alarms/{alarm}/acknowledge"), "").await;
    assert_eq!(looked.header("location"), "/alarms?done=looked", "{looked:?}");
    let page = manager.get("/alarms").await;
    assert!(!page.text.contains(&alarm), "{}", page.text);
    let page = manager.get("/alarms?all=true").await;
    assert!(page.text.contains(&alarm) && page.text.contains("Looked at by Person 3"), "{}", page.text);
}

#[tokio::test]
async fn rules_are_tried_in_the_address_and_set_by_a_form() {
    let Company { bench, .. } = Company::new().await;
    let people = Browser::of(&bench, Role::People).await;
    let tried = "used=1&shortest=day&runs_out=3&speed=yes&warn=25&critical=10&weeks=13&first_weeks=6";
    let page = people.get(&format!("/alarms/rules?{tried}")).await;
    assert!(
        page.text.contains("With these rules 3 of 3 people alarm.") && page.text.contains("class=\"note\""),
        "{page:?}"
    );
    let wrong = people.get("/alarms/rules?used=much&weeks=13").await;
    assert!(wrong.text.contains("id=\"used-problem\"") && wrong.text.contains("value=\"much\""), "{}", wrong.text);
    assert!(people.get("/alarms/rules").await.text.contains("that Purser comes with"));
    let set = people.submit("/alarms/rules", tried).await;
    assert_eq!(set.header("location"), "/alarms/rules?done=set", "{set:?}");
    let page = Browser::of(&bench, Role::Auditor).await.get("/alarms/rules").await;
    assert!(page.text.contains("Version 1 of the rules holds") && !page.text.contains("<button>Preview"), "{page:?}");
}

#[tokio::test]
async fn boards_are_off_then_joined_and_left_and_fewer_than_five_are_hidden() {
    let Company { bench, .. } = Company::new().await;
    let own = Browser::of(&bench, Role::Employee).await;
    let page = own.get("/boards").await;
    assert!(page.text.contains("There are no boards") && !page.text.contains("action=\"/boards/join\""), "{page:?}");
    assert_eq!(own.submit("/boards/join", "").await.status, 409);
    let people = Browser::of(&bench, Role::People).await;
    let on = people.submit("/boards/settings", "on=yes").await;
    assert_eq!(on.header("location"), "/boards?done=on", "{on:?}");
    assert_eq!(people.get("/boards/people-pace-2026-11").await.status, 403, "who switches does not look");
    let wrong = own.submit("/boards/join", "words=Person+1").await;
    assert!(wrong.status == 400 && wrong.text.contains("id=\"words-problem\""), "{wrong:?}");
    let joined = own.submit("/boards/join", "words=Amber+Otter").await;
    assert_eq!(joined.header("location"), "/boards?done=joined", "{joined:?}");
    let page = own.get("/boards").await;
    let (_, rest) = page.text.split_once("href=\"/boards/people-").unwrap();
    let board = own.get(&format!("/boards/people-{}", rest.split('"').next().unwrap())).await;
    assert!(board.text.contains("fewer than five are ranked") && board.text.contains("Amber Otter"), "{}", board.text);
    let left = own.submit("/boards/leave", "").await;
    assert_eq!(left.header("location"), "/boards?done=left", "{left:?}");
    assert!(own.get("/boards").await.text.contains("You are on none."));
}

#[tokio::test]
async fn a_price_is_tried_published_and_stands_beside_the_one_before_it() {
    let Company { bench, .. } = Company::new().await;
    let finance = Browser::of(&bench, Role::Finance).await;
    let card = |price: &str| {
        format!(
            "text=%5B%7B%22provider%22%3A%22house%22%2C%22model%22%3A%22house-1%22%2C%22rates%22%3A%7B%22input_uncached\
             %22%3A%22{price}%22%2C%22output%22%3A%2210%22%7D%7D%5D"
        )
    };
    let tried = finance.submit("/prices/publish", &card("2")).await;
    assert!(tried.status == 200 && tried.text.contains("Nothing is published yet"), "{tried:?}");
    let unknown = finance.get("/prices/house-1?provider=house").await;
    assert!((400..500).contains(&unknown.status) && unknown.status != 403, "{unknown:?}");
    let published = finance.submit("/prices/publish", &format!("{}&publish=yes", card("2"))).await;
    assert!(published.text.contains(">Published<"), "{published:?}");
    bench.clock.set("2026-11-24T12:10:00Z");
    let dearer = finance.submit("/prices/publish", &card("9")).await;
    assert!(dearer.text.contains("2 → 9") && dearer.text.contains("second pair of eyes"), "{dearer:?}");
    finance.submit("/prices/publish", &format!("{}&publish=yes", card("9"))).await;
    let employee = Browser::of(&bench, Role::Employee).await;
    let one = employee.get("/prices/house-1?provider=house").await;
    assert!(one.text.contains(">$9.00</data>") && one.text.contains(">$2.00</data>"), "{}", one.text);
    assert_eq!((one.text.matches(">changed<").count(), one.text.matches("holds now").count()), (1, 1), "{}", one.text);
    let list = employee.get("/prices?provider=house").await;
    assert!(list.text.contains("1 in all") && !list.text.contains("/prices/publish"), "{}", list.text);
    let broken = finance.submit("/prices/publish", "text=nothing+of+the+kind").await;
    assert!(broken.status == 400 && broken.text.contains("role=\"alert\""), "{broken:?}");
}

#[tokio::test]
async fn a_change_of_bands_is_tried_in_the_address_and_made_by_a_form() {
    let Company { bench, .. } = Company::new().await;
    local(&bench, "POST", "/api/v1/roles/presets", "").await;
    let people = Browser::of(&bench, Role::People).await;
    let page = people.get("/policies").await;
    assert!(page.text.contains("name=\"family\"") && page.text.contains("Who approves"), "{}", page.text);
    let band = "what=band&family=engineering&level=L4&low=5&high=15";
    let tried = people.get(&format!("/policies?{band}")).await;
    assert!(tried.text.contains("0 of 1 would stand elsewhere"), "{}", tried.text);
    let upside_down = people.get("/policies?what=band&family=engineering&low=15&high=5").await;
    assert!(upside_down.text.contains("lies above its upper end"), "{}", upside_down.text);
    let wrong = people.get("/policies?what=band&family=engineering&low=much&high=5").await;
    assert!(wrong.text.contains("id=\"low-problem\""), "{}", wrong.text);
    let made = people.submit("/policies", band).await;
    assert_eq!(made.header("location"), "/policies?done=set", "{made:?}");
    let policy = people.submit("/policies", "what=policy&family=engineering&state=required&since=2026-01-01").await;
    assert_eq!(policy.header("location"), "/policies?done=set", "{policy:?}");
    let page = Browser::of(&bench, Role::Auditor).await.get("/policies").await;
    assert!(page.text.contains("<td>L4") && page.text.contains("$15.00</data>"), "{}", page.text);
    assert!(
        page.text.contains("<span class=\"mark good\">required</span>") && !page.text.contains("action=\"/policies"),
        "{page:?}"
    );
}

#[tokio::test]
async fn a_key_is_shown_once_and_revoked_and_a_script_has_the_roles_it_was_given() {
    let Company { bench, near, .. } = Company::new().await;
    let admin = Browser::of(&bench, Role::Admin).await;
    let made = admin.submit("/admin/keys", &format!("person={}&agent=review+agent&models=claude-*", near.id)).await;
    assert!(made.status == 200 && made.text.contains("<pre>pk-") && made.text.contains("claude-*"), "{}", made.text);
    assert!(!admin.get("/admin/keys").await.text.contains("<pre>"), "once");
    let nobody = admin.submit("/admin/keys", "person=Nobody").await;
    assert!(nobody.status == 404 && nobody.text.contains("role=\"alert\""), "{nobody:?}");
    let script = admin.submit("/admin/scripts", "label=books&roles=finance").await;
    assert!(script.text.contains("<pre>") && script.text.contains(">finance<"), "{}", script.text);
    let (_, rest) = script.text.split_once("action=\"/admin/scripts/").unwrap();
    let id = rest.split('/').next().unwrap();
    let revoked = admin.submit(&format!("/admin/scripts/{id}/revoke"), "").await;
    assert_eq!(revoked.header("location"), "/admin/keys?done=revoked", "{revoked:?}");
    // Whoever has keys of their own alone sees them, and no script's.
    let own = Browser::of(&bench, Role::Employee).await.get("/admin/keys").await;
    assert!(own.text.contains("review agent") && !own.text.contains("Person 2"), "{}", own.text);
    assert!(!own.text.contains("Keys of scripts"), "{}", own.text);
}

#[tokio::test]
async fn how_purser_is_stands_on_a_page_and_the_api_explains_itself() {
    let Company { bench, .. } = Company::new().await;
    let admin = Browser::of(&bench, Role::Admin).await;
    let system = admin.get("/admin/system").await;
    assert!(
        system.text.contains("People who can spend") && system.text.contains("every call that was let"),
        "{system:?}"
    );
    let wrong = admin.submit("/admin/suspense/nothing/resolve", "charge=much").await;
    assert!(wrong.status == 400 && wrong.text.contains("role=\"alert\""), "{wrong:?}");
    let providers = admin.get("/admin/providers").await;
    assert!(providers.text.contains(">anthropic</th>") && providers.text.contains("let through"), "{}", providers.text);
    let api = admin.get("/api").await;
    for endpoint in purser_control::api::ENDPOINTS {
        let summary = format!("<strong>{}</strong> <code>{}</code>", endpoint.method.to_uppercase(), endpoint.path);
        assert!(api.text.contains(&summary), "{summary}");
    }
    let found = admin.get("/api?find=transfer").await;
    assert!(found.text.contains("/api/v1/pools/{id}/transfers") && !found.text.contains("/api/v1/status"), "{found:?}");
}

#[tokio::test]
async fn an_export_is_prepared_in_the_address_and_is_what_the_api_gives() {
    let Company { bench, .. } = Company::new().await;
    let finance = Browser::of(&bench, Role::Finance).await;
    let page = finance.get("/exports?from=2026-11-01&person=Person+1&names=true").await;
    let (_, rest) = page.text.split_once("href=\"/api/v1/exports/ledger").unwrap();
    let address = format!("/api/v1/exports/ledger{}", rest.split('"').next().unwrap());
    let address = address.replace("&amp;", "&").replace("&#38;", "&");
    let file = finance.at_api(&bench).get(&address).await;
    assert_eq!(file.status, 200, "{address}: {file:?}");
    assert!(file.text.contains("Person 1") && !file.text.contains("Person 2"), "{}", file.text);
    assert!(page.text.contains("this file is of everybody"), "FOCUS has no part by person: {}", page.text);

    let page =
        finance.get("/exports?person=Person+1&model=claude-sonnet-4-5&span=2026-11&names=true&to=2099-01-01").await;
    let links: Vec<String> = page
        .text
        .split("href=\"")
        .filter(|rest| rest.starts_with("/api/v1/exports/"))
        .map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&"))
        .collect();
    assert_eq!(links.len(), 6, "{links:?}");
    let statements = links.iter().find(|link| link.contains("statements") && !link.contains("jsonl")).unwrap();
    assert!(statements.contains("month=2026-11") && !statements.contains("model="), "{statements}");
    let file = finance.at_api(&bench).get(statements).await;
    assert!(file.status == 200 && file.text.contains("Person 1") && !file.text.contains("Person 2"), "{file:?}");
    let parquet = links.iter().find(|link| link.contains("parquet")).unwrap();
    assert!(parquet.contains("model=") && !parquet.contains("2099"), "only days that are over: {parquet}");
    let year = finance.get("/exports?span=2026&from=2099-01-01").await;
    assert!(year.text.contains("year=2026") && year.text.contains("None of these days is over yet"), "{}", year.text);
    let lines = links.iter().find(|link| link.contains("jsonl") && link.contains("statements")).unwrap();
    assert_eq!(finance.at_api(&bench).get(lines).await.status, 200, "{lines}");
}

#[tokio::test]
async fn profile_and_retention_are_set_by_an_administrator_and_read_by_everybody() {
    let Company { bench, near_id, .. } = Company::new().await;
    let admin = Browser::of(&bench, Role::Admin).await;
    let set = admin.submit("/privacy/profile", "profile=works-council").await;
    assert_eq!(set.header("location"), "/privacy?done=profile", "{set:?}");
    let wrong = admin.submit("/privacy/retention", "left_people=soon").await;
    assert!(wrong.status == 400 && wrong.text.contains("id=\"left_people-problem\""), "{wrong:?}");
    let kept = admin.submit("/privacy/retention", "left_people=12&denials=").await;
    assert_eq!(kept.header("location"), "/privacy?done=kept", "{kept:?}");
    let page = Browser::of(&bench, Role::Employee).await.get("/privacy").await;
    assert!(page.text.contains("works council&#39;s profile holds") || page.text.contains("council's profile holds"));
    assert!(page.text.contains("Nobody has, as far back"), "{}", page.text);
    let own = Browser::of(&bench, Role::Employee).await.at_api(&bench);
    for there in ["/api/v1/me/export", "/api/v1/privacy/map"] {
        assert!(page.text.contains(&format!("href=\"{there}\"")), "{there}: {}", page.text);
        assert_eq!(own.get(there).await.status, 200, "{there}");
    }
    let people = Browser::of(&bench, Role::People).await;
    people.get(&format!("/people/{near_id}")).await;
    let looked = Browser::of(&bench, Role::Employee).await.get("/privacy").await;
    assert!(looked.text.contains("<small>people</small>"), "who looked, and in which role: {}", looked.text);
    assert!(page.text.contains(">12</td>") && !page.text.contains("action=\"/privacy"), "{}", page.text);
}

#[tokio::test]
async fn whoever_may_change_people_says_a_role_on_the_persons_page_and_others_only_see_it() {
    let Company { bench, near_id, .. } = Company::new().await;
    let path = format!("/people/{near_id}");
    let people = Browser::of(&bench, Role::People).await;
    let form = format!("action=\"{path}/role\"");
    let page = people.get(&path).await;
    assert!(page.text.contains(&form) && !page.text.contains("Take back"), "{}", page.text);
    let set = people.submit(&format!("{path}/role"), "family=Finance&level=4").await;
    assert_eq!((set.status, set.header("location")), (303, format!("{path}?done=role").as_str()), "{set:?}");
    let page = people.get(&path).await;
    assert!(page.text.contains("<dt>Role</dt><dd>finance L4 <small>set for them, since"), "{}", page.text);
    assert!(page.text.contains("value=\"L4\"") && page.text.contains("Take back"), "{}", page.text);
    assert!(people.get("/people").await.text.contains("<small>finance L4</small>"));
    let wrong = people.submit(&format!("{path}/role"), "family=finance&level=L99").await;
    assert!(wrong.status == 400 && wrong.text.contains("is no level"), "{wrong:?}");
    let manager = Browser::of(&bench, Role::Manager).await;
    let seen = manager.get(&path).await;
    assert!(seen.text.contains("finance L4") && !seen.text.contains(&form), "{}", seen.text);
    assert_eq!(manager.submit(&format!("{path}/role"), "family=sales").await.status, 403);
    people.submit(&format!("{path}/role"), "family=finance&level=L4&none=yes").await;
    assert!(!people.get(&path).await.text.contains("<dt>Role</dt>"));
}

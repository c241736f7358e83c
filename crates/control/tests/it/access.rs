//! Signing in, roles, rules for two persons.

use purser_control::shape::{NewBreakGlass, NewLogin, Setup, SignIn};
use purser_control::{Code, Role};

use crate::bench::{Bench, code};
use crate::web::{Got, ask};

const PASSWORD: &str = "four words in a row";
const OWN_PAGE: (&str, &str) = ("sec-fetch-site", "same-origin");

fn login(email: &str, roles: &[&str]) -> NewLogin {
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    let password = Some(PASSWORD.to_owned());
    NewLogin { email: email.to_owned(), password, roles, person: None, issuer: None, subject: None }
}

async fn sign_in(bench: &Bench, email: &str, password: &str) -> Got {
    let body = serde_json::to_string(&SignIn { email: email.to_owned(), password: password.to_owned() }).unwrap();
    ask(bench, "post", "/api/v1/session", &[], &body).await
}

/// The cookie of a session just begun, as a browser sends it back.
fn cookie(got: &Got) -> String {
    let set = got.headers["set-cookie"].to_str().unwrap();
    assert!(set.contains("; HttpOnly; SameSite=Lax"), "{set}");
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_from_signing_in_until_signing_out() {
    let bench = Bench::new().await;
    bench.control.add_login(None, login("Person.1@example.com", &["auditor"])).await.unwrap();
    let wrong = sign_in(&bench, "person.1@example.com", "four words in a raw").await;
    let unknown = sign_in(&bench, "person.2@example.com", PASSWORD).await;
    assert_eq!((wrong.status, &wrong.text), (401, &unknown.text), "nobody learns which addresses are known");
    let got = sign_in(&bench, " person.1@EXAMPLE.com", PASSWORD).await;
    assert_eq!(got.status, 200, "{got:?}");
    assert!(!got.text.contains("ps-"), "the secret is in the cookie alone: {got:?}");
    let cookie = cookie(&got);
    let with = [("cookie", cookie.as_str()), OWN_PAGE];
    let present = ask(&bench, "get", "/api/v1/session", &with, "").await.json();
    assert_eq!((&present["email"], &present["roles"][0]["role"]), (&"Person.1@example.com".into(), &"auditor".into()));
    assert_eq!(ask(&bench, "get", "/api/v1/audit", &with, "").await.status, 200);
    assert_eq!(ask(&bench, "get", "/api/v1/people", &[("cookie", "purser_session=ps-x")], "").await.status, 401);

    // A restart keeps it; signing out ends it, and only from Purser's own pages.
    let bench = bench.restart().await;
    let elsewhere = [("cookie", cookie.as_str()), ("sec-fetch-site", "cross-site")];
    assert_eq!(ask(&bench, "delete", "/api/v1/session", &elsewhere, "").await.status, 403);
    assert_eq!(ask(&bench, "get", "/api/v1/people", &with, "").await.status, 200);
    let out = ask(&bench, "delete", "/api/v1/session", &with, "").await;
    assert!(out.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"), "{out:?}");
    assert_eq!(ask(&bench, "get", "/api/v1/people", &with, "").await.status, 401);
}

#[tokio::test]
async fn a_session_ends_an_hour_after_its_last_use_and_a_day_after_its_beginning() {
    let bench = Bench::new().await;
    bench.control.add_login(None, login("person.1@example.com", &["admin"])).await.unwrap();
    let first = cookie(&sign_in(&bench, "person.1@example.com", PASSWORD).await);
    let status = async |cookie: &str| ask(&bench, "get", "/api/v1/status", &[("cookie", cookie)], "").await.status;
    bench.clock.set("2026-11-24T12:59:59Z");
    assert_eq!(status(&first).await, 200);
    bench.clock.set("2026-11-24T13:59:59Z");
    assert_eq!(status(&first).await, 401, "an hour without use");
    let second = cookie(&sign_in(&bench, "person.1@example.com", PASSWORD).await);
    for half in 28..76 {
        let (day, hour, minute) = (24 + half / 48, half % 48 / 2, half % 2 * 30);
        bench.clock.set(&format!("2026-11-{day}T{hour:02}:{minute:02}:00Z"));
        assert_eq!(status(&second).await, 200, "{day}, {hour}:{minute}");
    }
    bench.clock.set("2026-11-25T13:59:59Z");
    assert_eq!(status(&second).await, 401, "a day, however much it was used");
}

#[tokio::test]
async fn disabling_and_another_password_end_sessions_at_once() {
    let bench = Bench::new().await;
    let made = bench.control.add_login(None, login("person.1@example.com", &["finance"])).await.unwrap();
    let open = cookie(&sign_in(&bench, "person.1@example.com", PASSWORD).await);
    let set = format!(r#"{{"current": "{PASSWORD}", "password": "five other words of mine"}}"#);
    let with = [("cookie", open.as_str()), OWN_PAGE];
    let weak =
        ask(&bench, "put", "/api/v1/session/password", &with, &set.replace("five other words of mine", "short")).await;
    assert_eq!((weak.status, weak.code().as_str()), (400, "invalid"));
    assert_eq!(ask(&bench, "put", "/api/v1/session/password", &with, &set).await.status, 200);
    assert_eq!(ask(&bench, "get", "/api/v1/people", &with, "").await.status, 401);
    assert_eq!(sign_in(&bench, "person.1@example.com", PASSWORD).await.status, 401);
    let open = cookie(&sign_in(&bench, "person.1@example.com", "five other words of mine").await);
    let off = purser_control::shape::SetActive { active: false };
    bench.control.set_login_active(None, &made.id.to_string(), off).await.unwrap();
    assert_eq!(ask(&bench, "get", "/api/v1/people", &[("cookie", open.as_str())], "").await.status, 401);
    assert_eq!(sign_in(&bench, "person.1@example.com", "five other words of mine").await.status, 401);
}

#[tokio::test]
async fn guessing_has_to_wait() {
    let bench = Bench::new().await;
    bench.control.add_login(None, login("person.1@example.com", &["admin"])).await.unwrap();
    for _ in 0..5 {
        assert_eq!(sign_in(&bench, "person.1@example.com", "not the password").await.status, 401);
    }
    let got = sign_in(&bench, "person.1@example.com", PASSWORD).await;
    assert_eq!((got.status, got.code().as_str()), (429, "too_many"), "also with the right one");
    bench.clock.set("2026-11-24T12:15:00Z");
    assert_eq!(sign_in(&bench, "person.1@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn logins_that_can_not_be_are_refused() {
    let bench = Bench::new().await;
    bench.control.add_login(None, login("person.1@example.com", &["admin"])).await.unwrap();
    let taken = bench.control.add_login(None, login("PERSON.1@example.com", &["admin"])).await;
    assert_eq!(code(taken), Code::Conflict);
    let mut neither = login("person.2@example.com", &["admin"]);
    neither.password = None;
    let mut both = login("person.2@example.com", &["admin"]);
    (both.issuer, both.subject) = (Some("https://id.example".to_owned()), Some("17".to_owned()));
    let bad = [
        login("nowhere", &["admin"]),
        login("person.2@example.com", &[]),
        login("person.2@example.com", &["boss"]),
        login("person.2@example.com", &["manager"]),
        login("person.2@example.com", &["finance:Everybody"]),
        login("person.2@example.com", &["employee"]),
        neither,
        both,
    ];
    for new in bad {
        let roles = new.roles.clone();
        assert_eq!(code(bench.control.add_login(None, new).await), Code::Invalid, "{roles:?}");
    }
    // Single sign-on: the door is there, and a password opens nothing.
    let mut single = login("person.3@example.com", &["manager:Everybody"]);
    (single.password, single.issuer, single.subject) =
        (None, Some("https://id.example".to_owned()), Some("17".to_owned()));
    let made = bench.control.add_login(None, single).await.unwrap();
    assert_eq!((made.password, made.subject.as_deref()), (false, Some("17")));
    assert_eq!(made.roles[0].role, Role::Manager);
    assert_eq!(sign_in(&bench, "person.3@example.com", "").await.status, 401);
}

#[tokio::test]
async fn the_setup_code_makes_a_login_too() {
    let bench = Bench::new().await;
    let offered = bench.control.offer_setup().unwrap().unwrap();
    let setup = |password: &str| Setup {
        code: offered.reveal().to_owned(),
        label: None,
        email: Some("person.1@example.com".to_owned()),
        password: Some(password.to_owned()),
    };
    assert_eq!(code(bench.control.redeem_setup(setup("short")).await), Code::Invalid, "the code stays good");
    let key = bench.control.redeem_setup(setup(PASSWORD)).await.unwrap();
    assert!(key.key.is_some() && key.login.is_some());
    let got = sign_in(&bench, "person.1@example.com", PASSWORD).await;
    assert_eq!(got.json()["roles"][0]["role"], "admin");
    assert_eq!(code(bench.control.redeem_setup(setup(PASSWORD)).await), Code::Gone);
}

#[tokio::test]
async fn nobody_changes_their_own_roles_unless_there_is_nobody_else_and_a_day_has_passed() {
    let bench = Bench::new().await;
    let alone = bench.control.add_login(None, login("person.1@example.com", &["admin"])).await.unwrap();
    let id = alone.id.to_string();
    let roles = format!("/api/v1/logins/{id}/roles");
    let more = r#"{"roles": ["admin", "finance"]}"#;
    let open = cookie(&sign_in(&bench, "person.1@example.com", PASSWORD).await);
    let with = [("cookie", open.as_str()), OWN_PAGE];
    let got = ask(&bench, "put", &roles, &with, more).await;
    assert_eq!((got.status, got.code().as_str()), (403, "self_approval"), "{got:?}");
    let trail = ask(&bench, "get", &format!("/api/v1/audit?outcome=denied&target={id}"), &with, "").await.json();
    let entry = &trail["items"][0];
    assert_eq!((&entry["code"], &entry["action"]), (&"self_approval".into(), &"set_login_roles".into()), "{trail}");

    // The glass: asked for with a reason, usable after a day, for this action on this thing, once.
    let asked =
        NewBreakGlass { action: "set_login_roles".to_owned(), target: id.clone(), reason: "nobody else".to_owned() };
    let asked = ask(&bench, "post", "/api/v1/break-glass", &with, &serde_json::to_string(&asked).unwrap()).await;
    assert_eq!(asked.json()["usable"], "2026-11-25T12:00:00Z", "{asked:?}");
    assert_eq!(ask(&bench, "put", &roles, &with, more).await.status, 403, "not yet");
    let bench = bench.restart().await;
    bench.clock.set("2026-11-25T12:00:00Z");
    let open = cookie(&sign_in(&bench, "person.1@example.com", PASSWORD).await);
    let with = [("cookie", open.as_str()), OWN_PAGE];
    assert_eq!(ask(&bench, "put", &roles, &with, more).await.status, 200);
    let back = r#"{"roles": ["admin"]}"#;
    assert_eq!(ask(&bench, "put", &roles, &with, back).await.status, 403, "once");

    // With a second administrator there is somebody to ask.
    let other = bench.control.add_login(None, login("person.2@example.com", &["admin"])).await.unwrap();
    let again = NewBreakGlass { action: "set_login_roles".to_owned(), target: id, reason: "again".to_owned() };
    let refused = ask(&bench, "post", "/api/v1/break-glass", &with, &serde_json::to_string(&again).unwrap()).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "self_approval"));
    let theirs = format!("/api/v1/logins/{}/roles", other.id);
    assert_eq!(ask(&bench, "put", &theirs, &with, r#"{"roles": ["auditor"]}"#).await.status, 200, "another's");
}

#[tokio::test]
async fn an_address_asked_the_wrong_way_says_which_ways_there_are() {
    let bench = Bench::new().await;
    for (method, path, ways) in [("patch", "/api/v1/people", "GET,HEAD,POST"), ("get", "/api/v1/offers/x/send", "POST")]
    {
        let got = ask(&bench, method, path, &[], "").await;
        assert_eq!((got.status, got.code().as_str()), (405, "method_not_allowed"), "{got:?}");
        assert_eq!(got.headers["allow"], ways);
    }
    assert_eq!(ask(&bench, "get", "/api/v1/nothing", &[], "").await.status, 404);
}

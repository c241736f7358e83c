//! `/setup`: the first administrator by the code on the terminal, for people and for programs.

use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use purser_control::Role;

use crate::bench::Bench;
use crate::company::{Browser, Company, Got, PASSWORD};

const HTML: [(&str, &str); 1] = [("accept", "text/html,application/xhtml+xml")];
const EMAIL: &str = "person.1%40example.org";

/// A machine on which nobody was yet, and the code on its terminal.
async fn fresh() -> (Bench, Browser, String) {
    let bench = Bench::new().await;
    let code = bench.control.offer_setup().unwrap().unwrap().reveal().to_owned();
    let browser = Browser::new(&bench);
    (bench, browser, code)
}

fn form(code: &str, email: &str, password: &str) -> String {
    format!("code={code}&email={email}&password={}", password.replace(' ', "+"))
}

async fn page(browser: &Browser, path: &str) -> Got {
    browser.send("GET", path, &HTML, "").await
}

/// Does the page say something at this field, and is the field tied to it?
fn assert_wrong(got: &Got, status: u16, field: &str, sentence: &str) {
    assert_eq!(got.status, status, "{got:?}");
    let tied = format!("aria-invalid=\"true\" aria-describedby=\"{field}-problem\"");
    assert_eq!(got.text.matches("aria-invalid").count(), 1, "{got:?}");
    let says = got.text.split_once(&format!("id=\"{field}-problem\">")).map(|(_, rest)| rest);
    assert!(got.text.contains(&tied) && says.is_some_and(|says| says.starts_with(sentence)), "{field}: {}", got.text);
    assert!(got.header("set-cookie").is_empty() && !got.text.contains("pa-"), "{got:?}");
}

#[tokio::test]
async fn a_machine_that_nobody_looks_after_leads_there_and_to_the_demo() {
    let (bench, browser, _) = fresh().await;
    for path in ["/", "/login"] {
        let got = page(&browser, path).await;
        assert!(got.text.contains("<a href=\"/setup\">") && got.text.contains("purser demo"), "{path}: {got:?}");
    }
    let got = page(&browser, "/setup").await;
    assert_eq!(got.status, 200, "{got:?}");
    for wanted in ["meters every model call", "name=\"code\"", "name=\"email\"", "name=\"password\"", "purser demo"] {
        assert!(got.text.contains(wanted), "{wanted}: {}", got.text);
    }
    assert!(got.text.contains("good for 15 minutes") && got.text.contains("at least 15 characters"), "{got:?}");
    drop(bench);
    // Where somebody is, nothing leads there.
    let Company { bench, .. } = Company::new().await;
    for path in ["/", "/login"] {
        assert!(!page(&Browser::new(&bench), path).await.text.contains("/setup"), "{path}");
    }
}

#[tokio::test]
async fn the_code_makes_an_administrator_who_is_signed_in_and_has_a_key_once() {
    let (bench, browser, code) = fresh().await;
    let done = browser.post("/setup", &form(&code.to_uppercase(), EMAIL, PASSWORD)).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert!(done.text.contains("signed in as person.1@example.org"), "{done:?}");
    assert_eq!(done.header("cache-control"), "no-store");
    let key = done.text.split_once("<pre>pa-").map(|(_, rest)| rest.split('<').next().unwrap()).unwrap();
    let cookie = done.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");

    let bearer = format!("Bearer pa-{key}");
    let api = Browser::new(&bench).at_api(&bench);
    let people = api.send("GET", "/api/v1/people", &[("authorization", &bearer)], "").await;
    assert_eq!(people.status, 200, "the key is an administrator's");
    let cookie = [("cookie", cookie.split(';').next().unwrap())];
    for path in links(&done.text) {
        let got = browser.send("GET", &path, &cookie, "").await;
        // Nobody with a budget yet has nothing to connect; the page is there and says so.
        let expected = if path == "/me/connect" { 403 } else { 200 };
        assert_eq!(got.status, expected, "{path}: {got:?}");
    }
    // And later by the password.
    let got = browser.post("/login", &format!("email={EMAIL}&password={}", PASSWORD.replace(' ', "+"))).await;
    assert_eq!(got.status, 303, "{got:?}");

    // Twice: by the same code, and by whoever else comes.
    let again = browser.post("/setup", &form(&code, EMAIL, PASSWORD)).await;
    let looked = page(&browser, "/setup").await;
    for got in [again, looked] {
        assert_eq!(got.status, 410, "{got:?}");
        assert!(got.text.contains("set up already") && got.text.contains("href=\"/login\""), "{got:?}");
        assert!(!got.text.contains("pa-") && got.header("set-cookie").is_empty(), "the key is shown once");
    }
}

/// The pages that a page leads to.
fn links(text: &str) -> Vec<String> {
    let main = text.split_once("<main>").unwrap().1;
    let links: Vec<_> =
        main.split("<a href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    assert!(links.len() >= 4, "{links:?}");
    links
}

#[tokio::test]
async fn what_is_wrong_stands_at_its_field_and_uses_nothing_up() {
    let (_bench, browser, code) = fresh().await;
    let send =
        async |code: &str, email: &str, password: &str| browser.post("/setup", &form(code, email, password)).await;
    assert_wrong(&send("0000-0000-0000-0000", EMAIL, PASSWORD).await, 401, "code", "This is not the code");
    assert_wrong(&send("", "", "").await, 401, "code", "This is not the code");
    assert_wrong(&send(&code, "", PASSWORD).await, 400, "email", "A mail address");
    assert_wrong(&send(&code, "password", PASSWORD).await, 400, "email", "`password` is no mail address");
    assert_wrong(&send(&code, EMAIL, "short").await, 400, "password", "A password has at least 15 characters");
    let wrong = send(&code, EMAIL, "qwertyuiop qwertyuiop").await;
    assert_wrong(&wrong, 400, "password", "The password is one of those");
    assert!(wrong.text.contains(&format!("value=\"{code}\"")), "what was right stays: {}", wrong.text);
    assert!(wrong.text.contains("value=\"person.1@example.org\"") && !wrong.text.contains("qwerty"), "{}", wrong.text);
    let script = send("%22%3E%3Cscript%3E", "%22%3E%3Cscript%3E", PASSWORD).await;
    assert!(!script.text.contains("<script>"), "{}", script.text);
    assert_eq!(send(&code, EMAIL, PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_guesser_waits() {
    let (_bench, browser, _) = fresh().await;
    let mut last = browser.post("/setup", &form("0000-0000-0000-0000", EMAIL, PASSWORD)).await;
    for _ in 0..100 {
        if last.status == 429 {
            break;
        }
        last = browser.post("/setup", &form("0000-0000-0000-0000", EMAIL, PASSWORD)).await;
    }
    assert_wrong(&last, 429, "code", "Too many wrong codes");
}

#[tokio::test]
async fn a_form_of_another_site_changes_nothing() {
    let (_bench, browser, code) = fresh().await;
    let body = form(&code, EMAIL, PASSWORD);
    for headers in [&[][..], &[("sec-fetch-site", "cross-site")], &[("origin", "https://elsewhere.example")]] {
        let got = browser.send("POST", "/setup", headers, &body).await;
        assert_eq!(got.status, 403, "{headers:?}: {got:?}");
        assert!(got.text.contains("nothing was changed") && got.header("set-cookie").is_empty(), "{got:?}");
    }
    assert_eq!(browser.post("/setup", &body).await.status, 200, "the code is good still");
}

#[tokio::test]
async fn a_code_is_good_for_a_quarter_of_an_hour_and_then_the_page_says_what_to_do() {
    let (bench, browser, code) = fresh().await;
    bench.clock.set("2026-11-24T12:15:00Z");
    for got in [browser.post("/setup", &form(&code, EMAIL, PASSWORD)).await, page(&browser, "/setup").await] {
        assert_eq!(got.status, 410, "{got:?}");
        assert!(got.text.contains("Start <code>purser serve</code> again"), "{got:?}");
        assert!(got.text.contains("purser login add") && got.text.contains("href=\"/login\""), "{got:?}");
    }
    assert!(page(&browser, "/login").await.text.contains("href=\"/setup\""), "nobody is there yet");
    bench.control.offer_setup().unwrap().unwrap();
    assert_eq!(page(&browser, "/setup").await.status, 200);
}

/// One request of a program.
async fn program(bench: &Bench, method: &str, kind: &str, body: &str) -> Got {
    let request = Request::builder().method(method).uri("/setup").header("host", "localhost");
    let request = if kind.is_empty() { request } else { request.header("content-type", kind) };
    let service = TowerToHyperService::new(purser_web::router(&bench.control, None));
    let response = service.call(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let (status, headers): (_, HeaderMap) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    Got { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }
}

#[tokio::test]
async fn programs_get_what_they_got_before_there_were_pages() {
    let (bench, _, code) = fresh().await;
    let hint = program(&bench, "GET", "", "").await;
    assert_eq!((hint.status, hint.header("content-type")), (200, "text/plain; charset=utf-8"), "{hint:?}");
    assert!(hint.text.contains("curl -X POST"), "{hint:?}");
    let wrong = program(&bench, "POST", "application/json", r#"{"code": "0000-0000-0000-0000"}"#).await;
    assert!(wrong.status == 401 && wrong.text.contains("\"code\":\"unauthorized\""), "{wrong:?}");
    for kind in ["", "text/plain", "multipart/form-data; boundary=x"] {
        let got = program(&bench, "POST", kind, &format!(r#"{{"code": "{code}"}}"#)).await;
        assert!(got.status == 400 && got.header("content-type") == "application/json", "{kind}: {got:?}");
    }
    let made = program(&bench, "POST", "application/json; charset=utf-8", &format!(r#"{{"code": "{code}"}}"#)).await;
    assert_eq!((made.status, made.header("content-type")), (200, "application/json"), "{made:?}");
    let made: serde_json::Value = serde_json::from_str(&made.text).unwrap();
    assert!(made["key"].as_str().unwrap().starts_with("pa-") && made["login"].is_null(), "{made}");
    for (method, body) in [("GET", ""), ("POST", r#"{"code": "0000-0000-0000-0000"}"#)] {
        let gone = program(&bench, method, "application/json", body).await;
        assert!(gone.status == 410 && gone.text.contains("\"code\":\"gone\""), "{method}: {gone:?}");
    }
}

#[tokio::test]
async fn an_administrator_by_another_way_closes_it_and_no_role_opens_it() {
    let Company { bench, .. } = Company::new().await;
    for role in Role::ALL {
        let browser = Browser::of(&bench, role).await;
        let got = page(&browser, "/setup").await;
        assert!(got.status == 410 && got.text.contains("set up already"), "{role}: {got:?}");
        let got = browser.post("/setup", &form("0000-0000-0000-0000", EMAIL, PASSWORD)).await;
        assert_eq!(got.status, 410, "{role}: {got:?}");
    }
}

#[tokio::test]
async fn the_api_and_the_pages_share_a_listener() {
    let bench = Bench::new().await;
    // What `purser serve` serves; two answers to one address would be a panic here.
    let faces = purser_control::api::beside_pages(&bench.control).merge(purser_web::router(&bench.control, None));
    for path in ["/setup", "/healthz"] {
        let request = Request::builder().uri(path).header("host", "localhost").body(Body::empty()).unwrap();
        let response = TowerToHyperService::new(faces.clone()).call(request).await.unwrap();
        assert!([200, 410].contains(&response.status().as_u16()), "{path}: {response:?}");
    }
}

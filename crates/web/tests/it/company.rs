//! A company with somebody of each role, and a browser.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use purser_control::Role;
use purser_control::shape::{FundPool, MovePerson, NewLogin, NewOffer, NewPool, NewTopUp, NewUnit, Person};
use purser_core::id::RunId;
use purser_web::{MadeUp, WipeAsked, Wiping};
use tokio::sync::mpsc;

use crate::bench::Bench;
use crate::calls::{amount, hold, settle_as};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// What came back.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The hidden field of the first form that has it.
    pub(crate) fn field(&self, name: &str) -> String {
        let at = self.text.split_once(&format!("name=\"{name}\" value=\"")).map(|(_, rest)| rest);
        at.and_then(|rest| rest.split('"').next()).unwrap_or_else(|| panic!("no {name}: {}", self.text)).to_owned()
    }
}

/// A browser of somebody signed in, or of nobody yet.
#[derive(Clone)]
pub(crate) struct Browser {
    pages: Router,
    cookie: String,
}

impl Browser {
    pub(crate) fn new(bench: &Bench) -> Self {
        Self { pages: purser_web::router(&bench.control, None), cookie: String::new() }
    }

    pub(crate) async fn of(bench: &Bench, role: Role) -> Self {
        let mut browser = Self::new(bench);
        let email = email(role).replace('@', "%40");
        let body = format!("email={email}&password={}", PASSWORD.replace(' ', "+"));
        let got = browser.post("/login", &body).await;
        assert_eq!(got.status, 303, "{role}: {got:?}");
        let cookie = got.header("set-cookie");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        cookie.split(';').next().unwrap().clone_into(&mut browser.cookie);
        browser
    }

    /// The same session, were the company made up, and where its pages ask for its end.
    pub(crate) fn in_demo(&self, bench: &Bench) -> (Self, mpsc::Receiver<WipeAsked>) {
        let (ask, asked) = mpsc::channel(1);
        let wiping = Wiping { folder: "/srv/<made up>".to_owned(), ask };
        let demo = Some(MadeUp { logins: Vec::new(), wiping });
        (Self { pages: purser_web::router(&bench.control, demo), cookie: self.cookie.clone() }, asked)
    }

    /// Whoever asks a router that knows nobody.
    pub(crate) fn at(pages: Router) -> Self {
        Self { pages, cookie: String::new() }
    }

    /// The same session at the JSON API.
    pub(crate) fn at_api(&self, bench: &Bench) -> Self {
        Self { pages: bench.open_door(), cookie: self.cookie.clone() }
    }

    pub(crate) async fn get(&self, path: &str) -> Got {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Got {
        self.send("POST", path, &[("sec-fetch-site", "same-origin")], body).await
    }

    /// A form with the token of the session's own pages.
    pub(crate) async fn submit(&self, path: &str, fields: &str) -> Got {
        let page = self.get("/account").await;
        let (token, once) = (page.field("token"), page.field("once"));
        self.post(path, &format!("token={token}&once={once}&{fields}")).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Got {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        if method == "POST" {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        if !self.cookie.is_empty() {
            request = request.header("cookie", &self.cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = TowerToHyperService::new(self.pages.clone()).call(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = response.into_body();
        let is_followed = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let bytes = if is_followed {
            // It goes on for as long as it is looked at.
            body.frame().await.unwrap().unwrap().into_data().unwrap()
        } else {
            body.collect().await.unwrap().to_bytes()
        };
        Got { status, headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }
}

/// Has the local administrator do something over the API.
pub(crate) async fn local(bench: &Bench, method: &str, path: &str, body: &str) {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = TowerToHyperService::new(bench.local()).call(request).await.unwrap();
    assert_eq!(response.status(), 200, "{method} {path}");
}

pub(crate) fn email(role: Role) -> String {
    format!("{role}@example.org")
}

/// Somebody in a unit below the manager's, and somebody elsewhere.
pub(crate) struct Company {
    pub(crate) bench: Bench,
    pub(crate) near: Person,
    pub(crate) far: Person,
    /// The first one's id.
    pub(crate) near_id: String,
    /// What is theirs, and the manager's.
    pub(crate) nears: Things,
    pub(crate) fars: Things,
    pub(crate) managers: Things,
    /// The stop of a run of the first one, once there is one.
    pub(crate) stop: String,
    /// A draft of an offer.
    pub(crate) offer: String,
}

/// Ids of what is somebody's.
pub(crate) struct Things {
    pub(crate) run: String,
    pub(crate) key: String,
    pub(crate) grant: String,
    pub(crate) top_up: String,
}

impl Company {
    pub(crate) async fn new() -> Self {
        let bench = Bench::new().await;
        for (name, parent) in [("Engineering", None), ("Platform", Some("Engineering")), ("Sales", None)] {
            let (name, parent) = (name.to_owned(), parent.map(str::to_owned));
            let unit = NewUnit { name, parent, zone: "UTC".to_owned(), cost_centre: None };
            bench.control.add_unit(None, unit).await.unwrap();
        }
        let near = somebody(&bench, "Person 1", "Platform", "7.31/day").await;
        let far = somebody(&bench, "Person 2", "Sales", "9.87/day").await;
        let manager = somebody(&bench, "Person 3", "Engineering", "5.43/day").await;
        for role in Role::ALL {
            let (word, person) = match role {
                Role::Manager => (vec!["manager:Engineering".to_owned(), "employee".to_owned()], Some(&manager)),
                Role::Employee => (vec!["employee".to_owned()], Some(&near)),
                _ => (vec![role.to_string()], None),
            };
            let login = NewLogin {
                email: email(role),
                password: Some(PASSWORD.to_owned()),
                roles: word,
                person: person.map(|person| person.id.to_string()),
                issuer: None,
                subject: None,
            };
            bench.control.add_login(None, login).await.unwrap();
        }
        let (nears, fars) = (things(&bench, &near).await, things(&bench, &far).await);
        let managers = things(&bench, &manager).await;
        let near_id = near.id.to_string();
        let offer = drafted(&bench).await;
        Self { bench, near, far, near_id, nears, fars, managers, stop: String::new(), offer }
    }
}

/// A draft of an offer, with a pool that could pay for a guarantee.
async fn drafted(bench: &Bench) -> String {
    bench.control.adopt_role_presets(None).await.unwrap();
    let pool = NewPool { name: "Research".to_owned(), owner: "company".to_owned(), manager: None };
    bench.control.add_pool(None, pool).await.unwrap();
    let funds = FundPool { amount: amount("400000"), year: Some(2027) };
    bench.control.fund_pool(None, "Research", funds).await.unwrap();
    let content = r#"{"candidate":{"name":"Person 17"},"role":{"family":"engineering"},"zone":"UTC",
        "starts":"2027-01-04","expires":"2026-12-10","package":{"currency":"USD","salary":"300123"}}"#;
    let new = NewOffer { unit: None, content: serde_json::from_str(content).unwrap(), reason: None };
    let by = purser_core::offer::Who { actor: "lgn_a".parse().unwrap(), person: None };
    bench.control.draft_offer(None, by, new).await.unwrap().row.id.to_string()
}

/// A key, a run under way, the grant that pays for it, and an open request.
async fn things(bench: &Bench, of: &Person) -> Things {
    let key = bench.key(of).await;
    let run = RunId::new(of.id.get());
    settle_as(bench, hold(bench, &key, "1"), "0.25", |record| record.run = Some(run));
    let id = of.id.to_string();
    let grant = bench.control.grants(Some(&id)).unwrap().items.remove(0).id.to_string();
    let agent = bench.control.agent(key.key.as_deref().unwrap()).unwrap();
    let new = NewTopUp { amount: amount("3"), reason: "one more pass".to_owned(), until: None, purpose: None };
    let top_up = agent.request_top_up(new).await.unwrap().id.to_string();
    Things { run: run.to_string(), key: key.id.to_string(), grant, top_up }
}

async fn somebody(bench: &Bench, name: &str, unit: &str, grant: &str) -> Person {
    let person = bench.person(name).await;
    let moved = MovePerson { unit: unit.to_owned(), from: None };
    bench.control.move_person(None, &person.id.to_string(), moved).await.unwrap();
    bench.grant(&person, grant).await;
    person
}

//! A demo company that is served, and wiped from its own pages.

use serde_json::Value;

use crate::bench::{Bench, Served};

const WIPE: &str = "/demo/wipe";

/// The cookie of whoever signs in with a role of the demo company.
fn session(bench: &Bench, served: &Served, role: &str) -> String {
    let mark: Value = serde_json::from_slice(&std::fs::read(bench.data().join("demo.json")).unwrap()).unwrap();
    let login = mark["logins"].as_array().unwrap().iter().find(|login| login["role"] == role).unwrap();
    let text = |name: &str| login[name].as_str().unwrap().replace('@', "%40").replace(' ', "+");
    let form = format!("email={}&password={}", text("email"), text("password"));
    let (status, head, page) = served.browse("POST", "/login", "", &form);
    assert_eq!(status, 303, "{role}: {page}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// A form with the fields of the session's own page.
fn submit(served: &Served, path: &str, page: &str, cookie: &str) -> (u16, String, String) {
    let (_, _, page) = served.browse("GET", page, cookie, "");
    let field = |name: &str| {
        let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split('"').next().unwrap()
    };
    served.browse("POST", path, cookie, &format!("token={}&once={}", field("token"), field("once")))
}

#[test]
fn an_administrator_wipes_a_demo_from_its_pages_and_purser_ends_well() {
    let bench = Bench::new();
    let made = bench.run(&["demo", "company", "--months", "1", "--until", "2026-11-27"]);
    assert_eq!(made.code, 0, "{made:?}");
    std::fs::write(bench.folder().join("theirs"), "theirs").unwrap();
    let served = bench.serve();

    let employee = session(&bench, &served, "employee");
    let (status, _, page) = served.browse("GET", WIPE, &employee, "");
    assert!(status == 403 && page.contains("Not for you"), "{page}");
    let (status, _, page) = submit(&served, WIPE, "/me", &employee);
    assert_eq!(status, 403, "{page}");
    let (status, head, _) = served.browse("POST", WIPE, "", "");
    assert!(status == 303 && head.contains("location: /login"), "{head}");

    let admin = session(&bench, &served, "admin");
    let (status, _, page) = served.browse("GET", WIPE, &admin, "");
    assert!(status == 200 && page.contains("<code>purser-data</code>"), "{page}");
    let (status, _, page) = served.browse("POST", WIPE, &admin, "token=made-up");
    assert!(status == 403 && bench.data().join("format").exists(), "{page}");
    let (status, head, page) = submit(&served, WIPE, WIPE, &admin);
    assert!(status == 303 && head.contains("location: /demo/gone"), "{head}{page}");
    let (status, _, page) = served.browse("GET", "/demo/gone", &admin, "");
    assert!(status == 200 && page.contains("Everything in <code>purser-data</code> was removed"), "{page}");
    assert!(page.contains("<pre>purser serve</pre>"), "{page}");
    let (code, said) = served.ended();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("wiped: purser-data; nobody in that company existed. `purser serve` begins"), "{said}");
    assert!(!said.contains("ERROR"), "{said}");
    assert!(!bench.data().exists() && bench.folder().join("theirs").exists());

    // What is begun then is real, and has no such page.
    let served = bench.serve();
    for (status, _, page) in [served.browse("GET", WIPE, "", ""), served.browse("POST", WIPE, "", "")] {
        assert_eq!(status, 404, "{page}");
    }
    let (code, said) = served.stop();
    assert!(code == 0 && said.contains("data folder: purser-data, new"), "{said}");
    bench.refused(&["demo", "wipe"], 1, "is not marked as made up, so it stays");
    assert!(bench.data().exists());
}

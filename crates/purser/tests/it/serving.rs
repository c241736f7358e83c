//! A running `serve`: what it says, who may ask it, and that a restart keeps everything.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::bench::Bench;

#[test]
fn a_newcomer_is_told_what_to_do_next() {
    let bench = Bench::new();
    let mut served = bench.serve();
    served.line_with("purser person add NAME");
    served.line_with("OPENAI_BASE_URL=http://");
    let (code, said) = served.stop();
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("providers: none yet; set one of ANTHROPIC_API_KEY"), "{said}");
    assert!(said.contains("told to end"), "{said}");
    assert!(!bench.data().join("purser.sock").exists(), "the socket goes with its process");
}

#[test]
fn commands_reach_the_running_process_and_a_restart_keeps_all() {
    let bench = Bench::new();
    let served = bench.serve();
    let person = bench.json(&["person", "add", "The analyst", "--zone", "America/New_York"]);
    let id = person["id"].as_str().unwrap();
    bench.json(&["grant", "add", "The analyst", "20/day"]);
    let key = bench.json(&["key", "add", "The analyst"]);
    bench.json(&["key", "revoke", key["id"].as_str().unwrap()]);
    assert_eq!(bench.json(&["verify"])["good"], true, "verify reads beside a running process");
    served.kill();

    let balance = bench.json(&["balance"]);
    assert_eq!(balance[0]["available"], "20.00", "after a crash, without serve");
    let served = bench.serve();
    assert_eq!(bench.json(&["person", "show", id])["name"], "The analyst");
    assert_eq!(bench.json(&["key", "list"])[0]["active"], false);
    let (code, said) = served.stop();
    assert_eq!(code, 0, "{said}");
}

#[test]
fn a_second_serve_is_refused() {
    let bench = Bench::new();
    let served = bench.serve();
    bench.refused(&["serve"], 1, "in use by another Purser");
    drop(served);
}

#[test]
fn the_socket_is_its_owners() {
    let bench = Bench::new();
    let served = bench.serve();
    let mode = std::fs::metadata(bench.data().join("purser.sock")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(served);
}

#[test]
fn the_first_administrator_by_a_code_that_works_once() {
    let bench = Bench::new();
    let mut served = bench.serve();
    let line = served.line_with("first administrator:");
    let code = line.split("code ").nth(1).unwrap().split(' ').next().unwrap().to_owned();

    assert_eq!(served.http("GET", "/api/v1/people", None, "").0, 401);
    assert_eq!(served.http("POST", "/setup", None, r#"{"code": "0000-0000-0000-0000"}"#).0, 401);
    let (status, body) = served.http("POST", "/setup", None, &format!(r#"{{"code": "{code}"}}"#));
    assert_eq!(status, 200, "{body}");
    let key: Value = serde_json::from_str(&body).unwrap();
    let key = key["key"].as_str().unwrap();
    assert_eq!(served.http("POST", "/setup", None, &format!(r#"{{"code": "{code}"}}"#)).0, 410, "once");
    assert_eq!(served.http("GET", "/setup", None, "").0, 410, "gone");

    assert_eq!(served.http("GET", "/api/v1/people", Some(key), "").0, 200);
    assert_eq!(served.http("GET", "/api/v1/people", Some("pa-wrong"), "").0, 401);
    let id = bench.json(&["admin-key", "list"])[0]["id"].as_str().unwrap().to_owned();
    bench.json(&["admin-key", "revoke", &id]);
    assert_eq!(served.http("GET", "/api/v1/people", Some(key), "").0, 401, "revoked at once");
    assert_eq!(served.http("GET", "/setup", None, "").0, 410, "and setup stays gone");
}

#[test]
fn every_endpoint_on_tcp_asks_for_a_key() {
    let bench = Bench::new();
    let served = bench.serve();
    for endpoint in purser_control::api::ENDPOINTS {
        let (method, path) = (endpoint.method.to_uppercase(), endpoint.path.replace("{id}", "x"));
        let (status, body) = served.http(&method, &path, None, "{}");
        let signs_in = endpoint.permission.is_none();
        assert_eq!(status, if signs_in { 400 } else { 401 }, "{method} {path}: {body}");
    }
    assert_eq!(served.http("GET", "/healthz", None, "").0, 200);
    assert_eq!(served.http("GET", "/", None, "").0, 200);
    let (status, body) = served.http("GET", "/nowhere", None, "");
    assert_eq!(status, 404, "{body}");
    assert!(body.contains("\"code\":\"not_found\""), "{body}");
}

#[test]
fn a_port_that_is_taken_names_the_field_to_change() {
    let bench = Bench::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for (taken, free) in [("control", "gateway"), ("gateway", "control")] {
        bench.configure(&format!("[listen]\n{taken} = \"{address}\"\n{free} = \"127.0.0.1:0\"\n"));
        let done = bench.run(&["serve"]);
        assert_eq!(done.code, 1, "{done:?}");
        assert!(done.err.contains(&format!("listen.{taken} in purser.toml chooses another address")), "{done:?}");
        assert!(!bench.data().join("purser.sock").exists(), "nothing is left behind");
    }
}

#[test]
fn a_newcomer_makes_their_own_key_by_a_link() {
    let bench = Bench::new();
    bench.configure(
        "[listen]\ngateway = \"127.0.0.1:0\"\ncontrol = \"127.0.0.1:0\"\ngateway_url = \"https://ai.example.com\"\n\
         control_url = \"https://purser.example.com/\"\n",
    );
    let served = bench.serve();
    bench.json(&["person", "add", "The <analyst>", "--zone", "America/New_York"]);
    let link = bench.run(&["activation", "add", "The <analyst>"]);
    assert!(link.err.contains("It makes a key, once, from now on."), "{link:?}");
    let path = link.out.trim().strip_prefix("https://purser.example.com").unwrap().to_owned();

    // Looking uses nothing up, whoever looks.
    for _ in 0..2 {
        let (status, page) = served.page("GET", &path);
        assert_eq!(status, 200, "{page}");
        assert!(page.contains("<form method=\"post\">") && page.contains("The &#60;analyst&#62;"), "{page}");
    }
    let (status, page) = served.page("POST", &path);
    assert_eq!(status, 200, "{page}");
    let key = page.split("<pre>").nth(1).unwrap().split("</pre>").next().unwrap().to_owned();
    assert!(page.contains("OPENAI_BASE_URL=https://ai.example.com/v1"), "{page}");
    let (status, said) = served.call("/v1/messages", &key, "{}");
    assert_ne!(status, 401, "the gateway knows the key: {said}");
    // Programs get JSON.
    let (status, body) = served.http("POST", &path, None, "");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &body["key"]["key"]), (200, &key.into()));
    assert_eq!(bench.json(&["activation", "list"])[0]["state"], "used");

    let (status, page) = served.page("GET", "/activate/pl-none");
    assert!(status == 404 && page.contains("There is no such link"), "{page}");
    let (code, said) = served.stop();
    assert!(code == 0 && !said.contains(&path[10..]), "no secret in the log: {said}");
}

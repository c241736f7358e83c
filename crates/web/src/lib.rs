//! Pages for people: server-rendered, readable without scripts, asking nothing of any other host.
//!
//! **Model.** A page is a function of figures that `control` hands over, to text.
//!
//! **Owns** HTML and its style.
//!
//! **Does not own** decisions and figures (`control`), connections (`control`'s listeners carry this router).
//!
//! **Invariants.** No request leaves for another host. Every text that people wrote is escaped. What matters works
//! without scripts.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;

/// What the first page says about this Purser.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Where model calls go: `http://127.0.0.1:4141`.
    pub gateway: String,
}

/// The pages. Open to whoever reaches the listener: nothing on them is secret.
pub fn router(facts: &Facts) -> Router {
    let page = front_page(facts);
    Router::new().route("/", get(move || async move { html(page) }))
}

fn html(page: String) -> impl IntoResponse {
    let head = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    ];
    (head, page)
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}\
code,pre{font-family:ui-monospace,monospace}\
pre{overflow-x:auto;padding:.75rem 1rem;border:1px solid;border-radius:.25rem}";

fn front_page(facts: &Facts) -> String {
    let gateway = escape(&facts.gateway);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>Purser</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>Purser is running</h1>\n\
         <p>It meters every model call and holds it within a person's budget before the money is spent.</p>\n\
         <h2>Make calls</h2>\n<p>Point any client at the gateway and give it a Purser key:</p>\n\
         <pre>ANTHROPIC_BASE_URL={gateway}\nOPENAI_BASE_URL={gateway}/v1</pre>\n\
         <h2>Look after it</h2>\n<p>On the machine it runs on:</p>\n\
         <pre>purser person add NAME --zone Europe/Berlin\npurser grant add NAME 20/day\npurser key add NAME\npurser balance\npurser --help</pre>\n\
         <p>Programs use the API under <code>/api/v1/</code> with an administrator's key\n\
         (<code>purser admin-key add</code>); <code>/healthz</code> says whether all is well.</p>\n\
         </main>\n</body>\n</html>\n"
    )
}

/// Text as it may stand in a page.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_page_names_the_gateway_and_no_other_host() {
        let page = front_page(&Facts { gateway: "http://127.0.0.1:4141/<x>".to_owned() });
        assert!(page.contains("OPENAI_BASE_URL=http://127.0.0.1:4141/&lt;x&gt;/v1"), "{page}");
        let addresses = page.matches("://").count();
        assert_eq!(addresses, page.matches("http://127.0.0.1:4141").count(), "every address is the gateway's");
    }
}

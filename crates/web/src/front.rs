//! The first page: that Purser runs, and what to do with it.

use axum::extract::State;
use axum::response::{Html, IntoResponse};
use purser_control::Control;

use crate::page::{HEAD, escaped, page};

pub(crate) async fn front(State(control): State<Control>) -> impl IntoResponse {
    (HEAD, Html(told(&control.status().gateway.unwrap_or_default())))
}

fn told(gateway: &str) -> String {
    let gateway = escaped(gateway);
    let body = format!(
        "<p>It meters every model call and holds it within a person's budget before the money is spent.</p>\n\
         <h2>Make calls</h2>\n<p>Point any client at the gateway and give it a Purser key:</p>\n\
         <pre>ANTHROPIC_BASE_URL={gateway}\nOPENAI_BASE_URL={gateway}/v1</pre>\n\
         <h2>Look after it</h2>\n<p>On the machine it runs on:</p>\n\
         <pre>purser person add NAME --zone Europe/Berlin\npurser grant add NAME 20/day\npurser activation add NAME\n\
         purser balance\npurser --help</pre>\n\
         <p>Programs use the API under <code>/api/v1/</code> with an administrator's key\n\
         (<code>purser admin-key add</code>); <code>/healthz</code> says whether all is well.</p>"
    );
    page("Purser is running", &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_page_names_the_gateway_and_no_other_host() {
        let page = told("http://127.0.0.1:4141/<x>");
        assert!(page.contains("OPENAI_BASE_URL=http://127.0.0.1:4141/&lt;x&gt;/v1"), "{page}");
        let addresses = page.matches("://").count();
        assert_eq!(addresses, page.matches("http://127.0.0.1:4141").count(), "every address is the gateway's");
    }
}

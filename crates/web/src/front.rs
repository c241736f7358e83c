//! The first page: that Purser runs, what to do with it, and at first who is to look after it.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use purser_control::SetupStands;
use purser_control::shape::Present;

use crate::Web;
use crate::ask::{Ask, to};
use crate::nav::home;
use crate::page;
use crate::say::escaped;
use crate::visitor::see;

/// `GET /`: whoever is signed in begins where their work is.
pub(crate) async fn front(State(web): State<Web>, headers: HeaderMap) -> Response {
    if let Ok(me) = Ask::new(&web.api, &headers).get::<Present>(&to(&["session"])).await {
        return see(home(&me));
    }
    let gateway = web.control.status().gateway.unwrap_or_default();
    page::of(&web, StatusCode::OK, "Purser is running", told(&gateway, web.control.setup_stands()))
}

/// The way to `/setup` for whoever finds a Purser that nobody looks after yet; nothing afterwards.
pub(crate) const fn set_up_first(stands: SetupStands) -> &'static str {
    match stands {
        SetupStands::Over => "",
        SetupStands::Open | SetupStands::Lapsed => {
            "<p class=\"note\">Nobody looks after this Purser yet. <a href=\"/setup\">Set it up</a> with the code that \
             <code>purser serve</code> printed. Only looking around? <code>purser demo</code> shows a company that does not \
             exist.</p>\n"
        }
    }
}

fn told(gateway: &str, stands: SetupStands) -> String {
    let (gateway, first) = (escaped(gateway), set_up_first(stands));
    format!(
        "<p class=\"lead\">It meters every model call and holds it within a person's budget before the money is spent.</p>\n\
         {first}<p><a class=\"button first\" href=\"/login\">Sign in</a></p>\n\
         <h2>Make calls</h2>\n<p>Point any client at the gateway and give it a Purser key:</p>\n\
         <pre>ANTHROPIC_BASE_URL={gateway}\nOPENAI_BASE_URL={gateway}/v1</pre>\n\
         <h2>Look after it</h2>\n<p>On the machine it runs on:</p>\n\
         <pre>purser person add NAME --zone Europe/Berlin\npurser grant add NAME 20/day\npurser activation add NAME\n\
         purser balance\npurser --help</pre>\n\
         <p>Programs use the API under <code>/api/v1/</code> with an administrator's key\n\
         (<code>purser admin-key add</code>); <code>/healthz</code> says whether all is well.</p>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_page_names_the_gateway_and_no_other_host() {
        let page = told("http://127.0.0.1:4141/<x>", SetupStands::Open);
        assert!(page.contains("OPENAI_BASE_URL=http://127.0.0.1:4141/&lt;x&gt;/v1"), "{page}");
        let addresses = page.matches("://").count();
        assert!(page.contains("href=\"/setup\""), "{page}");
        assert!(!told("", SetupStands::Over).contains("/setup"));
        assert_eq!(addresses, page.matches("http://127.0.0.1:4141").count(), "every address is the gateway's");
    }
}

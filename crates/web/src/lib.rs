//! Pages for people: server-rendered, readable without scripts, asking nothing of any other host.
//!
//! **Model.** A page asks the JSON API, in this process and with its visitor's own session ([ADR 30]), and writes what
//! the API answers. A form that comes back becomes a request to the API, and then a redirect or the same form with what
//! was wrong.
//!
//! **Owns** HTML, styles, scripts, how figures are written, and that forms come from Purser's own pages.
//!
//! **Does not own** decisions and figures (`control`), connections (`control`'s listeners carry this router).
//!
//! **Invariants.** No request leaves for another host. Every text that people wrote is escaped. What matters works
//! without scripts. A page shows nothing that the API would not give to the same visitor.
//!
//! # How to add a page
//!
//! 1. A line in the table of `routes.rs`: method, path, handler, who it is for. The test of routes and roles
//!    (`tests/it/matrix.rs`) walks that table and fails until the page answers as the line says.
//! 2. A file in `pages/AREA.rs` or `pages/AREA/NAME.rs`. A `GET` takes a `Visitor`, asks with
//!    `visitor.ask.get(&to(&["pools"]))` for a type of `purser_control::shape`, builds a struct with
//!    `#[derive(Template)]` and a `frame` field (`visitor.frame("Title")`), and gives it to `visitor.answer`. What the API
//!    refuses becomes a page by the same call.
//! 3. A template in `templates/AREA/NAME.html` that extends `frame/frame.html` and fills the block `main`. Its title is
//!    the `h1`; begin with `h2`. Tables have a caption, `scope` on their heads, `class="number"` on figures, and stand in
//!    a `<div class="table" tabindex="0" role="region" aria-label="Table: …">` so that they scroll by themselves.
//! 4. Figures through `say` only: `money`, `tokens`, `when`, `day`.
//! 5. A form posts to a path of its own, carries `{{ frame.hidden("what") }}`, and its handler takes a `Sent`, asks with
//!    `ask.done(Method::POST, &to(…), &sent.once, &body)`, and answers with `see("/where?done=word")`; `frame.having` says
//!    the word's sentence. What was wrong goes back beside its field: see `pages/me/requests.rs`.
//! 6. An entry of `nav.rs`: an area at the left (at most seven for any role) or a tab in one.
//! 7. Its address in `tests/pages/pages.json`: that visits it in both themes, with axe and a screenshot.
//!
//! A list that is worked through row by row opens its rows at its right: see `drawer.rs`.
//!
//! Styles are in `assets/css`, one file per concern, with the tokens of `tokens.css` and no other colours or sizes; no
//! `style` attribute and no inline handler passes the content-security policy. SVG is styled by classes and presentation
//! attributes. Charts are made by [`chart::svg`], from figures that the API gave; a template writes
//! `Markup::new(figure.html())`.
//!
//! [ADR 30]: ../../../docs/adr/0030-pages-ask-the-api.md

mod activate;
mod address;
mod ask;
mod assets;
pub mod chart;
mod csv;
mod demo;
mod drawer;
mod form;
mod frame;
mod front;
mod live;
mod nav;
mod page;
mod pages;
mod routes;
mod say;
mod secure;
mod visitor;
mod written;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use purser_control::{Control, api};

pub use demo::{Demo, DemoLogin, MadeUp, WipeAsked, Wiping};
pub use pages::demo::{GONE, last_page};
pub use routes::{DEMO_PAGES, Needs, PAGES, Page};

/// What every page stands on.
#[derive(Clone)]
pub(crate) struct Web {
    /// For what is open to everybody.
    pub(crate) control: Control,
    /// The API with its gate.
    pub(crate) api: Router,
    /// Who may sign in to a made-up company.
    pub(crate) demo: Arc<Option<Vec<DemoLogin>>>,
    /// How a made-up company is wiped.
    pub(crate) wiping: Option<Wiping>,
}

impl FromRef<Web> for Control {
    fn from_ref(web: &Web) -> Self {
        web.control.clone()
    }
}

/// The pages. The front page and the sign-in page are open to whoever reaches the listener: nothing on them is secret.
/// The page of a link asks for the link's own secret, every other one for a session. A company that is not made up has no
/// page on which it is wiped.
pub fn router(control: &Control, demo: Demo) -> Router {
    let mut all = routes::routes();
    if demo.is_some() {
        all = all.merge(routes::demo_routes());
    }
    let (logins, wiping) = demo.map(|MadeUp { logins, wiping }| (logins, wiping)).unzip();
    let web = Web { control: control.clone(), api: api::open(control), demo: Arc::new(logins), wiping };
    all.route("/assets/{version}/{name}", axum::routing::get(assets::asset)).with_state(web)
}

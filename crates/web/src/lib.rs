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

mod activate;
mod front;
mod page;

use axum::Router;
use axum::routing::get;
use purser_control::Control;

/// The pages. The front page is open to whoever reaches the listener: nothing on it is secret. The page of a link asks for
/// the link's own secret.
pub fn router(control: &Control) -> Router {
    Router::new()
        .route("/", get(front::front))
        .route("/activate/{secret}", get(activate::look).post(activate::activate))
        .with_state(control.clone())
}

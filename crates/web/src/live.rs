//! `/me/live`: the figures of `/me` while they change, as server-sent events.
//!
//! An event has the figures that the page shows, as text and exactly; it is sent when one of them is another one than
//! before. The page works without it. What is watched ends by itself after half an hour, so that a forgotten page does not
//! keep its session alive.

use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use purser_control::shape::{Balance, Page};
use purser_core::money::{Currency, Nano};
use serde_json::{Value, json};

use crate::ask::{Ask, to};
use crate::say::{money_text, percent};
use crate::secure::{self, Refer};
use crate::visitor::Visitor;
use crate::written::{Piece, Writing, Written};

/// How often the figures are looked at.
const EVERY: Duration = Duration::from_secs(2);
/// Looks without a change after which a line is sent nevertheless, so that nobody on the way takes the connection for dead.
const QUIET_MAX: u32 = 7;
/// Looks until it ends.
const LOOKS_MAX: u32 = 900;

struct Watched {
    ask: Ask,
    person: String,
    currency: Currency,
    /// What was sent last.
    sent: Value,
    looks: u32,
}

/// `GET /me/live`
pub(crate) async fn live(visitor: Visitor) -> Response {
    let person = match visitor.own() {
        Ok(person) => person.id.to_string(),
        Err(problem) => return visitor.refuse(problem),
    };
    let Visitor { ask, currency, nonce, .. } = visitor;
    let watched = Watched { ask, person, currency, sent: Value::Null, looks: 0 };
    let mut response = Body::new(Written::new(watched, Watched::next)).into_response();
    let headers = response.headers_mut();
    secure::protect(headers, &nonce, Refer::Nobody);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

impl Watched {
    fn next(self) -> Writing<Self> {
        Box::pin(self.piece())
    }

    async fn piece(mut self) -> Piece<Self> {
        for _ in 0..QUIET_MAX {
            if self.looks > 0 {
                tokio::time::sleep(EVERY).await;
            }
            self.looks += 1;
            if self.looks > LOOKS_MAX {
                return Ok(None);
            }
            // Signed out, or a right was taken: there is nothing more to see.
            let Ok(balances) = self.ask.get::<Page<Balance>>(&to(&["balances"]).with("person", &self.person)).await
            else {
                return Ok(None);
            };
            let now = figures(balances.items.first(), &self.currency);
            if now != self.sent {
                let event = format!("data: {now}\n\n");
                self.sent = now;
                return Ok(Some((event, self)));
            }
        }
        Ok(Some((":\n\n".to_owned(), self)))
    }
}

/// What the page shows of a balance.
fn figures(balance: Option<&Balance>, currency: &Currency) -> Value {
    let funds = balance.map(|balance| balance.funds).unwrap_or_default();
    let spendable = balance.map_or(Nano::ZERO, |balance| balance.spendable);
    let used = funds.posted.saturating_add(funds.suspense);
    let figure = |amount: Nano| json!({"text": money_text(amount, currency), "value": amount.to_string()});
    json!({
        "left": figure(spendable),
        "used": figure(used),
        "held": figure(funds.held),
        "percent": percent(used.saturating_add(funds.held), funds.limit),
    })
}

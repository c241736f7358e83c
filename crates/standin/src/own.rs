//! The stand-in's own pages: its journal, and faults for calls to come.

use crate::desk::Desk;
use crate::head::{Head, query_value};
use crate::reel::Reel;
use crate::reply::Reply;

impl Desk {
    /// `GET /standin/journal?since=SEQ`: totals, and the calls from that number on.
    pub(crate) fn journal_page(&self, head: &Head, reel: &mut Reel) -> Reply {
        let since = query_value(&head.query, "since").and_then(|seq| seq.parse().ok()).unwrap_or(0);
        let page = serde_json::json!({
            "totals": self.journal.totals(),
            "calls": self.journal.calls_since(since),
        });
        reel.pen().raw(&page.to_string());
        reel.end_frame(0, 0);
        Reply::json(200)
    }

    /// `PUT /standin/fault?calls=N`, the body a script: the next N calls (all, without `calls`) are answered by it. An
    /// empty body ends what was injected before.
    pub(crate) fn fault_page(&self, head: &Head, body: &[u8], reel: &mut Reel) -> Reply {
        let calls = query_value(&head.query, "calls").map(str::parse).transpose();
        let text = str::from_utf8(body).unwrap_or("not text").trim();
        let (status, page) = match (text.parse(), calls) {
            (Err(error), _) => (400, serde_json::json!({ "error": format!("{error}") })),
            (Ok(_), Err(_)) => (400, serde_json::json!({ "error": "calls is not a number" })),
            (Ok(script), Ok(calls)) => {
                self.inject(script, if text.is_empty() { Some(0) } else { calls });
                (200, serde_json::json!({}))
            }
        };
        reel.pen().raw(&page.to_string());
        reel.end_frame(0, 0);
        Reply::json(status)
    }
}

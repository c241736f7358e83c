//! What is one's own: today, runs, grants, requests, tools.

pub(crate) mod connect;
mod denial;
pub(crate) mod grants;
mod lasting;
pub(crate) mod requests;
pub(crate) mod runs;
pub(crate) mod today;

/// What was just done, in words: the word goes along in the address, so that it is no text that somebody made up.
pub(crate) fn done(word: &str) -> Option<&'static str> {
    match word {
        "stopped" => Some("The run is stopped: its calls under way are cut, and no new one is let through."),
        "resumed" => Some("The run may go on."),
        "waits" => Some("Lifting this stop takes a second person; it was asked for."),
        "confirmed" => Some("Noted: somebody watches over this run."),
        "asked" => Some("Your request is on its way."),
        "approved" => Some("Your request is approved: the money is there now."),
        "cancelled" => Some("Your request is taken back."),
        _ => None,
    }
}

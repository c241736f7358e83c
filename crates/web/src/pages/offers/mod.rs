//! Offers, for the people who make and approve them.

pub(crate) mod act;
pub(crate) mod board;
pub(crate) mod edit;
mod fill;
mod inputs;
pub(crate) mod letter;
mod meaning;

use purser_control::shape::OfferFlag;

/// A state, as people say it, and how it is marked.
fn state(word: &str) -> (&'static str, &'static str) {
    match word {
        "draft" => ("draft", ""),
        "approval" => ("waits for approval", "warn"),
        "approved" => ("approved, not sent", "good"),
        "sent" => ("sent", "warn"),
        "viewed" => ("looked at", "warn"),
        "countered" => ("countered", "warn"),
        "accepted" => ("accepted", "good"),
        "declined" => ("declined", "bad"),
        "expired" => ("not answered", "bad"),
        "withdrawn" => ("taken back", ""),
        _ => ("in a state that this page does not know", ""),
    }
}

/// How a finding is marked, by how bad it is.
fn mark(severity: &str) -> &'static str {
    match severity {
        "error" => "bad",
        "warning" => "warn",
        _ => "",
    }
}

/// A flag in a list: its code, its mark, and what it is about.
fn flag(flag: &OfferFlag) -> (String, &'static str, String) {
    (flag.code.clone(), mark(&flag.severity), flag.short.clone())
}

/// What was just done with an offer.
fn done(word: &str) -> Option<&'static str> {
    match word {
        "drafted" => Some("The first version is written."),
        "saved" => Some("Another version is written."),
        "submitted" => Some("It is up for approval, or approved where nobody has to."),
        "approved" => Some("Approved."),
        "returned" => Some("Not approved: it is a draft again, with your note."),
        "sent" => Some("Sent. The candidate's link is below: copy it now."),
        "sent-bare" => Some("Sent, but without a link for the candidate: make one below."),
        "resent" => Some("Sent. The candidate's link from before shows it; another one can be made below."),
        "withdrawn" => Some("Taken back: what was set aside for it is free again."),
        "revoked" => Some("The link no longer works."),
        "answered" => Some("Answered: the candidate reads it on their page."),
        _ => None,
    }
}

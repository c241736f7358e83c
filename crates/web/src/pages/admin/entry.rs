//! One entry of the trail, at the right of the list: all that it says, and where what it names is.

use askama::Template;
use purser_control::shape::{AuditEntry, AuditPage};
use purser_control::{Code, Problem};

use super::audit::became;
use crate::address::Address;
use crate::ask::to;
use crate::drawer::{Detail, Place};
use crate::say::{Markup, count, escaped, when};
use crate::visitor::Visitor;

/// Where things with a page of their own are, by the prefix of their ids.
const PAGES: [(&str, &str); 6] = [
    ("per_", "/people/"),
    ("run_", "/runs/"),
    ("grt_", "/grants/"),
    ("top_", "/approvals/"),
    ("ofr_", "/offers/"),
    ("pol_", "/pools/"),
];

#[derive(Template)]
#[template(path = "admin/entry.html")]
struct EntryDetail {
    place: Place,
    outcome: &'static str,
    mark: &'static str,
    facts: Vec<(&'static str, Markup)>,
    targets: Vec<Target>,
    contents: Vec<(String, String)>,
    /// Filters of the trail: words and address.
    filters: Vec<(&'static str, String)>,
}

/// What it was done with.
struct Target {
    id: String,
    page: Option<String>,
    filter: String,
}

/// What the entry says that is this record of the journal.
///
/// # Errors
/// What the API says; that there is no such entry.
pub(super) async fn detail(visitor: &Visitor, record: &str, place: Place) -> Result<Detail, Problem> {
    let nothing = || Problem {
        code: Code::NotFound,
        message: format!("record {record} of the journal is no entry of the trail"),
        hint: Some("the list has the records' numbers in its last column".to_owned()),
    };
    let wanted: u64 = record.parse().map_err(|_| nothing())?;
    let after = wanted.checked_add(1).ok_or_else(nothing)?;
    let page: AuditPage = visitor.ask.get(&to(&["audit"]).with("before", after)).await?;
    let entry = page.items.into_iter().next().filter(|entry| entry.entry == wanted).ok_or_else(nothing)?;
    let (outcome, mark) = became(entry.outcome);
    let body = EntryDetail {
        place,
        outcome,
        mark,
        facts: facts(&entry, visitor),
        targets: entry.targets.iter().map(|id| target(id)).collect(),
        filters: vec![
            ("Everything by the same", filtered("actor", &entry.actor)),
            ("Everything of this kind", filtered("action", &entry.action)),
        ],
        contents: entry.contents.clone(),
    };
    let mut title = crate::say::sentence(&entry.action.replace('_', " "));
    title.truncate(title.trim_end_matches('.').len());
    Detail::try_new(title, None, &body)
}

fn facts(entry: &AuditEntry, visitor: &Visitor) -> Vec<(&'static str, Markup)> {
    let code = |text: &str| Markup::new(format!("<code>{}</code>", escaped(text)));
    let text = |text: &str| Markup::new(escaped(text));
    let who = match &entry.actor_name {
        Some(name) => Markup::new(format!("{} {}", escaped(name), code(&entry.actor))),
        None => code(&entry.actor),
    };
    let mut facts = vec![("When", when(entry.at, &visitor.zone, visitor.now)), ("By", who)];
    let person = |id: &dyn std::fmt::Display| {
        let id = escaped(&id.to_string());
        Markup::new(format!("<a href=\"/people/{id}\"><code>{id}</code></a>"))
    };
    facts.extend(entry.person.map(|id| ("Who is", person(&id))));
    facts.extend(entry.on_behalf_of.map(|id| ("On behalf of", person(&id))));
    facts.extend(entry.reason.as_deref().map(|why| ("Why", text(why))));
    facts.extend(entry.code.and_then(word).map(|word| ("Refused as", text(&word))));
    facts.push(("Record of the journal", Markup::new(count(entry.entry))));
    facts.push(("Entry", code(&entry.id.to_string())));
    facts.extend(entry.change.map(|change| ("Its change", code(&change.to_string()))));
    facts.extend(entry.record.as_deref().map(|hash| ("Keyed hash of what it made", code(hash))));
    facts
}

/// The API's own word for a refusal.
fn word(code: Code) -> Option<String> {
    serde_json::to_value(code).ok()?.as_str().map(|word| word.replace('_', " "))
}

fn target(id: &str) -> Target {
    let page = PAGES.iter().find(|(prefix, _)| id.starts_with(prefix)).map(|(_, path)| {
        let mut page = (*path).to_owned();
        crate::ask::escape(id, &mut page);
        page
    });
    Target { id: id.to_owned(), page, filter: filtered("target", id) }
}

fn filtered(name: &str, value: &str) -> String {
    Address::of("/admin/audit").with(name, value).to_string()
}

//! Drawers: what there is to know of one thing of a list, at the right of the list.
//!
//! A drawer is a part of the list's own address: `?…&open=ID` beside whatever else the list is asked. The server writes
//! both, so that it works without scripts, can be sent to somebody and is looked at with the rights of whoever opens it.
//! What they may not see, or what is not there, leaves the list where it is and is said in the drawer's place, with the
//! status that the thing's own page would have. `assets/js/drawer.js` spares loading the list again.
//!
//! # How a list gets one
//!
//! 1. What there is to know of a thing is a template of its own, rendered into a [`Detail`] for a [`Place`]; where the thing
//!    has a page, the page is the same detail ([`Detail::page`]). Headings in it are of the level `place.heading`, its
//!    forms carry `place.hidden("what")`.
//! 2. The list's handler makes [`Rows`] of the address, shows in them what [`Rows::wanted`] names, gives them to
//!    `frame.beside` and to its template, and answers with [`Rows::status`].
//! 3. In the list each row has one `<a{{ rows.link(id) }}>`, and forms of rows lead back to
//!    `rows.here()`, or to `rows.list()` where they are about something else.
//! 4. A form that was sent from a drawer is answered with [`sent_from`]; what is decided and leaves its list goes there
//!    [`without`](Address::without) [`OPEN`]. What was wrong with it is shown in the drawer of [`Rows::sent_from`].

use askama::Template;
use axum::http::StatusCode;
use purser_control::{Code, Problem};

use crate::address::Address;
use crate::form::{Fields, Forms};
use crate::frame::{Frame, Why, title_of};
use crate::say::{Markup, escaped};
use crate::visitor::Visitor;

/// What the thing that is open is asked for by.
pub(crate) const OPEN: &str = "open";
/// What the word that says what was done is asked for by: it goes along once.
const DONE: &str = "done";

/// Where a detail stands: on a page of its own, or at the right of a list.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The level of its headings.
    pub(crate) heading: u8,
    forms: Forms,
    back: String,
}

impl Place {
    /// A page of its own. `back` is where its forms lead; nothing for where they lead by themselves.
    pub(crate) fn page(visitor: &Visitor, back: &str) -> Self {
        Self { heading: 2, forms: visitor.forms(), back: back.to_owned() }
    }

    /// What each form of the detail carries: whose it is, the name of its change, and where it was sent from.
    pub(crate) fn hidden(&self, form: &str) -> Markup {
        let fields = self.forms.hidden(form);
        if self.back.is_empty() {
            return fields;
        }
        Markup::new(format!("{fields}<input type=\"hidden\" name=\"back\" value=\"{}\">", escaped(&self.back)))
    }
}

/// What there is to know of one thing.
#[derive(Clone, Debug)]
pub(crate) struct Detail {
    title: String,
    page: Option<String>,
    body: Markup,
}

/// It on a page of its own.
#[derive(Template)]
#[template(path = "frame/detail.html")]
pub(crate) struct DetailPage {
    frame: Frame,
    body: Markup,
}

impl Detail {
    /// Of a thing that is called this. `page` is its own page, where it has one.
    ///
    /// # Errors
    /// The template can't be written.
    pub(crate) fn try_new(
        title: impl Into<String>,
        page: Option<String>,
        body: &impl Template,
    ) -> Result<Self, Problem> {
        let body = body.render().map_err(|error| {
            tracing::error!(%error, "a detail could not be written");
            let message = "this can't be shown".to_owned();
            Problem { code: Code::Internal, message, hint: Some("the log of `purser serve` has the cause".to_owned()) }
        })?;
        Ok(Self { title: title.into(), page, body: Markup::new(body) })
    }

    /// As a page, with what was just done.
    pub(crate) fn page(self, visitor: &Visitor, done: Option<&'static str>) -> DetailPage {
        DetailPage { frame: visitor.frame(&self.title).having(done), body: self.body }
    }
}

/// What stands at the right of a list.
#[derive(Clone, Debug)]
pub(crate) struct Drawer {
    /// What it is about, or why there is nothing.
    pub(crate) title: String,
    /// The id that was asked for.
    pub(crate) of: String,
    /// The list without it, at the row.
    pub(crate) close: String,
    /// Its own page.
    pub(crate) page: Option<String>,
    /// Its content.
    pub(crate) body: Markup,
}

/// The rows of a list that open at its right.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    list: Address,
    open: Option<String>,
    drawer: Option<Drawer>,
    status: StatusCode,
}

impl Rows {
    /// Of the list at this address.
    pub(crate) fn of(here: &str) -> Self {
        let here = Address::of(here);
        let open = here.fields().some(OPEN);
        Self { list: here.without(OPEN).without(DONE), open, drawer: None, status: StatusCode::OK }
    }

    /// Without something that the list was asked and that a row needs not: what takes long to answer.
    #[must_use]
    pub(crate) fn without(self, name: &str) -> Self {
        Self { list: self.list.without(name), ..self }
    }

    /// Of the list at `path` that a form was sent from; of all of it where the form does not say.
    pub(crate) fn sent_from(back: &str, path: &str) -> Self {
        Self::of(if Address::of(back).path() == path { back } else { path })
    }

    /// What the list is asked.
    pub(crate) fn asked(&self) -> Fields {
        self.list.fields()
    }

    /// The id of what is to be open.
    pub(crate) fn wanted(&self) -> Option<&str> {
        self.open.as_deref()
    }

    /// Where the detail of what is open stands.
    pub(crate) fn place(&self, visitor: &Visitor) -> Place {
        Place { heading: 3, forms: visitor.forms().apart("drawer"), back: self.here() }
    }

    /// The list with nothing open: where forms lead that are about the list, or about what leaves it.
    pub(crate) fn list(&self) -> String {
        self.list.to_string()
    }

    /// The list with what is open in it: where forms come back to.
    pub(crate) fn here(&self) -> String {
        match &self.open {
            Some(open) => self.list.clone().with(OPEN, open).to_string(),
            None => self.list.to_string(),
        }
    }

    /// Opens the drawer with what was found, or with why nothing was.
    pub(crate) fn show(&mut self, found: Result<Detail, Problem>) {
        let Some(of) = self.open.clone() else { return };
        let close = format!("{}#{}", self.list, row_id(&of));
        let Detail { title, page, body } = found.unwrap_or_else(|problem| {
            self.status = StatusCode::from_u16(problem.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let title = title_of(&problem).to_owned();
            Detail { title, page: None, body: Markup::new(Why { problem }.render().unwrap_or_default()) }
        });
        self.drawer = Some(Drawer { title, of, close, page, body });
    }

    /// What stands at the right.
    pub(crate) const fn drawer(&self) -> Option<&Drawer> {
        self.drawer.as_ref()
    }

    /// The status of the list: that of what is open.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// The attributes of the link that opens a row.
    pub(crate) fn link(&self, id: &str) -> Markup {
        let address = self.list.clone().with(OPEN, id).to_string();
        let current = if self.open.as_deref() == Some(id) { " aria-current=\"true\"" } else { "" };
        Markup::new(format!(
            " href=\"{}#drawer-title\" id=\"{}\" data-open=\"{}\"{current}",
            escaped(&address),
            row_id(id),
            escaped(id)
        ))
    }
}

/// What a row's link is called in its page. Ids of things may have letters that mean something in addresses.
fn row_id(id: &str) -> String {
    let plain = id.chars().map(|letter| if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '-' });
    format!("row-{}", plain.collect::<String>())
}

/// Where a form leads once it is done: to where it was sent from, or to `otherwise` where it does not say, with the word
/// that says what was done.
pub(crate) fn sent_from(back: &str, otherwise: &str, done: &str) -> Address {
    Address::of(if back.is_empty() { otherwise } else { back }).with(DONE, done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_opens_and_closes_within_what_the_list_was_asked() {
        let mut rows = Rows::of("/alarms?kind=used&after=alm_9&open=alm_1&done=looked");
        assert_eq!(rows.wanted(), Some("alm_1"));
        assert_eq!(rows.here(), "/alarms?kind=used&after=alm_9&open=alm_1");
        assert_eq!(
            rows.link("a/<1>").to_string(),
            " href=\"/alarms?kind=used&amp;after=alm_9&amp;open=a%2F%3C1%3E#drawer-title\" id=\"row-a--1-\" \
             data-open=\"a/&lt;1&gt;\""
        );
        assert!(rows.link("alm_1").to_string().ends_with(" aria-current=\"true\""));
        let problem = Problem { code: Code::NotFound, message: "there is no such alarm".to_owned(), hint: None };
        rows.show(Err(problem));
        assert_eq!(rows.status(), StatusCode::NOT_FOUND);
        let drawer = rows.drawer().unwrap();
        assert_eq!(drawer.close, "/alarms?kind=used&after=alm_9#row-alm_1");
        assert!(drawer.body.to_string().contains("There is no such alarm."), "{drawer:?}");
    }

    #[test]
    fn a_form_leads_to_where_it_was_sent_from_and_to_no_other_host() {
        let check = |back: &str, to: &str| assert_eq!(sent_from(back, "/me", "stopped").to_string(), to, "{back}");
        check("", "/me?done=stopped");
        check("/me/runs?days=1&open=run_1&done=x", "/me/runs?days=1&open=run_1&done=stopped");
        check("//elsewhere.example", "/?done=stopped");
    }
}

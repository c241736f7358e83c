//! What all pages of the dashboard have around them.

use askama::Template;
use axum::http::HeaderMap;
use purser_control::shape::StopWhat;
use purser_control::{Code, Permission, Problem};

use crate::assets;
use crate::drawer::{Drawer, Rows};
use crate::form::Forms;
use crate::nav::{AREAS, area_of, listed};
use crate::say::{Markup, count, when};
use crate::visitor::{Visitor, cookie, ours};

/// The cookie that remembers the switch.
pub(crate) const THEME_COOKIE: &str = "purser_theme";

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the machine is set.
    #[default]
    Machine,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// As somebody switched it.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        cookie(headers, THEME_COOKIE).map(Self::of_word).unwrap_or_default()
    }

    /// The theme of a word; the machine's for any other.
    pub(crate) fn of_word(word: &str) -> Self {
        match word {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Machine,
        }
    }

    /// Its word.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// A link that knows whether it leads to where one is.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) label: &'static str,
    pub(crate) path: &'static str,
    /// For `aria-current`: `page`, `true` for an area that one is somewhere in, or nothing.
    pub(crate) current: &'static str,
}

/// Head, areas, bar and foot of one page.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) who: String,
    pub(crate) areas: Vec<Link>,
    pub(crate) tabs: Vec<Link>,
    pub(crate) area: &'static str,
    pub(crate) assets: String,
    pub(crate) nonce: String,
    pub(crate) theme: &'static str,
    pub(crate) here: String,
    pub(crate) currency: String,
    pub(crate) zone: String,
    /// What is stopped, a sentence each.
    pub(crate) stops: Vec<String>,
    /// What was just done.
    pub(crate) done: Option<&'static str>,
    pub(crate) is_demo: bool,
    /// May the visitor wipe it?
    pub(crate) may_wipe: bool,
    /// When the figures held.
    pub(crate) at: Markup,
    /// Entries that reports do not include yet.
    pub(crate) behind: u64,
    pub(crate) version: String,
    /// What is open at the right of a list.
    pub(crate) drawer: Option<Drawer>,
    forms: Forms,
}

impl Frame {
    /// The frame of a page that a visitor looks at.
    pub(crate) fn new(visitor: &Visitor, title: &str) -> Self {
        let here_in = area_of(&visitor.path, &visitor.me);
        let areas = AREAS.iter().filter(|area| area.who.is(&visitor.me)).map(|area| Link {
            label: area.label,
            path: area.path,
            current: match here_in {
                Some(here) if here.path == area.path && visitor.path == area.path => "page",
                Some(here) if here.path == area.path => "true",
                _ => "",
            },
        });
        let tabs = here_in.map(|area| area.open_tabs(&visitor.me)).filter(|tabs| tabs.len() > 1).unwrap_or_default();
        let place = listed(&visitor.path);
        let longest = tabs
            .iter()
            .filter(|(_, path)| place == *path || place.starts_with(&format!("{path}/")))
            .max_by_key(|(_, path)| path.len());
        let tabs = tabs.iter().map(|(label, path)| Link {
            label,
            path,
            current: match longest {
                Some((_, here)) if here == path && visitor.path == *path => "page",
                Some((_, here)) if here == path => "true",
                _ => "",
            },
        });
        let name = visitor.person.as_ref().and_then(|person| person.name.clone());
        let roles: Vec<String> = visitor.me.roles.iter().map(|given| given.role.to_string()).collect();
        let who = name.or_else(|| visitor.me.email.clone()).unwrap_or_else(|| visitor.me.actor.clone());
        Self {
            title: title.to_owned(),
            who: format!("{who} ({})", roles.join(", ")),
            areas: areas.collect(),
            tabs: tabs.collect(),
            area: here_in.map_or("", |area| area.label),
            assets: assets::base(),
            nonce: visitor.nonce.clone(),
            theme: visitor.theme.word(),
            here: ours(&visitor.here).unwrap_or("/").to_owned(),
            currency: visitor.currency.code().to_owned(),
            zone: visitor.zone.name().to_owned(),
            stops: visitor.stops.iter().map(stopped).collect(),
            done: None,
            is_demo: visitor.is_demo,
            may_wipe: visitor.is_demo && visitor.may(Permission::AccessChange),
            at: when(visitor.now, &visitor.zone, visitor.now),
            behind: visitor.status.written.saturating_sub(visitor.status.projected),
            version: visitor.status.version.clone(),
            drawer: None,
            forms: visitor.forms(),
        }
    }

    /// Says at the top what was just done.
    #[must_use]
    pub(crate) fn having(mut self, done: Option<&'static str>) -> Self {
        self.done = done;
        self
    }

    /// Opens at the right what is open of a list's rows.
    #[must_use]
    pub(crate) fn beside(mut self, rows: &Rows) -> Self {
        self.drawer = rows.drawer().cloned();
        self
    }

    /// The two fields that every form has.
    pub(crate) fn hidden(&self, form: &str) -> Markup {
        self.forms.hidden(form)
    }

    /// `1,204 entries`, for the foot.
    pub(crate) fn behind_text(&self) -> String {
        count(self.behind)
    }
}

fn stopped(stop: &purser_control::shape::Stop) -> String {
    let what = match &stop.on {
        StopWhat::Company => "Every call of the company is stopped".to_owned(),
        StopWhat::Model(model) => format!("Calls of the model {model} are stopped"),
        StopWhat::Provider(provider) => format!("Calls to {provider} are stopped"),
        StopWhat::Person(_) => "Your calls are stopped".to_owned(),
        StopWhat::Unit(_) | StopWhat::Key(_) | StopWhat::Run(_) => "Some calls are stopped".to_owned(),
    };
    match &stop.seen {
        Some(seen) => format!("{what}: {seen}"),
        None => format!("{what}."),
    }
}

/// A page that says why there is none.
#[derive(Template)]
#[template(path = "frame/refused.html")]
pub(crate) struct Refused {
    frame: Frame,
    problem: Problem,
}

/// Why there is nothing, within a page or a drawer.
#[derive(Template)]
#[template(path = "frame/why.html")]
pub(crate) struct Why {
    pub(crate) problem: Problem,
}

/// What stands above what the API said instead of an answer.
pub(crate) const fn title_of(problem: &Problem) -> &'static str {
    match problem.code {
        Code::Forbidden | Code::SelfApproval => "Not for you to see or do",
        Code::NotFound => "There is nothing here",
        Code::Unavailable | Code::Internal => "Purser can't answer now",
        _ => "That did not work",
    }
}

/// What the API said instead of an answer, within the frame.
pub(crate) fn refused(visitor: &Visitor, problem: Problem) -> String {
    let page = Refused { frame: visitor.frame(title_of(&problem)), problem };
    page.render().unwrap_or_default()
}

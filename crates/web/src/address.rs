//! Addresses of our own pages: a path, and what is asked behind its `?`.

use std::fmt;

use axum::extract::Query;
use axum::http::Uri;

use crate::ask::escape;
use crate::form::Fields;
use crate::visitor::ours;

/// The address of one of our pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    path: String,
    asked: Vec<(String, String)>,
}

impl Address {
    /// As somebody typed it or a form sent it: what can't be read is left out, and one that leads elsewhere is that of the
    /// first page.
    pub(crate) fn of(here: &str) -> Self {
        let uri: Uri = ours(here).and_then(|here| here.parse().ok()).unwrap_or_default();
        let asked: Result<Query<Vec<(String, String)>>, _> = Query::try_from_uri(&uri);
        Self { path: uri.path().to_owned(), asked: asked.map(|Query(asked)| asked).unwrap_or_default() }
    }

    /// The page.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// What is asked.
    pub(crate) fn fields(&self) -> Fields {
        Fields::holding(self.asked.iter().cloned())
    }

    /// Without what is asked by this name.
    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.asked.retain(|(own, _)| own != name);
        self
    }

    /// Asked for this, whatever was asked by the name before.
    #[must_use]
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        let mut address = self.without(name);
        address.asked.push((name.to_owned(), value.to_owned()));
        address
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.path.clone();
        for (place, (name, value)) in self.asked.iter().enumerate() {
            text.push(if place == 0 { '?' } else { '&' });
            escape(name, &mut text);
            text.push('=');
            escape(value, &mut text);
        }
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_kept_and_leads_to_no_other_host() {
        let check = |here: &str, text: &str| assert_eq!(Address::of(here).to_string(), text, "{here}");
        check("/me/runs?days=30&after=run_1", "/me/runs?days=30&after=run_1");
        check("/people?find=a+b%26c&state=#row", "/people?find=a%20b%26c&state=");
        check("/me/runs", "/me/runs");
        check("//elsewhere.example/x", "/");
        check("https://elsewhere.example/x", "/");
        let address = Address::of("/alarms?kind=used&open=alm_1&open=alm_2&done=looked");
        assert_eq!(address.clone().without("open").with("done", "muted").to_string(), "/alarms?kind=used&done=muted");
        assert_eq!((address.path(), address.fields().text("kind")), ("/alarms", "used"));
    }
}

//! Lists in pages.

use serde::{Deserialize, Serialize};

/// The most of one page, also where nobody says how many.
pub const PAGE_MAX: usize = 1_000;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Page<T> {
    /// The things, in the order that the endpoint promises.
    pub items: Vec<T>,
    /// What to ask `after` for the next page; none when this is the last.
    pub next: Option<String>,
    /// How many there are on all pages together.
    pub total: usize,
}

/// Which page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OfPage {
    /// How many at most: a thousand where it is missing or more.
    pub limit: Option<usize>,
    /// Those after this one: the `next` of the page before.
    pub after: Option<String>,
}

//! Cutting lists into pages.

use crate::error::{Code, Error, Refused};
use crate::shape::{List, OfPage, PAGE_MAX, Page};

/// Which part of a list.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    limit: usize,
    after: Option<String>,
}

impl Part {
    /// All of it: for whoever works inside this process.
    pub(crate) const ALL: Self = Self { limit: usize::MAX, after: None };

    /// A page.
    pub(crate) fn new(limit: Option<usize>, after: Option<String>) -> Self {
        Self { limit: limit.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX), after }
    }

    /// How many at most.
    pub(crate) const fn limit(&self) -> usize {
        self.limit
    }

    /// Behind which one.
    pub(crate) fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// The part of a list in its order. Only what is on the page is shown, and so has its cost.
    ///
    /// # Errors
    /// Nothing in the list has the name to go on after, or something can't be shown.
    pub(crate) fn of<T, S>(
        &self,
        all: &[T],
        name: impl Fn(&T) -> String,
        show: impl FnMut(&T) -> Result<S, Error>,
    ) -> Result<Page<S>, Error> {
        let (page, next) = self.cut(all, name)?;
        let items = page.iter().map(show).collect::<Result<_, _>>()?;
        Ok(Page { items, next, total: all.len() })
    }

    /// That part itself, and what to ask for the next one with.
    ///
    /// # Errors
    /// Nothing in the list has the name to go on after.
    pub(crate) fn cut<'t, T>(
        &self,
        all: &'t [T],
        name: impl Fn(&T) -> String,
    ) -> Result<(&'t [T], Option<String>), Error> {
        let start = match &self.after {
            None => 0,
            Some(after) => {
                let place = all.iter().position(|thing| name(thing) == *after);
                let gone = || {
                    Refused::new(Code::Invalid, format!("this list has no `{after}` to go on after"))
                        .hint("give `next` of the page before, or begin again without `after`")
                };
                place.ok_or_else(gone)?.saturating_add(1)
            }
        };
        let rest = all.get(start..).unwrap_or_default();
        let page = rest.get(..self.limit).unwrap_or(rest);
        let next = if page.len() < rest.len() { page.last().map(&name) } else { None };
        Ok((page, next))
    }
}

impl From<OfPage> for Part {
    fn from(of: OfPage) -> Self {
        Self::new(of.limit, of.after)
    }
}

/// A page that is all there is.
pub(crate) fn whole<T>(page: Page<T>) -> List<T> {
    List { items: page.items }
}

/// The same of a list that is asked for whole: there is nothing to go on after that could be missing.
pub(crate) fn unrefused<T>(page: Result<Page<T>, Error>) -> List<T> {
    List { items: page.map(|page| page.items).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(all: &[u32], limit: usize, after: Option<&str>) -> Result<Page<u32>, Error> {
        Part::new(Some(limit), after.map(str::to_owned)).of(all, u32::to_string, |thing| Ok(*thing))
    }

    #[test]
    fn pages_together_are_the_list_whatever_their_size() {
        for length in [0, 1, 2, 7, 12] {
            let all: Vec<u32> = (0..length).collect();
            for limit in 1..14 {
                let (mut found, mut after, mut pages) = (Vec::new(), None::<String>, 0);
                loop {
                    let page = cut(&all, limit, after.as_deref()).unwrap();
                    assert!(page.items.len() <= limit && page.total == all.len());
                    found.extend(page.items);
                    pages += 1;
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!((&found, pages), (&all, all.len().div_ceil(limit).max(1)), "{limit}");
            }
        }
    }

    #[test]
    fn a_page_is_bounded_and_goes_on_only_after_what_is_there() {
        let all: Vec<u32> = (0..3_000).collect();
        let name = |part: Part| part.of(&all, u32::to_string, |thing| Ok(*thing)).unwrap().items.len();
        assert_eq!(name(Part::new(None, None)), PAGE_MAX);
        assert_eq!(name(Part::new(Some(usize::MAX), None)), PAGE_MAX);
        assert_eq!(name(Part::new(Some(0), None)), 1);
        assert_eq!(name(Part::ALL), all.len());
        assert!(cut(&all, 10, Some("3000")).is_err());
    }
}

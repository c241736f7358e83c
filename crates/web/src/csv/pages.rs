//! A file while it is read: a page of the list after the other, then the sums.

use std::io;

use super::table::{Answer, Table};
use crate::ask::{Ask, To};
use crate::written::{Piece, Writing};

/// What is still to be written.
pub(super) struct Pages {
    pub(super) ask: Ask,
    pub(super) list: To,
    pub(super) table: Table,
    /// Text that comes first.
    pub(super) text: Option<String>,
    /// The page that was written last; nothing once the sums are.
    pub(super) page: Option<Answer>,
}

impl Pages {
    /// The next piece.
    pub(super) fn next(self) -> Writing<Self> {
        Box::pin(self.piece())
    }

    async fn piece(mut self) -> Piece<Self> {
        if let Some(text) = self.text.take() {
            return Ok(Some((text, self)));
        }
        let Some(page) = self.page.take() else { return Ok(None) };
        let Some(next) = page.next() else { return Ok(Some((self.table.total(&page), self))) };
        // What goes back in time, record by record, has its own word.
        let back = ["charges", "audit"].iter().any(|list| self.list.is_of(list));
        let list = self.list.clone().with(if back { "before" } else { "after" }, next);
        let page: Answer = self.ask.get(&list).await.map_err(|problem| io::Error::other(problem.message))?;
        let items = page.items().ok_or_else(|| io::Error::other("the list could not be read to its end"))?;
        let text = self.table.rows(&items);
        self.page = Some(page);
        Ok(Some((text, self)))
    }
}

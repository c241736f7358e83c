//! Whether there are boards, and for whom.

use std::collections::BTreeSet;

use super::BoardEvent;
use crate::access::Profile;
use crate::admins::AdminEvent;
use crate::change::{CommandName, Turn};
use crate::control::{Control, Inner};
use crate::error::{Code, Error, Refused};
use crate::shape::{BoardSettings, BoardUnit, SetBoards};

impl Control {
    /// Whether there are boards, and where not.
    pub(crate) fn board_settings(&self) -> BoardSettings {
        self.inner.board_settings()
    }

    /// Switches boards on or off. Off ends every membership: whoever wants to be on later ones joins again.
    ///
    /// # Errors
    /// No unit of that name; the journal.
    pub(crate) async fn set_boards(&self, name: Option<CommandName>, set: SetBoards) -> Result<BoardSettings, Error> {
        self.change(name, move |turn| {
            let snapshot = turn.snapshot();
            let unit = |what: &String| turn.control().find_unit(&snapshot, what);
            let without = match set.without {
                Some(units) => units.iter().map(unit).collect::<Result<BTreeSet<_>, _>>()?,
                None => turn.control().admins.read().boards.without.clone(),
            };
            let profile = turn.control().admins.read().privacy.profile;
            if set.on && profile == Profile::WorksCouncil {
                let message = "there are no boards under the profile works-council";
                return Err(Refused::new(Code::Conflict, message)
                    .hint("`purser privacy show` says which profile holds")
                    .into());
            }
            let before = turn.control().admins.read().boards.clone();
            if (before.on, &before.without) != (set.on, &without) {
                let notes = if set.on { Vec::new() } else { turn.control().every_board_words(turn.now) };
                turn.commit_admin(&AdminEvent::Board(BoardEvent::Set { on: set.on, without, at: turn.now }))?;
                turn.control().forget_board_words(&notes)?;
            }
            Ok(turn.control().board_settings())
        })
        .await
    }
}

impl Turn<'_> {
    /// Switches boards off, as part of another change.
    ///
    /// # Errors
    /// The journal; the files.
    pub(crate) fn switch_boards_off(&mut self) -> Result<(), Error> {
        let (on, without) = {
            let admins = self.control().admins.read();
            (admins.boards.on, admins.boards.without.clone())
        };
        if !on {
            return Ok(());
        }
        let notes = self.control().every_board_words(self.now);
        self.commit_admin(&AdminEvent::Board(BoardEvent::Set { on: false, without, at: self.now }))?;
        self.control().forget_board_words(&notes)
    }
}

impl Inner {
    fn board_settings(&self) -> BoardSettings {
        let (admins, names) = (self.admins.read(), self.names.read());
        let units = admins.boards.without.iter();
        let without = units.map(|unit| BoardUnit { unit: *unit, name: names.unit_name(*unit) }).collect();
        BoardSettings { on: admins.boards.on, without }
    }
}

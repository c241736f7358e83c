//! Boards: switched on in the tenth month, and who joins does so with a key of their own. Most people are on none.

use purser_control::shape::{BoardMember, BoardSettings, JoinBoards, SetBoards};

use super::Life;
use super::staff::Habit;
use crate::demo::desk::Desk;
use crate::failure::Failure;

/// The month in which they are switched on.
const SINCE: u32 = 9;
/// Of so many people one joins.
const ONE_OF: usize = 5;

impl Life {
    /// What a month begins with.
    pub(super) async fn boards(&self, month: u32) -> Result<(), Failure> {
        if month != SINCE {
            return Ok(());
        }
        let set = SetBoards { on: true, without: None };
        let _: BoardSettings = self.desks.people.set(&["boards", "settings"], &set).await?;
        let usual = self.members.iter().filter(|member| matches!(member.habit, Habit::Usual | Habit::Over));
        for member in usual.step_by(ONE_OF) {
            let Some(known) = self.known(member.number).filter(|known| !known.left) else { continue };
            let own = Desk::own(self.control(), &known.person).await?;
            let _: BoardMember = own.done(&["boards", "membership"], &JoinBoards::default()).await?;
        }
        Ok(())
    }
}

//! Joining and leaving: one's own decision, and of effect in the next answer.

use purser_core::board::pseudonym;
use purser_core::id::{NoteId, PersonId};
use purser_core::time::Instant;
use purser_core::zone::Zone;

use super::BoardEvent;
use crate::access::forbidden;
use crate::admins::AdminEvent;
use crate::change::CommandName;
use crate::control::{Control, Inner, stored};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::shape::{BoardMember, JoinBoards};

/// Months of which there are boards.
const MONTHS_BACK: usize = 12;
/// Months for which a member may have chosen words.
const MEMBER_MONTHS_MAX: usize = 600;

impl Control {
    /// Puts whoever asks on boards, from this month's on.
    ///
    /// # Errors
    /// [`Code::Conflict`] where there are no boards, or the words of the month are chosen; [`Code::Invalid`] for words that
    /// are none of those there are, or where it is not known who asks; the journal.
    pub(crate) async fn join_boards(&self, name: Option<CommandName>, join: JoinBoards) -> Result<BoardMember, Error> {
        let person = self.on_boards(join.person.as_deref())?;
        let words = join.words.as_deref().map(checked_words).transpose()?;
        self.change(name, move |turn| {
            let (control, snapshot, now) = (turn.control(), turn.snapshot(), turn.now);
            let directory = &snapshot.directory;
            let known = directory.person(person).filter(|known| !known.has_left(now));
            let unit = known.map(|known| directory.unit_of(known, now));
            if !unit.is_some_and(|unit| control.admins.read().boards.are_on_in(directory, unit)) {
                return Err(Refused::new(Code::Conflict, "there are no boards where you work")
                    .hint("an administrator switches them on (`purser board set on`), for the company or without some units")
                    .into());
            }
            let note = control.board_words(person, &month_of(now));
            let before = control.private.note(note).map_err(stored)?;
            if let Some(words) = &words
                && before.as_ref().is_some_and(|before| before != words)
            {
                return Err(Refused::new(Code::Conflict, "your words for this month are chosen")
                    .hint("a name stays for its month; choose others next month")
                    .into());
            }
            if !control.admins.read().boards.members.contains_key(&person) {
                turn.commit_admin(&AdminEvent::Board(BoardEvent::Joined { person, at: now }))?;
            }
            if let Some(words) = words.filter(|_| before.is_none()) {
                turn.audit("choose_board_words", &[person.to_string()], None)?;
                turn.control().private.put_note(note, &words).map_err(stored)?;
            }
            Ok(turn.control().board_member(person))
        })
        .await
    }

    /// Takes whoever asks off all boards, past ones too.
    ///
    /// # Errors
    /// It is not known who asks; the journal.
    pub(crate) async fn leave_boards(
        &self,
        name: Option<CommandName>,
        who: Option<&str>,
    ) -> Result<BoardMember, Error> {
        let person = self.on_boards(who)?;
        self.change(name, move |turn| {
            let notes = turn.control().board_words_of(person, turn.now);
            if turn.control().admins.read().boards.members.contains_key(&person) {
                turn.commit_admin(&AdminEvent::Board(BoardEvent::Left { person, at: turn.now }))?;
            }
            turn.control().forget_board_words(&notes)?;
            Ok(turn.control().board_member(person))
        })
        .await
    }

    /// Ends the memberships of those who have left the company. Returns how many.
    ///
    /// # Errors
    /// The journal.
    pub(crate) async fn end_board_memberships(&self) -> Result<usize, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let gone = |person: &PersonId| snapshot.directory.person(*person).is_none_or(|known| known.has_left(now));
        let members: Vec<PersonId> = self.inner.admins.read().boards.members.keys().copied().collect();
        let gone: Vec<PersonId> = members.into_iter().filter(gone).collect();
        for person in &gone {
            self.leave_boards(None, Some(&person.to_string())).await?;
        }
        Ok(gone.len())
    }

    /// Whose membership it is: one's own. Only whoever holds the files may name somebody, who asked them to.
    fn on_boards(&self, who: Option<&str>) -> Result<PersonId, Error> {
        match (who, self.acting.person) {
            (Some(who), _) if self.acting.holds_the_files() => self.inner.find_person(&self.snapshot(), who),
            (Some(who), Some(own)) if who.trim() == own.to_string() => Ok(own),
            (Some(_), _) => Err(forbidden("nobody is put on boards or taken off by another")),
            (None, Some(own)) => Ok(own),
            (None, None) => Err(Refused::new(Code::Invalid, "it is not known whose membership that would be")
                .hint("sign in as yourself; at the socket name the person who asked for it (`--person`)")
                .into()),
        }
    }
}

impl Inner {
    pub(crate) fn board_member(&self, person: PersonId) -> BoardMember {
        BoardMember { joined: self.admins.read().boards.members.get(&person).copied() }
    }

    /// Where words of a member may stand: those of each month since they joined.
    pub(crate) fn board_words_of(&self, person: PersonId, now: Instant) -> Vec<NoteId> {
        let Some(joined) = self.board_member(person).joined else { return Vec::new() };
        let first = month_of(joined);
        let months = months_back(now).take(MEMBER_MONTHS_MAX);
        let mut notes = Vec::new();
        for month in months {
            notes.push(self.board_words(person, &month));
            if month == first {
                break;
            }
        }
        notes
    }

    /// The same of all of them.
    pub(super) fn every_board_words(&self, now: Instant) -> Vec<NoteId> {
        let members: Vec<PersonId> = self.admins.read().boards.members.keys().copied().collect();
        members.into_iter().flat_map(|person| self.board_words_of(person, now)).collect()
    }

    /// Forgets words that are there.
    pub(super) fn forget_board_words(&self, notes: &[NoteId]) -> Result<(), Error> {
        for note in notes {
            if self.private.note(*note).map_err(stored)?.is_some() {
                self.private.erase_note(*note).map_err(stored)?;
            }
        }
        Ok(())
    }

    /// What a member is called on a board of a month.
    pub(super) fn board_name(&self, board: &str, person: PersonId, month: &str) -> Result<String, Error> {
        let words = self.private.note(self.board_words(person, month)).map_err(stored)?;
        let words = words.as_deref().and_then(pseudonym::words);
        Ok(pseudonym::name(self.board_bits(board, person, month), words))
    }
}

/// The month of an instant, as boards name it.
pub(super) fn month_of(at: Instant) -> String {
    dates::month_of(at, &Zone::UTC)
}

/// The months of which there are boards, the latest first.
pub(super) fn months_to(now: Instant) -> Vec<String> {
    months_back(now).take(MONTHS_BACK).collect()
}

/// The month of an instant and those before it.
fn months_back(now: Instant) -> impl Iterator<Item = String> {
    let before = |month: &String| {
        let range = dates::month(month, &Zone::UTC).ok()?;
        Some(month_of(range.start.saturating_sub(std::time::Duration::from_secs(1))))
    };
    std::iter::successors(Some(month_of(now)), before)
}

fn checked_words(text: &str) -> Result<String, Error> {
    let Some((first, second)) = pseudonym::words(text) else {
        let some = |words: &[&str]| words.iter().step_by(8).copied().collect::<Vec<_>>().join(", ");
        let shown: String = text.chars().take(40).collect();
        return Err(Refused::new(Code::Invalid, format!("`{shown}` are not two words that there are to choose from"))
            .hint(format!(
                "the first is one such as {}; the second one such as {} (docs/reference/boards.md lists all)",
                some(&pseudonym::FIRST),
                some(&pseudonym::SECOND)
            ))
            .into());
    };
    let word = |words: &[&'static str; 64], at: usize| words.get(at).copied().unwrap_or_default();
    Ok(format!("{} {}", word(&pseudonym::FIRST, first), word(&pseudonym::SECOND, second)))
}

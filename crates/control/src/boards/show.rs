//! Boards as they are shown.

use std::collections::BTreeSet;

use purser_core::board::{self, Entrant, Metric, Window};
use purser_core::id::PersonId;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::zone::Zone;

use super::load::Month;
use super::member::months_to;
use crate::control::{Control, Inner};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::pages::Part;
use crate::shape::{Board, BoardName, BoardOf, BoardRow, BoardYou, Boards};

/// Which board.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Which {
    of: BoardOf,
    metric: Metric,
    /// As [`dates::month`] reads it.
    month: String,
}

impl Control {
    /// The boards that there are: of people and of teams, by both figures, of a year's months.
    pub(crate) fn boards(&self) -> Boards {
        let now = self.inner.clock.now();
        let on = self.inner.boards_are_on();
        let joined = self.acting.person.and_then(|own| self.inner.admins.read().boards.members.get(&own).copied());
        let mut items = Vec::new();
        for month in if on { months_to(now) } else { Vec::new() } {
            for of in [BoardOf::People, BoardOf::Teams] {
                for metric in Metric::ALL {
                    let which = Which { of, metric, month: month.clone() };
                    items.push(BoardName { id: which.id(), of, metric, month: month.clone() });
                }
            }
        }
        Boards { on, joined, items }
    }

    /// A board; without rows where it is hidden.
    ///
    /// # Errors
    /// There is none of that name, or there are none at all; the projection.
    pub(crate) async fn board(&self, id: &str, part: Part) -> Result<Board, Error> {
        let (snapshot, now, own) = (self.snapshot(), self.inner.clock.now(), self.acting.person);
        let known = Which::of(id).filter(|which| months_to(now).contains(&which.month));
        let which = known.filter(|_| self.inner.boards_are_on()).ok_or_else(|| {
            let refused = Refused::new(Code::NotFound, "there is no such board");
            refused.hint("`purser board list` shows those that there are; they are off until somebody switches them on")
        })?;
        self.report(move |inner| inner.show_board(&snapshot, &which, own, &part, now)).await
    }
}

impl Which {
    fn id(&self) -> String {
        let of = match self.of {
            BoardOf::People => "people",
            BoardOf::Teams => "teams",
        };
        format!("{of}-{}-{}", self.metric.word(), self.month)
    }

    fn of(id: &str) -> Option<Self> {
        let mut parts = id.trim().splitn(3, '-');
        let of = match parts.next()? {
            "people" => BoardOf::People,
            "teams" => BoardOf::Teams,
            _ => return None,
        };
        let word = parts.next()?;
        let metric = Metric::ALL.into_iter().find(|metric| metric.word() == word)?;
        let month = parts.next()?.to_owned();
        Some(Self { of, metric, month })
    }
}

impl Inner {
    fn show_board(
        &self,
        snapshot: &Snapshot,
        which: &Which,
        own: Option<PersonId>,
        part: &Part,
        now: Instant,
    ) -> Result<Board, Error> {
        let Which { of, metric, month } = which;
        let range = dates::month(month, &Zone::UTC)?;
        let window = Window { start: range.start, end: range.end };
        let (entrants, counted) = self.entrants(snapshot, &window, now)?;
        let key = which.id();
        let mut rows = match of {
            BoardOf::People => {
                let ranked = board::people(&entrants, &window, *metric).unwrap_or_default();
                let row = |row: &board::PersonRow| {
                    Ok(BoardRow {
                        rank: row.rank,
                        name: self.board_name(&key, row.person, month)?,
                        figure: figure(*metric, row.shown),
                        you: own == Some(row.person),
                    })
                };
                ranked.iter().map(row).collect::<Result<Vec<_>, Error>>()?
            }
            BoardOf::Teams => {
                let ranked = board::teams(&entrants, &window, *metric).unwrap_or_default();
                let names = self.names.read();
                let row = |row: &board::TeamRow| BoardRow {
                    rank: row.rank,
                    name: names.unit_name(row.team).unwrap_or_else(|| row.team.to_string()),
                    figure: figure(*metric, row.shown),
                    you: false,
                };
                ranked.iter().map(row).collect()
            }
        };
        // Among equals by their names: the order of ids would tell the same about them each month.
        rows.sort_by(|a, b| (a.rank, &a.name).cmp(&(b.rank, &b.name)));
        let you = own.and_then(|own| entrants.iter().find(|entrant| entrant.person == own));
        let you = you.filter(|you| you.is_member(&window)).map(|you| -> Result<BoardYou, Error> {
            Ok(BoardYou {
                name: self.board_name(&format!("people-{}-{month}", metric.word()), you.person, month)?,
                not_ranked: board::why_not(you, &window, *metric),
            })
        });
        let page = part.of(&rows, |row| format!("{} {}", row.rank, row.name), |row| Ok(row.clone()))?;
        Ok(Board {
            id: key,
            of: *of,
            metric: *metric,
            month: month.clone(),
            counted,
            hidden: rows.is_empty(),
            items: page.items,
            next: page.next,
            total: page.total,
            you: you.transpose()?,
        })
    }

    /// The members with what they did, and as of when. Nobody else's figures are looked at.
    fn entrants(&self, snapshot: &Snapshot, window: &Window, now: Instant) -> Result<(Vec<Entrant>, Instant), Error> {
        let boards = self.admins.read().boards.clone();
        let directory = &snapshot.directory;
        let members: BTreeSet<PersonId> = boards.members.keys().copied().collect();
        let Month { at, people } = self.month_of_members(directory, &members, window, now)?;
        let last = window.end.min(now);
        let entrant = |(person, joined): (&PersonId, &Instant)| {
            let known = directory.person(*person)?;
            let team = directory.unit_of(known, last);
            let is_on = boards.are_on_in(directory, team) && boards.are_on_in(directory, directory.unit_of(known, now));
            Some(Entrant {
                person: *person,
                team,
                joined: Some(*joined),
                eligible: is_on && !known.has_left(now),
                counted: people.get(person).cloned().unwrap_or_default(),
            })
        };
        Ok((boards.members.iter().filter_map(entrant).collect(), at))
    }
}

/// A figure as people read it.
fn figure(metric: Metric, shown: u64) -> String {
    match metric {
        Metric::Outcomes => {
            let (whole, hundredths) = (shown.div_euclid(100), shown.rem_euclid(100));
            format!("{whole}.{hundredths:02}")
        }
        Metric::Pace => shown.to_string(),
    }
}

//! Who stands where.

use std::collections::BTreeMap;

pub use super::score::Why;
use super::score::{Metric, Score};
use super::{Entrant, Window};
use crate::id::{PersonId, UnitId};
use crate::money::Nano;

/// People below whose number there is no board, and no team on one.
pub const MEMBERS_MIN: usize = 5;

/// Somebody on a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// Who; what they are called there is another matter.
    pub person: PersonId,
    /// Their place. Those with equal figures share one.
    pub rank: usize,
    /// Their figure, rounded: see [`Score::shown`].
    pub shown: u64,
}

/// A team on a board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TeamRow {
    /// Which.
    pub team: UnitId,
    /// Its place.
    pub rank: usize,
    /// Its figure, rounded.
    pub shown: u64,
}

/// The board of people, best first; `None` where it is hidden, since fewer than [`MEMBERS_MIN`] are ranked.
pub fn people(entrants: &[Entrant], window: &Window, metric: Metric) -> Option<Vec<PersonRow>> {
    let ranked: Vec<(PersonId, u64)> =
        ranked(entrants, window, metric).map(|(entrant, score)| (entrant.person, score.shown(metric))).collect();
    if ranked.len() < MEMBERS_MIN {
        return None;
    }
    Some(placed(ranked).map(|(person, rank, shown)| PersonRow { person, rank, shown }).collect())
}

/// The board of teams: what their ranked members do together; `None` where no team has [`MEMBERS_MIN`] of them.
pub fn teams(entrants: &[Entrant], window: &Window, metric: Metric) -> Option<Vec<TeamRow>> {
    let mut teams = BTreeMap::<UnitId, Vec<(&Entrant, Score)>>::new();
    for (entrant, score) in ranked(entrants, window, metric) {
        teams.entry(entrant.team).or_default().push((entrant, score));
    }
    teams.retain(|_, members| members.len() >= MEMBERS_MIN);
    let together = |members: &[(&Entrant, Score)]| match metric {
        Metric::Outcomes => {
            let achieved = members.iter().fold(0_u64, |sum, (one, _)| sum.saturating_add(one.counted.achieved()));
            let spent = members.iter().fold(Nano::ZERO, |sum, (one, _)| sum.saturating_add(one.counted.spent()));
            Score::of_outcomes(achieved, spent)
        }
        Metric::Pace => {
            let sum = members.iter().fold(0_u64, |sum, (_, score)| sum.saturating_add(score.0));
            Score(sum.checked_div(u64::try_from(members.len()).unwrap_or(u64::MAX)).unwrap_or(0))
        }
    };
    let rows: Vec<(UnitId, u64)> =
        teams.iter().map(|(team, members)| (*team, together(members).shown(metric))).collect();
    if rows.is_empty() {
        return None;
    }
    Some(placed(rows).map(|(team, rank, shown)| TeamRow { team, rank, shown }).collect())
}

/// Why a member is not ranked; `None` for who is, and for who is no member.
pub fn why_not(entrant: &Entrant, window: &Window, metric: Metric) -> Option<Why> {
    if entrant.is_member(window) { entrant.counted.score(metric).err() } else { None }
}

fn ranked<'a>(
    entrants: &'a [Entrant],
    window: &'a Window,
    metric: Metric,
) -> impl Iterator<Item = (&'a Entrant, Score)> {
    let members = entrants.iter().filter(|entrant| entrant.is_member(window));
    members.filter_map(move |entrant| Some((entrant, entrant.counted.score(metric).ok()?)))
}

/// With their places, best first.
fn placed<T: Copy + Ord>(mut rows: Vec<(T, u64)>) -> impl Iterator<Item = (T, usize, u64)> {
    rows.sort_by_key(|(of, shown)| (std::cmp::Reverse(*shown), *of));
    let shown: Vec<u64> = rows.iter().map(|(_, shown)| *shown).collect();
    rows.into_iter().map(move |(of, own)| {
        let better = shown.iter().take_while(|other| **other > own).count();
        (of, better.saturating_add(1), own)
    })
}

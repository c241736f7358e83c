//! What a grant releases in its life, day by day: periods by the clocks of the places its person lived in, part-time and
//! leave, what was moved between periods, what lives on and when it lapses.

use super::calendar::{Days, NEVER, Often, PLACES, weekday};
use super::happening::{Asking, Holidays, Terms};

/// A grant with everything that happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) terms: Terms,
    pub(super) voided: Option<i64>,
    pub(super) life: Vec<Lived>,
    pub(super) commands: Vec<u128>,
    /// The first day after its term where that was made longer.
    pub(super) longer: Option<i64>,
    /// Days at which a period ends because the term once did.
    pub(super) seams: Vec<i64>,
}

/// What happened, when that was made known, and on which day of the running period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lived {
    pub(super) at: i64,
    pub(super) day: i64,
    pub(super) asked: Asking,
    pub(super) change: Change,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Share { share: i128, from: i64 },
    Left { from: i64 },
    Returned { on: i64 },
    Longer,
    Moved { day: i64, by: i128 },
    Calendar { holidays: Holidays, from: i64 },
}

/// One period: its instants, the calendar's days, those of them that are its own, and by which clock it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) whole: Days,
    pub(super) days: Days,
    pub(super) place: usize,
}

impl Tile {
    pub(super) fn contains(&self, at: i64) -> bool {
        self.start <= at && at < self.end
    }
}

/// An account that a grant opens: from when to when, and how much.
pub(super) type Part = (i64, i64, i128);

/// From when on somebody lives where.
pub(super) type Moves<'a> = &'a [(i64, usize)];

impl Grant {
    pub(super) fn new(terms: &Terms) -> Self {
        let (life, commands, seams) = (Vec::new(), Vec::new(), Vec::new());
        Self { terms: terms.clone(), voided: None, life, commands, longer: None, seams }
    }

    pub(super) fn ends(&self) -> Option<i64> {
        self.longer.or(self.terms.ends)
    }

    fn term(&self) -> Days {
        (self.terms.starts, self.ends().unwrap_or(NEVER))
    }

    /// The first day on which it can be drawn on.
    pub(super) fn born(&self) -> i64 {
        self.terms.starts.max(PLACES[self.terms.place].day_of(self.terms.created))
    }

    /// Is it a day of those that count, by what is known of holidays?
    pub(super) fn counts(&self, day: i64, known: &[Lived]) -> bool {
        let since = known.iter().rev().find_map(|lived| match &lived.change {
            Change::Calendar { holidays, from } if *from <= day => Some(holidays),
            _ => None,
        });
        let is_off = || since.or(self.terms.holidays.as_ref()).is_some_and(|holidays| holidays.contains(&day));
        !self.terms.workdays || (weekday(day) < 5 && !is_off())
    }

    fn count(&self, days: Days, known: &[Lived]) -> i128 {
        (days.0..days.1).filter(|day| self.counts(*day, known)).count() as i128
    }

    /// The calendar's period of a day, and the piece of it that is one period of the term.
    fn piece(&self, day: i64) -> (Days, Days) {
        let term = self.term();
        let whole = if self.terms.often == Often::Once { term } else { self.terms.often.days(day) };
        let mut days = (whole.0.max(term.0), whole.1.min(term.1));
        for seam in &self.seams {
            if *seam <= day {
                days.0 = days.0.max(*seam);
            } else {
                days.1 = days.1.min(*seam);
            }
        }
        (whole, days)
    }

    /// Its periods in order, up to the one running at an instant and so many more.
    pub(super) fn tiles(&self, moves: Moves<'_>, until: i64, more: usize) -> Vec<Tile> {
        let mut moves = moves.iter().filter(|(from, _)| *from > self.terms.created).peekable();
        let (mut place, mut day, mut more) = (self.terms.place, self.terms.starts, more);
        let mut start = PLACES[place].midnight(day);
        // Who moves before it begins begins by the new clock, but not before the move.
        while let Some((from, to)) = moves.next_if(|(from, _)| *from <= start) {
            place = *to;
            start = PLACES[place].midnight(day).max(*from);
        }
        let mut tiles = Vec::new();
        while day < self.term().1 {
            while self.terms.often != Often::Once
                && let Some((_, to)) = moves.next_if(|(from, _)| *from <= start)
            {
                place = *to;
            }
            let (whole, days) = self.piece(day);
            let end = PLACES[place].midnight(days.1).max(start);
            if end > start {
                tiles.push(Tile { start, end, whole, days, place });
                if end > until {
                    if more == 0 {
                        break;
                    }
                    more -= 1;
                }
            }
            (start, day) = (end, days.1);
        }
        tiles
    }

    /// The period running at an instant.
    pub(super) fn running(&self, moves: Moves<'_>, at: i64) -> Option<Tile> {
        self.tiles(moves, at, 0).last().copied().filter(|tile| tile.contains(at))
    }

    /// The day of the running period, else the date where its person lives.
    pub(super) fn day_at(&self, moves: Moves<'_>, lives: usize, at: i64) -> i64 {
        match self.running(moves, at) {
            Some(tile) => PLACES[tile.place].day_of(at).clamp(tile.days.0, tile.days.1 - 1),
            None => PLACES[lives].day_of(at),
        }
    }

    /// The next period that releases something.
    pub(super) fn next_funded(&self, moves: Moves<'_>, at: i64) -> Option<Tile> {
        let later = self.tiles(moves, at, 40).into_iter().filter(|tile| tile.start > at).take(40);
        later.into_iter().find(|tile| self.allowance(tile) > 0)
    }

    /// Share of each day in ten-thousandths by what is known, none on days that don't count or of leave.
    fn weight(&self, days: Days, known: &[Lived]) -> i128 {
        let mut turns: Vec<(i64, &Change)> = known
            .iter()
            .filter_map(|lived| match &lived.change {
                Change::Share { from, .. } | Change::Left { from } => Some((*from, &lived.change)),
                Change::Returned { on } => Some((*on, &lived.change)),
                Change::Longer | Change::Moved { .. } | Change::Calendar { .. } => None,
            })
            .collect();
        turns.sort_by_key(|(day, _)| *day);
        let mut sum = 0;
        for day in (days.0..days.1).filter(|day| self.counts(*day, known)) {
            let (mut share, mut away) = (self.terms.share, false);
            for (_, change) in turns.iter().take_while(|(from, _)| *from <= day) {
                match change {
                    Change::Share { share: new, .. } => share = *new,
                    Change::Left { .. } => away = true,
                    _ => away = false,
                }
            }
            sum += if away { 0 } else { share };
        }
        sum
    }

    /// The share of a whole working time on a day, leave or not.
    pub(super) fn share_on(&self, day: i64) -> i128 {
        let mut shares: Vec<(i64, i128)> = Vec::new();
        for lived in &self.life {
            if let Change::Share { share, from } = lived.change {
                shares.push((from, share));
            }
        }
        shares.sort_by_key(|(from, _)| *from);
        shares.iter().rev().find(|(from, _)| *from <= day).map_or(self.terms.share, |(_, share)| *share)
    }

    /// What some days of a whole period release by what is known, without what was moved.
    fn released(&self, whole: Days, days: Days, known: &[Lived]) -> i128 {
        if self.terms.often == Often::Once {
            return self.terms.amount * self.terms.share / 10_000;
        }
        let all = self.count(whole, known) * 10_000;
        if all == 0 {
            return 0;
        }
        let before = self.weight((whole.0, days.0), known);
        let upto = before + self.weight(days, known);
        self.terms.amount * upto / all - self.terms.amount * before / all
    }

    fn part(&self, whole: Days, days: Days, known: &[Lived]) -> i128 {
        let moved: i128 = known.iter().filter_map(|lived| moved_in(lived, days)).sum();
        (self.released(whole, days, known) + moved).max(0)
    }

    /// What a period releases.
    pub(super) fn allowance(&self, tile: &Tile) -> i128 {
        self.part(tile.whole, tile.days, &self.life)
    }

    /// The same without what was moved.
    pub(super) fn plain(&self, tile: &Tile) -> i128 {
        self.released(tile.whole, tile.days, &self.life)
    }

    /// What a day by itself releases, if it is one of the term.
    pub(super) fn released_on(&self, day: i64) -> i128 {
        let term = self.term();
        if day < term.0 || day >= term.1 || self.terms.often == Often::Once {
            return 0;
        }
        self.released(self.terms.often.days(day), (day, day + 1), &self.life)
    }

    /// What was taken out of a period by what was asked for so.
    pub(super) fn taken(&self, tile: &Tile, of: impl Fn(&Asking) -> bool) -> i128 {
        let taken = self.life.iter().filter(|lived| of(&lived.asked)).filter_map(|lived| moved_in(lived, tile.days));
        taken.map(|by| (-by).max(0)).sum()
    }

    /// What counts against a period of what was observed in it.
    pub(super) fn counted(&self, tile: &Tile) -> i128 {
        let told = self.life.iter().filter(|lived| matches!(lived.asked, Asking::Observe { .. }));
        -told.filter_map(|lived| moved_in(lived, tile.days)).sum::<i128>()
    }

    /// The accounts of a period: what lapses with it, and what lives on.
    pub(super) fn parts(&self, tile: &Tile) -> Vec<Part> {
        let limit = self.allowance(tile);
        let Some((most, _)) = self.terms.rollover else { return vec![(tile.start, tile.end, limit)] };
        let known: Vec<Lived> = self.life.iter().take_while(|lived| lived.at < tile.start).cloned().collect();
        let lapsing = (self.part(tile.whole, tile.days, &known) - most).clamp(0, limit);
        let lapses = PLACES[tile.place].midnight(self.lapses(tile.whole.1)).max(tile.end);
        vec![(tile.start, tile.end, lapsing), (tile.start, lapses, limit - lapsing)]
    }

    /// The day on which lapses what lives on from a period that ended before this day.
    fn lapses(&self, until: i64) -> i64 {
        let mut day = until;
        for _ in 0..self.terms.rollover.map_or(0, |(_, periods)| periods) {
            // A period in which no day counts is not counted, by the holidays that were known first.
            loop {
                let whole = self.terms.often.days(day);
                day = whole.1;
                if self.count(whole, &[]) > 0 {
                    break;
                }
            }
        }
        day
    }

    /// The accounts with money at an instant, and the period running then; `None` when none runs.
    pub(super) fn open_at(&self, moves: Moves<'_>, at: i64) -> Option<(Tile, Vec<Part>)> {
        let tiles = self.tiles(moves, at, 0);
        let running = tiles.last().copied().filter(|tile| tile.contains(at))?;
        let mut parts = Vec::new();
        // Back from the running one, for so many periods as it lives on, those not counted that are cut or empty.
        let mut left = self.terms.rollover.map_or(0, |(_, periods)| periods);
        for tile in tiles.iter().rev() {
            if *tile != running && left == 0 {
                break;
            }
            if PLACES[tile.place].midnight(self.lapses(tile.whole.1)).max(tile.end) > at {
                parts.extend(self.parts(tile));
            }
            if *tile != running && tile.days.0 == tile.whole.0 && self.count(tile.whole, &[]) > 0 {
                left -= 1;
            }
        }
        parts.retain(|(start, end, limit)| *start <= at && at < *end && *limit > 0);
        Some((running, parts))
    }

    /// The most that it releases in periods that begin on these days, at the latest on `last`: a period counts with the
    /// most that it ever had since its first day.
    pub(super) fn released_in(&self, days: Days, last: Option<i64>) -> i128 {
        let days = (days.0, last.map_or(days.1, |last| days.1.min(last + 1)));
        let (born, term) = (self.born(), self.term());
        if self.terms.often == Often::Once {
            let is_in = days.0 <= born && born < days.1 && born < term.1;
            return if is_in { self.part(term, term, &self.life) } else { 0 };
        }
        let (mut sum, mut day) = (0, days.0.max(born));
        while day < days.1.min(term.1) {
            let (whole, inside) = self.piece(day);
            let begins = inside.0.max(born);
            if days.0 <= begins && begins < days.1 {
                let since = self.life.iter().enumerate().filter(|(_, l)| begins <= l.day && l.day < inside.1);
                let ever = since.map(|(known, _)| self.part(whole, inside, &self.life[..known]));
                sum += ever.fold(self.part(whole, inside, &self.life), i128::max);
            }
            day = inside.1;
        }
        sum
    }

    /// The first day on which nothing of it is left that was released in periods that begin on these days.
    pub(super) fn lapsed(&self, days: Days) -> i64 {
        let last = (days.1 - 1).max(self.born());
        let until = if self.terms.often == Often::Once { NEVER } else { self.terms.often.days(last).1 };
        self.lapses(until).min(self.term().1)
    }
}

fn moved_in(lived: &Lived, days: Days) -> Option<i128> {
    match lived.change {
        Change::Moved { day, by } if days.0 <= day && day < days.1 => Some(by),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::calendar::day_in;
    use super::*;

    fn grant(often: Often, amount: i128, rollover: Option<(i128, i64)>) -> Grant {
        let terms = Terms {
            id: 1,
            person: 1,
            amount,
            often,
            workdays: false,
            holidays: None,
            share: 10_000,
            rollover,
            remedy: None,
            place: 0,
            starts: day_in("2026-03-02").unwrap(),
            ends: None,
            priority: 10,
            only: Vec::new(),
            tools: Vec::new(),
            guaranteed: true,
            pool: None,
            offer: None,
            top_up: None,
            created: 0,
        };
        Grant::new(&terms)
    }

    #[test]
    fn a_month_is_cut_to_its_days_and_to_the_days_that_count() {
        let mut grant = grant(Often::Monthly, 31_000, None);
        let day = |text: &str| day_in(text).unwrap();
        let at = |text: &str| PLACES[0].midnight(day(text));
        let (tile, parts) = grant.open_at(&[], at("2026-03-10")).unwrap();
        assert_eq!((tile.start, parts), (at("2026-03-02"), vec![(at("2026-03-02"), at("2026-04-01"), 30_000)]));
        let lived = |change| Lived { at: 0, day: day("2026-03-10"), asked: Asking::Extend { days: 1 }, change };
        grant.life.push(lived(Change::Share { share: 5_000, from: day("2026-03-11") }));
        assert_eq!(grant.allowance(&tile), 30_000 - 21 * 500);
        grant.life.push(lived(Change::Left { from: day("2026-03-31") }));
        grant.life.push(lived(Change::Moved { day: day("2026-03-11"), by: 7 }));
        assert_eq!(grant.allowance(&tile), 30_000 - 21 * 500 - 500 + 7);
        assert_eq!(grant.released_in((day("2026-01-01"), day("2026-04-01")), None), 30_000, "it had all of it once");
    }

    #[test]
    fn a_holiday_releases_nothing_and_the_other_days_of_a_month_more() {
        let day = |text: &str| day_in(text).unwrap();
        let mut daily = grant(Often::Daily, 100, None);
        daily.terms.workdays = true;
        daily.terms.holidays = Some([day("2026-03-04")].into());
        let on = |grant: &Grant, text: &str| grant.released_on(day(text));
        assert_eq!([on(&daily, "2026-03-03"), on(&daily, "2026-03-04"), on(&daily, "2026-03-07")], [100, 0, 0]);
        let change = Change::Calendar { holidays: [day("2026-03-05")].into(), from: day("2026-03-05") };
        let asked = Asking::Calendar { holidays: Holidays::new() };
        daily.life.push(Lived { at: 0, day: day("2026-03-04"), asked, change });
        assert_eq!([on(&daily, "2026-03-04"), on(&daily, "2026-03-05"), on(&daily, "2026-03-06")], [0, 0, 100]);
        let mut monthly = grant(Often::Monthly, 21_000, None);
        (monthly.terms.workdays, monthly.terms.starts) = (true, day("2026-03-01"));
        monthly.terms.holidays = Some([day("2026-03-04"), day("2026-03-07")].into());
        assert_eq!(on(&monthly, "2026-03-02"), 1_000, "of 22 Mondays to Fridays 21 are left");
    }

    #[test]
    fn what_lives_on_is_what_is_not_above_the_cap() {
        let grant = grant(Often::Daily, 100, Some((30, 2)));
        let noon = |text: &str| PLACES[0].midnight(day_in(text).unwrap()) + 1;
        let limits = |text: &str| -> Vec<i128> {
            grant.open_at(&[], noon(text)).unwrap().1.into_iter().map(|part| part.2).collect()
        };
        assert_eq!(limits("2026-03-02"), [70, 30]);
        assert_eq!(limits("2026-03-04"), [70, 30, 30, 30], "two days later something of each is there");
        assert_eq!(limits("2026-03-05").len(), 4, "and no more of the first");
    }
}

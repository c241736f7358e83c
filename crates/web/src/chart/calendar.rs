//! A year of days: a column a week, a square a day.

use std::fmt::Write as _;

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::draw::{Anchor, Draw, Rect};
use super::figures::{Unit, counted, number_of, whole_day};
use super::{Chart, Table};

const STEPS: [&str; 5] = ["c-heat-1", "c-heat-2", "c-heat-3", "c-heat-4", "c-heat-5"];
/// How large the square of each step is, in hundredths of its place: steps are told by size, too.
const SIZES: [i64; 5] = [40, 55, 70, 85, 100];
const WEEKS: i64 = 53;
const ROWS: [(i64, &str); 3] = [(0, "Mon"), (2, "Wed"), (5, "Sat")];

/// Days up to one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// What the figures are.
    pub unit: Unit,
    /// The last day shown; 53 weeks are, the week of this day being the last.
    pub until: Date,
    /// Days in any order; a day that is not here had nothing. Others than those of the 53 weeks are left out.
    pub days: Vec<Day>,
}

/// One day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: Date,
    /// Its figure; below zero counts as nothing.
    pub value: i64,
    /// Away from work on it.
    pub is_leave: bool,
}

impl Calendar {
    /// The number of the first Monday.
    fn first(&self) -> i64 {
        let monday = number_of(self.until) - i64::from(self.until.weekday().to_monday_zero_offset());
        monday - (WEEKS - 1) * 7
    }

    /// By number of day, from the first Monday to the last day.
    fn shown(&self) -> BTreeMap<i64, Day> {
        let (first, last) = (self.first(), number_of(self.until));
        let days = self.days.iter().map(|day| (number_of(day.date), Day { value: day.value.max(0), ..*day }));
        days.filter(|(number, _)| (first..=last).contains(number)).collect()
    }

    /// Where each of the five steps ends: at the quintiles of the days that had anything.
    fn bounds(shown: &BTreeMap<i64, Day>) -> [i64; 5] {
        let mut values: Vec<i64> = shown.values().map(|day| day.value).filter(|value| *value > 0).collect();
        values.sort_unstable();
        let at = |part: usize| values.get((values.len() * part).div_ceil(5).saturating_sub(1)).copied().unwrap_or(0);
        [at(1), at(2), at(3), at(4), at(5)]
    }
}

impl Chart for Calendar {
    fn nothing(&self) -> Option<&'static str> {
        let is_empty = self.shown().values().all(|day| day.value == 0);
        is_empty.then_some("Nothing to draw yet: no day of the year before had anything.")
    }

    fn sentence(&self) -> String {
        let shown = self.shown();
        let used: Vec<&Day> = shown.values().filter(|day| day.value > 0).collect();
        let total: i128 = used.iter().map(|day| i128::from(day.value)).sum();
        let mut text = format!(
            "{} on {} of the 53 weeks to {}.",
            self.unit.said(total),
            counted(used.len(), "day", "days"),
            whole_day(self.until)
        );
        // Of equal days the latest.
        if let Some(most) = used.iter().max_by_key(|day| (day.value, day.date)) {
            _ = write!(text, " The most on one day was {}, on {}.", self.unit.short(most.value), whole_day(most.date));
        }
        let leave = shown.values().filter(|day| day.is_leave).count();
        if leave > 0 {
            _ = write!(text, " {} of leave are hatched.", counted(leave, "day", "days"));
        }
        text
    }

    fn table(&self) -> Table {
        let mut table =
            Table::new(&format!("Days that had anything, in {}", self.unit.column()), &["Day", "Figure", "Leave"]);
        let shown = self.shown();
        for day in shown.values().filter(|day| day.value > 0 || day.is_leave) {
            let leave = if day.is_leave { "yes" } else { "" };
            table.rows.push(vec![whole_day(day.date), self.unit.exact(day.value), leave.to_owned()]);
        }
        let total: i128 = shown.values().map(|day| i128::from(day.value)).sum();
        table.foot = Some(vec!["In all".to_owned(), self.unit.exact(total), String::new()]);
        table
    }

    fn draw(&self, draw: &mut Draw) {
        let shown = self.shown();
        let bounds = Self::bounds(&shown);
        let (first, last) = (self.first(), number_of(self.until));
        // A phone has two halves of a year, one below the other.
        let (blocks, per_block) = if draw.is_wide() { (1, WEEKS) } else { (2, 27) };
        let left = 330;
        let pitch = (draw.width - left - 10) / per_block;
        let block = 200 + 7 * pitch + 40;
        draw.height = blocks * (block + 60) + 260;
        for at in 0..blocks {
            let top = at * (block + 60) + 200;
            for (row, name) in ROWS {
                draw.text("c-tick", Anchor::Start, (0, top + row * pitch + pitch * 3 / 4 + weekend(row)), name);
            }
            self.months(
                draw,
                first + at * per_block * 7,
                last.min(first + (at + 1) * per_block * 7 - 1),
                (left, top - 60, pitch),
            );
        }
        for number in first..=last {
            let (week, row) = ((number - first) / 7, (number - first) % 7);
            let (at, column) = (week / per_block, week % per_block);
            let corner = (left + column * pitch, at * (block + 60) + 200 + row * pitch + weekend(row));
            square(draw, corner, pitch, shown.get(&number), bounds, &self.unit);
        }
        self.legend(draw, bounds);
    }
}

/// The weekend stands a little apart.
const fn weekend(row: i64) -> i64 {
    if row >= 5 { 40 } else { 0 }
}

fn square(draw: &mut Draw, corner: (i64, i64), pitch: i64, day: Option<&Day>, bounds: [i64; 5], unit: &Unit) {
    let full = pitch - 22;
    let place = Rect { x: corner.0, y: corner.1, width: full, height: full };
    draw.rect("c-cell", place, None);
    let Some(day) = day else { return };
    let title =
        format!("{}: {}{}", whole_day(day.date), unit.exact(day.value), if day.is_leave { ", leave" } else { "" });
    if day.is_leave {
        draw.rect("c-leave", place, None);
        draw.hatch(place, Some(&title));
    }
    if let Some(step) = step(day.value, bounds) {
        let size = full * SIZES[step] / 100;
        let inset = (full - size) / 2;
        let inner = Rect { x: corner.0 + inset, y: corner.1 + inset, width: size, height: size };
        draw.rect(STEPS[step], inner, Some(&title));
    }
}

fn step(value: i64, bounds: [i64; 5]) -> Option<usize> {
    (value > 0).then(|| bounds.iter().position(|bound| value <= *bound).unwrap_or(4))
}

impl Calendar {
    /// A month's name above the first week that begins in it.
    fn months(&self, draw: &mut Draw, from: i64, to: i64, (left, y, pitch): (i64, i64, i64)) {
        let mut before = None;
        let mut free = 0;
        for number in (from..=to).step_by(7) {
            let back = number_of(self.until) - number;
            let Some(date) = jiff::Span::new().try_days(back).ok().and_then(|span| self.until.checked_sub(span).ok())
            else {
                continue;
            };
            let x = left + (number - from) / 7 * pitch;
            if before != Some(date.month()) && x >= free && x + 230 <= draw.width {
                draw.text("c-tick", Anchor::Start, (x, y), &date.strftime("%b").to_string());
                free = x + 300;
            }
            before = Some(date.month());
        }
    }

    fn legend(&self, draw: &mut Draw, bounds: [i64; 5]) {
        let y = draw.height - 60;
        let mut x = 330;
        let label = if draw.is_wide() { "a day, by fifths of the days:  up to" } else { "up to" };
        draw.text("c-label", Anchor::Start, (x, y), label);
        x += super::draw::width_of(label) + 80;
        let mut before = 0;
        for (step, bound) in bounds.into_iter().enumerate().filter(|(_, bound)| *bound > 0) {
            if bound == before {
                continue;
            }
            before = bound;
            let text = self.unit.short(bound);
            let size = SIZES[step];
            draw.rect(
                STEPS[step],
                Rect { x: x + (100 - size) / 2, y: y - 90 + (100 - size) / 2, width: size, height: size },
                None,
            );
            draw.text("c-label", Anchor::Start, (x + 140, y), &text);
            x += 140 + super::draw::width_of(&text) + 130;
        }
    }
}

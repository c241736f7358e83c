//! What is left of a period's money, day by day, and where that is going.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::draw::{Anchor, Draw, width_of};
use super::figures::{Unit, day, number_of, whole_day};
use super::legend::{Look, height, legend};
use super::plot::Plot;
use super::scale::Scale;
use super::{Chart, Table};

/// A period's money going down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BurnDown {
    /// What the amounts are.
    pub unit: Unit,
    /// The period's first day.
    pub starts: Date,
    /// Its last day.
    pub ends: Date,
    /// What there was to spend at its start.
    pub released: i64,
    /// What of it can't be taken away, where something is guaranteed.
    pub floor: Option<i64>,
    /// What was left, in order of days.
    pub left: Vec<Left>,
    /// What is going to be left, in order of days.
    pub forecast: Vec<Outlook>,
    /// How many times in a hundred it will be between `low` and `high`.
    pub within: u8,
    /// When nothing would be left.
    pub runs_out: Option<RunsOut>,
}

/// What was left when a day was over (for the present day: by now).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// The day.
    pub date: Date,
    /// What was left.
    pub left: i64,
}

/// What is going to be left when a day is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// The day.
    pub date: Date,
    /// At the least, as likely as the spec says.
    pub low: i64,
    /// As often more as less.
    pub middle: i64,
    /// At the most.
    pub high: i64,
}

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunsOut {
    /// The day.
    pub date: Date,
    /// Minutes since its midnight.
    pub minute: u16,
}

impl RunsOut {
    fn text(self) -> String {
        let minute = self.minute.min(1_439);
        format!("{} {:02}:{:02}", self.date.strftime("%a %-d %b"), minute / 60, minute % 60)
    }
}

const DAY: i64 = 1_440;

fn over(date: Date) -> i64 {
    (number_of(date) + 1) * DAY
}

impl BurnDown {
    fn ideal(&self, date: Date) -> i128 {
        let (start, end) = (number_of(self.starts), number_of(self.ends) + 1);
        let left = (end - number_of(date) - 1).clamp(0, (end - start).max(0));
        i128::from(self.released) * i128::from(left) / i128::from((end - start).max(1))
    }

    fn items(&self) -> Vec<(Look, String)> {
        let mut items =
            vec![(Look::Line("c-line"), "left".to_owned()), (Look::Line("c-ideal"), "even pace".to_owned())];
        if !self.forecast.is_empty() {
            items.push((Look::Line("c-forecast"), "forecast".to_owned()));
            items.push((Look::Hatched("c-band"), format!("{} times in 100", self.within)));
        }
        items
    }
}

impl Chart for BurnDown {
    fn nothing(&self) -> Option<&'static str> {
        (self.released <= 0 && self.left.is_empty())
            .then_some("Nothing to draw yet: no money was released in this period.")
    }

    fn sentence(&self) -> String {
        let unit = &self.unit;
        let now = self.left.last().map_or(self.released, |left| left.left);
        let mut text = format!(
            "{} of {} is left of the period from {} to {}.",
            unit.short(now),
            unit.short(self.released),
            day(self.starts),
            day(self.ends)
        );
        if let Some(out) = self.runs_out {
            _ = write!(text, " At this pace it would run out {}.", out.text());
        } else if let Some(end) = self.forecast.last() {
            _ = write!(text, " On {} about {} of it would still be there.", day(end.date), unit.short(end.middle));
        }
        if let Some(floor) = self.floor {
            _ = write!(text, " {} is guaranteed.", unit.short(floor));
        }
        text
    }

    fn table(&self) -> Table {
        let unit = self.unit.column();
        let mut table = Table::new(
            &format!("What is left at the end of each day, in {unit}"),
            &["Day", "Kind", "Left", "At least", "At most", "At an even pace"],
        );
        for left in &self.left {
            table.rows.push(vec![
                whole_day(left.date),
                "measured".to_owned(),
                self.unit.exact(left.left),
                String::new(),
                String::new(),
                self.unit.exact(self.ideal(left.date)),
            ]);
        }
        for to_come in &self.forecast {
            table.rows.push(vec![
                whole_day(to_come.date),
                "forecast".to_owned(),
                self.unit.exact(to_come.middle),
                self.unit.exact(to_come.low),
                self.unit.exact(to_come.high),
                self.unit.exact(self.ideal(to_come.date)),
            ]);
        }
        table
    }

    fn draw(&self, draw: &mut Draw) {
        let items = self.items();
        draw.height = height(draw, &items) + if draw.is_wide() { 2_700 } else { 2_500 };
        let top = legend(draw, &items) + 60;
        let all =
            self.left.iter().map(|left| left.left).chain(self.forecast.iter().flat_map(|f| [f.low, f.middle, f.high]));
        let all = all.chain([self.released, self.floor.unwrap_or(0)]);
        let (low, high) = all.fold((0, 0), |(low, high), value| (value.min(low), value.max(high)));
        let plot = Plot::new(draw, &self.unit, i128::from(low), i128::from(high), top);
        let from = number_of(self.starts) * DAY;
        let x = Scale::new(i128::from(from), i128::from(over(self.ends)), plot.left, plot.right);

        let at = |minute: i64, value: i64| (x.at(minute), plot.y.at(value));
        let start = at(from, self.released);
        let last = self.left.last().map_or(start, |left| at(over(left.date), left.left));

        let lows = self.forecast.iter().map(|f| at(over(f.date), f.low));
        let highs = self.forecast.iter().rev().map(|f| at(over(f.date), f.high));
        let band: Vec<_> = [last].into_iter().chain(lows).chain(highs).collect();
        draw.area("c-band", &band, true);
        draw.line("c-ideal", start, (plot.right, plot.y.at(0)));

        let released = plot.y.at(self.released);
        draw.line("c-allowance", (plot.left, released), (plot.right, released));
        draw.text(
            "c-label",
            Anchor::End,
            (plot.right, released - 50),
            &format!("released {}", self.unit.short(self.released)),
        );
        if let Some(floor) = self.floor {
            let y = plot.y.at(floor);
            draw.line("c-floor", (plot.left, y), (plot.right, y));
            draw.text(
                "c-label",
                Anchor::Start,
                (plot.left + 60, y - 50),
                &format!("guaranteed {}", self.unit.short(floor)),
            );
        }

        let middle: Vec<_> =
            [last].into_iter().chain(self.forecast.iter().map(|f| at(over(f.date), f.middle))).collect();
        draw.polyline("c-forecast", &middle);
        let line: Vec<_> = [start].into_iter().chain(self.left.iter().map(|l| at(over(l.date), l.left))).collect();
        draw.polyline("c-line", &line);
        draw.dot("c-point", last, 40);
        if let Some(left) = self.left.last() {
            let y = (last.1 - 90).max(plot.top + 150);
            // Near the end there is no room behind the point.
            let is_late = last.0 > plot.left + (plot.right - plot.left) * 7 / 10;
            let (anchor, x) = if is_late { (Anchor::End, last.0 - 50) } else { (Anchor::Start, last.0 + 50) };
            draw.text("c-value", anchor, (x, y), &format!("{} left", self.unit.short(left.left)));
        }
        if let Some(out) = self.runs_out {
            let at = at(number_of(out.date) * DAY + i64::from(out.minute.min(1_439)), 0);
            draw.line("c-stop", (at.0, at.1), (at.0, at.1 - 300));
            draw.dot("c-stop-point", at, 45);
            let text = format!("out {}", out.text());
            let half = width_of(&text) / 2;
            let anchor = match at.0 {
                x if x + half > plot.right => Anchor::End,
                x if x - half < plot.left => Anchor::Start,
                _ => Anchor::Middle,
            };
            draw.text("c-warning", anchor, (at.0, at.1 - 350), &text);
        }

        let days = number_of(self.ends) - number_of(self.starts) + 1;
        let every = (days / if draw.is_wide() { 6 } else { 3 }).max(1);
        let labels: Vec<_> = (0..days)
            .filter(|at| at % every == 0)
            .filter_map(|at| {
                let date = self.starts.checked_add(jiff::Span::new().try_days(at).ok()?).ok()?;
                Some((x.at(number_of(date) * DAY + DAY / 2), day(date)))
            })
            .collect();
        plot.below(draw, &labels);
    }
}

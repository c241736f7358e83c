//! What a package is made of, as a bar of a hundred parts, with and without its last pillar.

use std::fmt::Write as _;

use super::draw::{Anchor, Draw, Rect, width_of};
use super::figures::{Unit, percent};
use super::legend::{Look, height, legend};
use super::{Chart, Table};

const FILLS: [&str; 4] = ["c-3", "c-2", "c-6", "c-1"];

/// A package for a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pillars {
    /// What the amounts are.
    pub unit: Unit,
    /// Salary, what is variable, equity, tokens: four at most, the last one being that which is left out of the second bar.
    pub pillars: Vec<Pillar>,
}

/// One pillar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pillar {
    /// What it is called.
    pub name: String,
    /// For a year; below zero counts as nothing.
    pub amount: i64,
}

impl Pillars {
    fn shown(&self) -> Vec<(&str, i128)> {
        let shown = self.pillars.iter().take(FILLS.len());
        shown.map(|pillar| (pillar.name.as_str(), i128::from(pillar.amount.max(0)))).collect()
    }
}

fn sum(parts: &[(&str, i128)]) -> i128 {
    parts.iter().map(|(_, amount)| amount).sum()
}

impl Chart for Pillars {
    fn nothing(&self) -> Option<&'static str> {
        (sum(&self.shown()) == 0).then_some("Nothing to draw yet: the package has no amounts.")
    }

    fn sentence(&self) -> String {
        let shown = self.shown();
        let total = sum(&shown);
        let parts: Vec<String> =
            shown.iter().map(|(name, amount)| format!("{name} {}", percent(*amount, total))).collect();
        let mut text = format!("{} a year: {}.", self.unit.short(total), parts.join(", "));
        if let Some(((name, last), others)) = shown.split_last()
            && *last > 0
            && !others.is_empty()
        {
            _ = write!(text, " Without {name} it is {}.", self.unit.short(sum(others)));
        }
        text
    }

    fn table(&self) -> Table {
        let shown = self.shown();
        let total = sum(&shown);
        let without = total - shown.last().map_or(0, |(_, amount)| *amount);
        let mut table = Table::new(
            &format!("The package for a year, in {}", self.unit.column()),
            &["Pillar", "Amount", "Of the whole", "Without the last"],
        );
        for (at, (name, amount)) in shown.iter().enumerate() {
            let share = if at + 1 == shown.len() { String::new() } else { percent(*amount, without) };
            table.rows.push(vec![(*name).to_owned(), self.unit.exact(*amount), percent(*amount, total), share]);
        }
        table.foot =
            Some(vec!["In all".to_owned(), self.unit.exact(total), "100 %".to_owned(), self.unit.exact(without)]);
        table
    }

    fn draw(&self, draw: &mut Draw) {
        let shown = self.shown();
        let items: Vec<_> = (0..)
            .zip(&shown)
            .map(|(at, (name, amount))| {
                let look = if at + 1 == shown.len() { Look::Hatched(FILLS[at]) } else { Look::Fill(FILLS[at]) };
                (look, format!("{} {name} {}", at + 1, self.unit.short(*amount)))
            })
            .collect();
        draw.height = height(draw, &items) + 1_450;
        let top = legend(draw, &items);
        bar(draw, &shown, shown.len(), top + 100, &format!("With all of it: {}", self.unit.short(sum(&shown))));
        if let Some((_, others)) = shown.split_last() {
            let label = format!("Without the last: {}", self.unit.short(sum(others)));
            bar(draw, others, shown.len(), top + 780, &label);
        }
    }
}

fn bar(draw: &mut Draw, parts: &[(&str, i128)], count: usize, top: i64, label: &str) {
    let total = sum(parts);
    draw.text("c-value", Anchor::Start, (0, top + 120), label);
    let (top, bottom) = (top + 190, top + 530);
    let mut before = 0_i128;
    for (at, (name, amount)) in parts.iter().enumerate().filter(|(_, (_, amount))| *amount > 0) {
        let place = |value: i128| i64::try_from(value * i128::from(draw.width) / total.max(1)).unwrap_or(0);
        let (from, to) = (place(before), place(before + amount));
        before += amount;
        let share = percent(*amount, total);
        let title = format!("{name}: {share}");
        let rect = Rect::between(from, top, (to - 20).max(from + 10), bottom);
        draw.rect(FILLS[at], rect, Some(&title));
        let text = [format!("{} {name} {share}", at + 1), format!("{} {share}", at + 1), (at + 1).to_string()];
        let room = to - from - 160;
        let is_last = at + 1 == count;
        if is_last {
            // The label keeps a plain ground.
            let strip = Rect::between(from, top, (to - 20).max(from + 10), top + 90);
            draw.hatch(strip, None);
        }
        if let Some(text) = text.iter().find(|text| width_of(text) <= room) {
            draw.text("c-in", Anchor::Start, (from + 80, bottom - 110), text);
        }
    }
}

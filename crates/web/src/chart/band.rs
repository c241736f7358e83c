//! A band from its least to its most, with where something stands in it.

use std::fmt::Write as _;

use super::draw::{Anchor, Draw, Rect, width_of};
use super::figures::Unit;
use super::scale::Scale;
use super::{Chart, Table};

/// A band and a marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// What the amounts are.
    pub unit: Unit,
    /// The band's least.
    pub least: i64,
    /// Its middle.
    pub middle: i64,
    /// Its most.
    pub most: i64,
    /// Where the marker stands; within the band or not.
    pub at: i64,
    /// How many in a hundred of the peers have less, where there are enough of them to say so.
    pub percentile: Option<u8>,
}

impl Band {
    fn is_a_band(&self) -> bool {
        self.least <= self.middle && self.middle <= self.most && self.least < self.most
    }

    fn stands(&self) -> String {
        let short = |value: i128| self.unit.short(value);
        let (at, least, most) = (i128::from(self.at), i128::from(self.least), i128::from(self.most));
        if at < least {
            format!("{} below the band", short(least - at))
        } else if at > most {
            format!("{} above the band", short(at - most))
        } else {
            "within the band".to_owned()
        }
    }
}

impl Chart for Band {
    fn nothing(&self) -> Option<&'static str> {
        (!self.is_a_band()).then_some("Nothing to draw: there is no band to hold this against.")
    }

    fn sentence(&self) -> String {
        let short = |value| self.unit.short(i128::from(value));
        let mut text = format!(
            "{} is {}: from {} to {}, with {} in the middle.",
            short(self.at),
            self.stands(),
            short(self.least),
            short(self.most),
            short(self.middle)
        );
        if let Some(percentile) = self.percentile {
            _ = write!(text, " {percentile} in 100 of the peers have less.");
        }
        text
    }

    fn table(&self) -> Table {
        let mut table =
            Table::new(&format!("The band and where this stands, in {}", self.unit.column()), &["What", "Amount"]);
        for (name, value) in [("Least", self.least), ("Middle", self.middle), ("Most", self.most), ("This", self.at)] {
            table.rows.push(vec![name.to_owned(), self.unit.exact(value)]);
        }
        if let Some(percentile) = self.percentile {
            table.rows.push(vec!["Peers with less, in 100".to_owned(), percentile.to_string()]);
        }
        table
    }

    fn draw(&self, draw: &mut Draw) {
        draw.height = 1_050;
        let (least, most, at) = (i128::from(self.least), i128::from(self.most), i128::from(self.at));
        let air = ((most.max(at) - least.min(at)) / 8).max(1);
        let x = Scale::new(least.min(at) - air, most.max(at) + air, 20, draw.width - 20);
        let (from, to, y) = (x.at(least), x.at(most), 520);
        draw.line("c-grid", (0, y), (draw.width, y));
        draw.rect("c-strip", Rect::between(from, y - 110, to, y + 110), None);
        let mut free = i64::MIN;
        let ends = [(least, "least"), (most, "most"), (i128::from(self.middle), "middle")];
        let mut taken: Vec<(i64, i64)> = Vec::new();
        for (value, name) in ends {
            let place = x.at(value);
            draw.line("c-mark", (place, y - 110), (place, y + 110));
            let label = format!("{name} {}", self.unit.short(value));
            let half = width_of(&label) / 2;
            let middle = place.clamp(half, (draw.width - half).max(half));
            if taken.iter().all(|(start, end)| middle + half + 60 < *start || middle - half - 60 > *end) {
                taken.push((middle - half, middle + half));
                free = free.max(middle + half);
                draw.text("c-label", Anchor::Middle, (middle, y + 310), &label);
            }
        }
        let place = x.at(at);
        draw.line("c-marker", (place, y - 200), (place, y + 140));
        draw.dot("c-point", (place, y), 70);
        let label = format!("{}, {}", self.unit.short(at), self.stands());
        draw.text("c-value", Anchor::Middle, (place, y - 260), &label);
    }
}

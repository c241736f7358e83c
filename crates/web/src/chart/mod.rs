//! Charts: from figures and a spec to accessible SVG, a sentence and a table.
//!
//! **Model.** [`svg`] is a function: the same spec gives the same bytes, with no clock, no fonts and no floats. Money and
//! counts stay integers until [`scale`](self) maps them to tenths of a unit of the drawing, so there is no coordinate that
//! is not a number.
//!
//! **Owns** scales, marks, captions and the table that tells the same as the drawing.
//!
//! **Does not own** the figures: whoever asks for a chart has them from the API, and hides what few people could be told
//! from.
//!
//! **Invariants.** No colour stands in the SVG: classes do, and `assets/css/charts.css` has what they look like in both
//! themes. Nothing is told by colour alone. Every text is escaped. Each chart is drawn twice, for a wide and for a narrow
//! place, so that its letters are as large as those around it; the style sheet shows one of them ([ADR 31]).
//!
//! [ADR 31]: ../../../../docs/adr/0031-charts-of-our-own.md

mod band;
mod burn_down;
mod calendar;
mod distribution;
mod draw;
mod figures;
mod gain;
mod legend;
mod pillars;
mod plot;
mod scale;
mod spark;
mod stacked;
mod table;
mod timeline;
mod waterfall;

pub use band::Band;
pub use burn_down::{BurnDown, Left, Outlook, RunsOut};
pub use calendar::{Calendar, Day};
pub use distribution::Distribution;
pub use figures::Unit;
pub use gain::{Gain, Measured};
pub use pillars::{Pillar, Pillars};
pub use spark::spark;
pub use stacked::{Bar, Part, Stacked};
pub use table::Table;
pub use timeline::{Stopped, Stretch, Timeline};
pub use waterfall::{Step, Waterfall};

use draw::{Draw, escaped};

/// Where a chart stands. It decides how much is labelled, never what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A page on a desk, a sheet of paper: 720 units wide.
    Wide,
    /// A phone, a card among others: 340 units wide.
    Narrow,
}

impl Place {
    const fn word(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Narrow => "narrow",
        }
    }

    /// Its width in tenths of a unit.
    const fn width(self) -> i64 {
        match self {
            Self::Wide => 7_200,
            Self::Narrow => 3_400,
        }
    }
}

/// What is to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Names the chart within its page: letters, digits and `-`; everything else is dropped.
    pub id: String,
    /// What it is called, for whoever can't see it.
    pub title: String,
    /// The figures.
    pub kind: Kind,
}

/// The kinds of chart, each with its figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What is left of a period's money, and where that is going.
    BurnDown(BurnDown),
    /// What was used, bar by bar, by model.
    Stacked(Stacked),
    /// A year of days.
    Calendar(Calendar),
    /// How many people are where.
    Distribution(Distribution),
    /// A band with where an offer stands in it.
    Band(Band),
    /// What a package is made of.
    Pillars(Pillars),
    /// How one total became another.
    Waterfall(Waterfall),
    /// What comes back for money, by how much more is done with it.
    Gain(Gain),
    /// A run, stretch by stretch.
    Timeline(Timeline),
}

/// What every kind can do.
trait Chart {
    /// Why there is nothing to draw, where there is nothing.
    fn nothing(&self) -> Option<&'static str>;
    /// What the drawing shows, in one or two sentences that hold.
    fn sentence(&self) -> String;
    /// The figures.
    fn table(&self) -> Table;
    /// The drawing. Called only where there is something to draw.
    fn draw(&self, draw: &mut Draw);
}

impl Kind {
    fn chart(&self) -> &dyn Chart {
        match self {
            Self::BurnDown(chart) => chart,
            Self::Stacked(chart) => chart,
            Self::Calendar(chart) => chart,
            Self::Distribution(chart) => chart,
            Self::Band(chart) => chart,
            Self::Pillars(chart) => chart,
            Self::Waterfall(chart) => chart,
            Self::Gain(chart) => chart,
            Self::Timeline(chart) => chart,
        }
    }
}

/// A chart as it goes into a page or a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What it shows, in a sentence or two. Not escaped.
    pub caption: String,
    /// The drawing for a page on a desk; empty where there is nothing to draw.
    pub wide: String,
    /// The same for a phone.
    pub narrow: String,
    /// The figures; no rows where there are none.
    pub table: Table,
}

impl Figure {
    /// `<figure>` with the sentence, both drawings and the table.
    pub fn html(&self) -> String {
        let caption = escaped(&self.caption);
        if self.wide.is_empty() {
            return format!("<figure class=\"chart chart-empty\"><figcaption>{caption}</figcaption></figure>");
        }
        let (wide, narrow, table) = (&self.wide, &self.narrow, self.table.html());
        format!(
            "<figure class=\"chart\"><figcaption>{caption}</figcaption><div class=\"chart-drawing\">{wide}{narrow}</div>\
             <details class=\"chart-data\"><summary>Figures as a table</summary>{table}</details></figure>"
        )
    }
}

/// Draws. The same spec gives the same bytes.
pub fn svg(spec: &Spec) -> Figure {
    let chart = spec.kind.chart();
    if let Some(why) = chart.nothing() {
        let table = Table { rows: Vec::new(), foot: None, ..chart.table() };
        return Figure { caption: why.to_owned(), wide: String::new(), narrow: String::new(), table };
    }
    let caption = chart.sentence();
    let draw = |place| {
        let mut draw = Draw::new(&spec.id, place);
        chart.draw(&mut draw);
        draw.finish(&spec.title, &caption)
    };
    Figure { wide: draw(Place::Wide), narrow: draw(Place::Narrow), table: chart.table(), caption }
}

//! What the marks of a chart mean, in a row above it.

use super::draw::{Anchor, Draw, Rect, short, width_of};

/// How something looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// A line of this class.
    Line(&'static str),
    /// A filled box of this class.
    Fill(&'static str),
    /// The same, hatched.
    Hatched(&'static str),
    /// A dot of this class.
    Dot(&'static str),
}

const ROW: i64 = 190;
const SAMPLE: i64 = 180;
const GAP: i64 = 70;

/// Draws the legend from the top of the drawing, in as many rows as it takes, and says where it ends.
pub(super) fn legend(draw: &mut Draw, items: &[(Look, String)]) -> i64 {
    let (mut x, mut y) = (0, 0);
    for (look, text) in items {
        let text = short(text, if draw.is_wide() { 40 } else { 32 });
        let wide = SAMPLE + GAP + width_of(&text);
        if x > 0 && x + wide > draw.width {
            (x, y) = (0, y + ROW);
        }
        sample(draw, *look, x, y);
        draw.text("c-label", Anchor::Start, (x + SAMPLE + GAP, y + 120), &text);
        x += wide + 160;
    }
    y + ROW
}

/// How many rows it takes: charts need their height before they draw.
pub(super) fn height(draw: &Draw, items: &[(Look, String)]) -> i64 {
    let (mut x, mut y) = (0, 0);
    for (_, text) in items {
        let wide = SAMPLE + GAP + width_of(&short(text, if draw.is_wide() { 40 } else { 32 }));
        if x > 0 && x + wide > draw.width {
            (x, y) = (0, y + ROW);
        }
        x += wide + 160;
    }
    y + ROW
}

fn sample(draw: &mut Draw, look: Look, x: i64, y: i64) {
    let swatch = Rect { x: x + 40, y: y + 30, width: 100, height: 100 };
    match look {
        Look::Line(class) => draw.line(class, (x, y + 80), (x + SAMPLE, y + 80)),
        Look::Dot(class) => draw.dot(class, (x + SAMPLE / 2, y + 80), 45),
        Look::Fill(class) => draw.rect(class, swatch, None),
        Look::Hatched(class) => {
            draw.rect(class, swatch, None);
            draw.hatch(swatch, None);
        }
    }
}

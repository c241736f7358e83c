//! SVG as text. Coordinates are integers, tenths of a unit, and are held within the drawing.

use std::fmt::Write as _;

use super::Place;

/// How wide a letter is taken to be, in tenths: digits of the common system fonts at 12 units.
const LETTER: i64 = 66;

/// Which end of a text its place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) width: i64,
    pub(super) height: i64,
}

impl Rect {
    /// Between two corners, in any order.
    pub(super) fn between(x1: i64, y1: i64, x2: i64, y2: i64) -> Self {
        Self { x: x1.min(x2), y: y1.min(y2), width: (x2 - x1).abs(), height: (y2 - y1).abs() }
    }
}

/// One drawing under way.
pub(super) struct Draw {
    pub(super) place: Place,
    pub(super) width: i64,
    /// Set by whoever draws, before the first mark.
    pub(super) height: i64,
    id: String,
    body: String,
    is_hatched: bool,
}

impl Draw {
    pub(super) fn new(id: &str, place: Place) -> Self {
        let clean: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect();
        Self {
            place,
            width: place.width(),
            height: 2_600,
            id: format!("chart-{clean}-{}", place.word()),
            body: String::new(),
            is_hatched: false,
        }
    }

    pub(super) fn is_wide(&self) -> bool {
        self.place == Place::Wide
    }

    fn x(&self, x: i64) -> String {
        tenths(x.clamp(0, self.width))
    }

    fn y(&self, y: i64) -> String {
        tenths(y.clamp(0, self.height))
    }

    pub(super) fn line(&mut self, class: &str, from: (i64, i64), to: (i64, i64)) {
        let (x1, y1, x2, y2) = (self.x(from.0), self.y(from.1), self.x(to.0), self.y(to.1));
        _ = write!(self.body, "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>");
    }

    /// A rectangle, with what it stands for as its title.
    pub(super) fn rect(&mut self, class: &str, rect: Rect, title: Option<&str>) {
        self.box_of(&format!("class=\"{class}\""), rect, title);
    }

    /// The hatch, over whatever was drawn there.
    pub(super) fn hatch(&mut self, rect: Rect, title: Option<&str>) {
        let fill = self.hatch_fill();
        self.box_of(&fill, rect, title);
    }

    fn hatch_fill(&mut self) -> String {
        self.is_hatched = true;
        format!("fill=\"url(#{}-hatch)\"", self.id)
    }

    fn box_of(&mut self, look: &str, rect: Rect, title: Option<&str>) {
        let (left, right) = (rect.x.clamp(0, self.width), (rect.x + rect.width).clamp(0, self.width));
        let (top, bottom) = (rect.y.clamp(0, self.height), (rect.y + rect.height).clamp(0, self.height));
        let (x, y, width, height) = (tenths(left), tenths(top), tenths(right - left), tenths(bottom - top));
        _ = write!(self.body, "<rect {look} x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"");
        match title {
            Some(title) => _ = write!(self.body, "><title>{}</title></rect>", escaped(title)),
            None => self.body.push_str("/>"),
        }
    }

    pub(super) fn dot(&mut self, class: &str, at: (i64, i64), radius: i64) {
        let at = (at.0.clamp(radius, self.width - radius), at.1.clamp(radius, self.height - radius));
        let (x, y, radius) = (tenths(at.0), tenths(at.1), tenths(radius));
        _ = write!(self.body, "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>");
    }

    /// A line through points; nothing for fewer than two.
    pub(super) fn polyline(&mut self, class: &str, points: &[(i64, i64)]) {
        if points.len() > 1 {
            let points = self.points(points);
            _ = write!(self.body, "<polyline class=\"{class}\" points=\"{points}\"/>");
        }
    }

    /// A filled outline, hatched where asked.
    pub(super) fn area(&mut self, class: &str, points: &[(i64, i64)], hatched: bool) {
        if points.len() < 3 {
            return;
        }
        let points = self.points(points);
        _ = write!(self.body, "<polygon class=\"{class}\" points=\"{points}\"/>");
        if hatched {
            let fill = self.hatch_fill();
            _ = write!(self.body, "<polygon {fill} points=\"{points}\"/>");
        }
    }

    fn points(&self, points: &[(i64, i64)]) -> String {
        let mut text = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let gap = if at == 0 { "" } else { " " };
            _ = write!(text, "{gap}{},{}", self.x(*x), self.y(*y));
        }
        text
    }

    /// A text whose base line is at `y`. It is moved where it would leave the drawing, and cut where it is wider.
    pub(super) fn text(&mut self, class: &str, anchor: Anchor, at: (i64, i64), text: &str) {
        let text = short(text, usize::try_from(self.width / LETTER).unwrap_or(60));
        let wide = width_of(&text);
        let (x, word) = match anchor {
            Anchor::Start => (at.0.clamp(0, (self.width - wide).max(0)), "start"),
            Anchor::Middle => {
                (at.0.clamp((wide / 2).min(self.width / 2), (self.width - wide / 2).max(self.width / 2)), "middle")
            }
            Anchor::End => (at.0.clamp(wide.min(self.width), self.width), "end"),
        };
        let (x, y, text) = (tenths(x), tenths(at.1.clamp(90, self.height)), escaped(&text));
        _ = write!(self.body, "<text class=\"{class}\" text-anchor=\"{word}\" x=\"{x}\" y=\"{y}\">{text}</text>");
    }

    /// The whole drawing.
    pub(super) fn finish(self, title: &str, description: &str) -> String {
        let (id, class, body) = (&self.id, self.place.word(), &self.body);
        let (width, height) = (tenths(self.width), tenths(self.height));
        let (title, description) = (escaped(title), escaped(description));
        let defs = if self.is_hatched {
            format!(
                "<defs><pattern id=\"{id}-hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" \
                 patternTransform=\"rotate(45)\"><line class=\"c-hatch\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"5\"/></pattern></defs>"
            )
        } else {
            String::new()
        };
        format!(
            "<svg class=\"chart-{class}\" viewBox=\"0 0 {width} {height}\" role=\"img\" focusable=\"false\" \
             aria-labelledby=\"{id}-title\" aria-describedby=\"{id}-desc\"><title id=\"{id}-title\">{title}</title>\
             <desc id=\"{id}-desc\">{description}</desc>{defs}{body}</svg>"
        )
    }
}

/// Tenths of a unit as SVG has them: `12.5`, `12`.
pub(super) fn tenths(value: i64) -> String {
    let (sign, value) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    match value % 10 {
        0 => format!("{sign}{}", value / 10),
        rest => format!("{sign}{}.{rest}", value / 10),
    }
}

/// About how wide a text is, in tenths.
pub(super) fn width_of(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX / LETTER).saturating_mul(LETTER)
}

/// The text, or as much of it as fits into so many letters, with what cannot be shown left out.
pub(super) fn short(text: &str, letters: usize) -> String {
    let clean: Vec<char> = text.chars().filter(|c| !c.is_control() && !turns_text(*c)).collect();
    if clean.len() <= letters {
        return clean.into_iter().collect();
    }
    let kept = clean.into_iter().take(letters.saturating_sub(1));
    kept.chain(['…']).collect()
}

/// Marks that turn the direction of the text around them: a name could make a figure read backwards.
const fn turns_text(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text as XML and HTML take it. Characters that XML does not know are left out.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() && c != '\n' && c != '\t' => {}
            c if turns_text(c) => {}
            c => out.push(c),
        }
    }
    out
}

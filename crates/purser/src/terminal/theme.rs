//! Colours, or none.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

/// How things look. Without colour there is still bold and faint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Theme {
    colour: bool,
}

#[expect(clippy::unused_self, reason = "every look is asked of the theme, whether or not colour decides it")]
impl Theme {
    /// Colour, unless `NO_COLOR` is set to anything (no-color.org) or the terminal says that it has none.
    pub(crate) fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let unwanted = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
        let unable = variable("TERM").is_some_and(|term| term == "dumb");
        Self { colour: !unwanted && !unable }
    }

    fn coloured(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    pub(crate) fn plain<'a>(self, text: impl Into<std::borrow::Cow<'a, str>>) -> Span<'a> {
        Span::raw(text)
    }

    pub(crate) fn strong<'a>(self, text: impl Into<std::borrow::Cow<'a, str>>) -> Span<'a> {
        Span::styled(text, Style::new().add_modifier(Modifier::BOLD))
    }

    pub(crate) fn faint<'a>(self, text: impl Into<std::borrow::Cow<'a, str>>) -> Span<'a> {
        Span::styled(text, Style::new().add_modifier(Modifier::DIM))
    }

    pub(crate) fn good<'a>(self, text: impl Into<std::borrow::Cow<'a, str>>) -> Span<'a> {
        Span::styled(text, self.coloured(Color::Green))
    }

    pub(crate) fn warn<'a>(self, text: impl Into<std::borrow::Cow<'a, str>>) -> Span<'a> {
        Span::styled(text, self.coloured(Color::Yellow))
    }

    pub(crate) fn bad<'a>(self, text: impl Into<std::borrow::Cow<'a, str>>) -> Span<'a> {
        Span::styled(text, self.coloured(Color::Red).add_modifier(Modifier::BOLD))
    }

    /// The line that is selected.
    pub(crate) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}

#[cfg(test)]
impl Theme {
    /// Without colour.
    pub(crate) const PLAIN: Self = Self { colour: false };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &'static str, value: &'static str, colour: bool) {
        let theme = Theme::of_environment(|asked| (asked == name).then(|| value.to_owned()));
        assert_eq!(theme.colour, colour, "{name}={value}");
    }

    #[test]
    fn colour_is_there_unless_somebody_says_no() {
        check("TERM", "xterm-256color", true);
        check("TERM", "dumb", false);
        check("NO_COLOR", "1", false);
        check("NO_COLOR", "", true);
    }
}

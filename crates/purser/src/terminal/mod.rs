//! Terminals: what every view on one has in common.

mod theme;

pub(crate) use self::theme::Theme;

/// Gives the terminal back when dropped.
pub(crate) struct Taken;

impl Drop for Taken {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

//! Figures as they fit.

use std::time::Duration;

use ratatui::text::Span;

use super::Theme;
use crate::demo::scene::Purse;

/// `03:07`, or `1:03:07`.
pub(super) fn minutes(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes:02}:{seconds:02}") }
}

/// `4.2 s`
pub(super) fn seconds(time: Duration) -> String {
    let tenths = time.as_millis() / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// So many in a hundred; 0 of nothing.
pub(super) fn percent(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or(0)
}

/// What is left, what is set aside, what is spent, in this order.
pub(super) fn bar(purse: Purse, width: u16, theme: Theme) -> Vec<Span<'static>> {
    let cells = |per_mille: u16| (u32::from(per_mille) * u32::from(width)).div_ceil(1000);
    let left_share = purse.per_mille(purse.left());
    let left = cells(left_share).min(u32::from(width));
    let held = cells(purse.per_mille(purse.held)).min(u32::from(width) - left);
    let spent = u32::from(width) - left - held;
    let of = |sign: &str, count: u32| sign.repeat(usize::try_from(count).unwrap_or(0));
    let left = of("█", left);
    let left = match left_share {
        0..=100 => theme.bad(left),
        101..=300 => theme.warn(left),
        _ => theme.good(left),
    };
    vec![left, theme.warn(of("▒", held)), theme.faint(of("░", spent))]
}

#[cfg(test)]
mod tests {
    use purser_core::money::Nano;

    use super::*;

    #[test]
    fn figures_fit() {
        assert_eq!(minutes(Duration::from_secs(187)), "03:07");
        assert_eq!(minutes(Duration::from_secs(3_787)), "1:03:07");
        assert_eq!(seconds(Duration::from_millis(4_290)), "4.2 s");
        assert_eq!((percent(1, 3), percent(1, 0)), (33, 0));
    }

    fn check(limit: i64, spent: i64, held: i64, drawn: &str) {
        let units = |units| Nano::try_from_units(units).unwrap();
        let purse = Purse { limit: units(limit), spent: units(spent), held: units(held) };
        let text: String = bar(purse, 10, Theme::PLAIN).iter().map(|span| span.content.to_string()).collect();
        assert_eq!(text, drawn);
    }

    #[test]
    fn a_bar_is_always_as_long() {
        check(10, 0, 0, "██████████");
        check(10, 5, 2, "███▒▒░░░░░");
        check(10, 10, 0, "░░░░░░░░░░");
        check(10, 8, 2, "▒▒░░░░░░░░");
        check(1000, 999, 0, "█░░░░░░░░░");
        check(10, 12, 0, "░░░░░░░░░░");
    }
}

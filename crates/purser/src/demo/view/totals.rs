//! Everything together, and where the journal is.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::text::percent;
use super::{Theme, compact, grouped, heading};
use crate::demo::scene::Scene;

/// As much of the last frame's hash as stands beside figures.
const HASH_SHOWN: usize = 10;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, scene: &Scene, theme: Theme) {
    let (totals, journal) = (&scene.totals, &scene.journal);
    let money = |amount: purser_core::money::Nano| amount.for_people(&scene.currency);
    let tally = totals.tally;
    let overspent = format!("{} overspent", money(totals.overspent));
    let calls = format!(
        ", {} calls, {} denied, {} held, {} provider errors, {} left early",
        grouped(tally.all()),
        grouped(tally.denied),
        grouped(tally.held),
        grouped(tally.faults),
        grouped(tally.hung_up)
    );
    let tokens = format!(
        " tokens {} in ({} % cached), {} out",
        compact(totals.input),
        percent(totals.cached, totals.input),
        compact(totals.output)
    );
    let hash = journal.hash.get(..HASH_SHOWN).unwrap_or(&journal.hash);
    let line = format!("frame {} {hash}…, {} on disk", grouped(journal.frames), grouped(journal.durable));
    let charged = theme.strong(format!(" {} charged", money(totals.charged)));
    let overspent = if totals.overspent.is_zero() { theme.good(overspent) } else { theme.bad(overspent) };
    let mut lines = vec![heading("Company and journal", area.width, theme)];
    if usize::from(area.height) > 4 {
        lines.push(Line::from(vec![charged, theme.plain(", "), overspent]));
        lines.push(Line::from(theme.plain(format!(" {}", calls.trim_start_matches([',', ' '])))));
        lines.push(Line::from(theme.plain(tokens)));
        lines.push(Line::from(theme.plain(format!(" {line}, {} in reports", grouped(journal.projected)))));
    } else {
        let tokens = tokens.trim_start().to_owned();
        lines.push(Line::from(vec![charged, theme.plain(", "), overspent, theme.plain(calls_short(scene))]));
        lines.push(Line::from(theme.plain(format!(" {tokens}; {line}"))));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn calls_short(scene: &Scene) -> String {
    let tally = scene.totals.tally;
    format!(
        "; calls {}, denied {}, held {}, errors {}",
        compact(tally.all()),
        compact(tally.denied),
        compact(tally.held),
        compact(tally.faults)
    )
}

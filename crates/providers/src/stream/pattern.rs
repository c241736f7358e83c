//! Events like one before.
//!
//! A stream is mostly one event again and again with another piece of text in it. When an event has been read and said
//! text alone ([`Said::TextAlone`]), its bytes are kept as a pattern together with the [spots](Spot) that its reader only
//! counted, took a running number from, or stepped over. An event with the same bytes outside the spots, and in them
//! JSON of the same kind, takes the reader through the same steps: so its text is counted and its numbers are taken
//! without reading it, at the speed of comparing bytes.
//!
//! That is exact, no guess. A reader's steps depend on the bytes outside the spots and on what it knows. What it knows
//! did not change by the event that the pattern was made of, and whenever another event may have changed it, all
//! patterns are forgotten. Whatever does not fit is read as usual.

use std::ops::Range;

use crate::json::{Count, SPOTS_MAX, Spot, SpotKind, number, number_len, string_len};
use crate::usage::{Answer, COUNT_MAX, Echo, Said};

/// More shapes at a time are not kept: answers side by side (`n`), text beside tool calls.
const PATTERNS_MAX: usize = 8;
/// Larger events are no patterns.
const EVENT_BYTES_MAX: usize = 4 * 1_024;

/// The patterns of one stream.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    list: Vec<Pattern>,
    /// The one that fitted last: mostly the next to fit.
    last: usize,
    /// Given to the cursor of the next event, so that noting costs no allocation.
    pub(super) spots: Vec<Spot>,
    told: Vec<(SpotKind, u64)>,
}

impl Patterns {
    /// Takes in the event that `bytes` start with, if it fits a pattern; its length.
    pub(super) fn take(&mut self, bytes: &[u8], answer: &mut Answer) -> Option<usize> {
        let Self { list, last, told, .. } = self;
        let fit = match list.get_mut(*last)?.fit(bytes, told) {
            Some(fit) => fit,
            None => list.iter_mut().enumerate().find_map(|(place, pattern)| {
                let fit = if place == *last { None } else { pattern.fit(bytes, told) }?;
                *last = place;
                Some(fit)
            })?,
        };
        answer.echo(&Echo { visible_bytes: fit.visible_bytes, told });
        Some(fit.len)
    }

    /// An event was read: `event`, with its data at `data_at`, and with the spots in [`spots`](Self::spots).
    pub(super) fn learn(&mut self, said: Said, event: &[u8], data_at: usize) {
        if said == Said::More {
            self.list.clear();
            self.last = 0;
            return;
        }
        let Some(pattern) = Pattern::of(event, data_at, &self.spots) else { return };
        if self.list.len() < PATTERNS_MAX {
            self.last = self.list.len();
            self.list.push(pattern);
            return;
        }
        self.last = self.last.saturating_add(1).checked_rem(self.list.len()).unwrap_or(0);
        if let Some(place) = self.list.get_mut(self.last) {
            *place = pattern;
        }
    }
}

/// One event and its spots.
#[derive(Debug)]
struct Pattern {
    event: Box<[u8]>,
    places: Vec<Place>,
    /// Some spot is not open.
    closed: bool,
}

/// A spot of a pattern.
#[derive(Debug)]
struct Place {
    kind: SpotKind,
    at: Range<usize>,
    /// It was seen to vary. As long as a spot is not open, it is compared with the bytes around it, which is faster.
    open: bool,
}

/// How an event fits.
struct Fit {
    len: usize,
    visible_bytes: u64,
}

impl Pattern {
    fn of(event: &[u8], data_at: usize, spots: &[Spot]) -> Option<Self> {
        let has_text = spots.iter().any(|spot| spot.kind == SpotKind::Text);
        let before = event.get(..data_at)?;
        // Where an event starts and ends must not depend on what was before it or comes after it.
        let is_apart = match event.last()? {
            // A line end at its start may have been half of one that began before.
            b'\n' => !matches!(event.first()?, b'\r' | b'\n'),
            // An element of an array.
            b'}' => before.iter().all(|byte| matches!(byte, b',' | b' ' | b'\n' | b'\r' | b'\t')),
            _ => false,
        };
        if !has_text || !is_apart || spots.len() > SPOTS_MAX || event.len() > EVENT_BYTES_MAX {
            return None;
        }
        let places: Vec<_> = spots.iter().map(|spot| Place::of(spot, data_at)).collect();
        let closed = places.iter().any(|place| !place.open);
        Some(Self { event: event.into(), places, closed })
    }

    /// Does an event that fits stand at the start of `bytes`? Its numbers go to `told`.
    fn fit(&mut self, bytes: &[u8], told: &mut Vec<(SpotKind, u64)>) -> Option<Fit> {
        self.fit_open(bytes, told, false).or_else(|| if self.closed { self.fit_open(bytes, told, true) } else { None })
    }

    /// As [`fit`](Self::fit), with the spots that are open, or `widely`: with all, and those that vary are opened.
    fn fit_open(&mut self, bytes: &[u8], told: &mut Vec<(SpotKind, u64)>, widely: bool) -> Option<Fit> {
        told.clear();
        let mut fit = Fit { len: 0, visible_bytes: 0 };
        let mut from = 0;
        let mut rest = bytes;
        for place in &mut self.places {
            if !place.open && !widely {
                continue;
            }
            rest = rest.strip_prefix(self.event.get(from..place.at.start)?)?;
            from = place.at.end;
            let len = match place.kind {
                SpotKind::Text => {
                    let (len, decoded) = string_len(rest)?;
                    fit.visible_bytes = fit.visible_bytes.saturating_add(decoded);
                    len
                }
                SpotKind::String => string_len(rest)?.0,
                SpotKind::Number => number_len(rest)?,
                SpotKind::Sequence | SpotKind::Count(_) => {
                    let len = number_len(rest)?;
                    let Count::Is(value) = number(rest.get(..len)?) else { return None };
                    if value > COUNT_MAX {
                        return None;
                    }
                    told.push((place.kind, value));
                    len
                }
            };
            let (here, after) = rest.split_at_checked(len)?;
            if widely && !place.open {
                place.open = self.event.get(place.at.clone()) != Some(here);
            }
            rest = after;
        }
        rest = rest.strip_prefix(self.event.get(from..)?)?;
        if widely {
            self.closed = self.places.iter().any(|place| !place.open);
        }
        fit.len = bytes.len().saturating_sub(rest.len());
        Some(fit)
    }
}

impl Place {
    fn of(spot: &Spot, data_at: usize) -> Self {
        let at = spot.at.start.saturating_add(data_at)..spot.at.end.saturating_add(data_at);
        let open = !matches!(spot.kind, SpotKind::String | SpotKind::Number);
        Self { kind: spot.kind, at, open }
    }
}

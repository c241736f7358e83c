//! What the readers of all dialects share.

use purser_core::usage::Tier;

use crate::ids::{ID_BYTES_MAX, IDS_MAX, IdKind, ProviderId};
use crate::json::{Count, Cursor, Kind, Read, SpotKind};

use super::{COUNT_MAX, Suspect, UsageProblem};

/// State that every dialect's reader keeps.
#[derive(Debug, Default)]
pub(crate) struct Common {
    /// The provider's id of the answer.
    pub(crate) id: Option<String>,
    /// The model named in the answer.
    pub(crate) model: Option<String>,
    /// The first count that could not be right.
    pub(crate) problem: Option<UsageProblem>,
    /// A reason not to believe what was read.
    pub(crate) suspect: Option<Suspect>,
    /// Ids made at the provider.
    pub(crate) ids: Vec<ProviderId>,
    /// Bytes of output seen, decoded.
    pub(crate) visible_bytes: u64,
    /// The end was seen.
    pub(crate) complete: bool,
    /// An error was reported.
    pub(crate) errored: bool,
    /// A tool call is being written.
    pub(crate) tool_call_open: bool,
}

/// See [`Common::state`]. A problem, a suspicion and an id stay once they are there, so counting them tells all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "compared as a whole")]
pub(crate) struct State {
    problem: bool,
    suspect: bool,
    ids: usize,
    complete: bool,
    errored: bool,
    tool_call_open: bool,
}

/// What an event said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// Text, and at most running counts, at the spots that the cursor noted. The same again with another text and other
    /// counts would change nothing else.
    TextAlone,
    /// Something that may have changed what is known.
    More,
}

impl Said {
    pub(crate) fn text_alone(is: bool) -> Self {
        if is { Self::TextAlone } else { Self::More }
    }
}

impl Common {
    /// Reads a count. `null` and absence leave `slot` as it was: the last value that is not null wins.
    pub(crate) fn count(&mut self, cursor: &mut Cursor<'_>, slot: &mut Option<u64>, field: &'static str) -> Read<()> {
        match cursor.count()? {
            Count::Is(value) if value <= COUNT_MAX => *slot = Some(value),
            Count::Null => {}
            Count::Is(_) | Count::Negative | Count::Bad => {
                self.problem.get_or_insert(UsageProblem::BadCount { field });
            }
        }
        Ok(())
    }

    /// As [`count`](Self::count) for one of the counts that some providers tell again in every event.
    pub(crate) fn running(&mut self, cursor: &mut Cursor<'_>, slot: &mut Option<u64>, field: &'static str) -> Read<()> {
        let start = cursor.value_start();
        self.count(cursor, slot, field)?;
        cursor.note_number(SpotKind::Count(field), start);
        Ok(())
    }

    /// Reads a usage object with `read`. `null` is no usage; says whether there was one.
    pub(crate) fn usage<'a>(
        &mut self,
        cursor: &mut Cursor<'a>,
        read: impl FnOnce(&mut Self, &mut Cursor<'a>) -> Read<()>,
    ) -> Read<bool> {
        if cursor.kind()? != Kind::Object {
            cursor.skip()?;
            return Ok(false);
        }
        read(self, cursor)?;
        Ok(true)
    }

    /// Counts the next value's text as output, if it is a string.
    pub(crate) fn see(&mut self, cursor: &mut Cursor<'_>) -> Read<()> {
        if let Some(text) = cursor.string()? {
            cursor.note_text(&text);
            self.saw(text.decoded_len());
        }
        Ok(())
    }

    /// Counts so many bytes as output.
    pub(crate) fn saw(&mut self, bytes: u64) {
        self.visible_bytes = self.visible_bytes.saturating_add(bytes);
    }

    /// What an event can change besides text and counts, names apart.
    pub(crate) fn state(&self) -> State {
        State {
            problem: self.problem.is_some(),
            suspect: self.suspect.is_some(),
            ids: self.ids.len(),
            complete: self.complete,
            errored: self.errored,
            tool_call_open: self.tool_call_open,
        }
    }

    pub(crate) fn suspect(&mut self, why: Suspect) {
        self.suspect.get_or_insert(why);
    }

    pub(crate) fn made(&mut self, kind: IdKind, id: &str) {
        let room = self.ids.len() < IDS_MAX && !id.is_empty() && id.len() <= ID_BYTES_MAX;
        if room && !self.ids.iter().any(|known| known.kind == kind && known.id == id) {
            self.ids.push(ProviderId { kind, id: id.to_owned() });
        }
    }

    /// The answer's own id, which is also one that can be named later.
    pub(crate) fn answer_id(&mut self, id: Option<String>) {
        if let Some(id) = id {
            self.made(IdKind::Response, &id);
            self.id = Some(id);
        }
    }
}

/// A longer name of a model, tier or region is not taken for one.
const NAME_BYTES_MAX: usize = 256;

/// Keeps a name; `null` and the empty string leave what was there. Streams repeat the same names in every event, so one
/// that is known already costs no copy. Says whether it is another name than before.
pub(crate) fn keep(cursor: &mut Cursor<'_>, slot: &mut Option<String>) -> Read<bool> {
    let Some(name) = cursor.string()? else { return Ok(false) };
    let known = slot.as_deref().is_some_and(|known| !name.escaped && known.as_bytes() == name.raw);
    let is_new = !known && !name.raw.is_empty() && name.raw.len() <= NAME_BYTES_MAX;
    if is_new {
        *slot = Some(name.text().into_owned());
    }
    Ok(is_new)
}

/// Reads a number that is not about money; anything odd is as good as absent.
pub(crate) fn count_loosely(cursor: &mut Cursor<'_>, slot: &mut Option<u64>) -> Read<()> {
    if let Count::Is(value) = cursor.count()? {
        *slot = Some(value);
    }
    Ok(())
}

/// `whole - part` where a part should not be larger; where it is, zero, and `suspect` is set.
pub(crate) fn rest(whole: u64, part: u64, suspect: &mut Option<Suspect>) -> u64 {
    whole.checked_sub(part).unwrap_or_else(|| {
        suspect.get_or_insert(Suspect::PartAboveWhole);
        0
    })
}

/// Output with what only the total tells of, and how much that is: some servers count reasoning in the total alone. A
/// total below its parts is suspect.
pub(crate) fn with_hidden(input: u64, output: u64, total: Option<u64>, suspect: &mut Option<Suspect>) -> (u64, u64) {
    let sum = input.saturating_add(output);
    match total {
        Some(total) if total < sum => {
            suspect.get_or_insert(Suspect::TotalDisagrees);
            (output, 0)
        }
        Some(total) => {
            let hidden = total.saturating_sub(sum);
            (output.saturating_add(hidden), hidden)
        }
        None => (output, 0),
    }
}

/// The tier that an answer names. Providers name more tiers than have prices of their own: `default`, `auto`,
/// `scale` (bought capacity), `on_demand`, `provisioned_throughput` are billed at the list price or apart.
pub(crate) fn tier(name: &str) -> Tier {
    let is = |one: &&str| name.eq_ignore_ascii_case(one);
    if is(&"batch") {
        Tier::Batch
    } else if ["flex", "on_demand_flex"].iter().any(is) {
        Tier::Flex
    } else if ["priority", "fast", "on_demand_priority"].iter().any(is) {
        Tier::Priority
    } else {
        Tier::Standard
    }
}

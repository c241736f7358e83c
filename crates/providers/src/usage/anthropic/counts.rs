//! Counts of one pass, and what iterations bill beside the top level.

use purser_core::usage::Usage;

use crate::json::{Cursor, Read};

use super::super::common::Common;
use super::super::{Other, Suspect};

/// The token counts that appear at the top level and in each iteration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) input: Option<u64>,
    pub(super) output: Option<u64>,
    pub(super) cache_read: Option<u64>,
    pub(super) cache_creation: Option<u64>,
    pub(super) written_5m: Option<u64>,
    pub(super) written_1h: Option<u64>,
}

impl Counts {
    /// Reads a field if it is one of these; says whether it was.
    pub(super) fn field(&mut self, common: &mut Common, cursor: &mut Cursor<'_>, key: &[u8]) -> Read<bool> {
        match key {
            b"input_tokens" => common.count(cursor, &mut self.input, "input_tokens")?,
            b"output_tokens" => common.count(cursor, &mut self.output, "output_tokens")?,
            b"cache_read_input_tokens" => common.count(cursor, &mut self.cache_read, "cache_read_input_tokens")?,
            b"cache_creation_input_tokens" => {
                common.count(cursor, &mut self.cache_creation, "cache_creation_input_tokens")?;
            }
            b"cache_creation" => {
                cursor.object(|cursor, key| match &*key.name() {
                    b"ephemeral_5m_input_tokens" => {
                        common.count(cursor, &mut self.written_5m, "ephemeral_5m_input_tokens")
                    }
                    b"ephemeral_1h_input_tokens" => {
                        common.count(cursor, &mut self.written_1h, "ephemeral_1h_input_tokens")
                    }
                    _ => Ok(()),
                })?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Tokens written to the cache for 5 minutes and for 1 hour. What the split does not name went to the short one; a
    /// split above its own total is suspect, and the split is taken.
    fn written(&self, suspect: &mut Option<Suspect>) -> (u64, u64) {
        let (short, long) = (self.written_5m.unwrap_or(0), self.written_1h.unwrap_or(0));
        let split = short.saturating_add(long);
        match self.cache_creation {
            Some(total) if total < split => {
                suspect.get_or_insert(Suspect::PartAboveWhole);
                (short, long)
            }
            Some(total) => (short.saturating_add(total.saturating_sub(split)), long),
            None => (short, long),
        }
    }

    pub(super) fn usage(&self, suspect: &mut Option<Suspect>) -> Usage {
        let (cache_write_5m, cache_write_1h) = self.written(suspect);
        Usage {
            input_uncached: self.input.unwrap_or(0),
            cache_read: self.cache_read.unwrap_or(0),
            cache_write_5m,
            cache_write_1h,
            output: self.output.unwrap_or(0),
            ..Usage::default()
        }
    }
}

/// One sampling pass inside the provider.
#[derive(Clone, Debug)]
pub(super) struct Iteration {
    kind: String,
    model: Option<String>,
    counts: Counts,
}

impl Iteration {
    pub(super) fn read(common: &mut Common, cursor: &mut Cursor<'_>) -> Read<Self> {
        let mut iteration = Self { kind: String::new(), model: None, counts: Counts::default() };
        cursor.object(|cursor, key| {
            let key = key.name();
            if iteration.counts.field(common, cursor, &key)? {
                return Ok(());
            }
            match &*key {
                b"type" => iteration.kind = cursor.text()?.unwrap_or_default(),
                b"model" => iteration.model = cursor.text()?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(iteration)
    }
}

/// The top level less what iterations bill apart, and that.
///
/// Compaction is documented as left out of the top level. For advisors and fallbacks the sums decide: what makes
/// the iterations add up to the top level is in it and is taken out, else it is beside it.
pub(super) fn split(
    top: &Usage,
    iterations: &[Iteration],
    served: Option<&str>,
    suspect: &mut Option<Suspect>,
) -> (Usage, Vec<Other>) {
    let mut others = Vec::new();
    let mut own = Usage::default();
    let mut apart = Usage::default();
    let mut has_own = false;
    for iteration in iterations {
        let usage = iteration.counts.usage(suspect);
        let model = iteration.model.clone().filter(|model| Some(model.as_str()) != served);
        match iteration.kind.as_str() {
            "compaction" => others.push(Other { model, usage }),
            "message" | "fallback_message" if model.is_none() => {
                own = sum(&own, &usage);
                has_own = true;
            }
            _ => {
                apart = sum(&apart, &usage);
                others.push(Other { model, usage });
            }
        }
    }
    if apart.is_empty() || !has_own || tokens(top) == tokens(&own) {
        return (*top, others);
    }
    if tokens(top) == tokens(&sum(&own, &apart)) {
        return (own, others);
    }
    suspect.get_or_insert(Suspect::TotalDisagrees);
    (*top, others)
}

/// Input, cache reads, cache writes, output: what is compared between the top level and the iterations.
fn tokens(usage: &Usage) -> [u64; 4] {
    let written = usage.cache_write_5m.saturating_add(usage.cache_write_1h);
    [usage.input_uncached, usage.cache_read, written, usage.output]
}

fn sum(a: &Usage, b: &Usage) -> Usage {
    Usage {
        input_uncached: a.input_uncached.saturating_add(b.input_uncached),
        cache_read: a.cache_read.saturating_add(b.cache_read),
        cache_write_5m: a.cache_write_5m.saturating_add(b.cache_write_5m),
        cache_write_1h: a.cache_write_1h.saturating_add(b.cache_write_1h),
        output: a.output.saturating_add(b.output),
        ..Usage::default()
    }
}

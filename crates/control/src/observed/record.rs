//! Histories that tools kept on a disk, recorded for somebody.

use purser_core::id::PersonId;
use purser_core::observed::Source;
use purser_observed::{Request, Tool};

use super::Told;
use crate::control::Control;
use crate::error::{Code, Error, Refused};
use crate::shape::{ObservedRequest, RecordObserved, Taken};

/// The most requests of a history at once.
const REQUESTS_MAX: usize = 5_000;

impl Control {
    /// Records what a history tells of somebody's usage. Told again, it changes nothing more.
    ///
    /// # Errors
    /// A request that can't be one, too many, the projection, or the journal.
    pub(crate) async fn record_observed(&self, person: PersonId, record: RecordObserved) -> Result<Taken, Error> {
        if record.requests.len() > REQUESTS_MAX {
            let message = format!("{} requests at once are too many", record.requests.len());
            return Err(Refused::new(Code::Invalid, message).hint(format!("send {REQUESTS_MAX} at most")).into());
        }
        let requests = record.requests.into_iter().map(request).collect::<Result<_, _>>()?;
        self.take_told(person, None, Told { requests, points: Vec::new() }).await
    }
}

fn request(of: ObservedRequest) -> Result<Request, Error> {
    let invalid = |message: String| Error::from(Refused::new(Code::Invalid, message));
    let ObservedRequest { tool, session, source, id, used_at, model, usage, tier, claimed_usd } = of;
    if !matches!(source, Source::Requests | Source::History) {
        return Err(invalid(format!("a history does not tell of {}", source.name())));
    }
    let id = (id.len() == 16).then(|| u64::from_str_radix(&id, 16).ok()).flatten();
    let id = id.ok_or_else(|| invalid("a request is named by 16 hexadecimal digits".to_owned()))?;
    if !purser_core::observed::is_name(&model, purser_core::observed::MODEL_BYTES_MAX) {
        return Err(invalid(format!("`{}` is no name of a model", model.escape_debug())));
    }
    if claimed_usd.is_some_and(purser_core::money::Nano::is_negative) {
        return Err(invalid("nothing costs less than nothing".to_owned()));
    }
    let tool: Tool = tool.parse().map_err(invalid)?;
    Ok(Request { tool, session, source, id, used_at, model, usage, tier, claimed: claimed_usd })
}

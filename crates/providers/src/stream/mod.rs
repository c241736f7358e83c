//! Metering an answer while it streams by, without re-encoding it.

use bytes::Bytes;

use crate::dialect::Dialect;
use crate::ids::ProviderId;
use crate::usage::{Metered, UsageProblem};

/// How a stream stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of output seen: text, thinking, tool arguments, decoded.
    pub visible_bytes: u64,
    /// Events seen.
    pub events: u64,
    /// The provider's own end of the stream was seen.
    pub complete: bool,
    /// The provider reported an error in the stream.
    pub errored: bool,
    /// A tool call is being written at this moment.
    pub tool_call_open: bool,
}

/// Reads one streamed answer. Bytes go in by [`feed`](Self::feed) however the network cut them, and come out as they
/// were (less a usage chunk that the client did not ask for).
#[derive(Debug)]
pub struct StreamMeter {
    dialect: Dialect,
}

impl StreamMeter {
    /// For an answer in `dialect`. `strip_usage`: the gateway asked for usage on the client's behalf, so take the
    /// extra chunk out (chat alone).
    pub fn new(dialect: Dialect, strip_usage: bool) -> Self {
        let _ = strip_usage;
        Self { dialect }
    }

    /// Takes `chunk` in and appends to `out` what is to be passed on now, as slices of the chunks given. Only a line
    /// that may turn out to be a usage chunk to strip is kept back.
    pub fn feed(&mut self, chunk: &Bytes, out: &mut Vec<Bytes>) {
        out.push(chunk.clone());
    }

    /// The provider closed the stream: reads what is left and appends what was kept back.
    pub fn finish(&mut self, out: &mut Vec<Bytes>) {
        let _ = out;
    }

    /// How the stream stands.
    pub fn progress(&self) -> Progress {
        Progress::default()
    }

    /// The provider's own end of the stream was seen (`message_stop`, `[DONE]`, `response.completed`…).
    pub fn is_complete(&self) -> bool {
        self.progress().complete
    }

    /// What has been used so far, or in the end: see [`Metered::stage`].
    ///
    /// # Errors
    /// [`UsageProblem::Missing`] until the first count, and for good where none came.
    pub fn metered(&self) -> Result<Metered, UsageProblem> {
        Err(UsageProblem::Missing)
    }

    /// Ids that the answer says were made at the provider.
    pub fn ids(&self) -> &[ProviderId] {
        &[]
    }

    /// The format.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }
}

//! Ending a stream before the provider does, so that the client takes it for a whole answer and does not try again.

use purser_core::usage::Usage;

use crate::client::ClientTool;
use crate::stream::StreamMeter;

/// What the closing frames say.
#[derive(Clone, Copy, Debug)]
pub struct EarlyEnd<'a> {
    /// Our sentence, for clients that show it.
    pub sentence: &'a str,
    /// Who is listening.
    pub client: &'a ClientTool,
    /// What the call is charged for, shown in the closing frame's usage.
    pub usage: &'a Usage,
}

impl StreamMeter {
    /// The frames that close the stream in its dialect, to be sent after everything [`feed`](Self::feed) passed on.
    /// Feed nothing afterwards. Empty when the stream is complete already.
    pub fn end_early(&mut self, end: EarlyEnd<'_>) -> Vec<u8> {
        let _ = end;
        Vec::new()
    }
}

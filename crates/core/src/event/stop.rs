//! Events about stop switches. Since version 5.

use serde::{Deserialize, Serialize};

use crate::id::StopId;
use crate::stop::Stop;
use crate::time::Instant;

/// Something that happened to stop switches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StopEvent {
    /// Something is stopped.
    Placed(Stop),
    /// It goes on.
    Lifted {
        /// Which stop.
        stop: StopId,
        /// When.
        at: Instant,
    },
}

//! What is exported.

use serde::Deserialize;

/// Which days, and how.
#[derive(Clone, Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WantedExport {
    /// First day (UTC); the first of the running month where it is missing.
    pub from: Option<String>,
    /// First day not included; tomorrow where it is missing.
    pub to: Option<String>,
    /// With the names of people and units beside their ids.
    pub names: bool,
}

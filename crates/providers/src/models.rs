//! Bodies of model lists in the three shapes.

use bytes::Bytes;
use purser_core::time::Instant;

use crate::dialect::Family;

/// One model as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelEntry<'a> {
    /// The name to ask for.
    pub id: &'a str,
    /// The name for people; the id where there is none.
    pub display_name: &'a str,
    /// Whose it is (`anthropic`).
    pub owner: &'a str,
    /// When it came out; [`Instant::EPOCH`] when unknown.
    pub created: Instant,
    /// The largest prompt in tokens.
    pub input_max: Option<u64>,
    /// The largest answer in tokens.
    pub output_max: Option<u64>,
}

/// The list of models in the shape of `family`, in one page.
pub fn models_list(family: Family, models: &[ModelEntry<'_>]) -> Bytes {
    let _ = (family, models);
    Bytes::new()
}

/// One model in the shape of `family`.
pub fn model_get(family: Family, model: &ModelEntry<'_>) -> Bytes {
    let _ = (family, model);
    Bytes::new()
}

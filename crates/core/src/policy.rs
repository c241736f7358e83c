//! Policy: the choices a company makes about how calls are admitted, with defaults that are safe to start with.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::breaker::Rules;
use crate::grant::is_default;
use crate::money::Nano;
use crate::observed::ObservedUse;
use crate::price::RateCard;
use crate::run::RunLimits;
use crate::scope::Pattern;
use crate::top_up;

/// How much a call sets aside before it goes out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// The true upper bound: what is sent never costs more than what is held.
    #[default]
    Strict,
    /// What is learned about such calls, growing in instalments while the answer streams. Near the limit one uncertain
    /// call at a time; the overrun is bounded by that call.
    Calibrated,
}

/// What happens to a call for a model without a price.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownModel {
    /// It is refused: an unknown model is never free.
    #[default]
    Refuse,
    /// It is held and charged by this card, which should be dearer than any model that may turn up.
    Ceiling(#[serde(with = "card")] Arc<RateCard>),
}

/// How long and how many calls wait for money that other calls have set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Park {
    /// The longest wait.
    #[serde(rename = "max_wait_ms", with = "milliseconds")]
    pub max_wait: Duration,
    /// The most calls of one person that wait at once.
    pub max_calls: usize,
}

impl Default for Park {
    /// 30 seconds, 64 calls. The wait is far under the 600 seconds that the providers' client libraries allow a request
    /// by default; the count is a judgement: more than one person's agents keep in flight, few enough to keep in memory.
    fn default() -> Self {
        Self { max_wait: Duration::from_secs(30), max_calls: 64 }
    }
}

/// How far an answer is read on when its client has hung up: up to its usage block within these bounds, else it is cut
/// and settled by what was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Drain {
    /// The longest time.
    #[serde(rename = "max_time_ms", with = "milliseconds")]
    pub max_time: Duration,
    /// The most money that reading on may cost.
    pub max_money: Nano,
}

impl Default for Drain {
    /// A minute or 0.25 of the currency, whichever comes first, and never more than what is held for the call. A
    /// judgement: most answers end by themselves within it, which gives an exact charge, and it is small against a
    /// day's budget. Chat Completions and Responses report usage only at their end, so no reading on means an estimate.
    fn default() -> Self {
        Self { max_time: Duration::from_mins(1), max_money: Nano::new(250_000_000) }
    }
}

/// What may be moved between grants and their periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Moving {
    /// How much of the next period may be advanced at most, in hundredths of what it releases.
    pub advance_percent: u8,
    /// How much of a running period its person may give away at most, in hundredths of what it releases.
    pub gift_percent: u8,
}

impl Default for Moving {
    /// Half of the next period, a judgement: whoever needs more needs another grant. Nothing is given away, since a
    /// promise is to one person; a company that wants it says so.
    fn default() -> Self {
        Self { advance_percent: 50, gift_percent: 0 }
    }
}

/// A cheaper model from a point on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// Once so many hundredths of the running period's money are used.
    pub from_percent: u8,
    /// Which model instead of which, the first that fits.
    pub models: Vec<SwitchTo>,
}

/// One model instead of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwitchTo {
    /// Instead of these.
    pub from: Pattern,
    /// This one. Only where it costs less, token for token that comes out.
    pub to: Box<str>,
}

impl Switch {
    /// The model to use instead of another; `None` where that stays.
    pub fn instead_of(&self, model: &str) -> Option<&str> {
        let found = self.models.iter().find(|switch| switch.from.matches(model));
        found.map(|switch| &*switch.to).filter(|to| *to != model)
    }
}

/// The choices. The company has one policy; a person may have one that stands in for it as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// How much a call sets aside. Default: strict, since budgets here are hard.
    pub admission: Admission,
    /// What happens to a model without a price. Default: refuse.
    pub unknown_model: UnknownModel,
    /// The least output, in tokens, that a call is cut down to when the money runs short; below it the call is not
    /// made at all. Default 4,096, a judgement: an answer of that length is still of use to most callers.
    pub useful_floor_tokens: u64,
    /// Waiting for money that is only set aside.
    pub park: Park,
    /// Reading on after a hang-up.
    pub drain: Drain,
    /// Wait until a hold is on disk before its call goes out. Default off: the durable slice covers a crash, and the
    /// wait costs every call the time of a disk sync.
    pub wait_for_disk: bool,
    /// After how many days money in suspense moves off the person to the company. Default 7: time enough
    /// for the provider's own report to settle it exactly first.
    pub resolve_suspense_after_days: u16,
    /// Advances and gifts.
    #[serde(skip_serializing_if = "is_default")]
    pub moving: Moving,
    /// What each run may use at most. Default: what there is.
    #[serde(skip_serializing_if = "is_default")]
    pub runs: RunLimits,
    /// When runs are held back.
    #[serde(skip_serializing_if = "is_default")]
    pub breakers: Rules,
    /// A cheaper model where little is left. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switch: Option<Switch>,
    /// What becomes of usage that did not pass through the gateway. Default: it stands beside the grant, since a seat is
    /// paid elsewhere. What is set for a family of roles goes before it. Since version 7 of the events.
    #[serde(skip_serializing_if = "is_default")]
    pub observed: ObservedUse,
    /// Who decides about requests for more money, and when. Since version 8 of the events.
    #[serde(skip_serializing_if = "is_default")]
    pub top_ups: top_up::Rules,
    /// Whom to ask for more: a role or team (`the platform team`), or an address (`https://…`). Every denial says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask_more: Option<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            admission: Admission::default(),
            unknown_model: UnknownModel::default(),
            useful_floor_tokens: 4096,
            park: Park::default(),
            drain: Drain::default(),
            wait_for_disk: false,
            resolve_suspense_after_days: 7,
            moving: Moving::default(),
            runs: RunLimits::NONE,
            breakers: Rules::default(),
            switch: None,
            observed: ObservedUse::default(),
            top_ups: top_up::Rules::default(),
            ask_more: None,
        }
    }
}

/// Durations as whole milliseconds.
pub(crate) mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

/// A checked card as what was written: it is checked again on the way in.
mod card {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::price::{CardSpec, RateCard};

    pub(super) fn serialize<S: Serializer>(card: &Arc<RateCard>, serializer: S) -> Result<S::Ok, S::Error> {
        card.spec().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<RateCard>, D::Error> {
        let spec = CardSpec::deserialize(deserializer)?;
        RateCard::try_from(spec).map(Arc::new).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_its_default() {
        let written: Policy = serde_json::from_str(r#"{"admission":"calibrated","park":{"max_calls":3}}"#).unwrap();
        let park = Park { max_calls: 3, ..Park::default() };
        let meant = Policy { admission: Admission::Calibrated, park, ..Policy::default() };
        assert_eq!(written, meant);
        let text = serde_json::to_string(&meant).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), meant);
        assert!(serde_json::from_str::<Policy>(r#"{"admision":"strict"}"#).is_err(), "a typo is not a default");
    }
}

//! `[policy.breakers]`: where breakers trip, and which are switched off.

use purser_core::breaker::{Breaker, ErrorRule, GrowthRule, RepeatRule, Rules, SpendRule, UnattendedRule};
use serde::Deserialize;

/// `[policy.breakers]`: the rules of all, and the names of those that are off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Breakers {
    pub(crate) off: Vec<Breaker>,
    pub(crate) spend: SpendRule,
    pub(crate) repeat: RepeatRule,
    pub(crate) errors: ErrorRule,
    pub(crate) growth: GrowthRule,
    pub(crate) unattended: UnattendedRule,
}

impl Breakers {
    /// The domain's form.
    pub(crate) fn rules(&self) -> Rules {
        let on = |breaker: Breaker| !self.off.contains(&breaker);
        Rules {
            spend: on(Breaker::Spend).then(|| self.spend.clone()),
            repeat: on(Breaker::Repeat).then(|| self.repeat.clone()),
            errors: on(Breaker::Errors).then(|| self.errors.clone()),
            growth: on(Breaker::Growth).then(|| self.growth.clone()),
            unattended: on(Breaker::Unattended).then(|| self.unattended.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_has_its_default_and_off_is_off() {
        let written: Breakers =
            toml::from_str("off = [\"growth\"]\n[spend]\nceiling = \"80\"\nact = \"stop\"").unwrap();
        let rules = written.rules();
        assert_eq!(rules.growth, None);
        assert_eq!(rules.repeat, Rules::default().repeat);
        let spend = rules.spend.unwrap();
        assert_eq!((spend.ceiling.to_string(), spend.newcomer), ("80.00".to_owned(), SpendRule::default().newcomer));
        assert_eq!(Breakers::default().rules(), Rules::default());
        assert!(toml::from_str::<Breakers>("of = []").is_err(), "a typo is not a default");
    }
}

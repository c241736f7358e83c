//! What calls would cost, before they are made: by the price book of now, in the arithmetic of a settlement.

use std::collections::BTreeMap;

use purser_core::account::AccountKey;
use purser_core::decision::Decision;
use purser_core::money::Nano;
use purser_core::plan::{Leg, LegOf, Plan};
use purser_core::price::RateCard;
use purser_core::rating;
use purser_core::scope::CallScope;
use purser_core::usage::{Served, Usage};

use super::{Agent, Now};
use crate::error::{Code, Error, Refused};
use crate::shape::{CheaperModel, Estimate, EstimateCall, Estimated, EstimatedCall};

/// Kinds of calls in one plan.
const CALLS_MAX: usize = 50;
/// Cheaper models shown.
const CHEAPER_MAX: usize = 5;

/// A kind of call with its price.
struct Priced<'a> {
    card: &'a RateCard,
    asked: &'a EstimateCall,
    total: Nano,
    each: Nano,
}

impl Agent {
    /// What a plan of calls would cost, whether so much is left, and what it would cost with cheaper models.
    ///
    /// # Errors
    /// [`Code::Unpriced`] for a model without a price, [`Code::Ambiguous`] for one that several providers serve,
    /// [`Code::Invalid`] for an empty plan, one that is too long, or counts that make no sense; the projection.
    pub async fn estimate(&self, plan: Estimate) -> Result<Estimated, Error> {
        if plan.calls.is_empty() || plan.calls.len() > CALLS_MAX {
            let message = format!("a plan has between 1 and {CALLS_MAX} kinds of calls, not {}", plan.calls.len());
            return Err(Refused::new(Code::Invalid, message).hint("use `times` for calls of the same kind").into());
        }
        let run = self.present_run().await?;
        let now = self.now()?;
        let priced = plan.calls.iter().map(|asked| now.priced(asked)).collect::<Result<Vec<_>, _>>()?;
        let total = sum(priced.iter().map(|call| call.total))?;
        let (mut calls, mut left) = (Vec::new(), Left::default());
        for Priced { card, asked, total, each } in &priced {
            let planned = now.plan(card);
            if let Ok(plan) = &planned {
                left.add(plan, *total, |leg| self.available(leg));
            }
            calls.push(EstimatedCall {
                provider: card.provider().to_owned(),
                model: card.model().to_owned(),
                card: card.version(),
                card_from: card.valid_from(),
                source: card.source().to_owned(),
                each: *each,
                times: asked.times,
                total: *total,
                refused: planned.err(),
            });
        }
        let of_run = run.and_then(|run| self.control.inner.run_money(&run)).map(|funds| funds.available);
        let most = of_run.map_or_else(|| left.most(), |of_run| left.most().min(of_run)).max(Nano::ZERO);
        let fits = calls.iter().all(|call| call.refused.is_none()) && left.each_fits && total <= most;
        Ok(Estimated {
            currency: now.snapshot.currency.code().to_owned(),
            total,
            fits,
            left: most,
            short: (total > most).then(|| total.saturating_sub(most)),
            refills_at: now.person.grants.iter().filter_map(|one| one.next_release(&now.person.zones, now.at)).min(),
            cheaper: now.cheaper(&priced, total),
            calls,
        })
    }

    /// What an account of a plan can still pay or allow.
    fn available(&self, leg: &Leg) -> Nano {
        self.control.inner.funds(&leg.account, leg.limit, leg.reserve.unwrap_or(Nano::ZERO)).available.max(Nano::ZERO)
    }
}

/// What the accounts of several plans have together.
#[derive(Default)]
struct Left {
    /// Each account once, with what it has, and whether it is guaranteed.
    grants: BTreeMap<AccountKey, (Nano, bool)>,
    /// What bounds everything, and what bounds only what is not guaranteed.
    binding: Option<Nano>,
    others: Option<Nano>,
    /// Could the calls of each model be paid, were they the only ones?
    each_fits: bool,
    asked: bool,
}

impl Left {
    fn add(&mut self, plan: &Plan, total: Nano, available: impl Fn(&Leg) -> Nano) {
        let mut one = Self::default();
        for into in [&mut *self, &mut one] {
            for leg in &plan.grants {
                into.grants.insert(leg.account, (available(leg), leg.is_guaranteed()));
            }
            for leg in &plan.ceilings {
                let left = available(leg);
                let bound = if leg.of.binds_guarantees() { &mut into.binding } else { &mut into.others };
                *bound = Some(bound.map_or(left, |known| known.min(left)));
            }
        }
        let fits = total <= one.most();
        self.each_fits = fits && (self.each_fits || !self.asked);
        self.asked = true;
    }

    /// The most that can be spent.
    fn most(&self) -> Nano {
        let sum = |guaranteed: bool| {
            let of = self.grants.values().filter(|(_, is)| *is == guaranteed);
            of.fold(Nano::ZERO, |sum, (left, _)| sum.saturating_add(*left))
        };
        let others = self.others.map_or_else(|| sum(false), |bound| bound.min(sum(false)));
        let all = sum(true).saturating_add(others);
        self.binding.map_or(all, |bound| bound.min(all))
    }
}

impl Now {
    /// A kind of call by the card of its model.
    fn priced<'a>(&'a self, asked: &'a EstimateCall) -> Result<Priced<'a>, Error> {
        if asked.cached_tokens > asked.input_tokens {
            let message = format!(
                "{} tokens from a cache are more than the {} of the whole prompt",
                asked.cached_tokens, asked.input_tokens
            );
            return Err(Refused::new(Code::Invalid, message).hint("`input_tokens` includes `cached_tokens`").into());
        }
        let card = self.card(asked)?;
        let (each, total) = self.cost(card, asked).ok_or_else(|| {
            let message = format!("{}/{} has no price for such a call", card.provider(), card.model());
            Refused::new(Code::Unpriced, message)
        })?;
        Ok(Priced { card, asked, total, each })
    }

    /// The card of a model: at the provider that is named, else at the only one that this key may call it at.
    fn card(&self, asked: &EstimateCall) -> Result<&RateCard, Error> {
        let book = &self.snapshot.prices;
        if let Some(provider) = &asked.provider {
            let found = book.lookup(&provider.to_lowercase(), &asked.model, self.at);
            return found.map(|card| &**card).map_err(|error| Refused::new(Code::Unpriced, error.to_string()).into());
        }
        let mut found = crate::prices::find_all(&self.snapshot, &asked.model, self.at)?;
        if found.len() > 1 {
            let all = found.clone();
            found.retain(|card| self.plan(card).is_ok());
            if found.len() != 1 {
                let names: Vec<&str> = all.iter().map(|card| card.provider()).collect();
                let message = format!("`{}` is served by {}", asked.model, names.join(", "));
                return Err(Refused::new(Code::Ambiguous, message).hint("name one of them as `provider`").into());
            }
        }
        found.first().copied().ok_or_else(|| Refused::new(Code::Unpriced, "this model has no price").into())
    }

    /// One call and all of its kind, exactly. `None` where the card has no price for it or the amount is out of range.
    fn cost(&self, card: &RateCard, asked: &EstimateCall) -> Option<(Nano, Nano)> {
        let terms = self.snapshot.prices.terms(card, self.at, &self.snapshot.currency).ok()?;
        let usage = Usage {
            input_uncached: asked.input_tokens.checked_sub(asked.cached_tokens)?,
            cache_read: asked.cached_tokens,
            output: asked.output_tokens,
            ..Usage::default()
        };
        let each = rating::rate(card, &usage, &Served::default(), terms).ok()?;
        let total = each.get().checked_mul(i64::try_from(asked.times).ok()?)?;
        Some((each, Nano::new(total)))
    }

    /// Which accounts would pay, or why none may.
    fn plan(&self, card: &RateCard) -> Result<Plan, String> {
        let tool = self.key.tool.as_deref().unwrap_or("other");
        let call = CallScope { provider: card.provider(), model: card.model(), tool };
        self.snapshot.directory.plan(&self.key, &call, self.at).map_err(|refused| {
            let zone = self.person.zone(self.at);
            Decision::Refused(refused).sentence(zone, &self.snapshot.currency, &())
        })
    }

    /// The plan with each model of the same family, wherever that is cheaper: what is left of those that save.
    fn cheaper(&self, priced: &[Priced<'_>], total: Nano) -> Vec<CheaperModel> {
        let mut families: Vec<(&str, &str)> =
            priced.iter().map(|call| (call.card.provider(), family(call.card.model()))).collect();
        families.sort_unstable();
        families.dedup();
        let mut found = Vec::new();
        for (provider, of) in families {
            let cards = self.snapshot.prices.models(provider, self.at);
            for card in cards.into_iter().filter(|card| family(card.model()) == of) {
                let with = |call: &Priced<'_>| {
                    let same = call.card.provider() == provider && family(call.card.model()) == of;
                    let holds = room(card, call.asked);
                    let cost = self.cost(card, call.asked).filter(|_| same && holds).map(|(_, total)| total);
                    cost.map_or(call.total, |cost| cost.min(call.total))
                };
                let Ok(with) = sum(priced.iter().map(with)) else { continue };
                if with < total && self.plan(card).is_ok_and(|plan| pays(&plan)) {
                    found.push(CheaperModel {
                        provider: provider.to_owned(),
                        model: card.model().to_owned(),
                        card: card.version(),
                        card_from: card.valid_from(),
                        total: with,
                        saves: total.saturating_sub(with),
                    });
                }
            }
        }
        // Nearest in price is likeliest to be nearest in what it can do.
        found.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.model.cmp(&b.model)));
        found.truncate(CHEAPER_MAX);
        found
    }
}

/// Does some grant of the plan release money at all?
fn pays(plan: &Plan) -> bool {
    plan.grants.iter().any(|leg| matches!(leg.of, LegOf::Grant(_)) && leg.limit.is_positive())
}

/// Can the model take such a call, as far as its card says?
fn room(card: &RateCard, asked: &EstimateCall) -> bool {
    let all = asked.input_tokens.saturating_add(asked.output_tokens);
    card.context_window().is_none_or(|most| all <= most)
        && card.max_output().is_none_or(|most| asked.output_tokens <= most)
}

/// The first word of a model's name: `claude`, `gpt`, `gemini`.
fn family(model: &str) -> &str {
    let end = model.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(model.len());
    model.get(..end).unwrap_or(model)
}

fn sum(amounts: impl Iterator<Item = Nano>) -> Result<Nano, Error> {
    amounts.into_iter().try_fold(Nano::ZERO, Nano::checked_add).ok_or_else(|| {
        Refused::new(Code::Invalid, "the plan costs more than can be counted")
            .hint("ask for fewer calls at once")
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::family;

    #[test]
    fn a_family_is_the_first_word_of_a_models_name() {
        for (model, of) in [
            ("claude-opus-5-5", "claude"),
            ("gpt-5.5-mini", "gpt"),
            ("gemini-3-pro", "gemini"),
            ("o5-mini", "o"),
            ("4x", ""),
        ] {
            assert_eq!(family(model), of, "{model}");
        }
    }
}

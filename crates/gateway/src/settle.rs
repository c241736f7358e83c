//! Step 5: what did it cost, and post it.

use purser_core::charge::{self, ChargeView};
use purser_core::money::Nano;
use purser_core::rating;
use purser_core::usage::{Served, Tier, Usage};
use purser_ledger::{Detail, Mark, Settled, Settlement};
use purser_providers::{Metered, Stage, UsageProblem, estimate_input, estimate_output};

use crate::admit::Admitted;
use crate::call::Call;
use crate::meter::Reading;
use crate::runs::Used;
use crate::worker::Worker;

/// Posts the charge of a measured call and frees the rest of its hold.
pub(crate) fn settle(worker: &Worker, call: &Call, mut admitted: Admitted<'_>, reading: &Reading) -> Option<Settled> {
    let only_one = admitted.only_one.take();
    let has_ceilings = admitted.planned.has_ceilings() || !call.run.legs.is_empty();
    let (settled, used) = if let Reading::Nothing = reading {
        (admitted.into_hold().release(), Used { failed: true, ..Used::default() })
    } else {
        let settlement = settlement(call, &admitted, reading);
        if settlement.mark == Mark::Exact && admitted.learns {
            worker.shared.learned.saw(call, &admitted, settlement.charge);
        }
        if settlement.mark == Mark::Disputed {
            tracing::warn!(
                hold.id = %admitted.hold().id(),
                provider = %admitted.upstream.name,
                "the provider's usage can't be right; the bound is charged until it is resolved"
            );
        }
        let usage = usage_of(call, &admitted, reading);
        let used = Used {
            input: usage.prompt_tokens(),
            output: usage.output_tokens(),
            charge: settlement.charge,
            failed: settlement.mark == Mark::Presumed,
        };
        (admitted.into_hold().settle(settlement), used)
    };
    let rules = &call.caller.policy.breakers;
    let trips = worker.shared.runs.over(&call.run, rules, &used, worker.shared.clock.now());
    if !trips.is_empty() {
        worker.shared.trips.tripped(trips);
    }
    drop(only_one);
    worker.shared.parking.freed(call.caller.person.id);
    if has_ceilings {
        worker.shared.parking.freed_above();
    }
    settled.inspect_err(|why| tracing::error!(%why, "a call could not be settled; its hold counts as spent")).ok()
}

/// What a reading comes to.
pub(crate) fn settlement(call: &Call, admitted: &Admitted<'_>, reading: &Reading) -> Settlement {
    let mut mark = reading.mark();
    let usage = usage_of(call, admitted, reading);
    let served = served_of(reading);
    let mut charge = match (mark, rate_all(call, admitted, reading, &usage, served)) {
        (Mark::Disputed, _) => admitted.bound,
        (_, Ok(charge)) => charge,
        (_, Err(why)) => {
            tracing::warn!(%why, model = %call.facts.model, "a call can't be rated; its bound is charged, disputed");
            mark = Mark::Disputed;
            admitted.bound
        }
    };
    // Far beyond what the request could use, a figure is a mistake of the provider's, not a price to pay.
    if mark == Mark::Exact && charge.get() / BELIEVABLE > admitted.bound.get() {
        (mark, charge) = (Mark::Disputed, admitted.bound);
    }
    if matches!(mark, Mark::Estimated | Mark::Presumed) {
        charge = charge.min(admitted.hold().amount());
    }
    Settlement { charge, mark, detail: detail(call, admitted, reading, &usage, served, mark) }
}

/// A charge above so many times the bound is not believed.
const BELIEVABLE: i64 = 4;

/// The usage that a reading comes to: the provider's where it is known, ours where not.
pub(crate) fn usage_of(call: &Call, admitted: &Admitted<'_>, reading: &Reading) -> Usage {
    match reading {
        Reading::Nothing => Usage::default(),
        Reading::Reported(metered) => metered.usage,
        // The whole bound stands for figures that can't be read.
        Reading::Unreadable(UsageProblem::NotJson | UsageProblem::BadCount { .. }) => {
            Usage { input_uncached: admitted.input.tokens, output: admitted.output_bound, ..Usage::default() }
        }
        Reading::Unreadable(UsageProblem::Missing) => estimated(call, None, 0),
        Reading::Partial { seen, visible_bytes } => estimated(call, seen.as_deref(), *visible_bytes),
    }
}

/// Input as the provider told it, else our own guess; output as far as it was seen.
fn estimated(call: &Call, seen: Option<&Metered>, visible_bytes: u64) -> Usage {
    let guess = estimate_output(call.dialect, visible_bytes);
    match seen {
        Some(metered) => {
            let output =
                if metered.stage == Stage::Final { metered.usage.output } else { metered.usage.output.max(guess) };
            Usage { output, ..metered.usage }
        }
        None => Usage { input_uncached: estimate_input(&call.facts), output: guess, ..Usage::default() },
    }
}

fn served_of(reading: &Reading) -> &Served {
    static UNKNOWN: Served = Served { model: None, tier: Tier::Standard, geo: None };
    match reading {
        Reading::Reported(metered) | Reading::Partial { seen: Some(metered), .. } => &metered.served,
        _ => &UNKNOWN,
    }
}

/// The answer's own charge and that of everything billed beside it, each by the card of its own model.
fn rate_all(
    call: &Call,
    admitted: &Admitted<'_>,
    reading: &Reading,
    usage: &Usage,
    served: &Served,
) -> Result<Nano, rating::RatingError> {
    let card = admitted.card_of(served.model.as_deref());
    let mut total = rating::rate(card, usage, served, admitted.terms)?;
    if let Reading::Reported(metered) | Reading::Partial { seen: Some(metered), .. } = reading {
        for other in &metered.others {
            let card = admitted.card_of(other.model.as_deref().or(served.model.as_deref()));
            let part = rating::rate(card, &other.usage, served, admitted.terms)?;
            total = total.checked_add(part).ok_or(rating::RatingError::Overflow)?;
        }
    }
    debug_assert!(!total.is_negative(), "rates are never negative: {}", call.id);
    Ok(total)
}

/// What `rate_all` charged beside the answer.
fn beside(admitted: &Admitted<'_>, reading: &Reading, served: &Served) -> Vec<charge::Beside> {
    let Reading::Reported(metered) = reading else { return Vec::new() };
    let others = metered.others.iter();
    others
        .map(|other| charge::Beside {
            model: other.model.clone(),
            card: admitted.card_of(other.model.as_deref().or(served.model.as_deref())).version(),
            usage: other.usage,
        })
        .collect()
}

/// What anybody needs to compute the charge again.
fn detail(
    call: &Call,
    admitted: &Admitted<'_>,
    reading: &Reading,
    usage: &Usage,
    served: &Served,
    mark: Mark,
) -> Detail {
    let card = admitted.card_of(served.model.as_deref());
    let beside = beside(admitted, reading, served);
    let record = ChargeView {
        person: call.caller.person.id,
        key: call.caller.key.id,
        unit: Some(admitted.planned.plan.unit),
        run: Some(call.run.id),
        session: call.run.session,
        provider: &admitted.upstream.name,
        requested: &call.facts.model,
        served: served.model.as_deref().filter(|model| *model != call.facts.model),
        dialect: dialect_of(call.dialect),
        tier: served.tier,
        geo: served.geo.as_deref(),
        usage: *usage,
        card: card.version(),
        mark: mark_of(mark),
        terms: admitted.terms,
        client: call.tool.tool.name(),
        attempt: admitted.attempt,
        beside,
        parent: call.run.above.first().copied(),
        version: call.tool.version.as_deref(),
        project: call.run.project.as_deref(),
        instead_of: call.switched.as_ref().map(|switched| &*switched.from),
        human: call.run.human,
        retried: call.run.retried,
    };
    let mut bytes = Vec::with_capacity(160);
    if let Err(why) = record.encode(&mut bytes) {
        tracing::error!(%why, "the working of a charge could not be kept");
        bytes.clear();
    }
    Detail::from_vec(bytes)
}

fn dialect_of(dialect: purser_providers::Dialect) -> charge::Dialect {
    use purser_providers::Dialect;
    match dialect {
        Dialect::AnthropicMessages => charge::Dialect::AnthropicMessages,
        Dialect::OpenAiChat => charge::Dialect::OpenAiChat,
        Dialect::OpenAiResponses => charge::Dialect::OpenAiResponses,
        Dialect::OpenAiEmbeddings => charge::Dialect::OpenAiEmbeddings,
        Dialect::GeminiGenerate { .. } => charge::Dialect::GeminiGenerate,
    }
}

fn mark_of(mark: Mark) -> charge::Mark {
    match mark {
        Mark::Exact => charge::Mark::Exact,
        Mark::Estimated => charge::Mark::Estimated,
        Mark::Presumed => charge::Mark::Presumed,
        Mark::Disputed => charge::Mark::Disputed,
    }
}

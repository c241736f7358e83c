//! The version of a card: a hash over what it charges.

use std::fmt::{self, Write};

use super::card::{AboveSpec, CardSpec, RateMap, TierSpec};

/// The first 64 bits of the BLAKE3 hash over the canonical text of everything that changes a charge: provider, model,
/// start, hours, currency, rates, tiers, regions and fees. Aliases, limits, flags and the source are left out, so that
/// learning a model's context window does not look like a new price. The text is part of every charge ever recorded:
/// never change it.
pub(super) fn of(spec: &CardSpec) -> u64 {
    let mut text = Hashed(blake3::Hasher::new());
    write_prices(&mut text, spec).expect("a hash takes any text");
    let hash = text.0.finalize();
    hash.as_bytes().iter().take(8).fold(0, |bits, byte| (bits << 8) | u64::from(*byte))
}

struct Hashed(blake3::Hasher);

impl Write for Hashed {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

fn write_prices(out: &mut impl Write, spec: &CardSpec) -> fmt::Result {
    writeln!(out, "card 1\n{}\n{}\n{}\n{}", spec.provider, spec.model, spec.from.as_micros(), spec.currency.code())?;
    for window in &spec.hours {
        writeln!(out, "hours {window}")?;
    }
    write_sheet(out, &spec.rates, &spec.above)?;
    for (tier, price) in &spec.tiers {
        write!(out, "tier {tier:?} ")?;
        match price {
            TierSpec::Times(times) => writeln!(out, "times {}/{}", times.num(), times.den())?,
            TierSpec::Own { rates, above } => write_sheet(out, rates, above)?,
        }
    }
    for (geo, times) in &spec.geo {
        writeln!(out, "geo {geo} {}/{}", times.num(), times.den())?;
    }
    write_rates(out, "fees", &spec.fees)
}

fn write_sheet(out: &mut impl Write, rates: &RateMap, above: &[AboveSpec]) -> fmt::Result {
    write_rates(out, "rates", rates)?;
    for above in above {
        write!(out, "above {} ", above.tokens)?;
        write_rates(out, "rates", &above.rates)?;
    }
    Ok(())
}

fn write_rates(out: &mut impl Write, what: &str, rates: &RateMap) -> fmt::Result {
    out.write_str(what)?;
    for (bucket, rate) in rates {
        write!(out, " {bucket}={}", rate.get())?;
    }
    out.write_char('\n')
}

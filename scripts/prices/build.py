#!/usr/bin/env python3
"""Writes `crates/core/data/prices.json`, the price list that comes with Purser, from three public packages.

    python3 scripts/prices/build.py            # write the file
    python3 scripts/prices/build.py --check    # fail when the file is not what the packages give

genai-prices gives prices, tiers, thresholds, fees and most of the history; model-prices gives models that it lacks and
documented earlier prices; litellm gives regions, the 12-hour cache, context windows, and tiers that the others lack.
"""

import argparse
import json
import re
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import packages

packages.enter()

import sources  # noqa: E402  (needs the environment)

OUT = Path(__file__).parents[2] / "crates" / "core" / "data" / "prices.json"

# The day the list stands for. Its id follows from it.
PUBLISHED = "2026-11-24T00:00:00Z"

ORDER = [
    "input_uncached", "cache_read", "cache_write_5m", "cache_write_1h", "output", "audio_in", "audio_out", "image_in",
    "image_out", "audio_cache_read", "web_search_calls", "file_search_calls", "code_calls",
]
CARD_KEYS = [
    "provider", "model", "aliases", "from", "to", "hours", "rates", "above", "tiers", "geo", "fees", "context_window",
    "max_output", "flags", "source",
]
TIER_ORDER = ["batch", "flex", "priority", "fast"]

# Models whose prices are taken from model-prices although genai-prices has them, and why.
FROM_MODEL_PRICES = {
    ("deepseek", "deepseek-chat"): "genai-prices still has the night discount that ended in 2025",
    ("deepseek", "deepseek-reasoner"): "genai-prices still has the night discount that ended in 2025",
}
# Peak hours hold on working days only; genai-prices can't say so. Within these hours the day is the same in UTC and in
# Beijing. https://api-docs.deepseek.com/quick_start/pricing
WINDOW_DAYS = {"deepseek": "mon-fri"}
# Models of genai-prices that their provider does not sell under these names; the prices are a reseller's.
NOT_SOLD = {("deepseek", name) for name in ("deepseek-v3.1-terminus", "deepseek-v3.2", "deepseek-v3.2-exp")}
# Names that a provider answers with another model, at that model's price, from an instant on.
ROUTED = {
    # https://api-docs.deepseek.com/ (models): from noon in Beijing on 14 September 2026
    ("deepseek", "deepseek-v4-pro"): ("deepseek-flash", datetime(2026, 9, 14, 4, tzinfo=timezone.utc)),
}
# Long-prompt rates that ended: the model no longer takes such prompts.
# https://platform.claude.com/docs/en/release-notes/overview
LONG_PROMPTS_UNTIL = {("anthropic", "claude-sonnet-4-5"): datetime(2026, 4, 30, tzinfo=timezone.utc)}
# Earlier prices that genai-prices lacks, documented changes only; the figures are those of model-prices before the day.
HISTORY = {
    ("mistral", "ministral-3b-latest"),
    ("mistral", "ministral-8b-latest"),
}
# Fees that no package lists by model. https://developers.openai.com/api/docs/pricing (containers, 1 GB)
CODE_CALLS = {"openai": ("openai/container", "code_interpreter_cost_per_session")}
# Tiers of these providers are completed from litellm where genai-prices has none.
TIERS_FROM_LITELLM = {"google": ("batch", "flex", "priority"), "openai": ("batch", "flex", "priority")}
# Buckets that genai-prices leaves out for some models which have them, and what they would be billed as otherwise.
MODALITIES = {"audio_in": "input_uncached", "audio_out": "output", "image_in": "input_uncached", "image_out": "output"}
# What such a model hears or says is dear; without a price of its own it would be billed as text.
SPEAKS = re.compile(r"(^|-)(audio|realtime|live|voice|transcribe)(-|$)")
# Chat Completions calls its output limit so; its older `max_tokens` is refused by reasoning models.
MAX_FIELD = {"openai": "max_completion_tokens"}


def text(number: Decimal) -> str:
    """The plain decimal, or an error when it is finer than a billionth."""
    scaled = number * 1_000_000_000
    if scaled != scaled.to_integral_value() or number < 0:
        raise ValueError(f"{number} can't be kept in billionths")
    plain = format(number.normalize(), "f")
    whole, _, places = plain.partition(".")
    return f"{whole}.{places:0<2}" if places else whole


def rates(found: dict) -> dict:
    return {bucket: text(found[bucket]) for bucket in ORDER if bucket in found}


def as_times(standard: dict, own: dict) -> Decimal | None:
    """The one number that a tier multiplies every standard rate by, long prompts included; None where there is none."""
    def flat(sheet: dict) -> dict:
        found = {(None, bucket): price for bucket, price in sheet["rates"].items()}
        for tokens, long in sheet["above"]:
            found |= {(tokens, bucket): price for bucket, price in long.items()}
        return found

    ours, theirs = flat(standard), flat(own)
    if ours.keys() != theirs.keys():
        return None
    ratios = {theirs[key] / ours[key] for key in ours if ours[key]}
    if len(ratios) != 1 or any(theirs[key] for key in ours if not ours[key]):
        return None
    [ratio] = ratios
    return ratio if all(ours[key] * ratio == theirs[key] for key in ours) and len(str(ratio)) < 8 else None


def tier(standard: dict, own: dict) -> object:
    times = as_times(standard, own)
    if times is not None:
        return format(times.normalize(), "f")
    out = {"rates": rates(own["rates"])}
    if own["above"]:
        out["above"] = [{"tokens": tokens, "rates": rates(long)} for tokens, long in own["above"]]
    return out


def moment(start: datetime) -> str:
    plain = start.astimezone(timezone.utc)
    return f"{plain:%Y-%m-%d}" if plain.timestamp() % 86_400 == 0 else f"{plain:%Y-%m-%dT%H:%M:%SZ}"


def is_free(period: sources.Period) -> bool:
    """Listed at zero for input and output alike: a trial or a gap, and Purser charges nobody nothing for want of a price."""
    return not any(price for bucket, price in period.standard["rates"].items())


class Builder:
    def __init__(self) -> None:
        self.genai = sources.genai_providers()
        self.snapshot = sources.model_prices_snapshot()
        self.catalogue = sources.litellm_catalogue()
        self.cards: list[dict] = []
        self.left_out: list[str] = []
        self.retired: dict[str, set[str]] = {}

    def build(self) -> list[dict]:
        for provider in sources.PROVIDERS:
            self.provider(provider)
        self.cards.sort(key=lambda card: (card["provider"], card["model"], card.get("from", ""), card.get("hours", [])))
        return self.cards

    def provider(self, provider: str) -> None:
        genai_id, snapshot_id, litellm_id, prefix = sources.PROVIDERS[provider]
        genai = self.genai[genai_id]
        snapshot = {name.lower(): entry for name, entry in self.snapshot["prices"].get(snapshot_id, {}).items()}
        litellm = sources.litellm_by_model(self.catalogue, litellm_id, prefix)
        removed = {name.lower() for name, state in self.snapshot["status"].get(snapshot_id, {}).items() if state == "removed"}
        self.retired[provider] = removed
        source = (genai.pricing_urls or [""])[0]
        taken: set[str] = {model.id.lower() for model in genai.models}
        by_model: dict[str, set[str]] = {model.id: set() for model in genai.models}
        for name in sorted({*snapshot, *litellm, *self.exact_names(genai)} - taken):
            model = genai.find_model(name)
            if model is not None and model.id in by_model and self.may_stand_for(name, model, snapshot, litellm):
                by_model[model.id].add(name)
                taken.add(name)
        for model in genai.models:
            name = model.id.lower()
            if self.refuse_name(provider, name):
                continue
            if "Imported from OpenRouter" in (model.price_comments or ""):
                self.left_out.append(f"{provider}/{name}: a reseller's price")
                continue
            try:
                periods = self.periods(provider, model, snapshot)
            except sources.NotOurUnits as problem:
                # The other packages may list its tokens alone: without the rest that would be too little.
                self.left_out.append(f"{provider}/{name}: priced by {problem}")
                continue
            aliases = sorted({*by_model[model.id], *self.beginnings(model)})
            entries = [litellm[known] for known in (name, *aliases) if known in litellm]
            origin = " (by model-prices)" if (provider, name) in FROM_MODEL_PRICES else ""
            self.add(provider, name, aliases, periods, source + origin, entries, model.context_window)
        for name, entry in snapshot.items():
            if name not in taken and not self.refuse_name(provider, name) and not self.of_left_out(genai, name):
                periods = sources.model_prices_periods(entry)
                last = [row for row in entry.get("standard", ()) if row["rates"]]
                where = last[-1]["rates"]["source"] if last else ""
                entries = [litellm[name]] if name in litellm else []
                # Where an undated name is listed too, a snapshot of it needs no card of its own.
                self.add(provider, name, [], periods, f"{where} (by model-prices)", entries, None)
                taken.add(name)
        if provider in ("anthropic", "openai", "google", "mistral", "xai"):
            for name, entry in litellm.items():
                known = name in taken or self.of_left_out(genai, name)
                if not known and self.token_priced(entry) and not self.refuse_name(provider, name):
                    period = sources.Period(None, [], sources.litellm_sheets(entry)["standard"], {}, {})
                    self.add(provider, name, [], [period], f"{entry.get('source', '')} (by litellm)".strip(), [entry], None)

    @staticmethod
    def exact_names(genai) -> set[str]:
        leaves = [leaf for model in genai.models for leaf in sources.clauses(model.match)]
        names = {getattr(leaf, "equals", None) or getattr(leaf, "starts_with", None) for leaf in leaves}
        return {name.lower() for name in names if name and not name.endswith((":", "/", "@", "-"))}

    @staticmethod
    def beginnings(model) -> set[str]:
        """`claude-x@` and the like: the only beginnings that stand for a model whatever follows."""
        leaves = sources.clauses(model.match)
        starts = {getattr(leaf, "starts_with", None) for leaf in leaves}
        return {start.lower() for start in starts if start and start.endswith((":", "@"))}

    def may_stand_for(self, name: str, model, snapshot: dict, litellm: dict) -> bool:
        """Is the name an exact one of the model? A name that matches by its beginning only must be listed at the same
        price elsewhere: a new, dearer model would match by its beginning too."""
        if self.searches_at_another_fee(name, model, litellm):
            return False
        if any(getattr(leaf, "equals", "").lower() == name for leaf in sources.clauses(model.match)):
            return True
        if any(getattr(leaf, "starts_with", "").lower() == name for leaf in sources.clauses(model.match)):
            return True
        try:
            ours = sources.genai_periods(model)[-1].standard["rates"]
        except sources.NotOurUnits:
            return False
        listed = []
        if name in snapshot:
            periods = sources.model_prices_periods(snapshot[name])
            listed += [periods[-1].standard["rates"]] if periods else []
        if name in litellm:
            found = sources.litellm_sheets(litellm[name]).get("standard")
            listed += [found["rates"]] if found else []
        same = [all(other.get(bucket) == ours.get(bucket) for bucket in ("input_uncached", "output")) for other in listed]
        return bool(same) and all(same)

    @staticmethod
    def searches_at_another_fee(name: str, model, litellm: dict) -> bool:
        """A variant made for searching, such as `gpt-4o-mini-search-preview`: the same tokens, dearer searches."""
        fee = sources.litellm_web_search(litellm[name]) if name in litellm else None
        prices = model.prices if isinstance(model.prices, list) else [model.prices]
        usual = getattr(getattr(prices[-1], "prices", prices[-1]), "web_searches_kcount", None)
        return "search" in name and fee is not None and usual is not None and fee > usual

    def refuse_name(self, provider: str, name: str) -> bool:
        if provider == "google" and name.startswith("claude"):
            return True  # sold by another API of the same company, under other terms
        if (provider, name) in NOT_SOLD:
            return True
        bad = re.search(r"[\s\[\]()]|:free$", name) or name.endswith((":", "/", "@", "-"))
        if bad:
            self.left_out.append(f"{provider}/{name}: not a model's name")
        return bool(bad)

    @staticmethod
    def of_left_out(genai, name: str) -> bool:
        """Is it a name of a model that is priced in units of which there is no card?"""
        model = genai.find_model(name)
        try:
            return model is not None and not sources.genai_periods(model)
        except sources.NotOurUnits:
            return True

    @staticmethod
    def token_priced(entry: dict) -> bool:
        others = [key for key in entry if "cost_per" in key and "token" not in key and "query" not in key]
        return entry.get("mode") in sources.LITELLM_MODES and not others and bool(sources.litellm_sheets(entry).get("standard"))

    def periods(self, provider: str, model, snapshot: dict) -> list[sources.Period]:
        periods = sources.genai_periods(model)
        name = model.id.lower()
        if (provider, name) in FROM_MODEL_PRICES:
            return sources.model_prices_periods(snapshot[name])
        if (provider, name) in LONG_PROMPTS_UNTIL:
            [period] = periods
            flat = sources.Period(LONG_PROMPTS_UNTIL[provider, name], [], *self.flat(period))
            periods.append(flat)
        for period in periods:
            if period.hours:
                days = WINDOW_DAYS.get(provider, "mon-sun")
                period.hours = [f"{days} {hours}" for hours in period.hours]
        if (provider, name) in ROUTED:
            other, start = ROUTED[provider, name]
            [target] = [found for found in self.genai[provider].models if found.id == other]
            periods += [
                sources.Period(start, [f"mon-fri {hours}" for hours in found.hours], found.standard, found.tiers, found.fees)
                for found in sources.genai_periods(target)
            ]
        if (provider, name) in HISTORY and name in snapshot:
            earlier = sources.model_prices_periods(snapshot[name])
            known = [period.standard["rates"] for period in periods]
            if len(periods) == 1 and periods[0].start is None and len(earlier) > 1:
                [before, *_, now] = earlier
                if now.standard["rates"]["input_uncached"] == known[0]["input_uncached"] and now.start:
                    periods[0].start = now.start
                    before.start = None
                    periods.insert(0, before)
        return periods

    @staticmethod
    def flat(period: sources.Period) -> tuple[dict, dict, dict]:
        """The same prices without those of long prompts."""
        plain = lambda sheet: {"rates": dict(sheet["rates"]), "above": []}  # noqa: E731
        return plain(period.standard), {name: plain(sheet) for name, sheet in period.tiers.items()}, dict(period.fees)

    def add(self, provider, name, aliases, periods, source, entries, window) -> None:
        plain = [period for period in periods if not period.hours]
        retired = self.ends(provider, name, entries)
        if retired is False:
            self.left_out.append(f"{provider}/{name}: no longer served")
            return
        for period in periods:
            if is_free(period):
                self.left_out.append(f"{provider}/{name}: listed at zero")
                continue
            newest = period is plain[-1] or period.hours
            card = self.card(provider, name, aliases, period, source, entries, window, newest)
            if SPEAKS.search(name) and not {"audio_in", "audio_out"} & card["rates"].keys():
                self.left_out.append(f"{provider}/{name}: no price for audio")
                continue
            if retired and card.get("from", "") < retired:
                card["to"] = retired
            self.cards.append(card)

    def ends(self, provider: str, name: str, entries: list[dict]) -> str | bool | None:
        """The first day on which a model was no longer served; False when it is not served and nobody knows since when;
        None while it is."""
        if name not in self.retired[provider]:
            return None
        days = [str(entry["deprecation_date"]) for entry in entries[:1] if entry.get("deprecation_date")]
        if days and days[0] < PUBLISHED:
            return str(datetime.fromisoformat(days[0]).date() + timedelta(days=1))
        known = any(model.id.lower() == name for model in self.genai[sources.PROVIDERS[provider][0]].models)
        return None if known else False

    def card(self, provider, name, aliases, period, source, entries, window, newest) -> dict:
        standard, tiers = period.standard, dict(period.tiers)
        if newest:
            self.complete(provider, standard, tiers, entries)
        card = {"provider": provider, "model": name}
        if aliases:
            card["aliases"] = [alias for alias in aliases if alias != name]
            if not card["aliases"]:
                del card["aliases"]
        # A price whose beginning nobody recorded holds as far back as anybody asks.
        if period.start is not None:
            card["from"] = moment(period.start)
        if period.hours:
            card["hours"] = period.hours
        card["rates"] = rates(standard["rates"])
        if standard["above"]:
            card["above"] = [{"tokens": tokens, "rates": rates(long)} for tokens, long in standard["above"]]
        if tiers:
            card["tiers"] = {name: tier(standard, tiers[name]) for name in TIER_ORDER if name in tiers}
        geo = {}
        for entry in entries:
            geo |= sources.litellm_geo(entry)
        if geo:
            card["geo"] = {region: format(times.normalize(), "f") for region, times in sorted(geo.items())}
        fees = self.fees(provider, period, entries)
        if fees:
            card["fees"] = rates(fees)
        inputs = [int(entry["max_input_tokens"]) for entry in entries if str(entry.get("max_input_tokens", "")).isdigit()]
        windows = [*inputs, *([window] if window else [])]
        if windows:
            card["context_window"] = max(windows)
        outputs = [int(entry["max_output_tokens"]) for entry in entries if str(entry.get("max_output_tokens", "")).isdigit()]
        if outputs:
            card["max_output"] = max(outputs)
        if provider in MAX_FIELD and any(entry.get("mode") in ("chat", "responses") for entry in entries):
            card["flags"] = {"max_field": MAX_FIELD[provider]}
        card["source"] = source
        return card

    @staticmethod
    def complete(provider: str, standard: dict, tiers: dict, entries: list[dict]) -> None:
        """What genai-prices lacks, from litellm, where both agree on the standard price."""
        for entry in entries[:1]:
            sheets = sources.litellm_sheets(entry)
            base = sheets.get("standard", sources.sheet())["rates"]
            ours = standard["rates"]
            if any(base.get(bucket) != ours.get(bucket) for bucket in ("input_uncached", "output")):
                return
            for bucket, otherwise in MODALITIES.items():
                if bucket not in ours and base.get(bucket, 0) > ours.get(otherwise, 0):
                    ours[bucket] = base[bucket]
            for name in TIERS_FROM_LITELLM.get(provider, ()):
                if name not in tiers and name in sheets and {"input_uncached", "output"} <= sheets[name]["rates"].keys():
                    tiers[name] = sheets[name]
            long_write = "cache_write_1h"
            if "cache_write_5m" in ours and long_write not in ours and long_write in base:
                ours[long_write] = base[long_write]
                longer = dict(sheets["standard"]["above"])
                for tokens, found in standard["above"]:
                    if long_write in longer.get(tokens, {}):
                        found[long_write] = longer[tokens][long_write]
                for name, own in tiers.items():
                    other = sheets.get("priority" if name == "fast" else name, sources.sheet())
                    if long_write in other["rates"] and long_write not in own["rates"]:
                        own["rates"][long_write] = other["rates"][long_write]
                        longer = dict(other["above"])
                        for tokens, found in own["above"]:
                            if long_write in longer.get(tokens, {}):
                                found[long_write] = longer[tokens][long_write]

    def fees(self, provider: str, period: sources.Period, entries: list[dict]) -> dict:
        fees = dict(period.fees)
        searches = [fee for entry in entries if (fee := sources.litellm_web_search(entry)) is not None]
        if "web_search_calls" not in fees and searches:
            fees["web_search_calls"] = max(searches)
        if provider in CODE_CALLS and fees:
            entry, key = CODE_CALLS[provider]
            fees["code_calls"] = Decimal(self.catalogue[entry][key]) * 1_000
        return fees


def list_id() -> str:
    """A list's id as the program writes ids: 128 bits in Crockford's base 32, the time in front."""
    ms = int(datetime.fromisoformat(PUBLISHED.replace("Z", "+00:00")).timestamp() * 1_000)
    bits, digits = (ms << 80) | 1, ""
    for _ in range(26):
        digits, bits = "0123456789abcdefghjkmnpqrstvwxyz"[bits & 31] + digits, bits >> 5
    return f"prl_{digits}"


def render(cards: list[dict]) -> str:
    """One line a card, so that a changed price is one changed line."""
    ordered = [{key: card[key] for key in CARD_KEYS if key in card} for card in cards]
    lines = ",\n".join(json.dumps(card, separators=(",", ":"), ensure_ascii=False) for card in ordered)
    return f'{{"id":"{list_id()}","published_at":"{PUBLISHED}","layer":"bundled","cards":[\n{lines}\n]}}\n'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    parser.add_argument("--left-out", action="store_true", help="name what the packages have and the list has not")
    args = parser.parse_args()
    builder = Builder()
    made = render(builder.build())
    models = {(card["provider"], card["model"]) for card in builder.cards}
    count = Counter(provider for provider, _ in models)
    print(f"{len(builder.cards)} cards of {len(models)} models:", *(f"{p} {n}" for p, n in count.most_common()), file=sys.stderr)
    if args.left_out:
        print("\n".join(builder.left_out))
    if args.check:
        same = OUT.exists() and OUT.read_text() == made
        print("prices.json is what the packages give" if same else "prices.json differs: run build.py", file=sys.stderr)
        return 0 if same else 1
    OUT.write_text(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The three public price packages, read into one form.

A price sheet is `{"rates": {bucket: Decimal}, "above": [(tokens, {bucket: Decimal})]}` with prices per million tokens;
buckets are those of `crates/core/src/price/bucket.rs`. All numbers are read as decimal text, never through a float.
"""

import json
from dataclasses import dataclass, field
from datetime import date, datetime, time, timezone
from decimal import Decimal
from importlib.resources import files

MILLION = Decimal(1_000_000)

# Our name of a provider, its name in genai-prices, in model-prices, and its name and key prefix in litellm.
PROVIDERS = {
    "anthropic": ("anthropic", "anthropic", "anthropic", ""),
    "openai": ("openai", "openai", "openai", ""),
    "google": ("google", "google", "gemini", "gemini/"),
    "mistral": ("mistral", "mistral", "mistral", "mistral/"),
    "xai": ("x-ai", "xai", "xai", "xai/"),
    "deepseek": ("deepseek", "deepseek", "deepseek", "deepseek/"),
    "groq": ("groq", None, "groq", "groq/"),
    "cohere": ("cohere", "cohere", "cohere_chat", ""),
    "together": ("together", None, "together_ai", "together_ai/"),
    "fireworks": ("fireworks", None, "fireworks_ai", "fireworks_ai/"),
    "perplexity": ("perplexity", "perplexity", "perplexity", "perplexity/"),
    "moonshotai": ("moonshotai", "moonshotai", "moonshot", "moonshot/"),
    "zai": ("zai", "zai", "zai", "zai/"),
    "cerebras": ("cerebras", None, "cerebras", "cerebras/"),
    "minimax": ("minimax", "minimax", "minimax", "minimax/"),
    "voyageai": ("voyageai", None, "voyage", "voyage/"),
    "bedrock": ("aws", "amazon-bedrock", "bedrock_converse", ""),
    "azure": ("azure", None, "azure", "azure/"),
}

GENAI_BUCKETS = {
    "input_mtok": "input_uncached",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write_5m",
    "cache_write_5m_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_mtok": "output",
    "input_audio_mtok": "audio_in",
    "output_audio_mtok": "audio_out",
    "cache_audio_read_mtok": "audio_cache_read",
    "input_image_mtok": "image_in",
    "output_image_mtok": "image_out",
}
# Fees per 1,000 calls.
GENAI_FEES = {"web_searches_kcount": "web_search_calls", "storage_searches_kcount": "file_search_calls"}
# Prices that are left out without harm, because a bucket of ours always costs at least as much: cached images are
# billed as cached text by the others where no image price is known, and we bill cached images as images.
GENAI_HARMLESS = {"cache_image_read_mtok"}


def sheet() -> dict:
    return {"rates": {}, "above": []}


@dataclass
class Period:
    """What a model costs from an instant on, in some hours."""

    start: datetime | None
    hours: list = field(default_factory=list)
    standard: dict = field(default_factory=sheet)
    tiers: dict = field(default_factory=dict)
    fees: dict = field(default_factory=dict)


# ---------------------------------------------------------------------------------------------------- genai-prices


def genai_providers() -> dict:
    from genai_prices.data import providers

    return {provider.id: provider for provider in providers}


class NotOurUnits(Exception):
    """A price in units that Purser does not count: a card without it would charge too little."""


def genai_sheet(price) -> tuple[dict, dict]:
    """The sheet and the fees of a genai-prices price."""
    out, fees, above = sheet(), {}, {}
    for key, value in vars(price).items():
        if value is None or key in GENAI_HARMLESS:
            continue
        if key == "input_video_mtok":
            # Video counts as images; where both are priced the image price is written after it and wins.
            out["rates"].setdefault("image_in", value)
            continue
        if key in GENAI_FEES:
            fees[GENAI_FEES[key]] = value
            continue
        if key not in GENAI_BUCKETS:
            raise NotOurUnits(key)
        bucket = GENAI_BUCKETS[key]
        if isinstance(value, Decimal):
            out["rates"][bucket] = value
        else:
            out["rates"][bucket] = value.base
            for tier in value.tiers:
                above.setdefault(tier.start, {})[bucket] = tier.price
    out["above"] = sorted(above.items())
    return out, fees


def variant_sheet(standard, variant) -> dict:
    """A tier's own sheet: its keys replace the standard ones, thresholds included."""
    own, _ = genai_sheet(variant)
    return own


VARIANT_TIERS = {
    ("processing", "batch"): "batch",
    ("service_tier", "flex"): "flex",
    ("service_tier", "priority"): "priority",
    ("service_tier", "fast"): "fast",
    ("speed", "fast"): "fast",
}


def utc(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.utc)


def genai_periods(model) -> list[Period]:
    """The dated prices of a genai-prices model, oldest first."""
    prices = model.prices if isinstance(model.prices, list) else None
    if prices is None:
        starts, plain, windows = [None], [(None, model.prices)], []
    else:
        plain, windows = [], []
        for conditional in prices:
            constraint = conditional.constraint
            if constraint is None:
                plain.append((None, conditional.prices))
            elif hasattr(constraint, "start_date"):
                plain.append((utc(constraint.start_date), conditional.prices))
            else:
                windows.append((constraint, conditional.prices))
        starts = sorted({start for start, _ in plain}, key=lambda start: (start is not None, start))
    periods = []
    for start in starts:
        # The last one that has begun wins, as the package does it.
        price = [price for begins, price in plain if begins is None or (start is not None and begins <= start)][-1]
        standard, fees = genai_sheet(price)
        periods.append(Period(start, [], standard, {}, fees))
    # A daily window carries no date of its own: it belongs to the newest price.
    for constraint, price in windows:
        standard, _ = genai_sheet(price)
        hours = f"{constraint.start_time:%H:%M}-{constraint.end_time:%H:%M}"
        same = [period for period in periods if period.hours and period.standard == standard]
        if same:
            same[0].hours.append(hours)
        else:
            periods.append(Period(periods[len(starts) - 1].start, [hours], standard, {}, dict(periods[len(starts) - 1].fees)))
    add_variants(model, [period for period in periods if not period.hours])
    return periods


def add_variants(model, periods: list[Period]) -> None:
    """Tier prices carry the date on which somebody checked them, not the date on which they began. Each goes with the
    standard price that held on that day; of several, the package takes the first that has begun."""
    for variant in model.price_variants or ():
        tier = VARIANT_TIERS.get(next(iter(variant.when.items()))) if len(variant.when) == 1 else None
        if tier is None or not vars(variant.prices):
            continue
        checked = utc(variant.constraint.start_date) if variant.constraint else None
        for at, period in enumerate(periods):
            ends = periods[at + 1].start if at + 1 < len(periods) else None
            if checked is not None and ends is not None and ends <= checked:
                continue
            newest = checked is None or period.start is None or period.start <= checked
            if newest or tier not in period.tiers:
                period.tiers.setdefault(tier, variant_sheet(period.standard, variant.prices))


def clauses(clause) -> list:
    """Every leaf of a match rule."""
    inner = getattr(clause, "or_", None) or getattr(clause, "and_", None)
    return [leaf for part in inner for leaf in clauses(part)] if inner else [clause]


# ---------------------------------------------------------------------------------------------------- model-prices


def model_prices_snapshot() -> dict:
    text = files("model_prices").joinpath("snapshot.json").read_text()
    return json.loads(text, parse_float=Decimal)


MODEL_PRICES_BUCKETS = {
    "input": "input_uncached",
    "output": "output",
    "cache_read": "cache_read",
    "cache_write": "cache_write_5m",
}


def model_prices_sheet(rates: dict) -> dict:
    def buckets(source: dict) -> dict:
        found = {ours: Decimal(source[theirs]) for theirs, ours in MODEL_PRICES_BUCKETS.items() if source.get(theirs) is not None}
        multiple = rates.get("cache_write_1h_multiple")
        if multiple is not None and "input_uncached" in found and "cache_write_5m" in found:
            found["cache_write_1h"] = found["input_uncached"] * Decimal(multiple)
        return found

    out = sheet()
    out["rates"] = buckets(rates)
    out["above"] = [(tier["above"], buckets(tier)) for tier in rates.get("tiers") or ()]
    return out


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00"))


def model_prices_periods(entry: dict) -> list[Period]:
    """The dated standard prices of a model, oldest first; equal neighbours are one period. Other tiers that hold
    during the newest period go with it."""
    periods: list[Period] = []
    for row in entry.get("standard", ()):
        if row["rates"] is None:
            continue
        standard = model_prices_sheet(row["rates"])
        if not periods or periods[-1].standard != standard:
            periods.append(Period(instant(row["start"]), [], standard, {}, {}))
    if periods:
        for theirs in ("batch", "flex", "fast"):
            rows = [row for row in entry.get(theirs, ()) if row["rates"] is not None]
            if rows:
                periods[-1].tiers[theirs] = model_prices_sheet(rows[-1]["rates"])
    return periods


# --------------------------------------------------------------------------------------------------------- litellm


def litellm_catalogue() -> dict:
    # Found without importing the package, which would ask for its dependencies.
    import importlib.util

    [root] = importlib.util.find_spec("litellm").submodule_search_locations
    with open(f"{root}/model_prices_and_context_window_backup.json") as file:
        return json.load(file, parse_float=Decimal)


LITELLM_BUCKETS = {
    "input_cost_per_token": "input_uncached",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write_5m",
    "output_cost_per_token": "output",
    "input_cost_per_audio_token": "audio_in",
    "output_cost_per_audio_token": "audio_out",
    "cache_read_input_audio_token_cost": "audio_cache_read",
    "input_cost_per_image_token": "image_in",
    "output_cost_per_image_token": "image_out",
}
LITELLM_LONG_WRITES = ("_above_1hr", "_above_12hr")
LITELLM_TIERS = {"": "standard", "_batches": "batch", "_flex": "flex", "_priority": "priority"}
# Keys of entries that are priced by tokens alone.
LITELLM_MODES = {"chat", "responses", "embedding", "completion"}


def litellm_sheets(entry: dict) -> dict:
    """The sheets of a litellm entry by tier."""
    import re

    sheets: dict = {}
    for key, value in entry.items():
        match = re.fullmatch(r"(.*?)((?:_above_1hr|_above_12hr)?)((?:_above_\d+k_tokens)?)((?:_batches|_flex|_priority)?)", key)
        stem, long_write, above, suffix = match.groups()
        bucket = LITELLM_BUCKETS.get(stem)
        if bucket is None or isinstance(value, (dict, list, str)) or value is None:
            continue
        if long_write:
            bucket = "cache_write_1h"
        price = Decimal(value) * MILLION
        target = sheets.setdefault(LITELLM_TIERS[suffix], {"rates": {}, "above": {}})
        if above:
            tokens = int(re.search(r"\d+", above).group()) * 1_000
            target["above"].setdefault(tokens, {})[bucket] = price
        else:
            target["rates"][bucket] = price
    return {tier: {"rates": found["rates"], "above": sorted(found["above"].items())} for tier, found in sheets.items()}


def litellm_geo(entry: dict) -> dict:
    """Multipliers on all tokens by region."""
    geo = {}
    for region in ("us", "eu"):
        value = (entry.get("provider_specific_entry") or {}).get(region) or entry.get(f"regional_processing_uplift_multiplier_{region}")
        if value is not None and Decimal(value) != 1:
            geo[region] = Decimal(value)
    return geo


def litellm_web_search(entry: dict) -> Decimal | None:
    """The dearest fee of a web search per 1,000 calls: the size of its context is not in the usage."""
    by_size = entry.get("search_context_cost_per_query") or {}
    return max((Decimal(value) * 1_000 for value in by_size.values()), default=None)


def litellm_by_model(catalogue: dict, provider: str, prefix: str) -> dict:
    """Entries of one provider by the model's own name."""
    found = {}
    for key, entry in catalogue.items():
        if entry.get("litellm_provider") == provider and "/" not in key.removeprefix(prefix).replace("accounts/", "").replace("/models/", ""):
            found[key.removeprefix(prefix).lower()] = entry
    return found

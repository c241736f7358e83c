"""What three public price libraries say a call costs. Each answers in nano-dollars as an exact or float number, or None
when it does not know the model or can't express the case."""

import os
from datetime import datetime
from decimal import Decimal
from functools import cache

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

NANO = Decimal(1_000_000_000)


def genai_name(provider: str) -> str:
    return {"xai": "x-ai", "bedrock": "aws"}.get(provider, provider)


@cache
def genai_model(provider: str, model: str):
    from genai_prices.data import providers

    [found] = [known for known in providers if known.id == genai_name(provider)]
    return found, next((known for known in found.models if known.id.lower() == model), None)


CONTEXT = {
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "fast": {"speed": "fast"},
}


def context(provider: str, tier: str) -> dict:
    if tier == "fast" and provider == "openai":
        return {"service_tier": "fast"}
    return CONTEXT.get(tier, {})


def genai_has(provider: str, model: str, tier: str, key: str | None = None) -> bool:
    """Does genai-prices itself price this tier, or this key? Then our figure is from there."""
    _, found = genai_model(provider, model)
    if found is None:
        return False
    if key is not None:
        prices = found.prices if isinstance(found.prices, list) else [found]
        return any(getattr(price.prices, key, None) is not None for price in prices)
    wanted = context(provider, tier)
    return tier == "standard" or any(variant.when == wanted and vars(variant.prices) for variant in found.price_variants or ())


def moment(case: dict) -> datetime:
    return datetime.fromisoformat(case["at"].replace("Z", "+00:00"))


def genai(case: dict) -> Decimal | None:
    from genai_prices.types import Usage

    provider, model = genai_model(case["provider"], case["model"])
    tier = case["tier"]
    if model is None or case["geo"] or not genai_has(case["provider"], case["model"], tier):
        return None
    usage = case["usage"]
    get = lambda bucket: usage.get(bucket, 0)  # noqa: E731
    if get("cache_write_1h") and not genai_has(case["provider"], case["model"], tier, "cache_write_1h_mtok"):
        return None  # ours is from elsewhere
    if get("audio_in") or get("code_calls"):
        return None
    writes = get("cache_write_5m") + get("cache_write_1h")
    told = {
        "input_tokens": get("input_uncached") + get("cache_read") + writes,
        "output_tokens": get("output"),
        "cache_read_tokens": get("cache_read"),
        "cache_write_tokens": writes,
        "cache_write_1h_tokens": get("cache_write_1h"),
        "web_searches": get("web_search_calls"),
    }
    if told["web_searches"] and not genai_has(case["provider"], case["model"], tier, "web_searches_kcount"):
        return None
    told = {key: value for key, value in told.items() if value}
    price = model.get_prices(moment(case), context(case["provider"], tier) or None)
    return price.calc_price(Usage(**told))["total_price"] * NANO


MODEL_PRICES_MODES = {"standard": None, "batch": "batch", "flex": "flex", "priority": "fast", "fast": "fast"}


def model_prices(case: dict) -> float | None:
    import model_prices as library

    provider = {"bedrock": "amazon-bedrock"}.get(case["provider"], case["provider"])
    usage, tier = case["usage"], case["tier"]
    if case["geo"] or any(bucket.startswith("audio") or bucket.endswith("_calls") for bucket in usage):
        return None
    models = library._data()["prices"].get(provider, {})
    entry = models.get(case["model"])
    if entry is None or (MODEL_PRICES_MODES[tier] or "standard") not in entry:
        return None
    rates = library.rates(case["model"], at=case["at"], provider=provider, mode=MODEL_PRICES_MODES[tier])
    if rates is None or rates.model != case["model"]:
        return None
    missing = {"cache_read": rates.cache_read, "cache_write_5m": rates.cache_write, "cache_write_1h": rates.cache_write_1h_multiple}
    if any(usage.get(bucket) and rate is None for bucket, rate in missing.items()):
        return None
    return 1e9 * rates.cost(
        input_tokens=usage.get("input_uncached", 0),
        output_tokens=usage.get("output", 0),
        cache_read_tokens=usage.get("cache_read", 0),
        cache_write_tokens=usage.get("cache_write_5m", 0),
        cache_write_1h_tokens=usage.get("cache_write_1h", 0),
    )


LITELLM = {
    "google": ("gemini", "gemini/"),
    "mistral": ("mistral", "mistral/"),
    "xai": ("xai", "xai/"),
    "deepseek": ("deepseek", "deepseek/"),
    "groq": ("groq", "groq/"),
    "together": ("together_ai", "together_ai/"),
    "fireworks": ("fireworks_ai", "fireworks_ai/"),
    "moonshotai": ("moonshot", "moonshot/"),
    "zai": ("zai", "zai/"),
    "cerebras": ("cerebras", "cerebras/"),
    "perplexity": ("perplexity", "perplexity/"),
    "anthropic": ("anthropic", ""),
    "openai": ("openai", ""),
    "azure": ("azure", "azure/"),
    "bedrock": ("bedrock", ""),
    "cohere": ("cohere_chat", ""),
    "minimax": ("minimax", "minimax/"),
    "voyageai": ("voyage", "voyage/"),
}


def litellm(case: dict) -> float | None:
    import litellm as library
    from litellm._internal_context import pinned_billing_time
    from litellm.types.utils import CacheCreationTokenDetails, PromptTokensDetailsWrapper, Usage

    provider, prefix = LITELLM[case["provider"]]
    entry = library.model_cost.get(prefix + case["model"])
    if entry is None or entry.get("litellm_provider") not in (provider, "bedrock_converse") or case["geo"]:
        return None
    usage, tier = case["usage"], case["tier"]
    if tier in ("batch", "fast") or case["at"] < "2026-11":
        return None  # its catalogue is of one day, and its batch prices are not in this function
    if tier != "standard" and f"input_cost_per_token_{tier}" not in entry:
        return None
    if tier != "standard" and not genai_has(case["provider"], case["model"], tier):
        return None  # ours is from litellm
    get = lambda bucket: usage.get(bucket, 0)  # noqa: E731
    if get("cache_write_1h") and (
        "cache_creation_input_token_cost_above_1hr" not in entry or case["provider"] != "anthropic"
    ):
        return None
    for bucket, key in (("cache_read", "cache_read_input_token_cost"), ("cache_write_5m", "cache_creation_input_token_cost")):
        if get(bucket) and key not in entry:
            return None
    searches = get("web_search_calls")
    if searches and not genai_has(case["provider"], case["model"], tier, "web_searches_kcount"):
        return None
    if get("audio_in") or get("code_calls"):
        return None
    writes = get("cache_write_5m") + get("cache_write_1h")
    prompt = get("input_uncached") + get("cache_read") + writes
    told = Usage(
        prompt_tokens=prompt,
        completion_tokens=get("output"),
        total_tokens=prompt + get("output"),
        cache_read_input_tokens=get("cache_read"),
        cache_creation_input_tokens=writes,
        prompt_tokens_details=PromptTokensDetailsWrapper(
            cached_tokens=get("cache_read"),
            cache_creation_tokens=writes,
            cache_creation_token_details=CacheCreationTokenDetails(
                ephemeral_5m_input_tokens=get("cache_write_5m"), ephemeral_1h_input_tokens=get("cache_write_1h")
            ),
        ),
    )
    # Left alone it rates by the clock of the machine: a run within somebody's peak hours would compare other prices.
    with pinned_billing_time(moment(case)):
        costs = library.cost_per_token(
            model=prefix + case["model"],
            custom_llm_provider=provider,
            usage_object=told,
            service_tier=None if tier == "standard" else tier,
        )
    by_size = entry.get("search_context_cost_per_query") or {}
    if searches and not by_size:
        return None
    return 1e9 * (sum(costs) + searches * by_size.get("search_context_size_medium", 0))


LIBRARIES = {"genai-prices": genai, "model-prices": model_prices, "litellm": litellm}

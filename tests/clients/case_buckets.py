"""Prompt caches, reasoning and thoughts, which no stand-in reports: recordings answer, and each bucket has its price.

The buckets are written here by hand: a reading of the recordings that is wrong in the same way twice is noticed.
"""

from case_sdks import check_answer
from clients import SDKS, Sdk
from rig import HERE, Rig, check, money

CHAT_STREAM = {"input_uncached": 125, "cache_read": 1920, "cache_write_5m": 256, "output": 66}
RECORDED = {
    "Anthropic": [
        (
            "messages",
            "anthropic-cache.json",
            {
                "input_uncached": 21,
                "cache_read": 45679,
                "cache_write_5m": 2048,
                "cache_write_1h": 1035,
                "output": 345,
            },
        ),
        (
            "messages-stream",
            "anthropic-cache.sse",
            {
                "input_uncached": 23,
                "cache_read": 60001,
                "cache_write_5m": 1024,
                "cache_write_1h": 133,
                "output": 77,
            },
        ),
        ("messages", "anthropic-cache-unsplit.json", {"input_uncached": 9, "cache_write_5m": 1501, "output": 7}),
    ],
    "OpenAI": [
        (
            "chat",
            "chat-cache.json",
            {"input_uncached": 395, "cache_read": 4096, "cache_write_5m": 512, "output": 151},
        ),
        ("chat-stream", "chat-cache.sse", CHAT_STREAM),
        ("chat-stream-with-usage", "chat-cache.sse", CHAT_STREAM),
        (
            "responses",
            "responses-cache.json",
            {"input_uncached": 809, "cache_read": 7168, "cache_write_5m": 1024, "output": 333},
        ),
        (
            "responses-stream",
            "responses-cache.sse",
            {"input_uncached": 1, "cache_read": 12160, "cache_write_5m": 128, "output": 45},
        ),
    ],
    "Google": [
        ("generate", "gemini-cache.json", {"input_uncached": 1868, "cache_read": 8192, "output": 518}),
        ("generate-stream", "gemini-cache.sse", {"input_uncached": 2051, "cache_read": 2048, "output": 95}),
    ],
}


# The recordings speak of prompts of up to 61,000 tokens and answers of up to 345: so must the requests.
AS_LONG = {"PADDING": "3000", "ANSWER_TOKENS": "400"}


def priced(rig: Rig, sdk: Sdk) -> str:
    calls, recordings, buckets = zip(*RECORDED[sdk.vendor], strict=True)
    rig.behind[sdk.vendor.lower()].replay([HERE / "recordings" / name for name in recordings])
    person = rig.person()
    outcome, charges = rig.metered(person, lambda: sdk.run(rig, person, calls, **AS_LONG))
    for answer, recording, charge, usage in zip(outcome.result, recordings, charges, buckets, strict=True):
        check_answer(answer)
        check(answer["text"] == "Welcome aboard.", f"{recording}: the client read {answer['text']!r}")
        check(charge.usage == usage, f"{recording}: metered {charge.usage}, not {usage}")
    return f"{len(charges)} recordings, {money(sum(charge.amount for charge in charges))}"


CASES = {f"cache buckets, {sdk}": lambda rig, sdk=sdk: priced(rig, sdk) for sdk in SDKS}

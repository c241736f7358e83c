"""What a call must cost: exact fractions from the provider's own answer and the list price, shared with nobody.

Written from the providers' field descriptions, independent of Purser's code. To check one answer by hand:

    python3 expected.py /v1/messages rates.json < answer

where rates.json maps each bucket to its price per million, as decimal text.
"""

import json
import sys
from fractions import Fraction
from urllib.parse import urlsplit

MILLION = 1_000_000
NANO = 1_000_000_000

Usage = dict[str, int]  # bucket -> count; buckets are disjoint, those of zero are left out


def charge(usage: Usage, rates: dict[str, Fraction]) -> Fraction:
    """The price of the usage, rounded once, half to even, to a billionth."""
    exact = sum(count * rates[bucket] for bucket, count in usage.items())
    return Fraction(round(exact / MILLION * NANO), NANO)


def usage(path: str, answer: bytes) -> Usage:
    """The billed buckets of an answer to a call of this path, plain or streamed."""
    path = urlsplit(path).path
    messages = parse(answer)
    if path.endswith("/messages"):
        buckets = anthropic(messages)
    elif path.endswith("/responses"):
        buckets = openai_responses(messages)
    elif path.endswith(("/chat/completions", "/embeddings")):
        buckets = openai_chat(messages)
    elif path.endswith(("generateContent", "GenerateContent")):
        buckets = gemini(messages)
    else:
        raise ValueError(f"no usage is known for {path}")
    return {bucket: count for bucket, count in buckets.items() if count}


def parse(answer: bytes) -> list[dict]:
    """The JSON objects of an answer: one for a plain answer, one per event of a stream."""
    text = answer.decode()
    if text.lstrip().startswith(("{", "[")):
        whole = json.loads(text)
        return whole if isinstance(whole, list) else [whole]
    data = (line[len("data:") :].strip() for line in text.splitlines() if line.startswith("data:"))
    return [json.loads(line) for line in data if line and line != "[DONE]"]


def openai_chat(messages: list[dict]) -> Usage:
    report = [m["usage"] for m in messages if m.get("usage")][-1]
    return openai(report, "prompt_tokens", "completion_tokens")


def openai_responses(messages: list[dict]) -> Usage:
    report = [r["usage"] for m in messages if (r := m.get("response", m)).get("usage")][-1]
    return openai(report, "input_tokens", "output_tokens")


def openai(report: dict, prompt: str, completion: str) -> Usage:
    """Here the prompt includes what was read from and written to the cache, and the completion the reasoning."""
    details = report.get(f"{prompt}_details") or {}
    read, written = details.get("cached_tokens") or 0, details.get("cache_write_tokens") or 0
    return {
        "input_uncached": report[prompt] - read - written,
        "cache_read": read,
        "cache_write_5m": written,  # the short-lived cache, 30 minutes at this provider
        "output": report.get(completion) or 0,
    }


def anthropic(messages: list[dict]) -> Usage:
    """Here the prompt excludes the cache. Streamed reports are cumulative: the last value of each field counts."""
    report: dict = {}
    for message in messages:
        for part in (message.get("message", {}).get("usage"), message.get("usage")):
            report.update({name: value for name, value in (part or {}).items() if value is not None})
    split = report.get("cache_creation") or {}
    long_lived = split.get("ephemeral_1h_input_tokens") or 0
    return {
        "input_uncached": report["input_tokens"],
        "cache_read": report.get("cache_read_input_tokens") or 0,
        "cache_write_5m": (report.get("cache_creation_input_tokens") or 0) - long_lived,
        "cache_write_1h": long_lived,
        "output": report["output_tokens"],
    }


def gemini(messages: list[dict]) -> Usage:
    """Here the prompt includes the cache, and thoughts come on top of the candidates. The last report counts."""
    report = [m["usageMetadata"] for m in messages if m.get("usageMetadata")][-1]
    read = report.get("cachedContentTokenCount") or 0
    return {
        "input_uncached": report["promptTokenCount"] - read + (report.get("toolUsePromptTokenCount") or 0),
        "cache_read": read,
        "output": (report.get("candidatesTokenCount") or 0) + (report.get("thoughtsTokenCount") or 0),
    }


if __name__ == "__main__":
    path, rates_file = sys.argv[1:]
    with open(rates_file) as file:
        rates = {bucket: Fraction(rate) for bucket, rate in json.load(file).items()}
    used = usage(path, sys.stdin.buffer.read())
    print(json.dumps({"usage": used, "charge": f"{float(charge(used, rates)):.9f}"}))

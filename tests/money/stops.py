"""A stop of everything while many streams run: all end in order and soon, new calls are refused at once, and all is paid."""

import argparse
import asyncio
import json
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from rig import BINARY, LOOPBACK, MODEL, Provider, Purser, standin

STREAMS = 1_000
AT_ONCE = 50  # opened at the same time
ENDED_WITHIN = 1.0
REFUSED_WITHIN = 0.1
# Longer than any run of this test: two tokens a second.
SCRIPT = "[[standin output=4000+pace=2+events-per-write=1]]"
CODING_AGENT = "claude-cli/2.1.330 (external, sdk-cli)"


@dataclass(frozen=True)
class Dialect:
    """How a stream is asked for, when it has begun, and what its last event has in it."""

    provider: str
    path: str
    body: dict
    begun: bytes
    last: bytes


def asked(**more) -> dict:
    return {"model": MODEL, "stream": True, **more}


SAID = [{"role": "user", "content": f"Go on. {SCRIPT}"}]
DIALECTS = [
    Dialect("anthropic", "/v1/messages", asked(max_tokens=4000, messages=SAID), b"message_start", b'"message_stop"'),
    Dialect("openai", "/v1/chat/completions", asked(max_tokens=4000, messages=SAID), b"data:", b"data: [DONE]"),
    Dialect(
        "openai", "/v1/responses", asked(max_output_tokens=4000, input=f"Go on. {SCRIPT}"), b"response.created", b"response."
    ),
    Dialect(
        "google", f"/v1beta/models/{MODEL}:streamGenerateContent?alt=sse",
        {"contents": [{"role": "user", "parts": [{"text": f"Go on. {SCRIPT}"}]}], "generationConfig": {"maxOutputTokens": 4000}},
        b"candidates", b"finishReason",
    ),
]


def request(dialect: Dialect, key: str) -> bytes:
    body = json.dumps(dialect.body).encode()
    head = (
        f"POST {dialect.path} HTTP/1.1\r\nhost: {LOOPBACK}\r\nauthorization: Bearer {key}\r\nuser-agent: {CODING_AGENT}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body


async def begin(port: int, key: str, dialect: Dialect) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A stream of which the first event has come; open as long as both are kept."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(request(dialect, key))
    await asyncio.wait_for(reader.readuntil(dialect.begun), 60)
    return reader, writer


async def end(reader: asyncio.StreamReader) -> tuple[float, bytes]:
    """When it ended, and what came until then."""
    rest = await asyncio.wait_for(reader.read(), 60)
    return time.monotonic(), rest


def place_stop(control: str, key: str) -> str:
    """Stops the company, through the API."""
    head = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    asking = urllib.request.Request(f"{control}/api/v1/stops", b'{"on": "company"}', head, method="POST")
    try:
        return json.load(urllib.request.urlopen(asking, timeout=30))["id"]
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{error.code}: {error.read()!r}") from error


async def refused_from(port: int, key: str) -> float:
    """When a call was refused for the first time: one after the other is tried."""
    short = {"model": MODEL, "max_tokens": 16, "messages": [{"role": "user", "content": "hello"}]}
    dialect = Dialect("anthropic", "/v1/messages", short, b"", b"")
    until = time.monotonic() + 30
    while time.monotonic() < until:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        sent = time.monotonic()
        writer.write(request(dialect, key))
        answer = await asyncio.wait_for(reader.read(), 30)
        writer.close()
        if b"x-purser-code: stopped" in answer:
            return sent
    raise AssertionError("calls were never refused")


async def play(purser: Purser, keys: list[str], admin: str, streams: int) -> None:
    port = purser.server.port
    running = []
    for first in range(0, streams, AT_ONCE):
        chosen = [DIALECTS[number % len(DIALECTS)] for number in range(first, min(first + AT_ONCE, streams))]
        begun = await asyncio.gather(*(begin(port, keys[at % len(keys)], dialect) for at, dialect in enumerate(chosen)))
        running += [(dialect, *pair) for dialect, pair in zip(chosen, begun, strict=True)]
    ends = [asyncio.create_task(end(reader)) for _, reader, _ in running]
    await asyncio.sleep(1)
    early = [task.result()[1][-300:] for task in ends if task.done()]
    assert not early, f"streams ended before they were stopped: {early[0]!r}"
    asked_at = time.monotonic()
    stopping = asyncio.to_thread(place_stop, purser.control, admin)
    stop, refused_at = await asyncio.gather(stopping, refused_from(port, keys[0]))
    ended = await asyncio.gather(*ends)
    last = Counter()
    for (dialect, _, writer), (_, rest) in zip(running, ended, strict=True):
        writer.close()
        assert rest.endswith(b"0\r\n\r\n"), f"{dialect.path} was cut: {rest[-200:]!r}"
        assert dialect.last in rest[-1500:], f"{dialect.path} ended without its last event: {rest[-500:]!r}"
        last[dialect.path.split("?")[0].split(":")[-1]] += 1
    times = sorted(at - asked_at for at, _ in ended)
    refused = refused_at - asked_at
    print(f"{streams} streams in {len(last)} dialects, each with its last event: {dict(last)}")
    print(
        f"from the request to stop: new calls refused after {refused * 1000:.0f} ms, streams ended after "
        f"{times[len(times) // 2] * 1000:.0f} ms (median), {times[-1] * 1000:.0f} ms (last)"
    )
    assert refused <= REFUSED_WITHIN, f"new calls went on for {refused:.3f} s"
    assert times[-1] <= ENDED_WITHIN, f"a stream went on for {times[-1]:.3f} s"
    assert purser.json("stop", "list")[0]["id"] == stop


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=STREAMS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        provider = standin(Path(folder))
        kinds = {"anthropic": "anthropic", "openai": "openai", "google": "gemini"}
        purser = Purser(Path(folder), [Provider(name, kind, provider.url) for name, kind in kinds.items()])
        try:
            for name in kinds:
                purser.set_price(MODEL, name, {"input_uncached": "10", "output": "50"})
            people = [purser.person(f"Person {number}", "1000/day") for number in range(10)]
            admin = purser.command("admin-key", "add").strip()
            asyncio.run(play(purser, [person.key for person in people], admin, options.streams))
            marks = Counter()
            for person in people:
                charges = purser.charges(person, options.streams // len(people))
                marks.update(charge.mark for charge in charges)
                [balance] = purser.json("balance", person.id)
                assert Fraction(balance["held"]) == 0, balance
                assert Fraction(balance["posted"]) == sum(charge.amount for charge in charges), balance
            assert sum(marks.values()) >= options.streams and marks["exact"] <= 50, marks
            purser.verify()
            print(f"charges: {dict(marks)}; nothing is held; every balance is the sum of its charges; verified")
        finally:
            purser.stop()
            provider.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())

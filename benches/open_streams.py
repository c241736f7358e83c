#!/usr/bin/env python3
"""What an open stream costs in memory: `benches/open_streams.py [--streams 1000]`.

Opens that many streams through Purser at a provider that falls silent after a few events, and compares the resident
memory of the process before, with all of them open, and after they were closed.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True

import build
from machine import LOOPBACK, eventually, status_kib
from purser import start_purser

BAR_KIB = 48
BODY_BYTES = 2_000


def request(key: str) -> bytes:
    text = "[[standin stall=4]] " + "word " * (BODY_BYTES // 5)
    body = json.dumps(
        {"model": "claude-sonnet-5-5", "max_tokens": 1024, "stream": True, "messages": [{"role": "user", "content": text}]}
    ).encode()
    head = f"POST /v1/messages HTTP/1.1\r\nhost: bench\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


async def open_streams(port: int, keys: list[str], count: int) -> list[asyncio.StreamWriter]:
    """Streams of which the first event has come."""
    writers = []
    for number in range(count):
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(request(keys[number % len(keys)]))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"stream {number}: {head!r} {await reader.read(2_000)!r}")
        await asyncio.wait_for(reader.readuntil(b"message_start"), 30)
        writers.append(writer)
    return writers


async def measure(port: int, pid: int, keys: list[str], count: int) -> dict[str, int]:
    for writer in await open_streams(port, keys, 50):  # whatever is set up once
        writer.close()
    settle(pid)
    before = settle(pid)
    writers = await open_streams(port, keys, count)
    during = settle(pid)
    for writer in writers:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)
    return {"before": before, "open": during, "closed": settle(pid)}


def settle(pid: int) -> int:
    """Resident memory once it stays the same."""
    last = [0]

    def is_still() -> bool:
        now, then = status_kib(pid, "VmRSS"), last[0]
        last[0] = now
        time.sleep(0.3)
        return abs(now - then) < 64

    eventually(is_still, "memory at rest", 60)
    return last[0]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=1_000)
    options = parser.parse_args()
    tools = build.tools(["nginx"])
    with tempfile.TemporaryDirectory(prefix="purser-bench-") as folder:
        target = start_purser(tools, Path(folder), 50)
        try:
            keys = target.keys.read_text().split()
            seen = asyncio.run(measure(target.process.port, target.process.child.pid, keys, options.streams))
        finally:
            target.stop()
    each = (seen["open"] - seen["before"]) / options.streams
    print(f"resident: {seen['before']} KiB before, {seen['open']} KiB with {options.streams} open streams, "
          f"{seen['closed']} KiB after: {each:.1f} KiB a stream (bar: {BAR_KIB})")
    return 0 if each <= BAR_KIB else 1


if __name__ == "__main__":
    sys.exit(main())

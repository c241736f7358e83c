"""What both tests need: a stand-in provider, a gateway in front of it, and a caller that speaks plain HTTP."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "clients"))

from processes import LOOPBACK, Server, free_port  # noqa: E402
from purser import BINARY, Provider, Purser  # noqa: E402

STANDIN = Path(os.environ.get("PURSER_STANDIN") or BINARY.parent / "examples" / "standin")
MODEL = "made-for-tests"


def standin(folder: Path, *options: str) -> Server:
    port = free_port()
    command = [STANDIN, "--port", str(port), *options]
    return Server("stand-in", command, port, folder / "standin.log")


def gateway(folder: Path, provider: Server) -> Purser:
    """A gateway whose one model costs $10 per million tokens in and $50 per million out."""
    purser = Purser(folder, [Provider("test", "anthropic", provider.url)])
    price(purser)
    return purser


def price(purser: Purser) -> None:
    purser.set_price(MODEL, "anthropic", {"input_uncached": "10", "output": "50"})


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return self.headers.get("x-purser-code", "")


async def call(port: int, key: str, body: dict) -> Answer:
    """One call on a connection of its own. Any break of the connection is an OSError."""
    payload = json.dumps(body).encode()
    head = (
        f"POST /v1/messages HTTP/1.1\r\nhost: {LOOPBACK}\r\nx-api-key: {key}\r\nanthropic-version: 2023-06-01\r\n"
        f"content-type: application/json\r\ncontent-length: {len(payload)}\r\nconnection: close\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(head.encode() + payload)
        whole = await asyncio.wait_for(reader.read(), 120)
    finally:
        writer.close()
    top, separator, rest = whole.partition(b"\r\n\r\n")
    if not separator:
        raise ConnectionResetError("the gateway went away")
    lines = top.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    if headers.get("transfer-encoding") == "chunked" and not rest.endswith(b"0\r\n\r\n"):
        raise ConnectionResetError("the answer was cut")
    if len(rest) < int(headers.get("content-length", 0)):
        raise ConnectionResetError("the answer was cut")
    return Answer(int(lines[0].split()[1]), headers, rest)


def message(text: str, max_tokens: int, stream: bool = False) -> dict:
    return {
        "model": MODEL,
        "max_tokens": max_tokens,
        "stream": stream,
        "messages": [{"role": "user", "content": text}],
    }

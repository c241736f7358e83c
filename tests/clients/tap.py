"""A recording HTTP proxy. One stands in front of Purser and counts what clients send; one stands behind it for each
provider and keeps, byte for byte, what the provider answered: the only witness the expected charges are computed from.

A tap can also answer from recordings instead of forwarding, for what no stand-in can say (prompt caches, reasoning).
"""

import http.client
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from processes import LOOPBACK

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection", "host"}
MODEL_CALLS = (
    "/messages",
    "/chat/completions",
    "/responses",
    "/embeddings",
    ":generateContent",
    ":streamGenerateContent",
)
LONGEST_ANSWER = 120  # seconds


@dataclass
class Exchange:
    """One request and what came back."""

    method: str
    path: str
    headers: dict[str, str]
    request: bytes
    answered_by: str = ""  # the upstream's address, or the recording's name
    status: int = 0
    content_type: str = ""
    answer: bytes = b""
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def is_model_call(self) -> bool:
        return self.method == "POST" and urlsplit(self.path).path.endswith(MODEL_CALLS)

    def __str__(self) -> str:
        return f"{self.method} {self.path} -> {self.status}"


class Tap:
    """Listens on a free loopback port and forwards to `upstream`, with `rewrite` applied to the path."""

    def __init__(self, upstream: str, rewrite: tuple[str, str] = ("", "")):
        self.upstream, self.rewrite = upstream, rewrite
        self.exchanges: list[Exchange] = []
        self.recordings: deque[Path] = deque()
        self._server = _Server((LOOPBACK, 0), type("Handler", (_Handler,), {"tap": self}))
        self.url = f"http://{LOOPBACK}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def replay(self, recordings: list[Path]) -> None:
        """The next calls are answered with these files, in this order."""
        self.recordings = deque(recordings)

    def since(self, mark: int) -> list[Exchange]:
        """The exchanges after the first `mark`, once each has been answered."""
        seen = self.exchanges[mark:]
        for exchange in seen:
            if not exchange.finished.wait(LONGEST_ANSWER):
                raise TimeoutError(f"{exchange.method} {exchange.path} is still being answered")
        return seen

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address) -> None:
        """A client that ends may reset its idle connections: nothing to report."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    tap: Tap
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        exchange = Exchange(self.command, self.path, headers, self._body())
        self.tap.exchanges.append(exchange)
        try:
            if exchange.is_model_call and self.tap.recordings:
                self._replay(exchange, self.tap.recordings.popleft())
            else:
                self._forward(exchange)
        except (OSError, http.client.HTTPException):  # one side hung up: so does the tap on the other
            self.close_connection = True
        finally:
            exchange.finished.set()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = serve

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _forward(self, exchange: Exchange) -> None:
        exchange.answered_by = self.tap.upstream
        upstream = urlsplit(self.tap.upstream)
        connection = http.client.HTTPConnection(upstream.hostname, upstream.port, timeout=LONGEST_ANSWER)
        try:
            connection.putrequest(
                exchange.method,
                upstream.path + exchange.path.replace(*self.tap.rewrite, 1),
                skip_accept_encoding=True,
            )
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP | {"content-length"}:
                    connection.putheader(name, value)
            if exchange.request or exchange.method in ("POST", "PUT", "PATCH"):
                connection.putheader("content-length", str(len(exchange.request)))
            connection.endheaders(exchange.request)
            answer = connection.getresponse()
            headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
            self._begin(exchange, answer.status, headers)
            while piece := answer.read1(65536):
                self._pass_on(exchange, piece)
            self._end()
        finally:
            connection.close()

    def _replay(self, exchange: Exchange, recording: Path) -> None:
        exchange.answered_by = recording.name
        content_type = "text/event-stream" if recording.suffix == ".sse" else "application/json"
        self._begin(exchange, 200, [("content-type", content_type)])
        for event in recording.read_bytes().split(b"\n\n"):
            if event.strip():
                self._pass_on(exchange, event + b"\n\n")
        self._end()

    def _begin(self, exchange: Exchange, status: int, headers: list[tuple[str, str]]) -> None:
        named = {name.lower(): value for name, value in headers}
        exchange.status, exchange.content_type = status, named.get("content-type", "")
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.has_body = exchange.method != "HEAD" and status not in (204, 304)
        self.chunked = self.has_body and "content-length" not in named
        if self.chunked:
            self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def _pass_on(self, exchange: Exchange, piece: bytes) -> None:
        exchange.answer += piece
        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if self.chunked else piece)

    def _end(self) -> None:
        if self.chunked:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_) -> None:
        """Recorded in `exchanges`, not printed."""

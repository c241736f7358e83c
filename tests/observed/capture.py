"""Captures what coding agents really send: their telemetry, their local histories and what they print themselves.

    python3 tests/observed/capture.py              # every agent, into tests/observed/captures
    python3 tests/observed/capture.py --only codex # one of them, elsewhere: --into FOLDER

Run by hand when an agent's pin in `tests/clients/pins` changes. The agents are those of `tests/clients`, unchanged, with
telemetry switched on by their own settings; one server answers their calls from `tests/clients/recordings` and another
one keeps the telemetry as it came, but for what names this machine, which is overwritten by as many letters `x`, and long
texts in JSON (the agents' own instructions), of which the beginning stays. Spans are not kept.
"""

import argparse
import gzip
import json
import os
import re
import shutil
import socket
import sys
import tempfile
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).parent
CLIENTS = HERE.parent / "clients"
sys.path.insert(0, str(CLIENTS))

from clients import GEMINI_SETTINGS  # noqa: E402
from install import install  # noqa: E402
from processes import LOOPBACK, run  # noqa: E402

RECORDINGS = CLIENTS / "recordings"
AGENT_TIME = 120  # seconds
PROMPTS = ("Say welcome.", "Say it again.")
# In JSON; of one that is longer than a line only the first letters are kept.
TEXT = re.compile(rb'"((?:[^"\\]|\\.)*)"')
TEXT_MAX, TEXT_KEPT = 200, 24
# A larger file is kept as gzip, which is also how it is sent on.
PLAIN_MAX = 64 << 10
# Answers by the end of a path, each with the ids in it that a client may take for its own.
ANSWERS = {
    "/messages": ("anthropic-cache.sse", b"msg_01CacheOfBothLivesStreamed"),
    "/responses": ("responses-cache.sse", b"resp_cache_streamed"),
    ":streamGenerateContent": ("gemini-cache.sse", b"cache-streamed"),
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, status: int, content_type: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        """Quiet."""


class Provider(Handler):
    """Answers each call with the recording of its dialect, under an id of its own."""

    def do_POST(self) -> None:
        self.body()
        path = self.path.split("?")[0]
        for ending, (recording, own_id) in ANSWERS.items():
            if path.endswith(ending):
                events = (RECORDINGS / recording).read_bytes()
                fresh = own_id[:4] + uuid.uuid4().hex[: len(own_id) - 4].encode()
                request = f"req_{uuid.uuid4().hex}"
                return self.answer(200, "text/event-stream", events.replace(own_id, fresh), request_id=request)
        self.answer(404, "application/json", b'{"error":{"message":"nothing here","type":"not_found_error"}}')

    def do_GET(self) -> None:
        self.answer(404, "application/json", b"{}")

    do_HEAD = do_GET


class Collector(Handler):
    """Keeps what is sent to it."""

    def do_POST(self) -> None:
        content_type = self.headers.get("content-type", "")
        self.server.kept.append((self.path, dict(self.headers.items()), self.body()))
        self.answer(200, content_type, b"{}" if "json" in content_type else b"")


def serve(handler) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer((LOOPBACK, 0), handler)
    server.daemon_threads, server.kept = True, []
    server.url = f"http://{LOOPBACK}:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


def shortened(text: re.Match) -> bytes:
    if len(text[1]) <= TEXT_MAX:
        return text[0]
    letters = re.match(rb"(?:[^\\]|\\.){%d}" % TEXT_KEPT, text[1], re.DOTALL)
    # A character may be several bytes, and an escaped one several letters.
    return b'"' + letters[0].decode(errors="ignore").encode() + b'x"'


class Scene:
    """A home, a project, and the two servers."""

    def __init__(self, tools):
        self.tools = tools
        self.home, self.project = (Path(tempfile.mkdtemp(prefix="observed-")) for _ in range(2))
        self.provider, self.collector = serve(Provider), serve(Collector)
        self.printed: list[str] = []

    def run(self, *command, **environment: str) -> str:
        done = run(list(command), AGENT_TIME, cwd=self.project, HOME=str(self.home), **environment)
        if done.code:
            raise SystemExit(f"{command[:4]}: {done}")
        self.printed.append(done.out)
        return done.out

    def end(self) -> None:
        for server in (self.provider, self.collector):
            server.shutdown()
            server.server_close()
        shutil.rmtree(self.home)
        shutil.rmtree(self.project)

    def scrub(self, data: bytes) -> bytes:
        """Without this machine's names; as long as before, because lengths are part of the bytes."""
        named = {socket.gethostname(), str(self.home), str(self.project), os.uname().release, os.uname().version}
        # Claude Code names a project's folder after its path, with dashes.
        named |= {re.sub(r"[^A-Za-z0-9]", "-", path) for path in (str(self.home), str(self.project))}
        named |= {path.lstrip("/") for path in (str(self.home), str(self.project))}
        named.add(str(self.tools.claude.parents[2]))
        for name in sorted(filter(None, named), key=len, reverse=True):
            data = data.replace(name.encode(), b"x" * len(name.encode()))
        return data

    def kept(self, data: bytes, is_json: bool) -> bytes:
        """As it is kept in a file."""
        data = self.scrub(data)
        return TEXT.sub(shortened, data) if is_json else data


def claude_code(scene: Scene, protocol: str) -> None:
    environment = {
        "ANTHROPIC_BASE_URL": scene.provider.url,
        "ANTHROPIC_AUTH_TOKEN": "sk-a-key-of-nobody",
        "ANTHROPIC_MODEL": "claude-opus-5-5",
        "CLAUDE_CONFIG_DIR": str(scene.home / ".claude"),
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_EXPORTER_OTLP_ENDPOINT": scene.collector.url,
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip" if protocol == "http/protobuf" else "none",
    }
    command = (scene.tools.node, scene.tools.claude, "--output-format", "json", "--print")
    said = json.loads(scene.run(*command, PROMPTS[0], **environment))
    scene.run(*command, PROMPTS[1], "--resume", said["session_id"], **environment)


CODEX_CONFIG = """\
model = "gpt-5.6-sol"
model_provider = "recorded"

[model_providers.recorded]
name = "Recorded"
base_url = "{provider}/v1"
env_key = "PROVIDER_KEY"
wire_api = "responses"

[analytics]
enabled = true

[otel]
exporter = {{ otlp-http = {{ endpoint = "{collector}/v1/logs", protocol = "{protocol}" }} }}
metrics_exporter = {{ otlp-http = {{ endpoint = "{collector}/v1/metrics", protocol = "{protocol}" }} }}
"""


def codex(scene: Scene, protocol: str) -> None:
    protocol = {"http/json": "json", "http/protobuf": "binary"}[protocol]
    config = CODEX_CONFIG.format(provider=scene.provider.url, collector=scene.collector.url, protocol=protocol)
    (scene.home / "config.toml").write_text(config)
    environment = {"CODEX_HOME": str(scene.home), "PROVIDER_KEY": "sk-a-key-of-nobody"}
    command = (scene.tools.node, scene.tools.codex, "exec", "--skip-git-repo-check", "--json")
    out = scene.run(*command, PROMPTS[0], **environment)
    thread = json.loads(out.splitlines()[0])["thread_id"]
    scene.run(*command, "resume", thread, PROMPTS[1], **environment)


def gemini_cli(scene: Scene, protocol: str) -> None:
    telemetry = {
        "enabled": True,
        "target": "local",
        "otlpEndpoint": scene.collector.url,
        "otlpProtocol": "http",
        "logPrompts": False,
    }
    settings = scene.home / ".gemini" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({**GEMINI_SETTINGS, "telemetry": telemetry}))
    for prompt in PROMPTS:
        scene.run(
            *(scene.tools.node, scene.tools.gemini, "--prompt", prompt, "--model", "gemini-2.5-pro"),
            *("--output-format", "json", "--skip-trust"),
            GOOGLE_GEMINI_BASE_URL=scene.provider.url,
            GEMINI_API_KEY="a-key-of-nobody",
        )


# Each with the form that its telemetry is sent in and where its histories are.
CAPTURES = {
    "claude-code-json": (claude_code, "http/json", ".claude/projects/*/*.jsonl"),
    "claude-code-protobuf": (claude_code, "http/protobuf", ".claude/projects/*/*.jsonl"),
    "codex-json": (codex, "http/json", "sessions/**/rollout-*.jsonl"),
    "codex-protobuf": (codex, "http/protobuf", "sessions/**/rollout-*.jsonl"),
    "gemini-cli-json": (gemini_cli, "http/json", ".gemini/tmp/*/chats/*"),
}


def capture(name: str, tools, into: Path) -> None:
    agent, protocol, histories = CAPTURES[name]
    scene = Scene(tools)
    try:
        agent(scene, protocol)
        time.sleep(1)  # for what is sent while the agent ends; nothing is judged by it
        folder = into / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for number, (path, headers, body) in enumerate(scene.collector.kept, 1):
            signal = path.rsplit("/", 1)[-1]
            headers = {name.lower(): value for name, value in headers.items()}
            form = "json" if "json" in headers.get("content-type", "") else "pb"
            packed = headers.get("content-encoding") == "gzip"
            plain = scene.kept(gzip.decompress(body) if packed else body, form == "json")
            if signal == "traces":
                continue
            packed = packed or len(plain) > PLAIN_MAX
            file = folder / f"{number:02}-{signal}.{form}{'.gz' if packed else ''}"
            file.write_bytes(gzip.compress(plain, mtime=0) if packed else plain)
        (folder / "printed.json").write_bytes(scene.scrub(json.dumps(scene.printed, indent=1).encode()))
        for number, history in enumerate(sorted(scene.home.glob(histories)), 1):
            if history.is_file():
                (folder / f"history-{number}{history.suffix}").write_bytes(scene.kept(history.read_bytes(), True))
        print(name, *sorted(f"{file.name}:{file.stat().st_size}" for file in folder.iterdir()))
    finally:
        scene.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="captures whose name contains this")
    parser.add_argument("--into", type=Path, default=HERE / "captures")
    options = parser.parse_args()
    tools = install()
    for name in CAPTURES:
        if options.only in name:
            capture(name, tools, options.into)


if __name__ == "__main__":
    main()

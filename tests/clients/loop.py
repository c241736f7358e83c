"""A model that asks for the same command over and over and never comes to an end, in two dialects.

Each answer uses the same tokens, so that what a loop costs is known: see `STEP`.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from processes import LOOPBACK

COMMAND = "cat notes.txt"
INPUT, CACHED, OUTPUT = 2_000, 20_000, 3_000
"""Tokens of each answer: some seven cents of a large model."""


class Loop:
    """Listens on a free loopback port."""

    def __init__(self):
        self.answers = 0
        self._server = ThreadingHTTPServer((LOOPBACK, 0), type("Handler", (_Handler,), {"loop": self}))
        self._server.daemon_threads = True
        self.url = f"http://{LOOPBACK}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    loop: Loop

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        path = self.path.split("?")[0]
        if path.endswith("/count_tokens"):
            return self._answer("application/json", json.dumps({"input_tokens": INPUT}).encode())
        self.loop.answers += 1
        write = _responses if path.endswith("/responses") else _messages
        events = write(asked, self.loop.answers)
        text = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
        self._answer("text/event-stream", text.encode())

    def _answer(self, content_type: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


def _messages(asked: dict, count: int) -> list[dict]:
    """Anthropic Messages. Calls without tools (titles, for one) are answered in a word."""
    usage = {
        "input_tokens": INPUT,
        "cache_read_input_tokens": CACHED,
        "cache_creation_input_tokens": 0,
        "output_tokens": 1,
    }
    message = {"id": f"msg_{count}", "type": "message", "role": "assistant", "model": asked["model"], "content": []}
    loops = any(tool.get("name") == "Bash" for tool in asked.get("tools", []))
    block, deltas = ({"type": "text", "text": ""}, [{"type": "text_delta", "text": "Notes"}])
    if loops:
        command = json.dumps({"command": COMMAND, "description": "Read the notes"})
        block = {"type": "tool_use", "id": f"toolu_{count}", "name": "Bash", "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": command}]
    return [
        {"type": "message_start", "message": message | {"stop_reason": None, "stop_sequence": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use" if loops else "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": OUTPUT},
        },
        {"type": "message_stop"},
    ]


def _responses(asked: dict, count: int) -> list[dict]:
    """OpenAI Responses, as Codex takes them."""
    call = {
        "type": "function_call",
        "id": f"fc_{count}",
        "call_id": f"call_{count}",
        "name": "exec_command",
        "arguments": json.dumps({"cmd": COMMAND}),
        "status": "completed",
    }
    response = {"id": f"resp_{count}", "object": "response", "model": asked["model"], "output": []}
    usage = {
        "input_tokens": INPUT + CACHED,
        "input_tokens_details": {"cached_tokens": CACHED},
        "output_tokens": OUTPUT,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": INPUT + CACHED + OUTPUT,
    }
    events = [
        {"type": "response.created", "response": response | {"status": "in_progress", "usage": None}},
        {"type": "response.output_item.added", "output_index": 0, "item": call | {"status": "in_progress"}},
        {"type": "response.output_item.done", "output_index": 0, "item": call},
        {"type": "response.completed", "response": response | {"status": "completed", "output": [call], "usage": usage}},
    ]
    return [event | {"sequence_number": number} for number, event in enumerate(events)]

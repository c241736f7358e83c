"""Asking the API over one connection, with a watch."""

import http.client
import json
import math
import time
import urllib.parse
from dataclasses import dataclass, field

from machine import LOOPBACK

# Asked before it counts: connections to the files are opened, pages of them are in memory.
WARMING = 2


@dataclass(frozen=True)
class Question:
    """A route and one way to ask it: `path` as the document has it, `within` for its `{id}`, `key` if another than the API's."""

    path: str
    within: str = ""
    query: tuple[tuple[str, str], ...] = ()
    judged: bool = True
    key: str = ""

    @property
    def target(self) -> str:
        path = self.path.replace("{id}", urllib.parse.quote(self.within, safe=""))
        return path + (f"?{urllib.parse.urlencode(self.query)}" if self.query else "")

    @property
    def name(self) -> str:
        short = self.path.removeprefix("/api/v1")
        return short + (f"?{'&'.join(f'{name}={value[:12]}' for name, value in self.query)}" if self.query else "")


@dataclass
class Taken:
    """How long the answers to one question took."""

    name: str
    judged: bool
    bytes: int = 0
    milliseconds: list[float] = field(default_factory=list)

    def at(self, part: float) -> float:
        ranked = sorted(self.milliseconds)
        return ranked[max(0, math.ceil(len(ranked) * part) - 1)]


class Api:
    """An administrator's key and one connection."""

    def __init__(self, port: int, key: str):
        self.connection = http.client.HTTPConnection(LOOPBACK, port, timeout=120)
        self.headers = {"Authorization": f"Bearer {key}"}

    def ask(self, target: str, key: str = "") -> tuple[float, bytes]:
        """Milliseconds until the whole answer was there, and the answer."""
        headers = {"Authorization": f"Bearer {key}"} if key else self.headers
        began = time.perf_counter()
        self.connection.request("GET", target, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - began) * 1e3
        if answer.status != 200:
            raise RuntimeError(f"{target}: {answer.status} {body[:500].decode(errors='replace')}")
        return took, body

    def get(self, path: str, **query) -> dict:
        query = {name.rstrip("_"): value for name, value in query.items() if value is not None}
        return json.loads(self.ask(f"/api/v1{path}" + (f"?{urllib.parse.urlencode(query)}" if query else ""))[1])

    def post(self, path: str, body: dict) -> dict:
        headers = {**self.headers, "Content-Type": "application/json"}
        self.connection.request("POST", f"/api/v1{path}", body=json.dumps(body), headers=headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"POST {path}: {answer.status} {text[:500].decode(errors='replace')}")
        return json.loads(text)

    def pages(self, path: str, cursor: str = "after", **query):
        """Every page of a list, first to last."""
        wanted = dict(query)
        while True:
            page = self.get(path, **wanted)
            yield page
            if page.get("next") is None:
                return
            wanted[cursor] = page["next"]


def asked(api: Api, questions: list[Question], times: int) -> list[Taken]:
    """All questions in turn, so many times: what disturbs the machine for a while disturbs all of them a little."""
    taken = [Taken(question.name, question.judged) for question in questions]
    for turn in range(WARMING + times):
        for question, one in zip(questions, taken):
            if not question.judged and turn > WARMING:
                continue
            took, body = api.ask(question.target, question.key)
            one.bytes = len(body)
            if turn >= WARMING:
                one.milliseconds.append(took)
    return taken

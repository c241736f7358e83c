#!/usr/bin/env python3
"""How long pages take to be made, and what a first visit loads, in a company of 10,000 with 14 months behind it.

Makes such a company (or takes the one that `benches/lists.py --keep` made), serves it with the release binary, signs in in
every role and asks for each page of `tests/pages/pages.json` many times over one connection. Prints the middle and the 95th
percentile beside the bar, and the bytes that a first visit transfers: the page, its styles and scripts, as a browser asks.
"""

import argparse
import http.client
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

sys.dont_write_bytecode = True

import build
import lists
from bars import Bars
from lists_ask import Api, Taken
from machine import LOOPBACK

BAR_MS = 150
BAR_KB = 100
PASSWORD = "made up for this bench"
WARMING = 2
OPEN = ("nobody",)
# Ends the addresses of links that never were; the page says so.
UNKNOWN = "-none"


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    purser = build.purser()
    build.cargo("-p", "purser-control", "--example", "company")
    wanted = json.loads((build.REPOSITORY / "tests" / "pages" / "pages.json").read_text())
    with tempfile.TemporaryDirectory(prefix="purser-pages-", dir=options.folder) as scratch:
        scratch = Path(scratch)
        data = scratch / "data"
        shutil.copytree(lists.company(Path(options.keep or scratch), options.people, options.months), data)
        bars = Bars(scratch)
        with lists.Served(purser, data, scratch) as served:
            api = served.api()
            known = things(api)
            bars.weather(f"{options.people} people, {options.months} months, {options.asks} times each")
            for role, pages in wanted.items():
                visitor = Visitor(served.port, role, api, known)
                for page in pages:
                    if missing := [word for word in re.findall(r"{(\w+)}", page) if word not in known]:
                        bars.tell(f"{role} {page}", f"not asked: this company has no {', '.join(missing)}")
                        continue
                    judge(bars, visitor, role, page.format(**known), options.asks)
        return bars.verdict()


def judge(bars: Bars, visitor: "Visitor", role: str, page: str, asks: int) -> None:
    taken = Taken(page, True)
    for turn in range(WARMING + asks):
        took, body, weight = visitor.page(page)
        if turn >= WARMING:
            taken.milliseconds.append(took)
    loaded = (weight + visitor.beside(body)) / 1e3
    bars.at_most(f"{role} {page}: p50 {taken.at(0.5):.1f}; p95", taken.at(0.95), BAR_MS, "ms")
    bars.at_most(f"{role} {page}: a first visit loads", loaded, BAR_KB, "kB")


def things(api: Api) -> dict[str, str]:
    """What addresses are about, as far as the company has it: of somebody who was charged something."""
    busiest = api.get("/usage", by="person", from_="2000-01-01", limit=1)["items"][0]["key"]
    known = {"person": busiest}
    for word, path in (("grant", f"/grants?person={busiest}"), ("run", f"/runs?since=2000-01-01&person={busiest}"),
                       ("request", "/top-ups"), ("offer", "/offers"), ("pool", "/pools")):
        if items := json.loads(api.ask(f"/api/v1{path}")[1])["items"]:
            known[word] = items[0]["id"]
    return known


class Visitor:
    """A browser of somebody in a role, with one connection."""

    def __init__(self, port: int, role: str, api: Api, known: dict[str, str]):
        self.connection = http.client.HTTPConnection(LOOPBACK, port, timeout=120)
        self.headers = {"Accept-Encoding": "gzip"}
        if role in OPEN:
            return
        email = f"{role}@bench.invalid"
        unit = next(iter(api.get("/units")["items"]))["id"]
        roles = {"manager": [f"manager:{unit}", "employee"], "employee": ["employee"]}.get(role, [role])
        person = known["person"] if "employee" in roles else None
        api.post("/logins", {"email": email, "password": PASSWORD, "roles": roles, "person": person})
        form = urllib.parse.urlencode({"email": email, "password": PASSWORD})
        origin = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        self.connection.request("POST", "/login", body=form, headers=origin)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status != 303:
            raise RuntimeError(f"{email} could not sign in: {answer.status}")
        self.headers["Cookie"] = answer.getheader("set-cookie").split(";")[0]

    def ask(self, path: str) -> tuple[http.client.HTTPResponse, bytes]:
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        return answer, answer.read()

    def page(self, path: str) -> tuple[float, bytes, int]:
        """Milliseconds until the whole page was there, the page, and its bytes on the wire."""
        began = time.perf_counter()
        answer, body = self.ask(path)
        took = (time.perf_counter() - began) * 1e3
        if (answer.status >= 400) != path.endswith(UNKNOWN):
            raise RuntimeError(f"{path}: {answer.status}")
        return took, body, len(body)

    def beside(self, page: bytes) -> int:
        """Bytes of the styles and scripts that a page has, and of what those load."""
        names, weight = re.findall(rb'(?:href|src)="(/assets/[^"]+)"', page), 0
        seen = set()
        while names:
            name = names.pop().decode()
            if name in seen:
                continue
            seen.add(name)
            answer, body = self.ask(name)
            weight += len(body)
            if name.endswith(".js"):
                base = name.rsplit("/", 1)[0]
                plain = self.plain(name)
                names += [f"{base}/{other}".encode() for other in re.findall(r'from "\./([^"]+)"', plain)]
        return weight

    def plain(self, path: str) -> str:
        self.connection.request("GET", path)
        return self.connection.getresponse().read().decode()


def arguments() -> argparse.Namespace:
    parser = lists.of_a_company(__doc__)
    parser.add_argument("--asks", type=int, default=20, help="how often each page is asked for [%(default)s]")
    return parser.parse_args()


if __name__ == "__main__":
    os.chdir(build.REPOSITORY)
    sys.exit(main())

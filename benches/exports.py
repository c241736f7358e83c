#!/usr/bin/env python3
"""What exports of a year cost: `python3 benches/exports.py --people 300 --months 3`. See README.md in this folder.

Makes a company (or takes one that is there), serves it with the release binary, takes each export of a year over one
connection, throwing away what it reads, and prints rows a second and by how much the server's memory grew over what it had
when nothing was asked. More growth than the bar, or files that tell of different charges, and the exit status is 1.
"""

import argparse
import datetime
import http.client
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.dont_write_bytecode = True

import build
import lists
from bars import Bars
from machine import LOOPBACK, status_kib

# One hour of postings, one day of costs, some statements or one row group, and what the allocator keeps of it: whatever the
# size of the company, and whatever the length of the range.
GROWTH_MIB = 64
PIECE = 1 << 16
# What a Parquet file says about itself stands at its end.
TAIL = 1 << 16


@dataclass
class Taken:
    """An export that was read to its end."""

    rows: int
    bytes: int
    seconds: float
    tail: bytes

    def said(self, word: str) -> int | None:
        """A count that the file has of itself."""
        found = re.findall(rf'"{word}"+:(\d+)'.encode(), self.tail)
        return int(found[-1]) if found else None


def take(port: int, headers: dict, target: str) -> Taken:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=3_600)
    rows, count, tail, began = 0, 0, b"", time.monotonic()
    connection.request("GET", f"/api/v1/exports/{target}", headers=headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"{target}: {answer.status} {answer.read()[:500]!r}")
    while piece := answer.read(PIECE):
        rows, count, tail = rows + piece.count(b"\n"), count + len(piece), (tail + piece)[-TAIL:]
    took = time.monotonic() - began
    connection.close()
    return Taken(rows, count, took, tail)


def measured(bars: Bars, served: lists.Served, idle: float, headers: dict, name: str, target: str) -> Taken:
    pid = served.process.child.pid
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak begins anew
    taken = take(served.port, headers, target)
    if target.startswith("parquet"):
        taken.rows = taken.said("charges") or 0
    peak = status_kib(pid, "VmHWM") / 1024
    rate = f"{taken.rows / taken.seconds:,.0f} rows/s, {taken.bytes / taken.seconds / 1e6:,.1f} MB/s"
    bars.tell(name, f"{taken.rows:,} rows, {taken.bytes / 1e6:,.1f} MB in {taken.seconds:.1f} s; {rate}")
    bars.at_most(f"  {name}: peak of {peak:.0f} MiB, over idle", peak - idle, GROWTH_MIB, "MiB")
    return taken


def measure(bars: Bars, served: lists.Served) -> None:
    api = served.api()
    api.get("/status")
    time.sleep(2)
    idle = status_kib(served.process.child.pid, "VmRSS") / 1024
    bars.tell("idle", f"{idle:.0f} MiB")
    today = datetime.datetime.now(datetime.timezone.utc).date()
    days = f"from={today - datetime.timedelta(days=365)}&to={today}"
    # The calendar year that most of those days are in.
    year = (today - datetime.timedelta(days=182)).year

    def of(name: str, target: str) -> Taken:
        return measured(bars, served, idle, api.headers, name, target)

    focus = of("FOCUS", f"focus?{days}")
    ledger = of("ledger, CSV", f"ledger?{days}")
    lines = of("ledger, JSON lines", f"ledger?{days}&format=jsonl")
    history = of("Parquet", f"parquet?{days}")
    statements = of("statements, CSV", f"statements?year={year}")
    told = of("statements, JSON lines", f"statements?year={year}&format=jsonl")
    # Behind the columns' names in a spreadsheet; the first and last record are no charges.
    counts = {ledger.rows - 3, lines.rows - 2, lines.said("charges"), history.said("charges")}
    if len(counts) != 1 or not lines.said("charges"):
        bars.missed.append(f"files of the same days tell of different charges: {sorted(map(str, counts))}")
    if statements.rows - 1 != told.rows or not told.said("statements"):
        bars.missed.append(f"statements: {statements.rows - 1} and {told.rows} rows")
    if not focus.rows:
        bars.missed.append("FOCUS has no rows")


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    purser = build.purser()
    if not options.data:
        build.cargo("-p", "purser-control", "--example", "company")
    with tempfile.TemporaryDirectory(prefix="purser-exports-", dir=options.folder) as scratch:
        scratch = Path(scratch)
        made = Path(options.data or lists.company(Path(options.keep or scratch), options.people, options.months))
        data = scratch / "copy"
        shutil.copytree(made, data)
        bars = Bars(scratch)
        what = options.data or f"{options.people} people, {options.months} months"
        bars.weather(f"exports of a year: {what}")
        with lists.Served(purser, data, scratch) as served:
            measure(bars, served)
        return bars.verdict()


def arguments() -> argparse.Namespace:
    parser = lists.of_a_company(__doc__)
    parser.add_argument("--data", metavar="DIR", help="exports from a copy of this data folder, and makes none")
    return parser.parse_args()


if __name__ == "__main__":
    os.chdir(build.REPOSITORY)
    sys.exit(main())

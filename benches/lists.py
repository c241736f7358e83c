#!/usr/bin/env python3
"""How long lists and reports take in a company of 10,000 with 14 months behind it: `python3 benches/lists.py`.

Makes such a company, serves it with the release binary and asks every reading route of the API's own document, each in
several ways and many times over one connection, while nothing else is asked. Prints the middle, the 95th percentile and
the longest of each, beside the bar. A route that this file does not know how to ask is a failure, and so are totals
that differ: of all pages, of the server, of the journal.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

import build
import lists_ask
import lists_questions
import lists_totals
from bars import Bars
from machine import LOOPBACK, Process, free_port

BAR_MS = 150


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    purser = build.purser()
    build.cargo("-p", "purser-control", "--example", "company")
    with tempfile.TemporaryDirectory(prefix="purser-lists-", dir=options.folder) as scratch:
        scratch = Path(scratch)
        made = company(Path(options.keep or scratch), options.people, options.months)
        data = scratch / "data"
        shutil.copytree(made, data)
        bars = Bars(scratch)
        with Served(purser, data, scratch) as served:
            api = served.api()
            known = lists_questions.Known.of(api)
            questions = lists_questions.questions(api, known)
            bars.weather(f"{options.people} people, {options.months} months, {len(questions)} questions, {options.asks} times each")
            if not options.no_times:
                for taken in lists_ask.asked(api, questions, options.asks):
                    judge(bars, taken)
            if not options.no_totals:
                bars.weather("totals")
                lists_totals.compare(bars, api, known)
        if not options.no_totals:
            lists_totals.compare_with_journal(bars, purser, data)
        return bars.verdict()


def judge(bars: Bars, taken: lists_ask.Taken) -> None:
    figures = f"{taken.name}: p50 {taken.at(0.5):.1f}, longest {taken.at(1):.1f}, {taken.bytes / 1e3:,.0f} kB; p95"
    if taken.judged:
        bars.at_most(figures, taken.at(0.95), BAR_MS, "ms")
    else:
        bars.tell(figures, f"{taken.at(0.95):.1f} ms (no bar: it goes through everything on purpose)")


def company(shelf: Path, people: int, months: int) -> Path:
    """Its data folder, made if it is not there."""
    home = shelf / f"{people}-people-{months}-months"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        maker = build.cargo_target() / "release" / "examples" / "company"
        command = [maker, "years", home / "data", people, months]
        subprocess.run([str(part) for part in command], check=True)
        (home / "complete").touch()
    return home / "data"


class Served:
    """`purser serve` on a data folder, without a provider."""

    def __init__(self, purser: Path, data: Path, home: Path):
        self.purser, self.data, self.port = purser, data, free_port()
        config = home / "purser.toml"
        config.write_text(
            f'data = "{data}"\n[listen]\ngateway = "{LOOPBACK}:{free_port()}"\ncontrol = "{LOOPBACK}:{self.port}"\n'
        )
        self.process = Process([purser, "serve", "--config", config], self.port, home / "purser.log")

    def api(self) -> lists_ask.Api:
        command = [self.purser, "admin-key", "add", "--label", "lists", "--role", "admin,people,finance,auditor", "--json", "--data", self.data]
        made = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True)
        return lists_ask.Api(self.port, json.loads(made.stdout)["key"])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stop()


def of_a_company(about: str) -> argparse.ArgumentParser:
    """What everybody is asked who measures a company of this size."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000, help="[%(default)s]")
    parser.add_argument("--months", type=int, default=14, help="[%(default)s]")
    parser.add_argument("--folder", metavar="DIR", help="where files go for the time of the run; 5 GB")
    parser.add_argument("--keep", metavar="DIR", help="keeps the company made there for the next run")
    return parser


def arguments() -> argparse.Namespace:
    parser = of_a_company(__doc__)
    parser.add_argument("--asks", type=int, default=40, help="how often each question is asked [%(default)s]")
    parser.add_argument("--no-times", action="store_true", help="compare totals only")
    parser.add_argument("--no-totals", action="store_true", help="take times only")
    return parser.parse_args()


if __name__ == "__main__":
    os.chdir(build.REPOSITORY)
    sys.exit(main())

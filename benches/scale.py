#!/usr/bin/env python3
"""What a large company costs: `python3 benches/scale.py`. See README.md in this folder.

Makes data folders of companies of 1,000 and 100,000 people, without history and with ten million journal entries, and
prints figures beside bars: memory, time to the first answer, latency beside a small and new company, how long new
connections wait during a restart, `purser verify`. `--minutes N` drives a fixed rate for so long and looks at memory
each minute, and does nothing else.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

import build
import companies
import scale_cost
import scale_memory
import scale_start
from bars import Bars

STEPS = {
    "memory": scale_memory.measure,
    "start": scale_start.measure_start,
    "cost": scale_cost.measure,
    "first": scale_cost.measure_first,
    "restart": scale_start.measure_restart,
    "verify": scale_start.measure_verify,
}


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    tools = build.tools(["nginx"])
    program = companies.maker()
    with tempfile.TemporaryDirectory(prefix="purser-scale-", dir=options.folder) as scratch:
        scratch = Path(scratch)
        shelf = Path(options.keep) if options.keep else scratch / "made"
        bars = Bars(scratch)
        bench = Bench(tools, program, shelf, scratch, options)
        if options.minutes:
            scale_memory.measure_minutes(bench, bars, options.minutes)
        for name in [] if options.minutes else options.only or STEPS:
            STEPS[name](bench, bars)
        return bars.verdict()


class Bench:
    """Where companies come from and what they are measured with."""

    def __init__(self, tools: build.Tools, program: Path, shelf: Path, scratch: Path, options: argparse.Namespace):
        self.tools, self.program, self.shelf, self.scratch, self.options = tools, program, shelf, scratch, options
        self.few, self.many = 1_000, options.people
        self.copies = 0

    def company(self, people: int, entries: int, unkept: int = 0) -> companies.Made:
        """A copy of a company of that size. The copy goes with the run."""
        made = companies.made(self.program, self.shelf, companies.Size(people, entries, unkept))
        self.copies += 1
        return companies.copied(made, self.scratch / f"copy-{self.copies}")

    def serving(self, company: companies.Made, **environment: str) -> companies.Serving:
        home = self.scratch / f"home-{company.data.name}"
        return companies.Serving(self.tools, company, home, **environment)

    def forget(self, company: companies.Made) -> None:
        """Makes room on the disk."""
        shutil.rmtree(company.data)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=list(STEPS), help="leave the other steps out")
    parser.add_argument("--people", type=int, default=100_000, help="of the large companies [%(default)s]")
    parser.add_argument("--entries", type=int, default=10_000_000, help="of the old companies' journals [%(default)s]")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of latency that count [%(default)s]")
    parser.add_argument("--minutes", type=float, default=0, help="drive so long at a fixed rate instead")
    parser.add_argument("--rate", type=int, default=150, help="requests a second for --minutes [%(default)s]")
    parser.add_argument("--folder", metavar="DIR", help="where files go for the time of the run; 5 GB")
    parser.add_argument("--keep", metavar="DIR", help="keeps the companies made there for the next run")
    return parser.parse_args()


if __name__ == "__main__":
    os.chdir(build.REPOSITORY)
    sys.exit(main())

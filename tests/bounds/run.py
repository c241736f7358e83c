#!/usr/bin/env python3
"""Holds the bound of a request against real tokenizers: never below their count.

    python3 tests/bounds/run.py                 # 50,000 texts, images, the report
    python3 tests/bounds/run.py --texts 500000 --seed 7
    python3 tests/bounds/run.py --only Claude   # the tokenizers whose name contains a text
    python3 tests/bounds/run.py --worst         # the costliest character and word of each tokenizer (minutes)

The first run installs the tokenizers' packages. A failure names the seed and the number of the conversation.
"""

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "clients")]

import tokenizer_packages  # noqa: E402

MODULES = tokenizer_packages.enter()

import media  # noqa: E402  (these need the packages)
import worst  # noqa: E402
import built  # noqa: E402
from bound import Bounder  # noqa: E402
from conversations import EVERY_KIND, body, conversation  # noqa: E402
from counters import COUNTERS, Counter  # noqa: E402

CHUNK = 42  # conversations given to a worker at once, each kind twice
SHOWN = 20  # failures printed


@dataclass
class Cell:
    """The conversations of one kind under one tokenizer and model."""

    requests: int = 0
    bound: int = 0
    count: int = 0
    closest: float = float("inf")  # the smallest bound / count
    over_bytes: int = 0  # requests without tools that have more tokens than bytes of body

    def add(self, other: "Cell") -> None:
        self.requests += other.requests
        self.bound += other.bound
        self.count += other.count
        self.closest = min(self.closest, other.closest)
        self.over_bytes += other.over_bytes


@dataclass
class Found:
    texts: int = 0
    cells: dict[tuple[str, str, str], Cell] = field(default_factory=lambda: defaultdict(Cell))  # by dialect and name, model, kind
    below: list[str] = field(default_factory=list)

    def add(self, other: "Found") -> None:
        self.texts += other.texts
        for key, cell in other.cells.items():
            self.cells[key].add(cell)
        self.below += other.below


def begin(bounder: Path, seed: int, names: list[str]) -> None:
    """Prepares a worker: its own bounder, every tokenizer loaded."""
    global WORKER
    counters = [counter for counter in COUNTERS if counter.name in names]
    for counter in counters:
        counter.load(MODULES)
    WORKER = (Bounder(bounder), seed, counters)


def check(start: int) -> Found:
    """One chunk of conversations, by each tokenizer."""
    bounder, seed, counters = WORKER
    found, asked = Found(), []
    for index in range(start, start + CHUNK):
        made = conversation(seed, index)
        found.texts += made.texts
        for counter in counters:
            # Whole chunks are left out, so that every kind is counted equally often.
            if start // CHUNK % counter.every:
                continue
            count = counter.count(made)
            if count is not None:
                asked += [(counter, model, made, index, count) for model in counter.models]
    requests = [(counter.dialect, model, body(counter.dialect, model, made)) for counter, model, made, *_ in asked]
    for (counter, model, made, index, count), (_, _, sent), answer in zip(asked, requests, bounder.bounds(requests), strict=True):
        where = f"seed {seed}, conversation {index} ({made.kind}), {counter.name} as {model}"
        if not answer.get("certain"):
            found.below.append(f"{where}: no bound: {answer}")
            continue
        if answer["tokens"] < count:
            found.below.append(f"{where}: bound {answer['tokens']}, tokens {count}, bytes {len(sent.encode())}")
        over = not made.tools and count > len(sent.encode())
        found.cells[title(counter), model, made.kind].add(Cell(1, answer["tokens"], count, answer["tokens"] / count, over))
    return found


def title(counter: Counter) -> str:
    return f"{counter.dialect}: {counter.name}"


def run(args: argparse.Namespace, counters: list[Counter], bounder: Path) -> Found:
    found, workers = Found(), args.workers
    with multiprocessing.Pool(workers, begin, (bounder, args.seed, [counter.name for counter in counters])) as pool:
        chunks = (start * CHUNK for start in range(10**9))
        while found.texts < args.texts:
            batch = [next(chunks) for _ in range(4 * workers)]
            for part in pool.imap_unordered(check, batch):
                found.add(part)
            print(f"\r{found.texts} texts, {len(found.below)} below", end="", file=sys.stderr)
    print(file=sys.stderr)
    return found


def report(found: Found) -> None:
    """How far above the count the bound lies: sums over sums."""
    columns = sorted({key[:2] for key in found.cells})
    print("\ntimes the count, by tokenizer and model\n")
    print(f"{'':34} {'requests':>9} {'tokens':>11} {'times':>6} {'closest':>8} {'over bytes':>11}")
    for column in columns:
        whole = Cell()
        for kind in EVERY_KIND:
            whole.add(found.cells[*column, kind])
        name = f"{column[0]} ({column[1]})"
        print(f"{name:60} {whole.requests:>7} {whole.count:>11} {whole.bound / max(whole.count, 1):>6.2f} {whole.closest:>8.3f} {whole.over_bytes:>7}")
    print("\ntimes the count, by dialect and kind of text\n")
    dialects = sorted({column[0].split(":")[0] for column in columns})
    print(f"{'':16}" + "".join(f"{dialect:>12}" for dialect in dialects))
    for kind in EVERY_KIND:
        row = []
        for dialect in dialects:
            whole = Cell()
            for key, cell in found.cells.items():
                if key[2] == kind and key[0].startswith(f"{dialect}:"):
                    whole.add(cell)
            row.append(f"{whole.bound / max(whole.count, 1):>12.2f}")
        print(f"{kind:16}" + "".join(row))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=int, default=50_000, help="how many texts at least")
    parser.add_argument("--seed", type=int, default=20261126)
    parser.add_argument("--only", default="", help="tokenizers whose name contains this")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--bounder", type=Path, help="a built `bound` example")
    parser.add_argument("--worst", action="store_true", help="look for the costliest characters and words instead")
    args = parser.parse_args()
    counters = [counter for counter in COUNTERS if args.only in counter.name]
    if args.worst:
        return worst.report(counters, MODULES)
    bounder = args.bounder or built.example("bound")
    wrong = media.check(Bounder(bounder))
    found = run(args, counters, bounder)
    report(found)
    wrong += found.below
    # A bound of plain bytes would not hold: if no text shows that, the texts have lost their teeth.
    toothless = {"Claude 2", "Claude 3 to Opus 4.6", "Claude Opus 4.7 on"} - {
        key[0].split(": ")[1] for key, cell in found.cells.items() if cell.over_bytes
    }
    wrong += [f"no text has more tokens than bytes for {name}" for name in sorted(toothless) if args.only in name]
    print("\n".join(wrong[:SHOWN]), f"\n... and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else "")
    requests = sum(cell.requests for cell in found.cells.values())
    print(f"{found.texts} texts in {requests} requests by {len(counters)} tokenizers; {media.CHECKED} images and documents; {len(wrong)} bounds below the count")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

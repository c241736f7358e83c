#!/usr/bin/env python3
"""Rates calls with Purser and with three public price libraries, and compares them to the nano-dollar.

    python3 tests/prices/run.py                # build the rater and check every case
    python3 tests/prices/run.py --rater PATH   # with a rater that is built already
    python3 tests/prices/run.py --show MODEL   # the cases of one model in full

A case is a model, a day, a usage and a tier, made from the bundled list: plain, cached, written to both caches, on and
just above each long-prompt threshold, every tier, tools, and the days before and after each price change. A library is
not asked about a figure that the list has from that very library, except for genai-prices, whose data most of the list
is made from and whose arithmetic is its own. Differences must stand in `known_differences.json` with cause and source; one that
stands there and is gone fails too.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "scripts" / "prices"), str(HERE), str(HERE.parent / "clients")]

import built  # noqa: E402
import packages  # noqa: E402

packages.enter("prices-check", {**packages.PINS, **packages.CATALOGUE_PINS}, {})

import libraries  # noqa: E402  (needs the environment)

PRICES = ROOT / "crates" / "core" / "data" / "prices.json"
KNOWN = HERE / "known_differences.json"
# The day of most cases: a Friday, outside anybody's peak hours, after the last checked price.
TODAY = "2026-11-20T12:00:00Z"
# Half a nano of rounding, and what floats lose on the way.
TOLERANCE = Decimal("0.5001")


def usages(card: dict) -> dict:
    """Usages that touch each price of a card, by name."""
    rates = card["rates"]
    out = {}
    output = 1_234 if "output" in rates else 0
    out["plain"] = {"input_uncached": 12_345, "output": output}
    out["million"] = {"input_uncached": 1_234_567, "output": 3 * output}
    if "cache_read" in rates:
        out["cached"] = {"input_uncached": 1_021, "cache_read": 45_679, "output": output}
    if "cache_write_5m" in rates:
        out["written"] = {"input_uncached": 77, "cache_read": 2_345, "cache_write_5m": 8_901, "output": output}
    if "cache_write_1h" in rates:
        out["written long"] = {"input_uncached": 77, "cache_write_5m": 1_003, "cache_write_1h": 8_901, "output": output}
    for above in card.get("above", ()):
        threshold = above["tokens"]
        out[f"at {threshold}"] = {"input_uncached": threshold - 1_000, "cache_read": 1_000, "output": output}
        out[f"above {threshold}"] = {"input_uncached": threshold - 1_000, "cache_read": 1_001, "output": output}
    if "web_search_calls" in card.get("fees", {}):
        out["searched"] = {"input_uncached": 501, "output": output, "web_search_calls": 3}
    return {name: {bucket: count for bucket, count in usage.items() if count} for name, usage in out.items()}


def cases(cards: list[dict]) -> list[dict]:
    by_model = defaultdict(list)
    for card in cards:
        by_model[card["provider"], card["model"]].append(card)
    made = []

    def add(card: dict, name: str, usage: dict, at: str = TODAY, tier: str = "standard") -> None:
        case = {"provider": card["provider"], "model": card["model"], "at": at, "tier": tier, "geo": None}
        made.append({**case, "usage": usage, "name": name, "source": card.get("source", "")})

    def everyday(card: dict) -> dict:
        return {"input_uncached": 12_345} | ({"output": 1_234} if "output" in card["rates"] else {})

    for versions in by_model.values():
        plain = [card for card in versions if "hours" not in card]
        present = [card for card in plain if card.get("from", "")[:10] <= TODAY[:10] and card.get("to", "9") > TODAY]
        if not present:
            continue
        now = present[-1]
        for name, usage in usages(now).items():
            add(now, name, usage)
        for tier in now.get("tiers", ()):
            for name, usage in usages(now).items():
                if name not in ("million", "searched"):
                    add(now, f"{tier}, {name}", usage, tier=tier)
        for card in plain:
            if "from" in card:
                for day in (day_before(card["from"]), day_after(card["from"])):
                    add(card, f"on {day[:10]}", everyday(card), at=day)
        for card in versions:
            if "hours" in card:
                # A Wednesday in the peak of those who have one.
                add(card, "in peak hours", everyday(card), at="2026-11-18T02:00:00Z")
    return made


def day_before(day: str) -> str:
    return shifted(day, -1)


def day_after(day: str) -> str:
    return shifted(day, 1)


def shifted(day: str, days: int) -> str:
    from datetime import date, timedelta

    return f"{date.fromisoformat(day[:10]) + timedelta(days=days)}T12:00:00Z"


def rate(rater: Path, made: list[dict]) -> list[dict]:
    """What Purser says to each case."""
    asked = [
        {key: case[key] for key in ("provider", "model", "at", "usage")} | {"served": {"tier": case["tier"], "geo": case["geo"]}}
        for case in made
    ]
    lines = "".join(json.dumps(call) + "\n" for call in asked)
    ran = subprocess.run([rater], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def known(differences: list[dict], case: dict, library: str) -> dict | None:
    for row in differences:
        if row["against"] == library and row["provider"] == case["provider"] and case["model"] in row["models"]:
            if not row.get("cases") or any(case["name"].startswith(start) for start in row["cases"]):
                return row
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rater", type=Path, help="a built `rate` example")
    parser.add_argument("--show", metavar="MODEL", help="print the cases of one model")
    args = parser.parse_args()
    made = cases(json.loads(PRICES.read_text())["cards"])
    if args.show:
        made = [case for case in made if case["model"] == args.show]
    answers = rate(args.rater or built.example("rate"), made)
    differences = json.loads(KNOWN.read_text())["differences"]
    seen, checked, equal, failures = set(), 0, Counter(), []
    for case, answer in zip(made, answers, strict=True):
        where = f"{case['provider']}/{case['model']} ({case['name']})"
        if "error" in answer:
            failures.append(f"{where}: Purser refuses: {answer['error']}")
            continue
        ours = Decimal(answer["charge"]["total"]) * libraries.NANO
        asked = 0
        for library, ask in libraries.LIBRARIES.items():
            if f"(by {library})" in case["source"]:
                continue
            theirs = ask(case)
            if theirs is None:
                continue
            asked += 1
            same = abs(ours - Decimal(theirs)) <= TOLERANCE
            if args.show:
                print(f"{where}: ours {ours / libraries.NANO}, {library} {Decimal(theirs) / libraries.NANO:.9f}{'' if same else '  <- differs'}")
            row = known(differences, case, library)
            if row is not None:
                if not same:
                    seen.add(differences.index(row))
            elif same:
                equal[library] += 1
            else:
                failures.append(f"{where}: ours {ours / libraries.NANO}, {library} {Decimal(theirs) / libraries.NANO:.9f}")
        checked += asked > 0
    if not args.show:
        for at, row in enumerate(differences):
            if at not in seen:
                failures.append(f"known difference with {row['against']} is gone: {row['provider']} {', '.join(row['models'])}")
    print("\n".join(failures))
    print(f"{checked} of {len(made)} cases checked:", *(f"{count} equal to {library}," for library, count in equal.items()), f"{len(failures)} differences")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Compares the three price packages with each other, bucket by bucket, for every model of the bundled list.

    python3 scripts/prices/check.py            # fail on a disagreement without a known cause
    python3 scripts/prices/check.py --all      # print the known ones too

Known disagreements stand in `known_disagreements.json`: the package that stands apart, and why. One that stands there and is gone fails too:
the packages have been corrected, and the list should be built again.
"""

import argparse
import json
import sys
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import packages

packages.enter()

import sources  # noqa: E402  (needs the environment)

HERE = Path(__file__).parent
KNOWN = HERE / "known_disagreements.json"
PRICES = HERE.parents[1] / "crates" / "core" / "data" / "prices.json"
NOW = datetime(2026, 11, 20, tzinfo=timezone.utc)
# What litellm's floats lose on the way to a decimal is far below this part of a price.
TOLERANCE = Decimal("0.000001")


def latest(periods: list) -> dict | None:
    """The standard sheet that holds now, at ordinary hours."""
    held = [period for period in periods if not period.hours and (period.start is None or period.start <= NOW)]
    return held[-1].standard if held else None


def flat(sheet: dict) -> dict:
    out = dict(sheet["rates"])
    for tokens, rates in sheet["above"]:
        out |= {f"{bucket} above {tokens}": price for bucket, price in rates.items()}
    return out


def found(provider: str, model: str, everything: dict) -> dict:
    """The flat sheets of a model by package."""
    out = {}
    genai = everything["genai"].get((provider, model))
    if genai is not None:
        try:
            sheet = latest(sources.genai_periods(genai))
            out["genai-prices"] = flat(sheet) if sheet else None
        except sources.NotOurUnits:
            pass
    entry = everything["snapshot"].get((provider, model))
    if entry is not None:
        sheet = latest(sources.model_prices_periods(entry))
        out["model-prices"] = flat(sheet) if sheet else None
    entry = everything["litellm"].get((provider, model))
    if entry is not None:
        sheet = sources.litellm_sheets(entry).get("standard")
        out["litellm"] = flat(sheet) if sheet else None
    return {package: sheet for package, sheet in out.items() if sheet}


def load() -> dict:
    genai = sources.genai_providers()
    snapshot = sources.model_prices_snapshot()["prices"]
    catalogue = sources.litellm_catalogue()
    out = {"genai": {}, "snapshot": {}, "litellm": {}}
    for provider, (genai_id, snapshot_id, litellm_id, prefix) in sources.PROVIDERS.items():
        out["genai"] |= {(provider, model.id.lower()): model for model in genai[genai_id].models}
        out["snapshot"] |= {(provider, name.lower()): entry for name, entry in snapshot.get(snapshot_id, {}).items()}
        found = sources.litellm_by_model(catalogue, litellm_id, prefix)
        out["litellm"] |= {(provider, name): entry for name, entry in found.items()}
    return out


def disagreements(models: list) -> list[dict]:
    everything = load()
    out = []
    for provider, model in models:
        sheets = found(provider, model, everything)
        packages_here = list(sheets)
        for at, left in enumerate(packages_here):
            for right in packages_here[at + 1 :]:
                for bucket in sorted(sheets[left].keys() & sheets[right].keys()):
                    a, b = sheets[left][bucket], sheets[right][bucket]
                    if abs(a - b) > TOLERANCE * max(a, b):
                        out.append({"provider": provider, "model": model, "bucket": bucket, left: format(a.normalize(), "f"), right: format(b.normalize(), "f")})
    return out


def matches(row: dict, found: dict) -> bool:
    between = {"genai-prices", "model-prices", "litellm"} & found.keys()
    return (
        row["provider"] == found["provider"]
        and found["model"] in row["models"]
        and row["apart"] in between
        and (not row.get("buckets") or found["bucket"] in row["buckets"])
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", action="store_true", help="print known disagreements too")
    args = parser.parse_args()
    cards = json.loads(PRICES.read_text())["cards"]
    models = sorted({(card["provider"], card["model"]) for card in cards})
    known = json.loads(KNOWN.read_text())["disagreements"]
    all_found = disagreements(models)
    unknown = [found for found in all_found if not any(matches(row, found) for row in known)]
    gone = [row for row in known if not any(matches(row, found) for found in all_found)]
    for found in all_found if args.all else unknown:
        cause = next((row["cause"] for row in known if matches(row, found)), "unknown")
        print(json.dumps({**found, "cause": cause}, ensure_ascii=False))
    for row in gone:
        print(f"gone: {json.dumps(row, ensure_ascii=False)}")
    print(f"{len(models)} models, {len(all_found)} disagreements, {len(unknown)} without a known cause", file=sys.stderr)
    return 1 if unknown or gone else 0


if __name__ == "__main__":
    sys.exit(main())

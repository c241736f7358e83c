#!/usr/bin/env python3
"""Exports what a company was charged as FOCUS 1.2 and has the FinOps Foundation's own validator look at it, offline.

    python3 tests/focus/run.py                # makes the demonstration's company first
    python3 tests/focus/run.py --data FOLDER  # of a data folder that is there

focus-validator needs Python 3.12 or newer: one on PATH, of pyenv, or one that uv installs. Its exit code says nothing about
what failed, so its report is read. What it can't see is checked here in exact decimals: every cost is quantity × price,
every correction says so, and all rows together are what `purser usage` says. A wrong cost must be refused by that, a missing name by the validator.

What is over, as Parquet, is read by Apache's own reader and held against the JSON lines of the ledger (history.py).
"""

import argparse
import csv
import datetime
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from decimal import Decimal, getcontext
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("PURSER_BIN") or REPOSITORY / "target" / "release" / "purser").absolute()
# With numpy 1, which the validator asks for, no newer pyarrow starts.
PINS = ["focus-validator==2.2.1", "pyarrow==20.0.0"]
NEWEST_NEEDED = (3, 12)
# InvoiceId is null in every row, and C-004 and C-005 are the two halves of "null or not": an OR that passes above them.
HALVES = {"InvoiceId-C-005-C"}
DAYS = 62  # of the company's history: both sides of a month's end
getcontext().prec = 60

MANDATORY = """BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd BillingPeriodStart
ChargeCategory ChargeClass ChargeDescription ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost InvoiceIssuerName ListCost
PricingQuantity PricingUnit ProviderName PublisherName ServiceCategory ServiceName""".split()
NULLABLE = {"BillingAccountName", "ChargeClass", "ChargeDescription", "PricingQuantity", "PricingUnit"}


def check(holds: bool, why: str) -> None:
    if not holds:
        raise SystemExit(f"FAILED: {why}")


def new_python() -> str | None:
    """A Python that the validator can run on."""
    found = [sys.executable, *(shutil.which(f"python3.{minor}") or "" for minor in (12, 13, 14))]
    found += sorted(glob.glob(str(Path.home() / ".pyenv/versions/3.*/bin/python3")))
    for python in filter(None, found):
        said = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True
        )
        if said.returncode == 0 and tuple(map(int, said.stdout.split())) >= NEWEST_NEEDED:
            return python
    if uv := shutil.which("uv"):
        subprocess.run([uv, "python", "install", "3.12"], check=True)
        return subprocess.run([uv, "python", "find", "3.12"], check=True, capture_output=True, text=True).stdout.strip()
    return None


def validator() -> Path | None:
    """The installed validator."""
    home = Path(os.environ.get("PURSER_TEST_CACHE") or Path.home() / ".cache" / "purser-tests") / "focus"
    stamp = home / "installed.txt"
    if not stamp.exists() or stamp.read_text() != "\n".join(PINS):
        python = new_python()
        if python is None:
            return None
        print(f"installing {', '.join(PINS)} for {python}", file=sys.stderr)
        shutil.rmtree(home, ignore_errors=True)
        subprocess.run([python, "-m", "venv", home], check=True)
        for pin in PINS:
            # One after the other: together they contradict each other on paper.
            subprocess.run([home / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", pin], check=True)
        stamp.write_text("\n".join(PINS))
    return home / "bin" / "focus-validator"


def official(tool: Path, file: Path) -> tuple[int, set[str]]:
    """How many rules passed, and which failed."""
    (packages,) = tool.parents[1].glob("lib/python3.*/site-packages")
    done = subprocess.run(
        [tool, "--data-file", file, "--validate-version", "1.2", "--block-download"],
        # It looks for its list of currencies below the folder it is started in.
        cwd=packages, capture_output=True, text=True, timeout=900,
    )
    passed = set(re.findall(r"^✅ ([\w-]+):", done.stdout, re.M))
    failed = set(re.findall(r"^❌ ([\w-]+):", done.stdout, re.M))
    said = re.search(r"^Total: (\d+) \| Pass: (\d+) \| Fail: (\d+) \| Skipped: (\d+)$", done.stdout, re.M)
    check(said is not None, f"the validator did not get through: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    counted = tuple(map(int, said.groups()))
    check(counted[1:3] == (len(passed), len(failed)), f"{said[0]} is not what its report tells")
    # It skips what it can't check itself: dynamic rules, decimals, columns that are not there.
    looked_at = {rule.split("-")[0] for rule in passed}
    check(set(MANDATORY) <= looked_at, f"the validator looked at nothing of {set(MANDATORY) - looked_at}")
    return len(passed), failed - HALVES


def our_own(rows: list[dict], total: Decimal) -> None:
    """What the validator does not look at, or only in floats."""
    check(bool(rows), "there are no rows")
    for row in rows:
        for column in MANDATORY:
            check(column in row and (row[column] != "" or column in NULLABLE), f"{column} is missing: {row}")
        if row["PricingQuantity"] and row["ChargeClass"] != "Correction":
            for cost, price in (("ContractedCost", "ContractedUnitPrice"), ("ListCost", "ListUnitPrice")):
                product = Decimal(row["PricingQuantity"]) * Decimal(row[price])
                check(product == Decimal(row[cost]), f"{cost} is not quantity × price: {row}")
    for column in ("BilledCost", "EffectiveCost", "ContractedCost"):
        found = sum(Decimal(row[column]) for row in rows)
        check(found == total, f"the sum of {column} is {found}, the ledger's {total}")


def purser(data: Path, *arguments: str) -> str:
    done = subprocess.run([BINARY, "--data", data, *arguments], capture_output=True, text=True, timeout=600)
    check(done.returncode == 0, f"{arguments}: {done.stderr}")
    return done.stdout


def company(folder: Path) -> Path:
    """The demonstration's, with fourteen months of history."""
    data = folder / "data"
    subprocess.run([BINARY, "--data", data, "demo", "company"], check=True, capture_output=True)
    return data


def history(data: Path, folder: Path, days: list[str], python: Path) -> None:
    """A Parquet file is what the JSON lines are, to a reader that is not ours; half of one is none."""
    file, lines = folder / "history.parquet", folder / "ledger.jsonl"
    purser(data, "export", "parquet", *days, "--names", "--out", str(file))
    purser(data, "export", "ledger", *days, "--names", "--format", "jsonl", "--out", str(lines))
    command = [python, REPOSITORY / "tests/focus/history.py", file, lines]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    check(done.returncode == 0, f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    print(done.stdout.strip())
    whole = file.read_bytes()
    purser(data, "export", "parquet", *days, "--names", "--out", str(file))
    check(file.read_bytes() == whole, "the same days are another file")
    file.write_bytes(whole[:-1])
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    check(done.returncode != 0, "a file without its last byte is read")


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--data", type=Path)
    data = asked.parse_args().data
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data = data or company(folder)
        tomorrow = datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=1)
        first, today = tomorrow - datetime.timedelta(days=DAYS), tomorrow - datetime.timedelta(days=1)
        days = ["--from", str(first), "--to", str(tomorrow)]
        file = folder / "focus.csv"
        purser(data, "export", "focus", *days, "--out", str(file))
        usage = json.loads(purser(data, "usage", *days, "--json"))
        with open(file, newline="") as opened:
            rows = list(csv.DictReader(opened))
        our_own(rows, Decimal(usage["charge"]))
        print(f"{len(rows)} rows of {DAYS} days are {usage['charge']}, as the ledger has it")
        tool = validator()
        if tool is None:
            print("focus-validator NOT run: no Python 3.12 or newer, and no uv; only our own checks were made")
            return
        history(data, folder, ["--from", str(first), "--to", str(today)], tool.parent / "python")
        passed, failed = official(tool, file)
        check(not failed, f"focus-validator 2.2.1: {sorted(failed)}")
        wrong = next(row for row in rows if row["ChargeCategory"] == "Usage" and row["ChargeClass"] == "")
        right = dict(wrong)
        wrong["ContractedCost"] = "12345.5"
        check(refused_by_us(rows, Decimal(usage["charge"])), "a wrong cost is not found")
        wrong.update(right, ServiceName="")
        with open(file, "w", newline="") as opened:
            writer = csv.DictWriter(opened, list(wrong))
            writer.writeheader()
            writer.writerows(rows)
        _, planted = official(tool, file)
        check(any(rule.startswith("ServiceName-") for rule in planted), f"a missing name is not found: {planted}")
        print(f"focus-validator 2.2.1: {passed} rules pass and none fails; a row without a service's name does")


def refused_by_us(rows: list[dict], total: Decimal) -> bool:
    try:
        our_own(rows, total)
    except SystemExit:
        return True
    return False


if __name__ == "__main__":
    main()

"""The same figure from every side: all pages together, the server's totals, the journal's records."""

import json
import random
import subprocess
from decimal import Decimal
from pathlib import Path

from bars import Bars
from lists_ask import Api
from lists_questions import EVER, SEED, Known

EVER = dict(EVER)
# People and grants that are looked at one by one.
SAMPLES = 12


def compare(bars: Bars, api: Api, known: Known) -> None:
    ever = api.get("/usage", **EVER)
    charge, calls = Decimal(ever["charge"]), ever["calls"]
    bars.tell("charged, as the server says", f"{charge} for {calls:,} calls")
    for by in ("model", "day", "person", "unit", "key"):
        pages = list(api.pages("/usage", by=by, **EVER))
        rows = [row for page in pages for row in page["items"]]
        found = (sum(Decimal(row["charge"]) for row in rows), sum(row["calls"] for row in rows))
        equal(bars, f"usage by {by}, {len(rows)} rows", found, (charge, calls))
        totals = {(Decimal(page["charge"]), page["calls"]) for page in pages}
        equal(bars, f"usage by {by}, total on each page", totals, {(charge, calls)})
    single = [item for page in api.pages("/charges", "before", **EVER) for item in page["items"]]
    equal(bars, f"{len(single):,} single charges", sum(Decimal(item["charge"]) for item in single), charge)
    by_person: dict[str, Decimal] = {}
    for item in single:
        by_person[item["person"]] = by_person.get(item["person"], Decimal(0)) + Decimal(item["charge"])
    rows = {row["key"]: Decimal(row["charge"]) for page in api.pages("/usage", by="person", **EVER) for row in page["items"]}
    equal(bars, f"each of {len(rows):,} people's single charges", by_person, rows)
    compare_lists(bars, api)
    compare_statements(bars, api, known, rows)
    compare_liability(bars, api, known)


def compare_lists(bars: Bars, api: Api) -> None:
    """A list says how long it is."""
    for path in ("/people", "/grants", "/keys", "/budgets", "/balances", "/offers", "/units", "/logins", "/admin-keys"):
        pages = list(api.pages(path, limit=700))
        ids = [item.get("id") or item["person"] for page in pages for item in page["items"]]
        found = (len(ids), len(set(ids)), {page["total"] for page in pages})
        equal(bars, f"{path}, {len(pages)} pages", found, (len(ids), len(ids), {len(ids)}))


def compare_statements(bars: Bars, api: Api, known: Known, rows: dict[str, Decimal]) -> None:
    for person in random.Random(SEED).sample(sorted(rows), SAMPLES):
        months = [api.get(f"/people/{person}/statement", month=month) for month in known.months]
        equal(bars, f"{len(months)} statements of {person}", sum(Decimal(month["used"]) for month in months), rows[person])


def compare_liability(bars: Bars, api: Api, known: Known) -> None:
    fields = ("granted", "used", "outstanding")
    for year in known.years:
        for by in ("pool", "unit", "person"):
            pages = list(api.pages("/pools/liability", by=by, year=year))
            rows = [row for page in pages for row in page["items"]]
            total = tuple(Decimal(pages[0]["total"][field]) for field in fields)
            equal(bars, f"liability of {year} by {by}", tuple(sum(Decimal(row[field]) for row in rows) for field in fields), total)
            equal(bars, f"liability of {year} by {by}: granted less used", total[0] - total[1], total[2])


def compare_with_journal(bars: Bars, purser: Path, data: Path) -> None:
    """Of a folder that nobody serves any more: `purser verify`, and the journal's own records."""
    done = subprocess.run([purser, "verify", "--data", data], capture_output=True, text=True)
    equal(bars, "purser verify (every projection against the journal)", done.returncode, 0)
    with (
        subprocess.Popen([purser, "journal", "export", "--data", data], stdout=subprocess.PIPE) as export,
        subprocess.Popen(["grep", "-F", '"kind":"settle"'], stdin=export.stdout, stdout=subprocess.PIPE) as settled,
    ):
        people: dict[str, Decimal] = {}
        for line in settled.stdout:
            record = json.loads(line)
            person = record["detail"]["person"]
            people[person] = people.get(person, Decimal(0)) + Decimal(record["charge"])
    command = [purser, "usage", "--by", "person", "--from", EVER["from"], "--json", "--data", data]
    told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    rows = {row["key"]: Decimal(row["charge"]) for row in told["items"]}
    equal(bars, f"settlements in the journal, by person ({sum(people.values())} together)", people, rows)
    equal(bars, "settlements in the journal, together", sum(people.values()), Decimal(told["charge"]))


def equal(bars: Bars, what: str, found, expected) -> None:
    if found == expected:
        bars.tell(what, "equal")
        return
    shown = f"{str(found)[:200]}, expected {str(expected)[:200]}"
    bars.tell(what, f"{shown}  MISSED")
    bars.missed.append(f"{what}: {shown}")

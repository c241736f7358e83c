"""Holds a Parquet file against the JSON lines of the same days, with Apache's own reader: `history.py FILE LINES`.

Every column of every row is compared; sums are those that both files have of themselves. Needs pyarrow.
"""

import datetime
import json
import sys
from decimal import Decimal

import pyarrow
import pyarrow.parquet


def check(holds: bool, why: str) -> None:
    if not holds:
        raise SystemExit(f"FAILED: {why}")


def instant(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def expected(line: dict, buckets: list[str]) -> dict:
    """A posting of the lines as the columns have it."""
    same = ("entry", "kind", "person", "unit", "key", "run", "provider", "model", "served_model", "project", "attempt")
    row = {name: line.get(name) for name in (*same, "mark", "person_name", "unit_name")}
    row |= {name: line["counts"].get(name, 0) for name in buckets}
    row |= {"at": instant(line["at"]), "card": line["card"], "client": line["client"] or None}
    return row | {"amount": Decimal(line["charge"]), "overrun": Decimal(line["overrun"]), "paid_by": line["paid_by"]}


def main() -> None:
    file, lines = sys.argv[1:]
    about, *charges, total = (json.loads(line) for line in open(lines))
    about, total, charges = about["about"], total["total"], [line["charge"] for line in charges]
    table = pyarrow.parquet.read_table(file)
    names = table.schema.names
    buckets = names[names.index("paid_by") + 1 : names.index("reasoning")]
    check(len(buckets) == 13, f"buckets: {buckets}")
    check(table.schema.field("at").type == pyarrow.timestamp("us", tz="UTC"), f"{table.schema}")
    check(table.schema.field("amount").type == pyarrow.decimal128(19, 9), f"{table.schema}")
    rows = table.to_pylist()
    check(len(rows) == len(charges) == total["charges"] > 0, f"{len(rows)} rows, {len(charges)} lines, {total}")
    for row, line in zip(rows, charges):
        row["paid_by"] = json.loads(row["paid_by"])
        for name, value in expected(line, buckets).items():
            check(row[name] == value, f"{name} is {row[name]!r}, not {value!r}: {line}")
        check(row["call"] is None or row["call"] == line["id"], f"{row['call']} is not {line['id']}")
    notes = {name.decode(): json.loads(note) for name, note in table.schema.metadata.items() if name.startswith(b"purser.")}
    check(notes["purser.total"] == total, f"{notes['purser.total']} is not {total}")
    for name in ("from", "to", "currency", "person", "model"):
        check(notes["purser.about"].get(name) == about.get(name), f"{name} of {notes['purser.about']}, not of {about}")
    check(sum(row["amount"] for row in rows) == Decimal(total["amount"]), "amounts do not add up")
    groups = pyarrow.parquet.ParquetFile(file).num_row_groups
    print(f"{len(rows)} rows in {groups} row groups, {total['amount']}: pyarrow {pyarrow.__version__} reads what the lines say")


if __name__ == "__main__":
    main()

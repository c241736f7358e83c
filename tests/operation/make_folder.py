"""Writes a data folder with the program as it is now, for every later one to open: folders/NAME.tar.gz and .json."""

import argparse
import asyncio
import json
import sys
import tarfile
import tempfile
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "money"))

from rig import call, gateway, message, standin  # noqa: E402
from processes import eventually  # noqa: E402

BYTES_MAX = 300_000
OPEN_HOLDS = 3
SHEET = """name,zone,email,grant,days,key,budget
Analyst,Europe/Berlin,analyst@example.com,20/day,all,laptop,
Engineer,America/New_York,,300/month,,nightly,50/month
Operations,Pacific/Kiritimati,,5/day,workdays,,
"""
# Fields that mean the same in every version, and do not depend on when one looks.
CHARGE = ("id", "person", "key", "provider", "model", "mark", "usage", "charge", "card")
PERSON = ("id", "name", "zone", "email", "unit_name", "active")
GRANT = ("id", "person", "amount", "per", "days", "voided")
KEY = ("id", "person", "agent", "active")


OFFER = ("id", "state")
FINAL = ("accepted", "declined")
TOP_UP = ("id", "person", "amount", "given", "state", "grant", "mandate", "reason")
DECIDED = ("approved", "cancelled")
POOL = ("id", "name", "owner")
YEARS = 3  # for which the pool is funded


def only(entries: list, fields: tuple) -> list:
    return [{field: entry[field] for field in fields} for entry in entries]


def promises(purser, folder: Path) -> None:
    """Something of each kind that offers, pools and the life of grants write."""
    today = date.today()
    day = lambda ahead: (today + timedelta(ahead)).isoformat()  # noqa: E731
    purser.command("role", "presets")
    purser.command("budget", "set", "company", "400000/month")
    purser.command("pool", "add", "Promises")
    for year in range(today.year, today.year + YEARS):
        purser.command("pool", "fund", "Promises", "500000", "--year", str(year))
    tokens = {
        "amount": "78000/year", "guaranteed": True, "pool": "Promises", "term": day(400), "floor": "1/year",
        "rollover": "lapses", "activation": "start_date",
    }
    content = {
        "candidate": {"name": "Designer"}, "role": {"family": "engineering"}, "zone": "Europe/Berlin", "starts": day(20),
        "expires": day(10), "package": {"currency": "USD", "salary": "200000", "tokens": tokens},
    }
    for ends in (["accept", "--version", "1", "--signed", "Designer"], ["decline"], []):
        file = folder / "offer.json"
        file.write_text(json.dumps(content))
        offer = purser.json("offer", "draft", str(file))["id"]
        for verb in ("submit", "send", "view"):
            purser.command("offer", verb, offer)
        if ends:
            purser.command("offer", ends[0], offer, *ends[1:])
    promised = purser.json("grant", "add", "Engineer", "8/workday", "--guaranteed", "--pool", "Promises", "--end", day(300))["id"]
    by_hand = purser.json("grant", "add", "Analyst", "10/day", "--rollover", "5")["id"]
    other = purser.json("grant", "add", "Operations", "10/day")["id"]
    purser.command("grant", "credit", promised, "3")
    purser.command("grant", "extend", promised, "2")
    purser.command("grant", "share", by_hand, "50%", "--from", day(5))
    purser.command("grant", "leave", by_hand, "--from", day(7))
    purser.command("grant", "advance", other, "1")
    purser.command("person", "move", "Engineer", "Research", "--from", day(30))
    purser.command("stop", "person", "Operations", "--reason", "kept in a folder")
    top_ups(purser, day)


def top_ups(purser, day) -> None:
    """One that a mandate approves, one that is taken back, and one that waits."""
    purser.command("admin-key", "add", "--label", "lead", "--role", "manager:Everybody", "--person", "Analyst")
    purser.command("mandate", "set", "Analyst", "50", "--per-request", "10", "--unit", "Everybody")
    purser.command("absence", "set", "Analyst", "Engineer", "--until", day(300))
    purser.command("top-up", "ask", "Operations", "5", "one more pass", "--until", day(200))
    taken_back = purser.json("top-up", "ask", "Operations", "20", "two more passes")["id"]
    purser.command("top-up", "cancel", taken_back)
    purser.command("top-up", "ask", "Operations", "30", "three more passes", "--purpose", "migration")


async def calls(port: int, keys: list[str]) -> None:
    for number in range(60):
        answer = await call(port, keys[number % len(keys)], message(f"call {number}", 200, stream=number % 3 == 0))
        assert answer.status == 200, answer


async def left_open(purser, keys: list[str]) -> None:
    """Calls that are under way when the process is killed."""
    slow = message("[[standin first-byte=60000]]", 200)
    running = [asyncio.create_task(call(purser.server.port, keys[0], slow)) for _ in range(OPEN_HOLDS)]

    def held() -> bool:
        verified = purser.json("verify")
        return verified["journal"]["open_holds"] == OPEN_HOLDS

    await asyncio.to_thread(eventually, held, "the holds are in the journal", 30)
    purser.server.process.kill()
    await asyncio.to_thread(purser.server.process.wait, 10)
    await asyncio.gather(*running, return_exceptions=True)


def archive(data: Path, to: Path) -> None:
    """Only what was written: names, owners and times of this machine are left out."""
    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
        if entry.name.endswith((".sock", "/lock")):
            return None
        entry.uid = entry.gid = entry.mtime = 0
        entry.uname = entry.gname = ""
        return entry

    with tarfile.open(to, "w:gz", compresslevel=9) as files:
        files.add(data, "purser", filter=plain)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="what is new in it, such as 2026-11-log")
    name = parser.parse_args().name
    to, described = HERE / "folders" / f"{name}.tar.gz", HERE / "folders" / f"{name}.json"
    if to.exists():
        parser.error(f"{to} is there already, and kept folders are never changed")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        provider = standin(folder, "--seed", "1", "--tokens", "20", "120", "--tokens-per-s", "100000")
        purser = gateway(folder, provider)
        try:
            sheet = folder / "people.csv"
            sheet.write_text(SHEET)
            purser.command("unit", "add", "Research", "--zone", "Europe/Berlin")
            made = purser.json("person", "import", str(sheet), "--command-id", "everybody")["items"]
            purser.command("person", "move", "Analyst", "Research")
            purser.command("budget", "set", "Research", "1000/month")
            purser.command("budget", "set", "company", "5000/month")
            purser.command("admin-key", "add")
            keys = [entry["key"] for entry in made if entry.get("key")]
            asyncio.run(calls(purser.server.port, keys))
            revoked = purser.json("key", "add", "Operations")["id"]
            purser.command("key", "revoke", revoked)
            grant = purser.json("grant", "add", "Operations", "7/week")["id"]
            purser.command("grant", "void", grant)
            promises(purser, folder)
            expected = {
                "charges": only(purser.json("usage", "--charges"), CHARGE),
                "people": only(purser.json("person", "list"), PERSON),
                "grants": only(purser.json("grant", "list"), GRANT),
                "keys": only(purser.json("key", "list"), KEY),
                # Those that are still out will expire.
                "offers": only([offer for offer in purser.json("offer", "list") if offer["state"] in FINAL], OFFER),
                "pools": only(purser.json("pool", "list"), POOL),
                "stops": only(purser.json("stop", "list"), ("id",)),
                # The one that waits will expire.
                "top_ups": only([one for one in purser.json("top-up", "list", "--all") if one["state"] in DECIDED], TOP_UP),
                "mandates": only(purser.json("mandate", "list"), ("manager", "unit", "per_month", "per_request")),
                "open_holds": OPEN_HOLDS,
            }
            asyncio.run(left_open(purser, keys))
        finally:
            purser.stop()
            provider.stop()
        to.parent.mkdir(exist_ok=True)
        archive(purser.data, to)
    assert to.stat().st_size < BYTES_MAX, f"{to.stat().st_size} bytes"
    described.write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")
    print(f"{to.name}: {to.stat().st_size} bytes, {len(expected['charges'])} charges, {OPEN_HOLDS} holds left open")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""People who call and move from one unit to the other while `serve` is killed, and what must hold of them afterwards."""

import asyncio
import itertools
from dataclasses import dataclass, field
from fractions import Fraction

from killed import Commander
from purser import Purser
from rig import call, message

UNITS = {"North": "4711", "South": "4712"}  # with their cost centres
BUDGET = "1000000/year"
MOVES = 4
CALLS_BETWEEN = 2
DAY = "2031-03-01"  # of a move that is made known long before
EVER = ("--from", "2000-01-01")


@dataclass
class Moving:
    """Somebody, as far as answers told."""

    id: str
    units: list[str] = field(default_factory=lambda: list(UNITS))  # first the one they are in, then where they go
    moves: int = 0
    asked: str = ""  # the unit of a move that was not answered, or is not yet
    known: str = ""  # "asked" or "answered": the move of that day
    called: dict[str, int] = field(default_factory=lambda: dict.fromkeys(UNITS, 0))
    acknowledged: dict[str, int] = field(default_factory=lambda: dict.fromkeys(UNITS, 0))


class Mover(Commander):
    """Lets one person after the other call from one unit, move, call from the other, and so on."""

    def __init__(self, purser: Purser, label: str):
        super().__init__(purser, label)
        self.people: list[Moving] = []

    def run(self) -> None:
        for number in itertools.count(1):
            added = self.step("person", "add", f"Mover {self.label}-{number}", "--zone", "Europe/Berlin", "--unit", next(iter(UNITS)))
            if added is None:
                return
            person = Moving(added["id"])
            self.people.append(person)
            granted = self.step("grant", "add", person.id, "20/day", "--days", "all")
            key = granted and self.step("key", "add", person.id)
            if key is None or not self.life(person, key["key"]):
                return

    def life(self, person: Moving, key: str) -> bool:
        """False when answers ceased."""
        for _ in range(MOVES):
            if not (self.calls(person, key) and self.move(person)):
                return False
        if not self.calls(person, key):
            return False
        person.known = "asked"
        answer = self.step("person", "move", person.id, person.units[1], "--from", DAY)
        if answer is None:
            return False
        person.known = "answered"
        return True

    def move(self, person: Moving) -> bool:
        person.asked = person.units[1]
        answer = self.step("person", "move", person.id, person.asked)
        if answer is None:
            return False
        person.units.reverse()
        person.moves, person.asked = person.moves + 1, ""
        return True

    def calls(self, person: Moving, key: str) -> bool:
        """Some calls, and what was acknowledged of them by unit."""
        for _ in range(CALLS_BETWEEN):
            person.called[person.units[0]] += 1
            try:
                answer = asyncio.run(call(self.purser.server.port, key, message("where am I?", 64)))
            except OSError:
                self.done = True
                return False
            if answer.status != 200:
                # A server that is going down may still say so.
                if self.purser.server.process.poll() is None and not self.done:
                    self.wrong.append(f"a call was answered with {answer.status}: {answer.body!r}")
                self.done = True
                return False
        used = self.step("usage", "--by", "unit", "--person", person.id, *EVER)
        if used is None:
            return False
        for row in used["items"]:
            person.acknowledged[row["name"]] = row["calls"]
        return True


def found_units(purser: Purser) -> None:
    for name, centre in UNITS.items():
        purser.command("unit", "add", name, "--zone", "UTC", "--cost-centre", centre)
        purser.command("budget", "set", name, BUDGET)


def check(purser: Purser, people: list[Moving]) -> int:
    """What must hold after a restart: each move is there as a whole or not at all. The unit somebody is in, the audit
    trail, the charges of each unit and what its budget counted say the same. Returns how many moves there are."""
    shown = {person["id"]: person for person in purser.json("person", "list")}
    moves = 0
    for person in people:
        now = shown[person.id]
        trail = purser.json("audit", "list", "--action", "move_person", "--target", person.id)
        assert all(entry["outcome"] == "made" for entry in trail), f"{person}: {trail}"
        later = now.get("next_unit_name")
        at_once = len(trail) - (later is not None)
        assert at_once in ({person.moves, person.moves + 1} if person.asked else {person.moves}), f"{person} has in the trail {trail}"
        assert now["unit_name"] == list(UNITS)[at_once % 2], f"{person} moved {at_once} times and is in {now['unit_name']}"
        if later:
            assert person.known and later == person.units[1], f"{person} will be in {later}"
            assert now["moves"].startswith("2031-02-28T23:00:00"), f"{person} moves at {now['moves']}, not at Berlin's midnight"
        assert later or person.known != "answered", f"{person}: a move that was answered is gone"
        used = {row["name"]: row["calls"] for row in purser.json("usage", "--by", "unit", "--person", person.id, *EVER)["items"]}
        for unit in UNITS:
            calls, least, most = used.pop(unit, 0), person.acknowledged[unit], person.called[unit]
            assert least <= calls <= most, f"{person}: {calls} calls count in {unit}"
        assert not used, f"{person} called from {used}"
        moves += len(trail)
    charged = {row["name"]: Fraction(row["charge"]) for row in purser.json("usage", "--by", "unit", *EVER)["items"]}
    posted = {row["owner_name"]: Fraction(row["funds"]["posted"]) for row in purser.json("budget", "list")}
    for unit in UNITS:
        assert charged.get(unit, 0) == posted[unit], f"{unit}: charges {float(charged.get(unit, 0))}, its budget counted {float(posted[unit])}"
    purser.command("audit", "verify")
    return moves

"""`serve` is killed at random moments while people ask for more money, some of it approved by a manager's mandate and some by
hand; after each restart no request is approved without its grant, no grant of a request is without its approval, the mandate has
given exactly what was approved by it and no more than it has, what was approved can be spent, nothing that was answered is
lost, and `verify` and `audit verify` find nothing wrong."""

import argparse
import http.client
import json
import random
import sys
import tempfile
import time
import urllib.error
import urllib.request
from fractions import Fraction
from pathlib import Path

from killed import Commander
from purser import Purser
from rig import gateway, standin

WORKERS = 4
AT_ONCE = Fraction(5)  # of the mandate, and what is asked for by hand is more than that
KILLED_AFTER_SECONDS = (0.3, 2.0)
BY_MANDATE = 1 / 2  # of the requests
DECIDED = 3 / 4  # of the others


class Worker(Commander):
    """Asks for more for one person after the other, and has what the mandate does not cover decided by somebody else."""

    def __init__(self, purser: Purser, label: str, key: str):
        super().__init__(purser, label)
        self.key = key
        self.told: dict[str, str] = {}  # the last state of each request that was answered

    def run(self) -> None:
        number = 0
        while not self.done:
            number += 1
            person = self.step("person", "add", f"Person {self.label}-{number}", "--zone", "UTC", "--unit", "Engineering")
            for purpose in ("one", "two", "three"):
                if person is None or self.done:
                    return
                self.ask(person["id"], purpose)

    def ask(self, person: str, purpose: str) -> None:
        amount = random.randint(1, 5) if random.random() < BY_MANDATE else random.randint(6, 9)
        asked = self.step("top-up", "ask", person, str(amount), "one more pass", "--purpose", purpose)
        if asked is None:
            return
        self.told[asked["id"]] = asked["state"]
        if asked["state"] == "open" and random.random() < DECIDED:
            self.decide(asked["id"], random.choice(("approve", "deny")))

    def decide(self, top_up: str, what: str) -> None:
        body = {"reason": "not this month"} if what == "deny" else {}
        head = {"Authorization": f"Bearer {self.key}", "content-type": "application/json"}
        url = f"{self.purser.control}/api/v1/top-ups/{top_up}/{what}"
        request = urllib.request.Request(url, json.dumps(body).encode(), head)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                self.told[top_up] = json.load(answer)["state"]
        except urllib.error.HTTPError as error:
            self.wrong.append(f"{url}: {error.read().decode()}")
            self.done = True
        except (OSError, http.client.HTTPException):
            self.done = True


def check(purser: Purser, told: dict[str, str], month: Fraction) -> dict[str, int]:
    """What must hold after a restart. Returns how many there are in each state."""
    top_ups = {one["id"]: one for one in purser.json("top-up", "list", "--all")}
    grants = {grant["id"]: grant for grant in purser.json("grant", "list")}
    counts: dict[str, int] = {}
    for one, state in told.items():
        assert one in top_ups, f"{one} was answered as {state} and is gone"
        now = top_ups[one]["state"]
        assert state in ("open", now), f"{one} was answered as {state} and is {now}"
    given = Fraction(0)
    for one in top_ups.values():
        counts[one["state"]] = counts.get(one["state"], 0) + 1
        if one["state"] != "approved":
            assert one["id"].replace("top_", "grt_") not in grants, f"{one} is not approved and has a grant"
            continue
        grant = grants.pop(one["grant"])
        assert grant["amount"] == one["given"] and grant["person"] == one["person"], (one, grant)
        if one["mandate"]:
            counts["by mandate"] = counts.get("by mandate", 0) + 1
            given += Fraction(one["given"])
    assert not grants, f"grants that nobody approved: {list(grants)}"
    [mandate] = purser.json("mandate", "list")
    assert Fraction(mandate["given"]) == given, f"the mandate says {mandate['given']}, approved by it were {float(given)}"
    assert Fraction(mandate["left"]) == month - given and given <= month, f"{float(given)} of {float(month)} were given"
    for balance in purser.json("balance"):
        due = sum((Fraction(one["given"]) for one in top_ups.values() if one["given"] and one["person"] == balance["person"]),
                  Fraction(0))
        assert Fraction(balance["spendable"]) == due, (balance, float(due))
    purser.verify()
    assert purser.json("audit", "verify")["good"]
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--month", type=Fraction, default=Fraction(300), help="what the mandate gives in a month")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    random.seed(chosen.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        provider = standin(folder)
        purser = gateway(folder, provider)
        answered, counts = 0, {}
        try:
            purser.command("unit", "add", "Engineering")
            lead = purser.json("person", "add", "Lead", "--zone", "UTC", "--unit", "Engineering")["id"]
            role = ("--label", "lead", "--role", "manager:Engineering", "--person", lead)
            purser.json("admin-key", "add", *role)
            key = purser.json("admin-key", "add", "--label", "finance", "--role", "finance")["key"]
            purser.json("mandate", "set", lead, str(chosen.month), "--per-request", str(AT_ONCE), "--unit", "Engineering")
            for round_ in range(chosen.rounds):
                workers = [Worker(purser, f"{round_}-{n}", key) for n in range(WORKERS)]
                for worker in workers:
                    worker.start()
                time.sleep(random.uniform(*KILLED_AFTER_SECONDS))
                purser.server.process.kill()
                for worker in workers:
                    worker.done = True
                purser.server.process.wait(10)
                for worker in workers:
                    worker.join(120)
                    assert not worker.wrong, worker.wrong
                purser.restart()
                told = {one: state for worker in workers for one, state in worker.told.items()}
                answered += len(told)
                counts = check(purser, told, chosen.month)
        finally:
            purser.stop()
            provider.stop()
        states = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
        print(f"{chosen.rounds} kills, {answered} answered requests, none lost or half done: {states}")
        assert counts.get("by mandate") and counts.get("denied") and counts.get("open"), "it says too little"
    return 0


if __name__ == "__main__":
    sys.exit(main())

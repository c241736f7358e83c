"""`serve` is killed at random moments while offers are sent, approved and accepted, money moves between pools and people
who call move between units; after each restart no offer is accepted without its grant, no grant of an offer is without its
commitment, no pool has promised more than it has, nobody is half moved, nothing that was answered is lost, and `verify`
and `audit verify` find nothing wrong."""

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

import moves
from killed import Commander
from moves import Mover, Moving
from purser import Purser
from rig import gateway, standin

WORKERS = 3
MOVERS = 2
POOLS = ("First", "Second")
FUNDS = Fraction(2_000_000_000)
YEAR = 2028
KILLED_AFTER_SECONDS = (0.3, 2.5)
NEGOTIATED = 1 / 2  # of the offers are countered once
MOVED = 1 / 3  # of the steps are followed by a move between the pools


def content(number: int, amount: str) -> dict:
    return {
        "candidate": {"name": f"Person {number}"},
        "role": {"family": "engineering"},
        "zone": "Europe/Berlin",
        "starts": f"{YEAR}-01-03",
        "expires": f"{YEAR - 1}-12-01",
        "package": {
            "currency": "USD",
            "salary": "200000",
            "tokens": {
                "amount": amount,
                "guaranteed": True,
                "pool": random.choice(POOLS),
                "term": f"{YEAR + 1}-01-01",
                "floor": "1/year",
                "rollover": "lapses",
                "activation": "start_date",
            },
        },
    }


class Worker(Commander):
    """Takes one offer after the other from its draft to its acceptance."""

    def __init__(self, purser: Purser, folder: Path, label: str, keys: dict[str, str]):
        super().__init__(purser, label)
        self.folder, self.keys = folder, keys
        self.told: dict[str, str] = {}  # the last state of each offer that was answered

    def step(self, *arguments: str):
        answer = super().step(*arguments)
        if answer and "state" in answer:
            self.told[answer["id"]] = answer["state"]
        return answer

    def run(self) -> None:
        number = 0
        while not self.done:
            number += 1
            file = self.folder / f"{self.label}-{number}.json"
            file.write_text(json.dumps(content(number, "78000/year")))
            draft = self.step("offer", "draft", str(file))
            if draft is None:
                return
            offer, version = draft["id"], 1
            steps = [("submit",), ("send",)]
            if random.random() < NEGOTIATED:
                file.write_text(json.dumps(content(number, "600/workday")))
                steps += [("counter", str(file)), ("submit",), ("approve-all",), ("send",)]
                version = 2
            steps += [("view",), ("accept", "--version", str(version), "--signed", f"Person {number}")]
            for verb, *rest in steps:
                if verb == "approve-all":
                    self.approve(offer)
                elif self.step("offer", verb, offer, *rest) is None:
                    break
                if random.random() < MOVED:
                    one, other = random.sample(POOLS, 2)
                    self.step("pool", "transfer", one, other, "1000", "--year", str(YEAR))
                if self.done:
                    break

    def approve(self, offer: str) -> None:
        """Whatever approvals are missing, each by somebody who neither wrote nor submitted it."""
        shown = self.step("offer", "show", offer)
        for duty in (shown or {}).get("missing", []):
            head = {"Authorization": f"Bearer {self.keys[duty]}", "content-type": "application/json"}
            url = f"{self.purser.control}/api/v1/offers/{offer}/approve"
            request = urllib.request.Request(url, json.dumps({"duty": duty}).encode(), head)
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    self.told[offer] = json.load(answer)["state"]
            except urllib.error.HTTPError:
                raise
            except (OSError, http.client.HTTPException):
                self.done = True
                return


def check(purser: Purser, told: dict[str, str], known: dict[str, str], movers: list[Moving]) -> tuple[int, int]:
    """What must hold of offers after a restart. Returns how many there are, and how many of them were accepted. `known`
    has the grants of offers that were found accepted before: they can't change, and are not asked for again."""
    offers = purser.json("offer", "list")
    by_hand = {person.id for person in movers}
    grants = {grant["id"] for grant in purser.json("grant", "list") if grant["person"] not in by_hand}
    final = {"accepted", "declined", "withdrawn", "expired"}
    accepted = 0
    states = {offer["id"]: offer["state"] for offer in offers}
    for offer, state in told.items():
        assert offer in states, f"{offer} was answered as {state} and is gone"
        assert state not in final or states[offer] == state, f"{offer} was answered as {state} and is {states[offer]}"
    kept, of_offers = {}, set()
    for pool in POOLS:
        for commitment in purser.json("pool", "show", pool)["commitments"]:
            kept[commitment["grant"] or commitment["offer"]] = commitment
    for offer in offers:
        if offer["id"] not in known and offer["state"] == "accepted":
            whole = purser.json("offer", "show", offer["id"])
            assert whole["letter"], f"{offer['id']} is accepted without its letter"
            known[offer["id"]] = whole["grant"]
        if offer["state"] == "accepted":
            accepted += 1
            grant = known[offer["id"]]
            assert grant in grants, f"{offer['id']} is accepted without its grant"
            assert grant in kept, f"grant {grant} has no commitment"
            assert offer["id"] not in kept, f"{offer['id']} is committed beside its grant"
            of_offers.add(grant)
        else:
            assert offer["id"] not in known, f"{offer['id']} was accepted and is {offer['state']}"
            if offer["state"] in ("sent", "viewed", "countered"):
                assert offer["id"] in kept, f"{offer['id']} is out and has no commitment"
    assert grants == of_offers, "a grant whose offer is not accepted"
    total = Fraction(0)
    for pool in purser.json("pool", "list"):
        for year in pool["years"]:
            funded, committed = Fraction(year["funded"]), Fraction(year["committed"])
            assert 0 <= committed <= funded, f"{pool['name']} has promised {committed} of {funded}"
            total += funded
    assert total == FUNDS * len(POOLS), f"money came or went between the pools: {float(total)}"
    purser.verify()
    return len(offers), accepted


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    random.seed(chosen.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        provider = standin(folder, "--first-byte-ms", "5", "--tokens", "20", "60", "--tokens-per-s", "5000")
        purser = gateway(folder, provider)
        offers = accepted = answered = moved = 0
        known: dict[str, str] = {}
        everybody: list[Moving] = []
        try:
            purser.command("role", "presets")
            for pool in POOLS:
                purser.command("pool", "add", pool)
                purser.command("pool", "fund", pool, str(FUNDS), "--year", str(YEAR))
            moves.found_units(purser)
            keys = {
                duty: purser.json("admin-key", "add", "--label", duty, "--role", duty)["key"]
                for duty in ("people", "finance")
            }
            for round_ in range(chosen.rounds):
                workers = [Worker(purser, folder, f"{round_}-{n}", keys) for n in range(WORKERS)]
                movers = [Mover(purser, f"{round_}-{n}") for n in range(MOVERS)]
                for one in workers + movers:
                    one.start()
                time.sleep(random.uniform(*KILLED_AFTER_SECONDS))
                purser.server.process.kill()
                for one in workers + movers:
                    one.done = True
                purser.server.process.wait(10)
                for one in workers + movers:
                    one.join(120)
                    assert not one.wrong, one.wrong
                purser.restart()
                told = {offer: state for worker in workers for offer, state in worker.told.items()}
                people = [person for mover in movers for person in mover.people]
                everybody += people
                answered += len(told) + sum(person.moves for person in people)
                offers, accepted = check(purser, told, known, everybody)
                moved += moves.check(purser, people)
            assert moves.check(purser, everybody) == moved, "a move came or went after its round"
        finally:
            purser.stop()
            provider.stop()
        print(
            f"{chosen.rounds} kills, {offers} offers, {accepted} accepted, each with its grant and commitment; "
            f"{len(everybody)} people, {moved} moves, none by half; {answered} of these answered, none lost"
        )
        assert accepted > 0 and moved > 0, "nothing was accepted, or nobody moved: the test says nothing"
        assert any(all(person.acknowledged.values()) for person in everybody), "nobody called from both units"
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the gateway said is charged, kept outside of it."""

import http.client
import json
import socket
from fractions import Fraction
from pathlib import Path


class Acknowledged:
    """What the API has returned is acknowledged: it must never be gone again, nor be another amount."""

    def __init__(self, purser):
        self.charges: dict[str, Fraction] = {}
        self.sum = Fraction(0)
        self.api = Api(purser.data / "purser.sock")

    def look(self) -> None:
        """Takes in what is new since the last look: charges are listed in the order of their settlement, newest first."""
        self.take(self.pages(until_known=True))

    def compare(self) -> None:
        """Reads all of them once more."""
        now = {entry["id"]: Fraction(entry["charge"]) for entry in self.pages(until_known=False)}
        lost = {hold: charge for hold, charge in self.charges.items() if now.get(hold) != charge}
        assert not lost, f"acknowledged and gone, or changed: {lost}"

    def take(self, entries) -> None:
        for entry in entries:
            charge = Fraction(entry["charge"])
            known = self.charges.setdefault(entry["id"], charge)
            assert known == charge, f"{entry['id']} was acknowledged as {known} and is now {charge}"
        self.sum = sum(self.charges.values(), Fraction(0))

    def pages(self, until_known: bool):
        before = ""
        while True:
            page = self.api.get(f"/charges{before}")
            for entry in page["items"]:
                if until_known and entry["id"] in self.charges:
                    return
                yield entry
            if page.get("next") is None:
                return
            before = f"?before={page['next']}"


class Api:
    """The JSON API on the gateway's Unix socket."""

    def __init__(self, path: Path):
        self.path = str(path)

    def get(self, path: str):
        connection = http.client.HTTPConnection("localhost", timeout=30)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(30)
        connection.sock.connect(self.path)
        try:
            connection.request("GET", f"/api/v1{path}")
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, f"{path}: {answer.status} {body[:300]!r}"
            return json.loads(body)
        finally:
            connection.close()

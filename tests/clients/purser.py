"""Everything these tests know of Purser's own surface: its commands, its configuration, the shape of what it prints."""

import json
import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from expected import Usage
from processes import LOOPBACK, Server, eventually, free_port, run

REPOSITORY = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("PURSER_BIN") or REPOSITORY / "target" / "release" / "purser").absolute()
PROVIDER_KEY = "sk-the-provider-account"  # what Purser must send upstream in place of a person's key
VIEWS = {"reasoning"}  # parts of another bucket, shown but not charged


@dataclass(frozen=True)
class Provider:
    """One entry of the configuration."""

    name: str
    kind: str
    base_url: str
    models: tuple[str, ...] = ()

    def __str__(self) -> str:
        models = f"models = {json.dumps(self.models)}\n" if self.models else ""
        return (
            f"[providers.{self.name}]\n"
            f'kind = "{self.kind}"\n'
            f'base_url = "{self.base_url}"\n'
            f'api_key_env = "PROVIDER_KEY"\n'
            f"{models}"
        )


@dataclass(frozen=True)
class Person:
    """Somebody with a budget and a key."""

    id: str
    key: str


@dataclass(frozen=True)
class Charge:
    """One acknowledged settlement."""

    model: str
    provider: str
    mark: str
    usage: Usage
    amount: Fraction


class Purser:
    """A running gateway with a fresh ledger in `folder`."""

    def __init__(self, folder: Path, providers: list[Provider]):
        if not BINARY.exists():
            raise SystemExit(f"{BINARY} does not exist: build it first, or name another in PURSER_BIN")
        self.data, port, control = folder / "purser", free_port(), free_port()
        config = folder / "purser.toml"
        head = f'data = "{self.data}"\n[listen]\ngateway = "{LOOPBACK}:{port}"\ncontrol = "{LOOPBACK}:{control}"\n'
        config.write_text(head + "".join(map(str, providers)))
        self.start = lambda: Server(
            "purser",
            [BINARY, "serve", "--config", config],
            port,
            folder / "purser.log",
            PROVIDER_KEY=PROVIDER_KEY,
        )
        self.server = self.start()
        self.url = self.server.url
        self.control = f"http://{LOOPBACK}:{control}"

    def restart(self) -> None:
        """Starts the gateway again on the same port and data, after its process has ended."""
        self.server = self.start()

    def stop(self) -> None:
        self.server.stop()

    def command(self, *arguments: str) -> str:
        done = run([BINARY, *arguments, "--data", self.data], seconds=30)
        if done.code:
            raise RuntimeError(f"purser {' '.join(arguments)}: {done}")
        return done.out

    def json(self, *arguments: str):
        return json.loads(self.command(*arguments, "--json"))

    def person(self, name: str, budget: str) -> Person:
        """Somebody new who may spend `budget` (such as `20/day`) on every day of the week."""
        person = self.json("person", "add", name, "--zone", "Europe/Berlin")["id"]
        self.json("grant", "add", person, budget, "--days", "all")
        return Person(person, self.json("key", "add", person)["key"])

    def charges(self, person: Person, at_least: int = 0) -> list[Charge]:
        """The person's charges, oldest first, once there are so many."""

        def listed() -> list[Charge]:
            return [charge(entry) for entry in self.json("usage", "--charges", "--person", person.id)]

        eventually(lambda: len(listed()) >= at_least, f"{at_least} acknowledged charges", 10)
        return listed()

    def rates(self, model: str, provider: str) -> dict[str, Fraction]:
        """The price per million of each bucket, by the card that holds now."""
        cards = self.json("price", "show", model, "--provider", provider)
        return {bucket: Fraction(rate) for bucket, rate in cards[0]["card"]["rates"].items()}

    def set_price(self, model: str, provider: str, rates: dict[str, str]) -> None:
        given = [f"{bucket}={rate}" for bucket, rate in rates.items()]
        self.command("price", "set", model, "--provider", provider, *given)

    def verify(self) -> None:
        self.command("verify")


def charge(entry: dict) -> Charge:
    usage = {bucket: count for bucket, count in entry["usage"].items() if count and bucket not in VIEWS}
    return Charge(entry["model"], entry["provider"], entry["mark"], usage, Fraction(entry["charge"]))

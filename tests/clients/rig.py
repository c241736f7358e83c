"""The bench: clients -> front tap -> Purser -> a tap per provider -> stand-ins.

All the clients see is the front tap's address and a person's key.
"""

import contextlib
import json
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import expected
from install import Tools
from processes import Server, free_port, tail
from purser import PROVIDER_KEY, Charge, Person, Provider, Purser
from tap import Exchange, Tap

HERE = Path(__file__).parent
OPENAI_MODEL = "gpt-5.6-sol"
EMBEDDING_MODEL = "text-embedding-3-small"
ANTHROPIC_MODEL = "claude-opus-5-5"
GOOGLE_MODEL = "gemini-2.5-pro"
LOCAL_MODEL = "smollm2-135m"

# Both stand-ins know Gemini's older path only; Google itself serves both.
GEMINI_PATHS = ("/v1/models/", "/v1beta/models/")

# Prices finer than any list price, so that charges of the local model must be rounded.
LOCAL_RATES = {"input_uncached": "0.0305", "cache_read": "0.0015", "output": "0.1005"}


class Failed(AssertionError):
    """A case's complaint, in words."""


def check(holds, complaint: str) -> None:
    if not holds:
        raise Failed(complaint)


def money(amount: Fraction | int) -> str:
    return f"${float(amount):.9f}"


@dataclass(frozen=True)
class Outcome:
    """What a client did and what the two sides of Purser saw of it."""

    result: object  # what the client returned
    calls: list[Exchange]  # model calls that reached Purser
    upstream: list[Exchange]  # everything that reached a provider


class Rig:
    """Everything running, once for all cases."""

    def __init__(self, tools: Tools, folder: Path):
        self.tools, self.folder = tools, folder
        self._ends = contextlib.ExitStack()
        self._people = 0
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self.llmock = self._server("llmock", self.tools.llmock, "serve", "--response-style", "hello", "--port")
        fixtures = HERE / "aimock.json"
        self.aimock = self._server("aimock", self.tools.node, self.tools.aimock, "--fixtures", fixtures, "--port")
        self.model = self._server("model", self.tools.model_python, HERE / "model_server.py")
        self.behind = {
            "openai": self._tap(self.llmock.url),
            "anthropic": self._tap(f"{self.llmock.url}/anthropic"),
            "google": self._tap(f"{self.llmock.url}/gemini", GEMINI_PATHS),
            "local": self._tap(self.model.url),
            "local-anthropic": self._tap(self.model.url),
        }
        kinds = {"google": "gemini", "local": "openai-compatible", "local-anthropic": "anthropic"}
        self.purser = Purser(
            self.folder,
            [
                Provider(name, kinds.get(name, name), tap.url, ("smollm2*",) if "local" in name else ())
                for name, tap in self.behind.items()
            ],
        )
        self._ends.callback(self.purser.stop)
        self.front = self._tap(self.purser.url)
        for provider in ("local", "local-anthropic"):
            self.purser.set_price(LOCAL_MODEL, provider, LOCAL_RATES)

    def _server(self, name: str, *command) -> Server:
        """Starts a stand-in that takes its port as the last argument."""
        port = free_port()
        server = Server(name, [*command, str(port)], port, self.folder / f"{name}.log", health="/health")
        self._ends.callback(server.stop)
        return server

    def _tap(self, upstream: str, rewrite: tuple[str, str] = ("", "")) -> Tap:
        tap = Tap(upstream, rewrite)
        self._ends.callback(tap.stop)
        return tap

    def stop(self) -> None:
        self._ends.close()

    @contextlib.contextmanager
    def second_stand_in(self):
        """Meanwhile aimock answers for all three providers, on their natural paths."""
        taps = [self.behind[name] for name in ("openai", "anthropic", "google")]
        usual = [tap.upstream for tap in taps]
        for tap in taps:
            tap.upstream = self.aimock.url
        try:
            yield
        finally:
            for tap, upstream in zip(taps, usual, strict=True):
                tap.upstream = upstream

    def logs(self) -> str:
        return "\n".join(f"--- end of {log.name}\n{tail(log)}" for log in sorted(self.folder.glob("*.log")))

    def person(self, budget: str = "20/day") -> Person:
        self._people += 1
        return self.purser.person(f"Person {self._people}", budget)

    def scratch(self) -> Path:
        """A new empty folder: a home, a project."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def observe(self, client) -> Outcome:
        """Runs `client()` and gathers what passed on both sides meanwhile."""
        marks = {tap: len(tap.exchanges) for tap in (self.front, *self.behind.values())}
        try:
            result = client()
        except TimeoutError as late:
            raise Failed(f"{late}\nPurser saw {list(map(str, self.front.exchanges[marks[self.front] :]))}") from late
        calls = [exchange for exchange in self.front.since(marks[self.front]) if exchange.is_model_call]
        upstream = [exchange for tap in self.behind.values() for exchange in tap.since(marks[tap])]
        return Outcome(result, calls, upstream)

    def metered(self, person: Person, client) -> tuple[Outcome, list[Charge]]:
        """As `observe`, and every answer the providers gave must have been charged to the person, exactly."""
        outcome = self.observe(client)
        paid = [exchange for exchange in outcome.upstream if exchange.is_model_call and exchange.status == 200]
        check(paid, f"no provider was called; Purser saw {list(map(str, outcome.calls))}")
        charges = self.purser.charges(person, at_least=len(paid))
        check(
            len(charges) == len(paid),
            f"{len(charges)} charges for {len(paid)} answers: {list(map(str, outcome.upstream))} became {charges}",
        )
        for exchange, charge in zip(paid, charges, strict=True):
            self._compare(exchange, charge)
        for exchange in outcome.upstream:
            check_credentials(exchange, person)
        return outcome, charges

    def _compare(self, exchange: Exchange, charge: Charge) -> None:
        usage = expected.usage(exchange.path, exchange.answer)
        amount = expected.charge(usage, self.purser.rates(charge.model, charge.provider))
        where = f"{exchange.path}, {charge.provider}/{charge.model}"
        check(charge.usage == usage, f"{where}: metered {charge.usage}, the provider reported {usage}")
        check(charge.mark == "exact", f"{where}: marked {charge.mark}")
        check(charge.amount == amount, f"{where}: charged {money(charge.amount)}, not {money(amount)}, for {usage}")


def check_credentials(exchange: Exchange, person: Person) -> None:
    """The provider gets its own key and never sees the person's."""
    head = f"{exchange.path} {json.dumps(exchange.headers)}"
    check(person.key not in head, f"the person's key went upstream: {exchange}")
    check(person.key.encode() not in exchange.request, f"the person's key went upstream in a body: {exchange}")
    check(PROVIDER_KEY in json.dumps(exchange.headers), f"the provider's key did not go upstream: {exchange}")

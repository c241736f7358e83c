"""1,000 callers at once on $5.00: not a cent over, nothing left unused, nobody turned away while money was only held."""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path

from rig import MODEL, call, gateway, message, standin

CALLERS = 1_000
BUDGET = Fraction(5)
MAX_TOKENS = 400
# Every call is at most this dear: its bytes as tokens at $10 and its longest answer at $50 per million. The body is under
# 300 bytes; what the gateway adds for the frame of a message is inside the allowance of 1,000 tokens.
BOUND = Fraction(1_000 * 10 + MAX_TOKENS * 50, 1_000_000)
TRIES_MAX = 2_000


class Told:
    """What the callers were told, and when the money was first said to be gone."""

    def __init__(self):
        self.answers = Counter()
        self.gone_at: float | None = None
        self.paid_after_gone = 0

    def note(self, answer, sent_at: float) -> None:
        self.answers[answer.status, answer.code] += 1
        if answer.code == "budget_exhausted" and self.gone_at is None:
            self.gone_at = time.monotonic()
        if answer.status == 200 and self.gone_at is not None and sent_at > self.gone_at:
            self.paid_after_gone += 1


async def spend(port: int, key: str, number: int, told: Told) -> list[Fraction]:
    """Calls until told that the money is gone. Returns the charges its answers showed."""
    charges = []
    for attempt in range(TRIES_MAX):
        sent_at = time.monotonic()
        # All texts are of one length, so that every call has the same bound: what is gone for one is gone for all.
        answer = await call(port, key, message(f"caller {number:04}, call {attempt:05}", MAX_TOKENS))
        told.note(answer, sent_at)
        if answer.status == 200:
            charges.append(Fraction(answer.headers["x-purser-charge"]))
        elif answer.code == "budget_exhausted":
            return charges
        elif answer.code != "budget_held":
            raise AssertionError(f"unexpected answer {answer.status}: {answer.body!r}")
    raise AssertionError(f"caller {number} was never told that the money is gone")


async def storm(port: int, key: str, told: Told) -> list[Fraction]:
    charges = await asyncio.gather(*(spend(port, key, number, told) for number in range(CALLERS)))
    return [charge for caller in charges for charge in caller]


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        provider = standin(folder, "--first-byte-ms", "50", "--tokens", "50", "500")
        purser = gateway(folder, provider)
        try:
            person = purser.person("the analyst", f"{BUDGET}/day")
            told = Told()
            began = time.monotonic()
            shown = asyncio.run(storm(purser.server.port, person.key, told))
            seconds = time.monotonic() - began
            charges = purser.charges(person, at_least=len(shown))
            [balance] = purser.json("balance", person.id)
            purser.verify()
        finally:
            purser.stop()
            provider.stop()
    spent = sum((charge.amount for charge in charges), Fraction(0))
    print(f"{CALLERS} callers, {sum(told.answers.values())} calls in {seconds:.1f} s: {dict(told.answers)}")
    print(f"spent ${float(spent):.6f} of ${float(BUDGET):.2f} on {MODEL}, one call's bound ${float(BOUND):.6f}")
    assert BUDGET - BOUND < spent <= BUDGET, f"spent {float(spent)}"
    assert Fraction(balance["posted"]) == spent, "the balance is the sum of the charges"
    assert sum(shown, Fraction(0)) == spent, "what the answers showed is what was charged"
    assert len(charges) == told.answers[200, ""], "each call is charged once"
    assert Fraction(balance["held"]) == Fraction(balance["suspense"]) == 0, f"holds are left: {balance}"
    # Had anybody been told so while money was only held, a later call of the same bound would have found it.
    assert told.paid_after_gone == 0, f"{told.paid_after_gone} calls were paid after somebody was told that all is gone"
    print("not a cent over, no hold left, each call charged once, nobody turned away while money was held: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())

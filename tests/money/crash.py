"""The gateway is killed at random moments under mixed load, and nothing is lost, doubled or overspent."""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
import urllib.request
from fractions import Fraction
from pathlib import Path

from acknowledged import Acknowledged
from rig import call, gateway, message, standin
from processes import run
from purser import BINARY

CALLERS = 24
BUDGET = Fraction(2_000)
MAX_TOKENS = 300
LOAD_SECONDS = (0.2, 1.5)
SERVED_WITHIN_SECONDS = 1.0
# Each restart is followed by a look at what is new and at the sum; all charges are read again every so many.
COMPARED_EVERY = 10


async def caller(port: int, key: str, number: int, round_: int, stop: asyncio.Event) -> int:
    """Calls, every other one streamed, until the gateway is gone."""
    done = 0
    while not stop.is_set():
        text = f"round {round_}, caller {number}, call {done}"
        try:
            answer = await call(port, key, message(text, MAX_TOKENS, stream=number % 2 == 1))
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            return done
        if answer.status != 200:
            raise AssertionError(f"a funded person was told {answer.status}: {answer.body[:300]!r}")
        done += 1
    return done


async def load(purser, key: str, round_: int, seconds: float, acknowledged: Acknowledged) -> int:
    """Load for so long, then SIGKILL in the middle of it. Charges are acknowledged on the way."""
    stop = asyncio.Event()
    callers = [asyncio.create_task(caller(purser.server.port, key, n, round_, stop)) for n in range(CALLERS)]
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        await asyncio.sleep(min(0.25, max(0.0, deadline - time.monotonic())))
        if random.random() < 0.4:
            await asyncio.to_thread(acknowledged.look)
    purser.server.process.kill()
    await asyncio.to_thread(purser.server.process.wait, 10)
    stop.set()
    return sum(await asyncio.gather(*callers))


def settled(purser, person: str, acknowledged: Acknowledged, round_: int) -> None:
    """The balance is the sum of the charges, once the first call after the restart is settled too."""
    deadline = time.monotonic() + 10
    while True:
        acknowledged.look()
        [balance] = purser.json("balance", person)
        posted = Fraction(balance["posted"])
        if posted == acknowledged.sum:
            return
        said = f"round {round_}: posted {float(posted)}, the charges {float(acknowledged.sum)}"
        assert posted > acknowledged.sum and time.monotonic() < deadline, said


def first_answer(port: int, key: str, since: float) -> float:
    """Seconds from the start of the process until a funded person is served."""
    deadline = since + 10
    while time.monotonic() < deadline:
        try:
            if asyncio.run(call(port, key, message("first after the restart", MAX_TOKENS))).status == 200:
                return time.monotonic() - since
        except OSError:
            time.sleep(0.01)  # not listening yet: the bound is above
    raise AssertionError("a funded person was not served after the restart")


def flip_one_byte(journal: Path) -> int:
    """Changes one byte in the middle of a frame that others follow; returns the frame's number."""
    frame = 21
    for segment in sorted(journal.glob("*.wal")):
        content = bytearray(segment.read_bytes())
        begins, ends = (content.find(b"PF\x01" + number.to_bytes(8, "little")) for number in (frame, frame + 1))
        if begins >= 0:
            assert ends > begins, f"frame {frame} is followed by another in {segment.name}"
            content[(begins + ends) // 2] ^= 1
            segment.write_bytes(content)
            return frame
    raise AssertionError(f"frame {frame} is in no segment of {journal}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    random.seed(chosen.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        provider = standin(folder, "--first-byte-ms", "20", "--tokens", "20", "200", "--tokens-per-s", "2000")
        purser = gateway(folder, provider)
        acknowledged = Acknowledged(purser)
        calls, slowest = 0, 0.0
        try:
            person = purser.person("the engineer", f"{BUDGET}/day")
            for round_ in range(chosen.rounds):
                calls += asyncio.run(load(purser, person.key, round_, random.uniform(*LOAD_SECONDS), acknowledged))
                since = time.monotonic()
                purser.restart()
                slowest = max(slowest, first_answer(purser.server.port, person.key, since))
                settled(purser, person.id, acknowledged, round_)
                if round_ % COMPARED_EVERY == COMPARED_EVERY - 1 or round_ == chosen.rounds - 1:
                    acknowledged.compare()
                purser.verify()
            [balance] = purser.json("balance", person.id)
            suspense = purser.json("suspense", "list")
            served = charged_upstream(provider)
        finally:
            purser.stop()
            provider.stop()
        spent, kept = Fraction(balance["posted"]), Fraction(balance["suspense"])
        assert spent == acknowledged.sum, "the balance is the sum of the charges"
        assert spent + kept <= BUDGET
        assert spent <= served <= spent + kept, f"served {float(served)}, spent {float(spent)}, in suspense {float(kept)}"
        print(f"{chosen.rounds} kills, {calls} answered calls, {len(acknowledged.charges)} acknowledged charges, none lost")
        print(f"spent ${float(spent):.6f}, in suspense ${float(kept):.6f} ({len(suspense)} items), provider served ${float(served):.6f}")
        print(f"slowest first answer after a restart: {slowest:.2f} s")
        assert slowest <= SERVED_WITHIN_SECONDS, "a funded person is served within a second of the restart"
        frame = flip_one_byte(purser.data / "journal")
        found = run([BINARY, "verify", "--data", purser.data], 60)
        said = found.out + found.err
        assert found.code != 0 and f"frame {frame}" in said, f"a flipped byte in frame {frame} was not named: {found}"
        print(f"one byte flipped in frame {frame}, and verify says: {said.strip().splitlines()[0]}")
    return 0


def charged_upstream(provider) -> Fraction:
    """What the provider would bill for everything it ever served: $10 per million in, $50 per million out."""
    after_all = 2**62
    with urllib.request.urlopen(f"{provider.url}/standin/journal?since={after_all}", timeout=30) as answer:
        usage = json.load(answer)["totals"]["usage"]
    put_in = sum(usage.get(bucket, 0) for bucket in ("input_uncached", "cache_read", "cache_write_5m", "cache_write_1h"))
    return Fraction(put_in * 10 + usage["output"] * 50, 1_000_000)


if __name__ == "__main__":
    sys.exit(main())

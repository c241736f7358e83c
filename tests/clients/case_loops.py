"""An agent that goes round in circles is held back before the circle has cost a dollar, and says why."""

from fractions import Fraction

from clients import claude_code, codex
from loop import Loop
from rig import Rig, check, money

PROMPT = "Read the file notes.txt and tell me what it says."
SENTENCE = "Purser has paused this run: the same step with the same results"


def is_held_back(rig: Rig, agent, *options: str) -> str:
    """Every step costs about seven cents; nothing but the breaker ends it."""
    person = rig.person("100/day")
    loop = Loop()
    taps = [rig.behind[name] for name in ("openai", "anthropic")]
    usual = [tap.upstream for tap in taps]
    try:
        for tap in taps:
            tap.upstream = loop.url
        outcome, charges = rig.metered(person, lambda: agent(rig, person, PROMPT, *options))
    finally:
        for tap, upstream in zip(taps, usual, strict=True):
            tap.upstream = upstream
        loop.stop()
    done, spent = outcome.result, sum(charge.amount for charge in charges)
    dearest = max(charge.amount for charge in charges)
    check(done.code != 0, f"the agent reported success: {done}")
    shown = (done.out + done.err).replace("\\", "")
    check(SENTENCE in shown and "purser resume run_" in shown, f"the user was not told why: {shown[-2000:]!r}")
    check(len(charges) > 9, f"held back after {len(charges)} calls, which is no circle yet")
    check(spent - dearest < Fraction(1), f"the circle has cost {money(spent)} in {len(charges)} calls")
    refused = [exchange for exchange in outcome.calls if exchange.status >= 400]
    check(len(refused) <= 2, f"asked again {len(refused)} times: {list(map(str, refused))}")
    return f"{len(charges)} calls, {money(spent)}"


CASES = {
    "an endless loop in Claude Code": lambda rig: is_held_back(rig, claude_code, "--allowedTools", "Bash"),
    "an endless loop in Codex": lambda rig: is_held_back(
        rig, codex, "--dangerously-bypass-approvals-and-sandbox"
    ),
}

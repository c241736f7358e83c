"""With the budget gone, a client shows Purser's sentence after one call, and no call reaches a provider."""

import json

from clients import AGENTS, SDKS, Sdk, claude_code
from purser import Person
from rig import Outcome, Rig, check
from tap import Exchange

EMPTY = "0.000001/day"  # less than the smallest useful call costs
STRANGER = Person("nobody", "pk-" + "x" * 43)


def sentence(exchange: Exchange) -> str:
    """What Purser said, in whichever dialect."""
    return json.loads(exchange.answer)["error"]["message"]


def check_refused(outcome: Outcome, shown: list[str]) -> str:
    """One refusal for each text that the user was shown, and nothing upstream."""
    check(not outcome.upstream, f"went upstream without a budget: {list(map(str, outcome.upstream))}")
    check(
        len(outcome.calls) == len(shown),
        f"{len(outcome.calls)} calls instead of {len(shown)}: {list(map(str, outcome.calls))}; shown: {shown}",
    )
    for exchange, text in zip(outcome.calls, shown, strict=True):
        check(exchange.status >= 400, f"not refused: {exchange}")
        said = sentence(exchange)
        # Some agents show the error's JSON inside JSON of their own: the quoting differs, the words must not.
        check(said in text.replace("\\", ""), f"{exchange}: the user saw {text!r}, not {said!r}")
    return sentence(outcome.calls[0])


def check_speaks_of_money(said: str) -> str:
    check("budget" in said.lower() and "$" in said, f"says nothing about the budget: {said!r}")
    return said


def empty_sdk(rig: Rig, sdk: Sdk) -> str:
    person = rig.person(EMPTY)
    outcome = rig.observe(lambda: sdk.run(rig, person, sdk.calls[:2]))
    said = check_refused(outcome, [answer.get("error", "") for answer in outcome.result])
    check(not rig.purser.charges(person), "a refused call was charged")
    return check_speaks_of_money(said)


def empty_agent(rig: Rig, agent) -> str:
    person = rig.person(EMPTY)
    outcome = rig.observe(lambda: agent(rig, person, "Say hello to the crew."))
    done = outcome.result
    check(done.code != 0, f"the agent reported success: {done}")
    said = check_refused(outcome, [done.out + done.err])
    check(not rig.purser.charges(person), "a refused call was charged")
    return check_speaks_of_money(said)


def stranger_sdk(rig: Rig, sdk: Sdk) -> str:
    outcome = rig.observe(lambda: sdk.run(rig, STRANGER, sdk.calls[:2]))
    return check_refused(outcome, [answer.get("error", "") for answer in outcome.result])


def stranger_claude(rig: Rig) -> str:
    outcome = rig.observe(lambda: claude_code(rig, STRANGER, "Say hello to the crew."))
    return check_refused(outcome, [outcome.result.out + outcome.result.err])


CASES = (
    {f"empty budget, {sdk}": lambda rig, sdk=sdk: empty_sdk(rig, sdk) for sdk in SDKS}
    | {f"empty budget, {name}": lambda rig, agent=agent: empty_agent(rig, agent) for name, agent in AGENTS.items()}
    | {f"unknown key, {sdk}": lambda rig, sdk=sdk: stranger_sdk(rig, sdk) for sdk in SDKS}
    | {"unknown key, Claude Code": stranger_claude}
)

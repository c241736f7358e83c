"""Coding agents work unchanged, and their own count of tokens and money agrees with the ledger."""

import json
from fractions import Fraction

from clients import claude_code, codex, gemini_cli
from processes import Finished
from purser import Charge
from rig import Rig, check, money

PROMPT = "Read the file notes.txt and tell me what it says."
REPLY = "This is a mock response from"


def works(rig: Rig, agent, own_count) -> str:
    """`own_count` reads from what the agent printed: its answer, prompt tokens, output tokens."""
    person = rig.person()
    outcome, charges = rig.metered(person, lambda: agent(rig, person, PROMPT))
    done: Finished = outcome.result
    check(done.code == 0, f"the agent failed: {done}")
    answer, *count = own_count(done.out)
    check(REPLY in answer, f"the agent did not show the answer: {done}")
    check(count == tokens(charges), f"the agent counted {count} tokens, the ledger {tokens(charges)}")
    return f"{len(charges)} calls, {money(sum(charge.amount for charge in charges))}"


def tokens(charges: list[Charge]) -> list[int]:
    """Prompt and output tokens."""
    output = sum(charge.usage["output"] for charge in charges)
    return [sum(sum(charge.usage.values()) for charge in charges) - output, output]


def claude_count(out: str) -> tuple[str, int, int]:
    result = json.loads(out)
    prompt = ("inputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")
    models = result["modelUsage"].values()
    return (
        result["result"],
        sum(model[field] for model in models for field in prompt),
        sum(model["outputTokens"] for model in models),
    )


def codex_count(out: str) -> tuple[str, int, int]:
    events = [json.loads(line) for line in out.splitlines()]
    answer = "".join(e["item"].get("text", "") for e in events if e["type"] == "item.completed")
    usage = next(e["usage"] for e in events if e["type"] == "turn.completed")
    return answer, usage["input_tokens"], usage["output_tokens"]


def gemini_count(out: str) -> tuple[str, int, int]:
    result = json.loads(out)
    models = [model["tokens"] for model in result["stats"]["models"].values()]
    return (
        result["response"],
        sum(model["prompt"] for model in models),
        sum(model["candidates"] + model["thoughts"] for model in models),
    )


def claude_agrees_on_money(rig: Rig) -> str:
    """Claude Code carries a price list of its own: its total must be the ledger's."""
    person = rig.person()
    outcome, charges = rig.metered(person, lambda: claude_code(rig, person, PROMPT))
    own = Fraction(str(json.loads(outcome.result.out)["total_cost_usd"]))
    ledger = sum(charge.amount for charge in charges)
    check(abs(own - ledger) < Fraction(1, 10**9), f"Claude Code says {money(own)}, the ledger {money(ledger)}")
    return money(ledger)


CASES = {
    "Claude Code": lambda rig: works(rig, claude_code, claude_count),
    "Claude Code's own price list": claude_agrees_on_money,
    "Codex": lambda rig: works(rig, codex, codex_count),
    "Gemini CLI": lambda rig: works(rig, gemini_cli, gemini_count),
}

"""Coding agents that don't go through Purser, or do, with their telemetry sent to it: seen beside the grant, or charged, never
both."""

from case_agents import PROMPT, claude_count, codex_count, gemini_count
from clients import Telemetry, claude_code, codex, gemini_cli
from processes import Finished, eventually
from purser import Person
from rig import Rig, check

MARK = "observed, not enforced"
SEEN_WITHIN = 20  # seconds: what an agent sends while it ends


def seen(rig: Rig, person: Person) -> dict:
    return rig.purser.json("usage", "--observed", "tool", "--person", person.id)["totals"]


def beside(rig: Rig, agent, provider: str, own_count) -> str:
    """Past Purser: its telemetry comes to what it printed, and nothing is charged."""
    person = rig.person()
    telemetry = Telemetry(rig.purser.control, person.key)
    done: Finished = agent(rig, person, PROMPT, url=rig.behind[provider].url, telemetry=telemetry)
    check(done.code == 0, f"the agent failed: {done}")
    _, prompt, output = own_count(done.out)
    eventually(lambda: seen(rig, person)["output_tokens"] >= output, "the agent's telemetry", SEEN_WITHIN)
    found = seen(rig, person)
    check(found["mark"] == MARK, f"it is marked {found['mark']}")
    counted = [found["input_tokens"], found["output_tokens"]]
    check(counted == [prompt, output], f"the agent printed {[prompt, output]} tokens, seen were {counted}")
    check(not rig.purser.charges(person), "what did not pass was charged")
    return f"{prompt} tokens in, {output} out, worth {found['charge']}"


def through(rig: Rig, agent, own_count) -> str:
    """Through Purser, with telemetry all the same: charged, and not seen a second time."""
    person = rig.person()
    telemetry = Telemetry(rig.purser.control, person.key)
    outcome, charges = rig.metered(person, lambda: agent(rig, person, PROMPT, telemetry=telemetry))
    check(outcome.result.code == 0, f"the agent failed: {outcome.result}")
    # The agent has ended, and with it its telemetry; what it sent last is on its way through one more round of answers.
    for _ in range(3):
        found = seen(rig, person)
        check(found["input_tokens"] == found["output_tokens"] == 0, f"charged and seen: {found}")
    return f"{len(charges)} calls, none of them seen twice"


CASES = {
    "Claude Code beside Purser": lambda rig: beside(rig, claude_code, "anthropic", claude_count),
    "Codex beside Purser": lambda rig: beside(rig, codex, "openai", codex_count),
    "Gemini CLI beside Purser": lambda rig: beside(rig, gemini_cli, "google", gemini_count),
    "Claude Code through Purser, telling": lambda rig: through(rig, claude_code, claude_count),
    "Codex through Purser, telling": lambda rig: through(rig, codex, codex_count),
    "Gemini CLI through Purser, telling": lambda rig: through(rig, gemini_cli, gemini_count),
}

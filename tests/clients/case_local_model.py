"""A real model with a real prompt cache: what Purser metered is what the engine itself counted, in both conventions."""

from case_agents import claude_count, tokens
from case_sdks import check_answer
from clients import SDKS, Sdk, claude_code
from processes import eventually, fetch
from purser import Charge
from rig import LOCAL_MODEL, Rig, check

CALLS = {
    "OpenAI": ("chat", "chat", "chat-stream", "chat-stream-with-usage", "responses", "responses", "responses-stream"),
    "Anthropic": ("messages", "messages", "messages-stream", "messages-stream"),
}
COUNTERS = {  # the engine's counter of each bucket, over all requests
    "input_uncached": "llamacpp:prompt_tokens_total",
    "cache_read": "llamacpp:prompt_tokens_cached_total",
    "output": "llamacpp:tokens_predicted_total",
}


def counted(rig: Rig) -> dict[str, int]:
    lines = (line.split() for line in fetch(f"{rig.model.url}/metrics").splitlines() if not line.startswith("#"))
    values = {name: int(float(value)) for name, value in lines}
    return {bucket: values[counter] for bucket, counter in COUNTERS.items()}


def check_counts(rig: Rig, before: dict[str, int], charges: list[Charge]) -> None:
    metered = {bucket: sum(charge.usage.get(bucket, 0) for charge in charges) for bucket in COUNTERS}

    def agrees() -> bool:  # the engine adds up when a request's slot is released, just after its answer
        nonlocal own
        own = {bucket: total - before[bucket] for bucket, total in counted(rig).items()}
        return own == metered

    own: dict[str, int] = {}
    try:
        eventually(agrees, "the engine's count", 5)
    except TimeoutError:
        check(False, f"the engine counted {own}, Purser metered {metered}")


def metered_as_counted(rig: Rig, sdk: Sdk) -> str:
    person, before = rig.person(), counted(rig)
    calls = CALLS[sdk.vendor]
    outcome, charges = rig.metered(person, lambda: sdk.run(rig, person, calls, LOCAL_MODEL))
    for answer in outcome.result:
        check_answer(answer)
    check_counts(rig, before, charges)
    check(
        all(charge.usage.get("cache_read") for charge in charges[1:]), "the repeated prompt was not read from the cache"
    )
    used = {bucket: sum(charge.usage.get(bucket, 0) for charge in charges) for bucket in COUNTERS}
    return f"{len(charges)} calls, {used}"


def claude_code_on_a_real_model(rig: Rig) -> str:
    """With its tools and long instructions left out, a conversation of Claude Code fits into the small context."""
    person, before = rig.person(), counted(rig)
    options = ("--tools", "", "--system-prompt", "You are a purser.")
    settings = {"ANTHROPIC_MODEL": LOCAL_MODEL, "CLAUDE_CODE_MAX_OUTPUT_TOKENS": "48"}  # it may never stop by itself
    outcome, charges = rig.metered(person, lambda: claude_code(rig, person, "Say hello.", *options, **settings))
    check_counts(rig, before, charges)
    # Whether so small a model finishes its sentence is chance; what the agent counted is not.
    _, *own = claude_count(outcome.result.out)
    check(own == tokens(charges), f"the agent counted {own} tokens, the ledger {tokens(charges)}")
    return f"{len(charges)} calls"


CASES = {
    **{f"real model, {sdk}": lambda rig, sdk=sdk: metered_as_counted(rig, sdk) for sdk in SDKS if sdk.vendor in CALLS},
    "real model, Claude Code": claude_code_on_a_real_model,
}

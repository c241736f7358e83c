"""Every SDK works unchanged, and each of its calls is charged to the billionth."""

from clients import SDKS, Sdk
from rig import Rig, check, money


def check_answer(answer: dict) -> None:
    """The client got what it asked for, and nothing that it did not ask for."""
    call = answer["call"]
    check("error" not in answer, f"{call}: {answer.get('error')}")
    if "tool" in call:
        tool = answer["tool"]
        check(tool["name"] == "get_weather" and tool["arguments"].get("city"), f"{call}: no tool call, but {answer}")
    else:
        check(answer["text"], f"{call}: no text, but {answer}")
    silent = call in ("chat-stream", "chat-tool-stream")  # these did not ask for usage
    check(bool(answer["usage"]) != silent, f"{call}: the client saw usage {answer['usage']}")


def works(rig: Rig, sdk: Sdk, calls: tuple[str, ...]) -> str:
    person = rig.person()
    outcome, charges = rig.metered(person, lambda: sdk.run(rig, person, calls))
    for answer in outcome.result:
        check_answer(answer)
    check(len(outcome.calls) == len(calls), f"{len(calls)} calls became {list(map(str, outcome.calls))}")
    return f"{len(charges)} calls, {money(sum(charge.amount for charge in charges))}"


def works_with_second_stand_in(rig: Rig, sdk: Sdk) -> str:
    """Another stand-in, written by others again: it says the same things in other words."""
    plain = tuple(call for call in sdk.calls if "tool" not in call and call != "embeddings")
    with rig.second_stand_in():
        return works(rig, sdk, plain)


CASES = {str(sdk): lambda rig, sdk=sdk: works(rig, sdk, sdk.calls) for sdk in SDKS} | {
    f"{sdk}, second stand-in": lambda rig, sdk=sdk: works_with_second_stand_in(rig, sdk)
    for sdk in SDKS
    if sdk.language == "Python"
}

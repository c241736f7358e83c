"""What each Python client script does around its calls: take their names, print one JSON line for each."""

import json
import os
import sys

MODEL, KEY, BASE_URL = os.environ["MODEL"], os.environ["API_KEY"], os.environ["BASE_URL"]
# A replayed answer speaks of a long prompt; then the prompt is long too, or its usage would be past belief.
PADDING = " Here is more to read." * int(os.environ.get("PADDING", "0"))
QUESTION = "Say hello to the crew of the ship, please, in one short sentence." + PADDING
ANSWER_TOKENS = int(os.environ.get("ANSWER_TOKENS", "24"))
WEATHER_QUESTION = "What is the weather in Berlin now? Use the get_weather tool."
WEATHER = {
    "name": "get_weather",
    "description": "The current weather in a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}


def main(calls: dict, api_error: type[Exception]) -> None:
    """Makes the calls named on the command line, in order; `calls` maps each name to a function."""
    for name in sys.argv[1:]:
        try:
            outcome = calls[name]()
        except api_error as error:
            outcome = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps({"call": name} | outcome), flush=True)


def answered(text: str | None, usage=None, tool: tuple[str, object] | None = None) -> dict:
    """One line of output: the text, the tool call if one was made, and the usage that the client saw."""
    usage = usage.model_dump(exclude_none=True) if usage is not None else None
    return {"text": text, "usage": usage, "tool": tool and {"name": tool[0], "arguments": tool[1]}}

"""Anthropic's Python SDK, as its documentation shows it."""

from anthropic import Anthropic, APIError
from report import ANSWER_TOKENS, BASE_URL, KEY, MODEL, QUESTION, WEATHER, WEATHER_QUESTION, answered, main

client = Anthropic(base_url=BASE_URL, api_key=KEY)
ASK = {"model": MODEL, "max_tokens": ANSWER_TOKENS, "messages": [{"role": "user", "content": QUESTION}]}
ASK_WEATHER = {
    "model": MODEL,
    "max_tokens": 200,
    "messages": [{"role": "user", "content": WEATHER_QUESTION}],
    "tools": [{"name": WEATHER["name"], "description": WEATHER["description"], "input_schema": WEATHER["parameters"]}],
}


def outcome(message):
    text = "".join(block.text for block in message.content if block.type == "text")
    tools = [(block.name, block.input) for block in message.content if block.type == "tool_use"]
    return answered(text, message.usage, tools[0] if tools else None)


def streamed(request: dict):
    with client.messages.stream(**request) as stream:
        return outcome(stream.get_final_message())


main(
    {
        "messages": lambda: outcome(client.messages.create(**ASK)),
        "messages-stream": lambda: streamed(ASK),
        "messages-tool": lambda: outcome(client.messages.create(**ASK_WEATHER)),
        "messages-tool-stream": lambda: streamed(ASK_WEATHER),
    },
    APIError,
)
